import Documents

/// A node of a rules file as the reader of rules asks for it: keys are nodes of their own, each once.
struct Node {
    typealias Sequence = [Node]

    /// A text and how it is written.
    struct Scalar {
        let string: String
        let style: SourceNode.Style
    }

    /// Keys with values, in the order of the file.
    struct Mapping: Swift.Sequence {
        fileprivate(set) var entries: [(key: Node, value: Node)] = []
        /// Where each key's entry is.
        fileprivate var places: [String: Int] = [:]

        var isEmpty: Bool { entries.isEmpty }

        subscript(key: String) -> Node? { places[key].map { entries[$0].value } }

        func makeIterator() -> IndexingIterator<[(key: Node, value: Node)]> { entries.makeIterator() }
    }

    private enum Content {
        case scalar(Scalar)
        case sequence(Sequence)
        case mapping(Mapping)
    }

    /// Where it begins.
    let mark: SourceMark
    private let content: Content

    var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
    var sequence: Sequence? { if case .sequence(let sequence) = content { sequence } else { nil } }
    var mapping: Mapping? { if case .mapping(let mapping) = content { mapping } else { nil } }

    private init(key entry: SourceEntry) {
        mark = entry.mark
        content = .scalar(Scalar(string: entry.key, style: .plain))
    }

    /// The node of what was read.
    /// - Throws: when a mapping has a key twice, at the second one.
    init(_ source: SourceNode) throws(SourceFault) {
        mark = source.mark
        switch source.content {
        case .scalar(let text, isNull: _):
            content = .scalar(Scalar(string: text, style: source.style))
        case .sequence(let items):
            var nodes: Sequence = []
            nodes.reserveCapacity(items.count)
            for item in items { nodes.append(try Node(item)) }
            content = .sequence(nodes)
        case .mapping(let entries):
            var mapping = Mapping()
            mapping.entries.reserveCapacity(entries.count)
            for entry in entries {
                guard mapping.places.updateValue(mapping.entries.count, forKey: entry.key) == nil else {
                    throw SourceFault(
                        line: entry.mark.line, column: entry.mark.column,
                        message: "not valid YAML: the same key twice: \(entry.key); expected each key once")
                }
                mapping.entries.append((Node(key: entry), try Node(entry.value)))
            }
            content = .mapping(mapping)
        }
    }
}
