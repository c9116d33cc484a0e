import Base

/// One mapping of a text while its keys are read: every fault goes to the diagnostics, and a value that is faulty
/// leaves its default in place, so that the rest is still read.
public struct Section {
    /// What makes a value of a text.
    public typealias Reader<Value> = (String) throws(ValueFault) -> Value

    /// Where faults go.
    public let diagnostics: Diagnostics
    /// Its own key, with those above it; empty for the whole text.
    public let path: String
    private let mark: SourceMark
    private var entries: [String: SourceEntry] = [:]

    /// A mapping with certain keys. Others, and those that stand twice, are errors.
    /// - Parameter hint: what was meant by a key that is none of them.
    public init?(
        _ node: SourceNode, path: String, keys: [String], _ diagnostics: Diagnostics, hint: (String) -> String
    ) {
        self.init(node, path: path, diagnostics)
        guard case .mapping(let found) = node.content else { return }
        for entry in found where entries[entry.key]?.mark == entry.mark && !keys.contains(entry.key) {
            let key = Excerpt.key(entry.key)
            diagnostics.error(child(key), at: entry.mark, "unknown key \"\(key)\"" + hint(entry.key))
        }
    }

    /// A mapping whose keys are not ours.
    public init?(_ node: SourceNode, path: String, _ diagnostics: Diagnostics) {
        self.diagnostics = diagnostics
        self.path = path
        mark = node.mark
        switch node.content {
        case .scalar(_, isNull: true): return
        case .scalar:
            // The text may be the rest of a line whose colon was forgotten: it is not shown.
            diagnostics.error(path, at: node.mark, "found text, expected keys, each with a colon and a value")
            return nil
        case .sequence:
            diagnostics.error(path, at: node.mark, "found a list, expected keys with values")
            return nil
        case .mapping(let found):
            for entry in found {
                if let first = entries[entry.key] {
                    let key = Excerpt.key(entry.key)
                    diagnostics.error(
                        child(key), at: entry.mark,
                        "the key \"\(key)\" stands twice, first on line \(first.mark.line)")
                } else {
                    entries[entry.key] = entry
                }
            }
        }
    }

    /// The entries, a key once, in the order of the file.
    public var inOrder: [SourceEntry] {
        entries.values.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
    }

    /// The path of a key in it.
    public func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// A key's value, nil where the key is not there.
    public func node(_ key: String) -> SourceNode? { entries[key]?.value }

    /// The mapping below a key, whose keys are not ours; nil where there is none.
    public func section(_ key: String) -> Section? {
        node(key).flatMap { Section($0, path: child(key), diagnostics) }
    }

    /// A value that must not be nothing.
    public func read<Value>(_ key: String, into value: inout Value, _ reader: Reader<Value>) {
        guard let node = node(key) else { return }
        if let read = scalar(node, path: child(key), reader) { value = read }
    }

    /// A value that may be `null`.
    public func read<Value>(_ key: String, into value: inout Value?, orNull reader: Reader<Value>) {
        guard let node = node(key) else { return }
        if node.isNull {
            value = nil
        } else if let read = scalar(node, path: child(key), reader) {
            value = read
        }
    }

    /// A list, or one value that is its only item. Whether it was a list.
    /// - Parameters:
    ///   - needed: what must be in the list; nil where it may be empty.
    ///   - caution: a warning about an item that is legal.
    @discardableResult
    public func read<Value>(
        _ key: String, intoList value: inout [Value], needed: String?, _ reader: Reader<Value>,
        caution: (String) -> String?
    ) -> Bool {
        guard let node = node(key) else { return false }
        let list = child(key)
        var items: [(path: String, node: SourceNode)] = [(list, node)]
        if case .sequence(let nodes) = node.content {
            items = nodes.enumerated().map { ("\(list)[\($0)]", $1) }
        } else if node.isNull {
            items = []
        }
        if items.isEmpty, let needed {
            diagnostics.error(list, at: node.mark, "found \(Excerpt.kind(node)), expected \(needed)")
        }
        guard !node.isNull else { return false }
        var isList = false
        if case .sequence = node.content { isList = true }
        var values: [Value] = []
        for item in items {
            guard let read = scalar(item.node, path: item.path, reader) else { continue }
            if case .scalar(let text, _) = item.node.content, let caution = caution(text) {
                diagnostics.warning(item.path, at: item.node.mark, caution)
            }
            // What is found later of this item must point at it, also where a faulty one before it is left out.
            if isList { diagnostics.marks.setItem("\(list)[\(values.count)]", item.node.mark) }
            values.append(read)
        }
        if isList || !values.isEmpty { value = values }
        return isList
    }

    /// Entries are compared with each other: a reload must not take minutes.
    static let mostEntries = 2_000

    /// A list of mappings. One alone is a list of one, as one value is.
    public func items(_ key: String) -> [(path: String, node: SourceNode)] {
        guard let node = node(key) else { return [] }
        let list = child(key)
        switch node.content {
        case .scalar(_, isNull: true): return []
        case .mapping:
            diagnostics.marks.record(node, path: "\(list)[0]")
            return [("\(list)[0]", node)]
        case .sequence(let items) where items.count > Self.mostEntries:
            diagnostics.error(
                list, at: items[Self.mostEntries].mark, "more than \(Self.mostEntries) entries in this list")
            return []
        case .sequence(let items): return items.enumerated().map { ("\(list)[\($0)]", $1) }
        case .scalar:
            diagnostics.error(list, at: node.mark, "found \(Excerpt.kind(node, isSecret: true)), expected a list")
            return []
        }
    }

    /// Says that a key is missing.
    public func require(_ key: String, _ expected: String) {
        if entries[key] == nil { diagnostics.error(path, at: mark, "\(key) is missing, expected \(expected)") }
    }

    /// A value that is one text.
    public func scalar<Value>(_ node: SourceNode, path: String, _ reader: Reader<Value>) -> Value? {
        var expected = "one value"
        if case .scalar(let text, let isNull) = node.content {
            do throws(ValueFault) {
                // An empty text is what a null reads as, so that the reader says what it expects.
                let value = try reader(isNull ? "" : text)
                guard let placeholder = Placeholder(in: text) else { return value }
                expected = "the value itself: " + placeholder.fault()
            } catch {
                expected = error.expected
            }
        }
        diagnostics.error(path, at: node.mark, "found \(Excerpt.kind(node)), expected \(expected)")
        return nil
    }
}
