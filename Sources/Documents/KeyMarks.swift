/// Where each key of a text was set.
///
/// A path is written as in ``SourceIssue/path``: `listeners[0].address`, `routes[2].parser`,
/// `kafka.properties.sasl.password`.
public struct KeyMarks: Sendable, Equatable {
    /// The file, for what is nowhere in it.
    public let file: String
    private var keys: [String: SourceMark] = [:]
    private var values: [String: SourceMark] = [:]

    /// No key is set.
    public init(file: String) { self.file = file }

    /// The environment variables that something was taken from, in the order of their names.
    public var variables: [String] { Set(values.values.compactMap(\.variable)).sorted() }

    /// Whether the key was set, by the file or by the environment.
    public func isSet(_ path: String) -> Bool { values[path] != nil }

    /// Where the key's name stands; the place of the nearest enclosing key where it was not set.
    public func key(_ path: String) -> SourceMark { nearest(path, in: keys) }

    /// Where the key's value stands; the place of the nearest enclosing key where it was not set.
    public func value(_ path: String) -> SourceMark { nearest(path, in: values) }

    private func nearest(_ path: String, in marks: [String: SourceMark]) -> SourceMark {
        var path = Substring(path)
        while !path.isEmpty {
            if let mark = marks[String(path)] { return mark }
            path = path.lastIndex { $0 == "." || $0 == "[" }.map { path[..<$0] } ?? ""
        }
        return SourceMark(file: file, line: 0, column: 0)
    }

    /// Remembers where every key below `node` stands.
    public mutating func record(_ node: SourceNode, path: String) {
        values[path] = node.mark
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                keys["\(path)[\(index)]"] = item.mark
                record(item, path: "\(path)[\(index)]")
            }
        case .mapping(let entries):
            // Of a key that stands twice the first counts, as it does in `Section`.
            for entry in entries.reversed() {
                let child = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                keys[child] = entry.mark
                record(entry.value, path: child)
            }
        }
    }

    /// Something else than the file set the key, and with it everything below.
    public mutating func set(_ path: String, _ mark: SourceMark) {
        remove(path)
        setItem(path, mark)
    }

    /// Forgets the key and everything below.
    public mutating func remove(_ path: String) {
        let isIn = { (key: String) in key == path || key.hasPrefix(path + ".") || key.hasPrefix(path + "[") }
        keys = keys.filter { !isIn($0.key) }
        values = values.filter { !isIn($0.key) }
    }

    /// The item that now has this place in its list.
    mutating func setItem(_ path: String, _ mark: SourceMark) {
        keys[path] = mark
        values[path] = mark
    }

    /// The items of a list changed their places: each has the place in the file it had, nil for one that is not in it.
    public mutating func move(_ list: String, _ origins: [Int?]) {
        keys = Self.moved(keys, list, origins)
        values = Self.moved(values, list, origins)
    }

    private static func moved(
        _ marks: [String: SourceMark], _ list: String, _ origins: [Int?]
    ) -> [String: SourceMark] {
        var moved = marks.filter { !$0.key.hasPrefix(list + "[") }
        for (index, origin) in origins.enumerated() {
            guard let origin else { continue }
            let prefix = "\(list)[\(origin)]"
            for (path, mark) in marks where path == prefix || path.hasPrefix(prefix + ".") {
                moved["\(list)[\(index)]" + path.dropFirst(prefix.count)] = mark
            }
        }
        return moved
    }
}
