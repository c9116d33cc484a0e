import Documents

/// The place of a setting's value in the part of the configuration that its table is about.
typealias SettingPath<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// One setting: everything that is known of a key. Reading, the check for unknown keys, `check --print`, the
/// environment, the reference and the comments of `configs/kafka.yaml` are all made of these entries.
struct Setting<Root: Sendable>: Sendable {
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
    /// Takes the file's value.
    var read: @Sendable (_ section: Section, _ root: inout Root) -> Void
    /// The value in force.
    var render: @Sendable (Root) -> YAMLText
    /// The environment variables that set it, or what is below it.
    var variables: [SettingVariable<Root>] = []
    /// Sets it from a variable's text.
    var assign: (@Sendable (String, inout Root) throws(ScalarFault) -> Void)?
}

/// An environment variable and what it sets.
struct SettingVariable<Root: Sendable>: Sendable {
    let name: String
    let path: String
    /// What the reference adds to the path.
    let note: String
    let assign: @Sendable (String, inout Root) throws(ScalarFault) -> Void
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
            assign: { text, root throws(ScalarFault) in root[keyPath: path] = try kind.read(text) })
    }

    /// One value, or `null`.
    static func optional<Value>(
        _ key: String, _ path: SettingPath<Root, Value?>, _ kind: Kind<Value>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning, hint: kind.hint,
            read: { section, root in section.read(key, into: &root[keyPath: path], orNull: kind.read) },
            render: { root in root[keyPath: path].map { kind.write($0) } ?? .plain("null") },
            assign: { text, root throws(ScalarFault) in root[keyPath: path] = try kind.read(text) })
    }

    /// A list, or its only item. In the environment its items have commas between them.
    static func list<Value>(
        _ key: String, _ path: SettingPath<Root, [Value]>, _ kind: Kind<Value>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, unit: kind.unit, meaning: meaning,
            read: { section, root in section.readList(key, into: &root[keyPath: path], kind.read) },
            render: { .sequence($0[keyPath: path].map { kind.write($0) }) },
            assign: { text, root throws(ScalarFault) in
                root[keyPath: path] = try ScalarText.separated(text, kind.read)
            })
    }

    /// Keys below this one.
    static func section<Inner>(
        _ key: String, _ path: SettingPath<Root, Inner>, _ table: SettingTable<Inner>, _ meaning: String
    ) -> Setting {
        var setting = Setting(
            key: key, unit: "", meaning: meaning, shownDefault: "section",
            read: { section, root in
                guard let node = section.node(key) else { return }
                table.read(node, path: section.child(key), into: &root[keyPath: path], section.findings)
            }, render: { table.render($0[keyPath: path]) })
        for variable in table.settings.flatMap(\.variables) {
            setting.variables.append(
                SettingVariable(name: variable.name, path: "\(key).\(variable.path)", note: variable.note) {
                    text, root throws(ScalarFault) in try variable.assign(text, &root[keyPath: path])
                })
        }
        return setting
    }

    /// A value as it could be, for the sample file.
    func example(_ text: String) -> Setting { changed { $0.hint = "such as \(text)" } }
    func noted(_ note: String) -> Setting { changed { $0.note = note } }
    func shown(_ text: String, sample: String? = nil) -> Setting {
        changed {
            $0.shownDefault = text
            $0.sample = sample
        }
    }
    var afterRestart: Setting { changed { $0.needsRestart = true } }

    func variable(_ name: String, _ note: String = "") -> Setting {
        changed { setting in
            guard let assign = setting.assign else { return }
            setting.variables = [SettingVariable(name: name, path: setting.key, note: note, assign: assign)]
        }
    }

    private func changed(_ body: (inout Setting) -> Void) -> Setting {
        var copy = self
        body(&copy)
        return copy
    }
}

/// The keys of one mapping.
struct SettingTable<Root: Sendable>: Sendable {
    let names: KeyNames
    let settings: [Setting<Root>]
    /// The part with its defaults, for the reference.
    let defaults: Root

    init(
        _ path: String, _ defaults: Root, synonyms: [String: String] = [:], _ settings: [Setting<Root>]
    ) {
        names = KeyNames(path: path, keys: settings.map(\.key), synonyms: synonyms)
        self.settings = settings
        self.defaults = defaults
    }

    /// Takes what a mapping of the file says; false where it is no mapping.
    @discardableResult
    func read(_ node: SourceNode, path: String, into root: inout Root, _ findings: Findings) -> Bool {
        guard let section = Section(node, path: path, names: names, findings: findings) else { return false }
        for setting in settings { setting.read(section, &root) }
        return true
    }

    /// Every key with the value in force.
    func render(_ root: Root) -> YAMLText { .mapping(settings.map { ($0.key, $0.render(root)) }) }

    /// Every key as the documents show it.
    var rows: [SettingRow] {
        settings.map { setting in
            let text = setting.render(defaults).short
            return SettingRow(
                key: setting.key, shownDefault: setting.shownDefault ?? "`\(text.unquoted)`",
                sample: setting.sample ?? text.quoted, unit: setting.unit,
                meaning: setting.meaning, note: setting.note, hint: setting.hint)
        }
    }

    /// The keys that a reload leaves as they are.
    var keysAfterRestart: [String] { settings.filter(\.needsRestart).map(\.key) }

    /// Those of them that differ.
    func changesAfterRestart(from old: Root, to new: Root) -> [String] {
        settings.filter { $0.needsRestart && YAMLText.write($0.render(old)) != YAMLText.write($0.render(new)) }.map {
            "\(names.prefix)\($0.key)"
        }
    }
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
}
