import Foundation
import Testing

extension EndToEnd {
    /// docs/writing-a-parser.md up to its step 4, run as a reader does.
    @Suite("The guide")
    struct GuideTests {
        /// What stands between fences, with the language named behind the first.
        private struct Block {
            var language: String
            var lines: [String]
        }

        private func blocks(_ text: String) -> [Block] {
            var blocks: [Block] = []
            var open: Block?
            for line in text.components(separatedBy: "\n") {
                if line.hasPrefix("```") {
                    if let block = open { blocks.append(block) }
                    open = open == nil ? Block(language: String(line.dropFirst(3)), lines: []) : nil
                } else {
                    open?.lines.append(line)
                }
            }
            return blocks
        }

        /// Without what differs from run to run: when a line was received, and how many examples the rules have.
        private func masked(_ lines: [String]) -> [String] {
            lines.filter { !$0.isEmpty }.map { line in
                var line = line.replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/, with: "TIME")
                line = line.replacing(/^[0-9]+ examples/, with: "N examples")
                return line
            }
        }

        @Test("every command of the guide prints what the guide says")
        func everyCommand() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let text = try #require(
                try Checkout.text("docs/writing-a-parser.md").components(separatedBy: "\n## 5.").first)
            let blocks = blocks(text)
            let log = try #require(blocks.first).lines
            try directory.write(log.joined(separator: "\n") + "\n", to: "backupd.log")
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("kafkastreamer"), withDestinationPath: Streamer.binary)
            var rules = try #require(blocks.first { $0.language == "yaml" }).lines.joined(separator: "\n") + "\n"
            try directory.write(rules, to: "backup.yaml")
            var count = 0
            for block in blocks where block.lines.first?.hasPrefix("$ ") == true {
                // The guide has its reader mend the rules after their first test.
                if count == 2 {
                    rules = rules.replacing("duration_seconds: '90'", with: "duration_seconds: 90")
                    rules = rules.replacing(
                        "873: Connection refused'", with: #"873: "Connection refused"'"#)
                    try directory.write(rules, to: "backup.yaml")
                }
                count += 1
                let script = block.lines.filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }
                let process = try ChildProcess(
                    "/bin/sh", ["-c", script.joined(separator: "\n")],
                    environment: ["PATH": "\(directory.path):/usr/bin:/bin"], directory: directory)
                defer { process.end() }
                _ = try process.waitForExit()
                let printed = process.lines(.output) + process.lines(.errors)
                #expect(masked(printed) == masked(block.lines.filter { !$0.hasPrefix("$ ") }), "\(script)")
            }
            #expect(count >= 6)
        }
    }
}
