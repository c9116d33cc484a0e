import Base
import Documents

/// The keys of one mapping.
struct SettingTable<Root: Sendable>: Sendable {
    let path: String
    let settings: [Setting<Root>]
    /// Names used elsewhere for what a key here sets.
    let synonyms: [String: String]
    /// The part with its defaults.
    let defaults: Root

    init(_ path: String, _ defaults: Root, synonyms: [String: String] = [:], _ settings: [Setting<Root>]) {
        self.path = path
        self.settings = settings
        self.synonyms = synonyms
        self.defaults = defaults
    }

    /// Takes what a mapping of the file says; false where it is no mapping.
    @discardableResult
    func read(_ node: SourceNode, path: String, into root: inout Root, _ diagnostics: Diagnostics) -> Bool {
        guard let section = Section(node, path: path, keys: keys, diagnostics, hint: { hint(for: $0) }) else {
            return false
        }
        for setting in settings { setting.read(section, &root) }
        return true
    }

    /// Every key with the value in force.
    func render(_ root: Root) -> YAMLText { .mapping(settings.map { ($0.key, $0.render(root)) }) }

    /// Sets one key by its path from here, such as `kafka.topic`.
    func assign(_ path: Substring, _ text: String, _ root: inout Root) throws(ValueFault) {
        let key = path.prefix { $0 != "." }
        guard let assign = settings.first(where: { $0.key == key })?.assign else {
            preconditionFailure("no setting \(path) that a text sets")
        }
        try assign(text, path.dropFirst(key.count + 1), &root)
    }

    /// The keys that differ and that a reload leaves as they are.
    func changesAfterRestart(from old: Root, to new: Root) -> [String] {
        settings.flatMap { $0.changes(old, new) }.map { path.isEmpty ? $0 : "\(path).\($0)" }
    }
}

/// A table without the type of what it is about.
protocol AnySettingTable: Sendable {
    /// The mapping's own path, such as `spool` or `listeners[udp]`; empty for the whole file.
    var path: String { get }
    /// Names used elsewhere for what a key here sets.
    var synonyms: [String: String] { get }
    /// Every key as the documents show it.
    var rows: [SettingRow] { get }
    /// This table and those below, in the order of their keys.
    var withTablesBelow: [any AnySettingTable] { get }
}

/// A setting without the types of its values.
struct SettingRow: Sendable {
    let key: String
    let shownDefault: String
    let sample: String
    let unit: String
    let meaning: String
    let note: String
    let hint: String
    let needsRestart: Bool
    let variable: (name: String, note: String)?
}

extension SettingTable: AnySettingTable {
    var withTablesBelow: [any AnySettingTable] {
        [self as any AnySettingTable] + settings.flatMap(\.tables).flatMap(\.withTablesBelow)
    }

    var rows: [SettingRow] {
        settings.map { setting in
            let text = setting.render(defaults).short
            return SettingRow(
                key: setting.key, shownDefault: setting.shownDefault ?? "`\(text.unquoted)`",
                sample: setting.sample ?? text.quoted, unit: setting.unit, meaning: setting.meaning,
                note: setting.note, hint: setting.hint, needsRestart: setting.needsRestart,
                variable: setting.variable)
        }
    }

    var keys: [String] { settings.map(\.key) }
}

extension AnySettingTable {
    var keys: [String] { rows.map(\.key) }

    /// The path of a key here.
    func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// What was meant by a key that is not here.
    func hint(for key: String) -> String {
        if key == "<<" { return "; merge keys are not read" }
        if let name = synonyms[key] ?? Spelling.nearest(to: key, among: keys) { return "; did you mean \(name)?" }
        if path == Tables.kafka.path, key.contains(".") { return "; librdkafka properties go under kafka.properties" }
        let places = Tables.all.filter { $0.path != path && $0.keys.contains(key) }.map(\.path)
        if let place = places.first, places.count == 1 || !place.hasPrefix("listeners") {
            return place.isEmpty ? "; it belongs to the top level" : "; it belongs under \(place)"
        }
        return ", expected " + Spelling.list(keys.sorted())
    }
}

extension Tables {
    /// Every mapping by its path, each once.
    static let all: [any AnySettingTable] = {
        var paths: Set<String> = []
        return root.withTablesBelow.filter { paths.insert($0.path).inserted }
    }()
    /// Every variable that sets a key, with the key's path.
    static let variables = all.flatMap { table in
        table.rows.compactMap { row in row.variable.map { (name: $0.name, path: table.child(row.key), note: $0.note) } }
    }
}
