import Base
import Configuration
import Documents
import Inputs
import Kafka
import Routing
import Spool
import Syslog
import Testing

@Suite struct PropertyTests {
    private static let sources = ["kafka"] + startingPoints.map { "examples/" + $0.dropLast(5) }

    /// The rendering of a configuration, read again, is the same configuration.
    @Test(arguments: sources)
    func aRenderedConfigurationReadsBackAsItself(_ name: String) throws {
        let loaded = try Configuration.load(path: "\(repository)/configs/\(name).yaml", environment: [:])
        let again = try Configuration.parse(yaml: loaded.configuration.description, file: "rendered")
        #expect(again.configuration.description == loaded.configuration.description)
        #expect(again.configuration.listeners == loaded.configuration.listeners)
        #expect(again.configuration.routes == loaded.configuration.routes)
    }

    @Test func oddTextSurvivesTheRendering() throws {
        var configuration = Configuration()
        for (index, text) in [
            "null", "~", "true", "- x", "a: b", "#x", "\"'\\", "x y", "é😀", "a:", "{", "\u{A0}\u{2028}\u{FEFF}",
            "0x10", "1e3", "@", "%", "*.log", "[a-z]", " lead", "\u{85}",
        ].enumerated() {
            configuration.rulesFiles.append(text)
            var route = RouteDefinition(name: "r\(index)")
            route.programs = [text]
            configuration.routes.append(route)
        }
        configuration.kafka.properties = [.init(name: "client.id", value: "a\tb\nc\u{1}\r")]
        let again = try Configuration.parse(yaml: configuration.description, file: "rendered").configuration
        #expect(again.routes == configuration.routes)
        #expect(again.rulesFiles == configuration.rulesFiles)
        #expect(again.kafka.properties == configuration.kafka.properties)
    }

    /// Whatever the text, it loads or is refused with places inside it; nothing traps.
    @Test(arguments: Array(zip(sources, 1...UInt64(sources.count))))
    func noTextTraps(_ name: String, _ seed: UInt64) throws {
        let original = Array(try contents("configs/\(name).yaml").utf8)
        // Without prose the mutations hit what is read.
        let text = String(decoding: original, as: UTF8.self).split(separator: "\n")
            .filter { !$0.drop(while: { $0 == " " }).hasPrefix("# ") }
            .map { line in line.firstRange(of: " # ").map { line[..<$0.lowerBound] } ?? line }.joined(separator: "\n")
        let bytes = Array(text.utf8)
        var generator = Generator(state: seed)
        let tokens = [
            ":", "- ", "[", "]", "{", "}", "\"", "'", "\n", "  ", "#", "&a ", "*a", "!x ", "|", ">", "? ", "%", "\t",
            "\u{0}",
            "null", "99999999999999999999", "-1", "0", "é", "\u{FEFF}", "---\n", "...", "<<: ", ",", "@", "KiB", "\r",
        ].map { Array($0.utf8) }
        var refused = 0
        for round in 0..<1500 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !mutated.isEmpty {
                let at = Int.random(in: 0..<mutated.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: mutated[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: mutated.removeSubrange(at..<min(mutated.count, at + Int.random(in: 1...20, using: &generator)))
                case 2: mutated.insert(contentsOf: tokens.randomElement(using: &generator) ?? [], at: at)
                case 3: mutated.removeSubrange(at...)
                default:
                    let end = min(mutated.count, at + Int.random(in: 1...60, using: &generator))
                    mutated.insert(
                        contentsOf: mutated[at..<end], at: Int.random(in: 0...mutated.count, using: &generator))
                }
            }
            let yaml = String(decoding: mutated, as: UTF8.self)
            do throws(ConfigurationErrors) {
                let loaded = try Configuration.parse(yaml: yaml, file: "f")
                #expect(!loaded.configuration.description.isEmpty)
            } catch {
                refused += 1
                let lines =
                    yaml.unicodeScalars.count {
                        $0 == "\n" || $0 == "\r" || $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}"
                    } + 1
                #expect(!error.errors.isEmpty)
                for issue in error.errors {
                    #expect((0...lines + 1).contains(issue.mark.line), "seed \(seed), round \(round): \(issue)")
                    #expect(
                        (issue.mark.line == 0) == (issue.mark.column == 0), "seed \(seed), round \(round): \(issue)")
                    #expect(!issue.message.contains("\n"), "seed \(seed), round \(round): \(issue)")
                }
            }
        }
        #expect(refused > 500)
    }
}
