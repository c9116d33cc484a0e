import Events

/// A parser of a ``ParserSet``.
public struct ParserID: Hashable, Sendable {
    /// Its number, from 0; -1 for none.
    public let rawValue: Int32

    init(_ index: Int) { rawValue = Int32(index) }

    /// No parser: the message becomes an event of type `SYSLOG`.
    public static let none = ParserID(-1)
}

/// All rules, compiled: what every worker reads and none writes.
public final class ParserSet: Sendable {
    /// The event types and fields that the rules can produce.
    public let vocabulary: Vocabulary
    /// The parsers' names, by ``ParserID``.
    public let parserNames: [String]

    let files: [RulesFile]
    /// In memory of its own, so that workers hold one plain pointer.
    let tables: TablesPointer
    /// For ``Outcome/rule``.
    let rules: [(file: Int, rule: Int)]
    let plugins: [CompiledPlugin]
    private let memory = FlatMemory()
    private let tags: ProgramTags

    /// Compiles rules files and registers plug-ins.
    /// - Parameters:
    ///   - files: a later file replaces an earlier one whose parser has the same name, and takes precedence for program
    ///     tags that both claim.
    ///   - plugins: parsers in Swift, before all files in precedence; a file whose parser has a plug-in's name is a
    ///     fault.
    /// - Throws: every fault of every file at once.
    public init(_ files: [RulesFile], plugins: [any ParserPlugin.Type] = []) throws(RulesErrors) {
        let runners = plugins.map { PluginRunner.runner($0) }
        var used: [RulesFile] = []
        for file in files {
            if let index = used.firstIndex(where: { $0.parser == file.parser && !$0.parser.isEmpty }) {
                used[index] = file
            } else {
                used.append(file)
            }
        }
        var errors = used.flatMap(\.errors)
        // A file that could not be read whole would give conflicts that are not there.
        errors += Self.fieldConflicts(used.filter(\.errors.isEmpty))
        errors += Self.pluginFaults(runners, used)
        errors += Self.excess(used)
        guard errors.isEmpty else { throw RulesErrors(errors: errors) }

        let vocabulary = Vocabulary(
            eventTypes: used.flatMap { $0.rules.map(\.eventType) } + runners.flatMap(\.eventTypes),
            fields: used.flatMap { $0.rules.flatMap(\.fields) } + runners.flatMap(\.fields))
        var prefixes = PrefixCompiler()
        var outputs = OutputCompiler(vocabulary: vocabulary)
        outputs.addUnmatched()
        var roots: [UInt32] = []
        var rules: [(file: Int, rule: Int)] = []
        for (fileIndex, file) in used.enumerated() {
            var expansions: [Expansion] = []
            var owners: [(rule: Int, pattern: Int)] = []
            let first = outputs.outcomes.count
            for (ruleIndex, rule) in file.rules.enumerated() {
                let number = UInt32(rules.count)
                rules.append((fileIndex, ruleIndex))
                let fields = rule.fields
                var maps: [String: UInt32] = [:]
                for map in rule.maps { maps[map.field] = outputs.add(map) }
                for (patternIndex, pattern) in rule.patterns.enumerated() {
                    for expansion in pattern.expansions {
                        outputs.add(
                            expansion, of: rule, fields: fields, maps: maps, number: number, source: file.parser)
                        expansions.append(expansion)
                        owners.append((ruleIndex, patternIndex))
                    }
                }
            }
            roots.append(prefixes.add(expansions, firstOutcome: first))
            errors += Self.shadowedPatterns(prefixes.shadowed, owners, file)
        }
        guard errors.isEmpty else { throw RulesErrors(errors: errors) }

        self.vocabulary = vocabulary
        self.files = used
        self.rules = rules
        self.plugins = runners.map { outputs.add($0) }
        parserNames = used.map(\.parser) + runners.map(\.name)
        tags = ProgramTags(used.map(\.programs) + runners.map(\.programs))
        let classes = (0...255).map { byte in
            [ByteClass.host, .word, .any].reduce(UInt8(0)) { $0 | ($1.contains(UInt8(byte)) ? $1.rawValue : 0) }
        }
        let compiled = CompiledTables(
            nodes: memory.copy(prefixes.nodes), children: memory.copy(prefixes.children),
            literals: memory.copy(prefixes.literals), operations: memory.copy(prefixes.operations),
            terminators: memory.copy(prefixes.terminators), outcomes: memory.copy(outputs.outcomes),
            items: memory.copy(outputs.items), maps: memory.copy(outputs.maps),
            mapEntries: memory.copy(outputs.mapEntries),
            // Fragments are read by fixed runs, the last one too.
            fragments: memory.copy(outputs.fragments + [UInt8](repeating: 0, count: JSONWriter.readAhead)),
            roots: memory.copy(roots), classes: memory.copy(classes), rootCount: roots.count,
            terminatorCount: prefixes.terminators.count, maximumDepth: prefixes.maximumDepth,
            maximumOpen: prefixes.maximumOpen)
        tables = TablesPointer(memory.copy(compiled))
    }

    /// The parser of a name, or nil.
    public func parser(named name: String) -> ParserID? {
        parserNames.firstIndex(of: name).map { ParserID($0) }
    }

