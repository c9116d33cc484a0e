import Base
import Events
import Patterns

/// A parser of a ``ParserSet``.
public struct ParserID: Hashable, Sendable {
    /// Its number, from 0; -1 for none.
    public let rawValue: Int32

    package init(_ index: Int) { rawValue = Int32(index) }

    /// No parser: the message becomes an event of type `SYSLOG`.
    public static let none = ParserID(-1)
}

/// All rules, compiled: what every worker reads and none writes.
public final class ParserSet: Sendable {
    /// The event types and fields that the rules can produce.
    public let vocabulary: Vocabulary
    /// The parsers' names, by ``ParserID``.
    public let parserNames: [String]

    /// What is in order and may not be meant, such as a rule that takes the place of a built-in one.
    public let warnings: [RulesError]

    /// The rules files in force and what each parser consists of.
    package let composition: ParserComposition
    /// In memory of its own, so that workers hold one plain pointer.
    let tables: TablesPointer
    /// For ``Outcome/rule``.
    let rules: [RuleReference]
    /// For each outcome the place of its pattern in the rule, and of its sequence in the pattern. The first outcome is
    /// that of no pattern.
    let sequences: [PatternSequence]
    package let plugins: [CompiledPlugin]
    /// What the formats encoded ahead.
    let formats: FormatTables
    package let tags: ProgramTags
    private let memory = FlatMemory()

    /// One sequence of one pattern of a rule.
    struct PatternSequence {
        var pattern: Int
        var sequence: Int
        /// Without the free text at its end.
        var isShort = false
    }

    /// A sequence without the free text at its end, and what its outcome is made of.
    private struct Shortened {
        var expansion: Expansion
        var rule: Rule
        var fields: [Vocabulary.Field]
        var maps: [String: UInt32]
        var number: UInt32
        var place: PatternSequence
    }

    /// Compiles rules files and registers plug-ins.
    /// - Parameters:
    ///   - files: a later file replaces an earlier one whose parser has the same name, and takes precedence for program
    ///     tags that both claim. A file that extends a parser adds to the one in force, wherever it stands.
    ///   - plugins: parsers in Swift, before all files in precedence; a file whose parser has a plug-in's name is a
    ///     fault. Those that come with the package when nothing is given.
    /// - Throws: every fault of every file at once.
    public init(
        _ files: [RulesFile], plugins: [any ParserPlugin.Type] = ParserSet.shippedPlugins
    ) throws(RulesErrors) {
        let runners = plugins.map { PluginRunner.runner($0) }
        let composition = ParserComposition(files, plugins: runners.map(\.name))
        let used = composition.files
        var errors = used.flatMap(\.errors) + composition.errors
        // A file that could not be read whole would give conflicts that are not there.
        var warnings = composition.warnings
        composition.fieldConflicts(&errors, &warnings)
        errors += Self.pluginFaults(runners, composition)
        errors += Self.excess(composition)
        guard errors.isEmpty else { throw RulesErrors(errors: errors) }

        let own = composition.parsers.flatMap { $0.own.map { composition.rule($0) } }
        let vocabulary = Vocabulary(
            eventTypes: own.map(\.eventType) + runners.flatMap(\.eventTypes),
            fields: own.flatMap(\.fields) + runners.flatMap(\.fields))
        var prefixes = PrefixCompiler()
        var outputs = OutputCompiler(vocabulary: vocabulary)
        outputs.addUnmatched()
        var roots: [UInt32] = []
        var rules: [RuleReference] = []
        var sequences = [PatternSequence(pattern: -1, sequence: -1)]
        for parser in composition.parsers {
            var expansions: [Expansion] = []
            var owners: [PatternReference] = []
            var shorter: [Shortened] = []
            let first = outputs.outcomes.count
            for reference in parser.own + parser.included {
                let rule = composition.rule(reference)
                let number = UInt32(rules.count)
                rules.append(reference)
                let fields = rule.fields
                var maps: [String: UInt32] = [:]
                for map in rule.maps { maps[map.field] = outputs.add(map) }
                for (index, pattern) in rule.patterns.enumerated() {
                    for (sequence, expansion) in pattern.expansions.enumerated() {
                        outputs.add(
                            expansion, of: rule, fields: fields, maps: maps, number: number, source: parser.name)
                        sequences.append(PatternSequence(pattern: index, sequence: sequence))
                        expansions.append(expansion)
                        owners.append(PatternReference(rule: reference, pattern: index))
                        if let short = expansion.withoutEmptyText {
                            let place = PatternSequence(pattern: index, sequence: sequence, isShort: true)
                            shorter.append(
                                Shortened(
                                    expansion: short, rule: rule, fields: fields, maps: maps, number: number,
                                    place: place))
                        }
                    }
                }
            }
            // Behind all others, so that they take only what no pattern as written does.
            let written = expansions.count
            for short in shorter {
                outputs.add(
                    short.expansion, of: short.rule, fields: short.fields, maps: short.maps, number: short.number,
                    source: parser.name)
                sequences.append(short.place)
                expansions.append(short.expansion)
            }
            roots.append(prefixes.add(expansions, firstOutcome: first))
            let shadowed = prefixes.shadowed.filter { $0.expansion < written && $0.by < written }
            errors += composition.shadowedPatterns(of: parser, shadowed, owners)
        }
        guard errors.isEmpty else { throw RulesErrors(errors: errors) }

        self.vocabulary = vocabulary
        self.composition = composition
        self.warnings = warnings
        self.rules = rules
        self.sequences = sequences
        let plugins = runners.map { outputs.add($0) }
        self.plugins = plugins
        formats = FormatTables(
            EventNames(
                types: vocabulary.eventTypes, sources: outputs.sources, fields: vocabulary.fields,
                constants: outputs.constants))
        parserNames = composition.parsers.map(\.name) + runners.map(\.name)
        tags = ProgramTags(
            composition.parsers.map(\.programs)
                + runners.map { runner in runner.programs.map { ($0, Int.max) } })
        let classes = (0...255).map { byte in
            [ByteClass.host, .word, .any].reduce(UInt8(0)) { $0 | ($1.contains(UInt8(byte)) ? $1.rawValue : 0) }
        }
        let compiled = CompiledTables(
            nodes: memory.copy(prefixes.nodes), children: memory.copy(prefixes.children),
            literals: memory.copy(prefixes.literals), operations: memory.copy(prefixes.operations),
            terminators: memory.copy(prefixes.terminators), outcomes: memory.copy(outputs.outcomes),
            events: memory.copy(
                EventTables(
                    fields: memory.copy(outputs.fields), maps: memory.copy(outputs.maps),
                    mapEntries: memory.copy(outputs.mapEntries), lifts: memory.copy(outputs.lifts),
                    liftEntries: memory.copy(outputs.liftEntries), text: memory.copy(outputs.text))),
            roots: memory.copy(roots), classes: memory.copy(classes), rootCount: roots.count,
            terminatorCount: prefixes.terminators.count, maximumDepth: prefixes.maximumDepth,
            maximumOpen: prefixes.maximumOpen, maximumSlots: outputs.maximumSlots)
        tables = TablesPointer(memory.copy(compiled))
    }

