import Base
import Documents

/// The place of a setting's value in the part of the configuration that its table is about.
typealias SettingPath<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// One setting: everything that is known of a key. Reading, the check for unknown keys, `check --print`, the
/// environment, arguments, the reference and the comments of `configs/kafka.yaml` are all made of these entries.
struct Setting<Root: Sendable>: Sendable {
    /// Sets a key, or one that is below it, from a text.
    typealias Assignment = @Sendable (String, _ below: Substring, inout Root) throws(ValueFault) -> Void

    /// The key as the file has it.
    let key: String
    /// Type, range and unit.
    let unit: String
    /// What it does, in one sentence: in the reference and in the sample file.
    let meaning: String
    /// What else the reference says of it.
    var note = ""
    /// The default in words, where the rendered one does not say it; Markdown.
    var shownDefault: String?
    /// The default as the sample file writes it, where the rendered one depends on other settings.
    var sample: String?
    /// Type and range for the sample file's comment.
    var hint = ""
    /// Whether a reload leaves it as it is.
    var needsRestart = false
    /// The environment variable that sets it, and what the reference adds to it.
    var variable: (name: String, note: String)?
    /// What may stand below it.
    var tables: [any AnySettingTable] = []
    /// Takes the file's value.
    var read: @Sendable (_ section: Section, _ root: inout Root) -> Void
    /// The value in force.
    var render: @Sendable (Root) -> YAMLText
    /// Nil for what is more than a text can say.
    var assign: Assignment?
    /// The keys at and below this one that differ and that a reload leaves as they are.
    var changes: @Sendable (_ old: Root, _ new: Root) -> [String] = { _, _ in [] }
}

extension Setting {
    /// One value, which must not be nothing.
    static func one<Value>(
        _ key: String, _ path: SettingPath<Root, Value>, _ kind: Kind<Value>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning, hint: kind.hint,
            read: { section, root in section.read(key, into: &root[keyPath: path], kind.read) },
            render: { kind.write($0[keyPath: path]) },
            assign: { text, _, root throws(ValueFault) in root[keyPath: path] = try kind.read(text) })
    }

    /// One value, or `null`.
    /// - Parameter inForce: the value in force, for one that depends on other settings where it is `null`.
    static func optional<Value>(
        _ key: String, _ path: SettingPath<Root, Value?>, _ kind: Kind<Value>,
        inForce: (any KeyPath<Root, Value> & Sendable)? = nil, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning, sample: inForce == nil ? nil : "null", hint: kind.hint,
            read: { section, root in section.read(key, into: &root[keyPath: path], orNull: kind.read) },
            render: { root in
                if let inForce { kind.write(root[keyPath: inForce]) } else { kind.some.write(root[keyPath: path]) }
            },
            assign: { text, _, root throws(ValueFault) in root[keyPath: path] = try kind.read(text) })
    }

    /// A list, or its only item. In the environment its items have commas between them.
    /// - Parameters:
    ///   - needed: what must be in it; nil = it may be empty.
    ///   - takesCommas: whether one text may hold several items in the file as well.
    ///   - order: what the items become, told whether they stood in a list.
    static func list<Value>(
        _ key: String, _ path: SettingPath<Root, [Value]>, _ kind: Kind<Value>, needed: String? = nil,
        takesCommas: Bool = false,
        order: @escaping @Sendable ([Value], _ isList: Bool) -> [Value] = { items, _ in items },
        _ meaning: String
    ) -> Setting {
        let separated: @Sendable (String) throws(ValueFault) -> [Value] = { text throws(ValueFault) in
            var values: [Value] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                values.append(try kind.read(part.trimmed))
            }
            return values
        }
        return Setting(
            key: key, unit: kind.unit, meaning: meaning,
            read: { section, root in
                if takesCommas, case .scalar(_, isNull: false) = section.node(key)?.content {
                    section.read(key, into: &root[keyPath: path], separated)
                } else {
                    let isList = section.read(
                        key, intoList: &root[keyPath: path], needed: needed, kind.read, caution: kind.caution)
                    root[keyPath: path] = order(root[keyPath: path], isList)
                }
            },
            render: { .sequence($0[keyPath: path].map { kind.write($0) }) },
            assign: { text, _, root throws(ValueFault) in root[keyPath: path] = try separated(text) })
    }

    /// Keys below this one.
    static func section<Inner>(
        _ key: String, _ path: SettingPath<Root, Inner>, _ table: SettingTable<Inner>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: "", meaning: meaning, shownDefault: "section", tables: [table],
            read: { section, root in
                guard let node = section.node(key) else { return }
                table.read(node, path: section.child(key), into: &root[keyPath: path], section.diagnostics)
            },
            render: { table.render($0[keyPath: path]) },
            assign: { text, below, root throws(ValueFault) in try table.assign(below, text, &root[keyPath: path]) },
            changes: { table.changesAfterRestart(from: $0[keyPath: path], to: $1[keyPath: path]) })
    }

    /// A list of mappings.
    /// - Parameter start: what an entry is before its keys are read.
    static func entries<Inner>(
        _ key: String, _ path: SettingPath<Root, [Inner]>, _ table: SettingTable<Inner>, _ meaning: String,
        start: @escaping @Sendable (_ index: Int) -> Inner
    ) -> Setting {
        Setting(
            key: key, unit: "list", meaning: meaning, tables: [table],
            read: { section, root in
                for (index, item) in section.items(key).enumerated() {
                    var entry = start(index)
                    table.read(item.node, path: item.path, into: &entry, section.diagnostics)
                    root[keyPath: path].append(entry)
                }
            },
            render: { .sequence($0[keyPath: path].map { table.render($0) }) })
    }

    /// Names that are not ours, each with one value.
    static func map(
        _ key: String, _ unit: String, _ meaning: String,
        read: @escaping @Sendable (SourceEntry, Section, inout Root) -> Void,
        render: @escaping @Sendable (Root) -> [(String, YAMLText)]
    ) -> Setting {
        Setting(
            key: key, unit: unit, meaning: meaning,
            read: { section, root in
                guard let section = section.section(key) else { return }
                for entry in section.inOrder { read(entry, section, &root) }
            }, render: { .mapping(render($0)) })
    }
}

// MARK: - What else is said of a setting

extension Setting {
    /// A value as it could be, for the sample file.
    func example(_ text: String) -> Setting { changed { $0.hint = "such as \(text)" } }
    func noted(_ note: String) -> Setting { changed { $0.note = note } }
    func shown(_ text: String) -> Setting { changed { $0.shownDefault = text } }
    func variable(_ name: String, _ note: String = "") -> Setting { changed { $0.variable = (name, note) } }

    /// A reload leaves it as it is.
    var afterRestart: Setting {
        changed { setting in
            setting.needsRestart = true
            setting.changes = { [key, render] old, new in
                "\(render(old))" == "\(render(new))" ? [] : [key]
            }
        }
    }

    /// A key that must be there.
    func mandatory(_ expected: String) -> Setting {
        changed { setting in
            setting.shownDefault = "required"
            setting.hint = "required"
            setting.read = { [key, read] section, root in
                section.require(key, expected)
                read(section, &root)
            }
        }
    }

    private func changed(_ body: (inout Setting) -> Void) -> Setting {
        var copy = self
        body(&copy)
        return copy
    }
}

extension Substring {
    /// Without blanks at its ends.
    var trimmed: String {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
