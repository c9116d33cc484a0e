import CRules

extension RulesFile {
    /// The rules files in the binary (Sources/CRules/rules.c lists them), with their examples.
    public static let builtIn: [RulesFile] = embedded.map { read($0, requiresExamples: true) }

    /// The same without their examples, for those who only match: two thirds of the text are examples, and reading YAML
    /// is most of the time that a start takes.
    public static var builtInWithoutExamples: [RulesFile] {
        embedded.map { read(($0.name, withoutExamples($0.text)), requiresExamples: false) }
    }

    private static func read(_ file: (name: String, text: Substring), requiresExamples: Bool) -> RulesFile {
        do {
            var rules = try RulesFile(yaml: String(file.text), name: file.name, requiresExamples: requiresExamples)
            rules.isBuiltIn = true
            return rules
        } catch {
            // Tests load every file; one that is not YAML never leaves the build.
            preconditionFailure("\(error)")
        }
    }

    private static var embedded: [(name: String, text: Substring)] {
        var count = 0
        let files = UnsafeBufferPointer(start: crules_files(&count), count: count)
        return files.map { file in
            let bytes = UnsafeBufferPointer(start: file.bytes, count: file.count)
            return (String(cString: file.name), Substring(decoding: bytes, as: UTF8.self))
        }
    }

    /// Empties the lines of each rule's `examples`, so that all other lines keep their numbers. It knows the built-in
    /// files' layout, in which a rule's keys stand at column 5; a test compares the outcome with the whole file's.
    private static func withoutExamples(_ text: Substring) -> Substring {
        var kept: [UInt8] = []
        kept.reserveCapacity(text.utf8.count)
        var isExample = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.starts(with: "    examples:".utf8) {
                isExample = true
            } else if let indent = line.firstIndex(where: { $0 != UInt8(ascii: " ") }),
                line.distance(from: line.startIndex, to: indent) <= 4
            {
                isExample = false
            }
            if !isExample { kept += line }
            kept.append(UInt8(ascii: "\n"))
        }
        return Substring(decoding: kept, as: UTF8.self)
    }
}