    /// Where a rule's name, patterns and examples stand.
    func rule(_ number: UInt32) -> (file: RulesFile, rule: Rule) {
        let reference = rules[Int(number)]
        return (composition.files[reference.file], composition.rule(reference))
    }

    /// What can match a message, in the order in which matches are counted (``EventEncoder/matchNumber``): each rule of
    /// each parser, then each plug-in, whose rule is empty; the last is for messages that nothing matched.
    public var matchNames: [(parser: String, rule: String)] {
        rules.indices.map { index in
            let (file, rule) = rule(UInt32(index))
            return (file.parser, rule.name)
        } + parserNames.suffix(plugins.count).map { ($0, "") } + [("", "")]
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

    /// Most event types, and most fields, of all files together.
    static let maximumNames = 32_768

    private static func excess(_ composition: ParserComposition) -> [RulesError] {
        let rules = composition.parsers.flatMap { $0.own.map { composition.rule($0) } }
        let types = Set(rules.map(\.eventType)).count
        let fields = Set(rules.flatMap { $0.fields.map(\.name) }).count
        guard types > maximumNames || fields > maximumNames, let file = composition.files.last else { return [] }
        return [
            RulesError(
                file: file.name, line: 0, column: 0,
                message: "with this file there are \(types) event types and \(fields) fields; "
                    + "expected at most \(maximumNames) of each")
        ]
    }

    /// What a plug-in declares is held to the rules that files are held to.
    private static func pluginFaults(_ runners: [PluginRunner], _ composition: ParserComposition) -> [RulesError] {
        var errors: [RulesError] = []
        guard !runners.isEmpty else { return errors }
        // By event type, then by field.
        var kinds: [String: [String: FieldKind]] = [:]
        for reference in composition.parsers.flatMap(\.own) {
            let rule = composition.rule(reference)
            for field in rule.fields { kinds[rule.eventType, default: [:]][field.name] = field.kind }
        }
        var names = Set(composition.parsers.map(\.name))
        for runner in runners {
            func fault(_ message: String) {
                errors.append(RulesError(file: "plug-in \(runner.name)", line: 0, column: 0, message: message))
            }
            if !names.insert(runner.name).inserted { fault("another parser has this name") }
            for field in runner.fields {
                if Vocabulary.reservedNames.contains(field.name) { fault("'\(field.name)' is part of every event") }
                for type in runner.eventTypes {
                    if let kind = kinds[type]?[field.name], kind != field.kind {
                        fault(
                            "field '\(field.name)' of \(type) is a \(field.kind.rawValue) here and a \(kind.rawValue) "
                                + "elsewhere")
                    }
                    kinds[type, default: [:]][field.name] = field.kind
                }
                if field.kind == .boolean {
                    fault("field '\(field.name)': a plug-in's field is a text, a number or an object")
                }
            }
        }
        return errors
    }
}
