import Documents

/// A rule of a parser: where it stands.
package struct RuleReference: Hashable, Sendable {
    /// Position in ``ParserComposition/files``.
    package var file: Int
    /// Position in the file's rules.
    package var rule: Int
}

/// What the parsers of several rules files consist of: files that extend a parser or include another are resolved, and
/// what cannot be resolved is a fault.
package struct ParserComposition: Sendable {
    /// One parser.
    package struct Parser: Sendable {
        package var name: String
        /// Position in ``files`` of the file that defines it.
        package var file: Int
        /// Positions in ``files`` of the files that extend it.
        package var extensions: [Int] = []
        /// Its program tags, and for each the position of its file in the order given: later files go first.
        package var programs: [(tag: String, order: Int)] = []
        /// The parsers that it names under `include`, in their order.
        package var includes: [String] = []
        /// Its own rules, in the order of the files; a rule that replaces another stands in its place.
        package var own: [RuleReference] = []
        /// The rules of the parsers that it includes, behind its own.
        package var included: [RuleReference] = []
    }

    /// The files in force: a file whose parser a later one replaces is left out.
    package let files: [RulesFile]
    package private(set) var parsers: [Parser] = []
    private(set) var errors: [RulesError] = []
    /// What is in order and may not be meant.
    private(set) var warnings: [RulesError] = []

    /// Resolves files.
    /// - Parameters:
    ///   - given: rules files in the order of precedence, the least first.
    ///   - plugins: names of parsers in Swift, which have no rules to add to.
    init(_ given: [RulesFile], plugins: [String]) {
        var used: [(file: RulesFile, order: Int)] = []
        for (order, file) in given.enumerated() {
            if let index = used.firstIndex(where: { $0.file.replaces(file) }) {
                used[index] = (file, order)
            } else {
                used.append((file, order))
            }
        }
        files = used.map(\.file)

        var numbers: [String: Int] = [:]
        for (index, (file, order)) in used.enumerated() where !file.isExtension {
            var parser = Parser(name: file.parser, file: index)
            parser.programs = file.programs.map { ($0, order) }
            if !file.parser.isEmpty { numbers[file.parser] = parsers.count }
            parsers.append(parser)
        }
        let names = parsers.map(\.name).filter { !$0.isEmpty }
        for (index, (file, order)) in used.enumerated() where file.isExtension && !file.parser.isEmpty {
            guard let number = numbers[file.parser] else {
                fault(file, file.parserPlace, Self.unknown(file.parser, plugins, names, "extended"))
                continue
            }
            parsers[number].extensions.append(index)
            for tag in file.programs where !parsers[number].programs.contains(where: { $0.tag == tag }) {
                parsers[number].programs.append((tag, order))
            }
        }
        for number in parsers.indices { mergeRules(of: number) }
        include(numbers, plugins, names)
    }

    /// Collects a parser's own rules, those of the files that extend it in the place of their namesakes.
    private mutating func mergeRules(of number: Int) {
        var places: [String: Int] = [:]
        for file in [parsers[number].file] + parsers[number].extensions {
            for (index, rule) in files[file].rules.enumerated() {
                let reference = RuleReference(file: file, rule: index)
                // Two rules of one file with one name are a fault of that file already.
                if let place = places[rule.name] {
                    noteReplaced(parsers[number].own[place], by: reference)
                    parsers[number].own[place] = reference
                } else {
                    places[rule.name] = parsers[number].own.count
                    parsers[number].own.append(reference)
                }
            }
        }
    }

    /// A given file's rule that takes the name of a built-in one may be meant to stand beside it.
    private mutating func noteReplaced(_ old: RuleReference, by new: RuleReference) {
        let (file, builtIn) = (files[new.file], files[old.file])
        guard builtIn.isBuiltIn, !file.isBuiltIn else { return }
        let (rule, replaced) = (file.rules[new.rule], builtIn.rules[old.rule])
        warnings.append(
            RulesError(
                file: file.name, line: rule.place.line, column: rule.place.column,
                message: "rule '\(rule.name)' takes the place of the built-in rule of that name "
                    + "(\(builtIn.name):\(replaced.place.line)), whose patterns are no longer tried; to add to them, "
                    + "choose another name"))
    }

    private mutating func include(_ numbers: [String: Int], _ plugins: [String], _ names: [String]) {
        var included = [[Int]](repeating: [], count: parsers.count)
        for number in parsers.indices {
            for file in [parsers[number].file] + parsers[number].extensions {
                for (name, place) in files[file].includes {
                    guard let other = numbers[name] else {
                        fault(files[file], place, Self.unknown(name, plugins, names, "included"))
                        continue
                    }
                    if let way = Self.way(from: other, to: number, included) {
                        let circle = ([number] + way).map { parsers[$0].name }.joined(separator: " includes ")
                        fault(files[file], place, "parsers include each other: \(circle); expected no circle")
                        continue
                    }
                    guard !included[number].contains(other) else { continue }
                    included[number].append(other)
                    parsers[number].includes.append(name)
                }
            }
        }
        for number in parsers.indices {
            var seen: Set<Int> = [number]
            var waiting = Array(included[number].reversed())
            while let next = waiting.popLast() {
                guard seen.insert(next).inserted else { continue }
                parsers[number].included += parsers[next].own
                waiting += included[next].reversed()
            }
        }
    }

    /// The parsers on a way of includes from one to another, both with it; nil when there is none.
    private static func way(from start: Int, to goal: Int, _ included: [[Int]]) -> [Int]? {
        var from: [Int: Int] = [start: start]
        var waiting = [start]
        while let next = waiting.popLast() {
            if next == goal {
                var way = [goal]
                while way[0] != start { way.insert(from[way[0]]!, at: 0) }
                return way
            }
            for other in included[next] where from[other] == nil {
                from[other] = next
                waiting.append(other)
            }
        }
        return nil
    }

    private static func unknown(_ name: String, _ plugins: [String], _ known: [String], _ what: String) -> String {
        if plugins.contains(name) {
            return "'\(name)' is a parser in Swift, which cannot be \(what); expected one with a rules file"
        }
        return "no parser is called '\(name)'; expected one of: \(known.sorted().joined(separator: ", "))"
            + Spelling.suggestion(name, known)
    }

    private mutating func fault(_ file: RulesFile, _ place: Place, _ message: String) {
        errors.append(RulesError(file: file.name, line: place.line, column: place.column, message: message))
    }
}

extension RulesFile {
    /// True when only the later of two files can be in force: both define the same parser.
    fileprivate func replaces(_ other: RulesFile) -> Bool {
        !isExtension && !other.isExtension && parser == other.parser && !parser.isEmpty
    }
}
