import Base
import Documents

/// One mapping of the file while its keys are read: every fault goes to the findings, and a value that is faulty
/// leaves its default in place, so that the rest is still read.
struct Section {
    typealias Reader<Value> = (String) throws(ScalarFault) -> Value

    let findings: Findings
    let path: String
    let mark: SourceMark
    private var entries: [String: SourceEntry] = [:]

    /// A mapping with the keys of `names`. Other keys and keys that stand twice are errors.
    init?(_ node: SourceNode, path: String, names: KeyNames, findings: Findings) {
        self.init(node, path: path, findings: findings)
        guard case .mapping(let found) = node.content else { return }
        for entry in found where entries[entry.key]?.mark == entry.mark && !names.keys.contains(entry.key) {
            let key = Shown.key(entry.key)
            let name = path.isEmpty ? key : "\(path).\(key)"
            findings.error(name, at: entry.mark, "unknown key \"\(key)\"" + names.hint(for: entry.key))
        }
    }

    /// A mapping whose keys are not ours.
    init?(_ node: SourceNode, path: String, findings: Findings) {
        self.findings = findings
        self.path = path
        mark = node.mark
        switch node.content {
        case .scalar(_, isNull: true): return
        case .scalar:
            // The text may be the rest of a line whose colon was forgotten: it is not shown.
            findings.error(path, at: node.mark, "found text, expected keys, each with a colon and a value")
            return nil
        case .sequence:
            findings.error(path, at: node.mark, "found a list, expected keys with values")
            return nil
        case .mapping(let found):
            for entry in found {
                if let first = entries[entry.key] {
                    let key = Shown.key(entry.key)
                    findings.error(
                        path.isEmpty ? key : "\(path).\(key)", at: entry.mark,
                        "the key \"\(key)\" stands twice, first on line \(first.mark.line)")
                } else {
                    entries[entry.key] = entry
                }
            }
        }
    }

    /// The entries, a key once, in the order of the file.
    var inOrder: [SourceEntry] {
        entries.values.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
    }

    func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func has(_ key: String) -> Bool { entries[key] != nil }

    func node(_ key: String) -> SourceNode? { entries[key]?.value }

    /// A value that must not be nothing.
    func read<Value>(_ key: String, into value: inout Value, _ reader: Reader<Value>) {
        guard let node = entries[key]?.value else { return }
        if let read = scalar(node, path: child(key), reader) { value = read }
    }

    /// A value that may be `null`.
    func read<Value>(_ key: String, into value: inout Value?, orNull reader: Reader<Value>) {
        guard let node = entries[key]?.value else { return }
        if node.isNull {
            value = nil
        } else if let read = scalar(node, path: child(key), reader) {
            value = read
        }
    }

    /// A list, or one value that is its only item.
    func readList<Value>(_ key: String, into value: inout [Value], _ reader: Reader<Value>) {
        readItems(key, into: &value) { text, _ throws(ScalarFault) in try reader(text) }
    }

    /// A list of networks; bits past the prefix are worth a warning.
    func readNetworks(_ key: String, into value: inout [Network]) {
        readItems(key, into: &value) { text, path throws(ScalarFault) in
            let (network, hostBits) = try ScalarText.network(text)
            if hostBits {
                findings.warning(path, "the address has bits past its prefix; it is taken as \(network)")
            }
            return network
        }
    }

    private func readItems<Value>(
        _ key: String, into value: inout [Value], _ reader: (String, _ path: String) throws(ScalarFault) -> Value
    ) {
        guard let node = entries[key]?.value, !node.isNull else { return }
        guard case .sequence(let items) = node.content else {
            let path = child(key)
            let read = scalar(node, path: path) { text throws(ScalarFault) in try reader(text, path) }
            if let read { value = [read] }
            return
        }
        value = []
        for (index, item) in items.enumerated() {
            let path = "\(child(key))[\(index)]"
            let read = scalar(item, path: path) { text throws(ScalarFault) in try reader(text, path) }
            guard let read else { continue }
            // What is found later of this item must point at it, also where a faulty one before it is left out.
            findings.marks.setItem("\(child(key))[\(value.count)]", item.mark)
            value.append(read)
        }
    }

    /// Entries of listeners and routes are compared with each other: a reload must not take minutes.
    static let mostEntries = 2_000

    /// A list of mappings.
    func items(_ key: String) -> [(path: String, node: SourceNode)] {
        guard let node = entries[key]?.value else { return [] }
        switch node.content {
        case .scalar(_, isNull: true): return []
        case .mapping:
            // One entry alone is a list of one, as one value is.
            findings.record(node, path: "\(child(key))[0]")
            return [("\(child(key))[0]", node)]
        case .sequence(let items) where items.count > Self.mostEntries:
            findings.error(
                child(key), at: items[Self.mostEntries].mark, "more than \(Self.mostEntries) entries in this list")
            return []
        case .sequence(let items): return items.enumerated().map { ("\(child(key))[\($0)]", $1) }
        case .scalar:
            findings.error(child(key), at: node.mark, "found \(Shown.kind(node, isSecret: true)), expected a list")
            return []
        }
    }

    /// Says that a key is missing.
    func require(_ key: String, _ expected: String) {
        if entries[key] == nil { findings.error(path, at: mark, "\(key) is missing, expected \(expected)") }
    }

    func scalar<Value>(_ node: SourceNode, path: String, _ reader: Reader<Value>) -> Value? {
        var expected = "one value"
        if case .scalar(let text, let isNull) = node.content {
            do throws(ScalarFault) {
                // An empty text is what a null reads as, so that the reader says what it expects.
                let value = try reader(isNull ? "" : text)
                guard let placeholder = Placeholder(in: text) else { return value }
                expected = "the value itself: " + placeholder.fault()
            } catch {
                expected = error.expected
            }
        }
        findings.error(path, at: node.mark, "found \(Shown.kind(node)), expected \(expected)")
        return nil
    }
}