    /// The parser for a program tag, by the rules files' `programs`: an exact tag before one with a wildcard, of those
    /// the one with more literal bytes, then the later file. Callers cache the result: this is not for every message.
    public func parser(forProgram program: Span<UInt8>) -> ParserID? {
        tags.parser(for: program).map { ParserID($0) }
    }

    /// A field that is text in one rule and a number in another would have two types on the bus.
    private static func fieldConflicts(_ files: [RulesFile]) -> [RulesError] {
        var kinds: [String: (kind: FieldKind, rule: String, file: String)] = [:]
        var errors: [RulesError] = []
        for file in files {
            for rule in file.rules {
                var reported: Set<String> = []
                for (name, kind) in rule.fieldKinds {
                    if let first = kinds[name] {
                        guard first.kind != kind, reported.insert(name).inserted else { continue }
                        errors.append(
                            RulesError(
                                file: file.name, line: rule.place.line, column: rule.place.column,
                                message: "in rule '\(rule.name)' field '\(name)' is a \(kind.rawValue), but in rule "
                                    + "'\(first.rule)' of \(first.file) it is a \(first.kind.rawValue); "
                                    + "expected one kind everywhere"))
                    } else {
                        kinds[name] = (kind, rule.name, file.name)
                    }
                }
            }
        }
        return errors
    }

    /// Most event types, and most fields, of all files together.
    static let maximumNames = 32_768

    private static func excess(_ files: [RulesFile]) -> [RulesError] {
        let types = Set(files.flatMap { $0.rules.map(\.eventType) }).count
        let fields = Set(files.flatMap { $0.rules.flatMap { $0.fields.map(\.name) } }).count
        guard types > maximumNames || fields > maximumNames, let file = files.last else { return [] }
        return [
            RulesError(
                file: file.name, line: 0, column: 0,
                message: "with this file there are \(types) event types and \(fields) fields; "
                    + "expected at most \(maximumNames) of each")
        ]
    }

    /// What a plug-in declares is held to the rules that files are held to.
    private static func pluginFaults(_ runners: [PluginRunner], _ files: [RulesFile]) -> [RulesError] {
        var errors: [RulesError] = []
        var kinds: [String: FieldKind] = [:]
        for file in files {
            for rule in file.rules { for field in rule.fields { kinds[field.name] = field.kind } }
        }
        var names = Set(files.map(\.parser))
        for runner in runners {
            func fault(_ message: String) {
                errors.append(RulesError(file: "plug-in \(runner.name)", line: 0, column: 0, message: message))
            }
            if !names.insert(runner.name).inserted { fault("another parser has this name") }
            for field in runner.fields {
                if Vocabulary.reservedNames.contains(field.name) { fault("'\(field.name)' is part of every event") }
                if let kind = kinds[field.name], kind != field.kind {
                    fault("field '\(field.name)' is a \(field.kind.rawValue) here and a \(kind.rawValue) elsewhere")
                }
                if field.kind == .boolean { fault("field '\(field.name)': a plug-in's field is a text or a number") }
                kinds[field.name] = field.kind
            }
        }
        return errors
    }

    /// Patterns of which every sequence ends where an earlier pattern's does.
    private static func shadowedPatterns(
        _ shadowed: [(expansion: Int, by: Int)], _ owners: [(rule: Int, pattern: Int)], _ file: RulesFile
    ) -> [RulesError] {
        var hidden: [Int: [Int: (count: Int, by: Int)]] = [:]
        for (expansion, by) in shadowed {
            let (rule, pattern) = owners[expansion]
            // A pattern's own sequences may meet, as in `{?a}{?a}`; that hides nothing.
            let count = hidden[rule]?[pattern]?.count ?? 0
            let other = owners[by] == owners[expansion] ? hidden[rule]?[pattern]?.by ?? -1 : by
            hidden[rule, default: [:]][pattern] = (count + 1, other)
        }
        var errors: [RulesError] = []
        for (ruleIndex, rule) in file.rules.enumerated() {
            for (patternIndex, pattern) in rule.patterns.enumerated() {
                guard let found = hidden[ruleIndex]?[patternIndex], found.count == pattern.expansions.count,
                    found.by >= 0
                else { continue }
                let first = file.rules[owners[found.by].rule].name
                errors.append(
                    RulesError(
                        file: file.name, line: pattern.place.line, column: pattern.place.column,
                        message: "the pattern of rule '\(rule.name)' can never match: a pattern of rule '\(first)' "
                            + "matches the same messages first"))
            }
        }
        return errors
    }
}

extension Rule {
    /// Each field with each kind that it is written as; a field listed twice with two kinds is in conflict with itself.
    fileprivate var fieldKinds: [(name: String, kind: FieldKind)] {
        var kinds: [(String, FieldKind)] = []
        func add(_ mapped: MappedValue, _ field: String) {
            switch mapped {
            case .value(let value): kinds.append((field, value.kind))
            case .fields(let fields): for field in fields { kinds.append((field.name, field.value.kind)) }
            }
        }
        for pattern in patterns {
            for expansion in pattern.expansions {
                for capture in expansion.captures {
                    guard let field = capture.field else { continue }
                    let map = maps.first { $0.field == field }
                    if map?.other == nil { kinds.append((field, capture.type.kind)) }
                }
            }
        }
        for map in maps {
            for entry in map.entries { add(entry.mapped, map.field) }
            if let other = map.other { add(other, map.field) }
        }
        for constant in constants { kinds.append((constant.name, constant.value.kind)) }
        return kinds
    }
}
