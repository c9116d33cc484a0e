import Foundation
import Glibc
import Kafka
import Testing

extension EndToEnd {
    @Suite("Killed")
    struct CrashTests {
        let directory: TemporaryDirectory
        let broker: EmbeddedBroker

        init() throws {
            directory = try TemporaryDirectory()
            broker = try EmbeddedBroker()
        }

        /// SplitMix64: the same moments for the same seed, as far as a kill can be repeated.
        struct SeededGenerator: RandomNumberGenerator {
            var state: UInt64

            mutating func next() -> UInt64 {
                state &+= 0x9E37_79B9_7F4A_7C15
                var mixed = state
                mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
                mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
                return mixed ^ (mixed >> 31)
            }
        }

        /// A message of the test: the `number`th of the process that was killed in `round`.
        struct Identity: Hashable, Comparable, Sendable {
            var round: Int
            var number: Int

            static func < (left: Identity, right: Identity) -> Bool {
                (left.round, left.number) < (right.round, right.number)
            }

            var line: String { "<14>Nov  4 14:02:09 gw1 checkout[812]: crash \(round) \(number) end\n" }

            /// Finds the identity in an event's text, without reading the JSON: there are very many.
            init?(in event: Substring.UTF8View) {
                var words = Substring(event).split(separator: " ", omittingEmptySubsequences: false)[...]
                while let word = words.popFirst() {
                    guard word.hasSuffix("crash"), words.count >= 3 else { continue }
                    guard let round = Int(words[words.startIndex]), let number = Int(words[words.startIndex + 1]),
                        words[words.startIndex + 2].hasPrefix("end")
                    else { continue }
                    self.init(round: round, number: number)
                    return
                }
                return nil
            }

            init(round: Int, number: Int) {
                self.round = round
                self.number = number
            }
        }

        /// What must not be missing after a `kill -9`, known in two ways that do not depend on each other:
        ///
        /// 1. what the process itself called received: when a ledger printed before the kill says `received=N` (less
        ///    what was found in the spool at the start), the first N messages of its only connection are in it, so
        ///    each of them is delivered or committed to the spool;
        /// 2. what stands in the files: every record in the spool directory after the kill whose commit is there.
        ///
        /// Bytes that the kernel still held, or that the process had read but not committed, are in neither: plain
        /// syslog over TCP has no acknowledgement, so their sender cannot know.
        @Test("kill -9 under load, ten times: no committed message is missing from Kafka afterwards")
        func killedUnderLoad() throws {
            defer { directory.remove() }
            let seed = UInt64.random(in: .min ... .max)
            print("CrashTests: seed \(seed)")
            var random = SeededGenerator(state: seed)
            try broker.createTopic("crash", partitions: 16)
            // It reads all along, because the embedded broker keeps only so much.
            let seen = Monitor<Set<Identity>>([])
            let consumer = try ChildProcess(
                "kcat",
                ["-b", broker.bootstrapServers, "-C", "-t", "crash", "-o", "beginning", "-q", "-u", "-E"],
                onOutput: { line in
                    guard let identity = Identity(in: line) else { return }
                    _ = seen.update { $0.insert(identity) }
                })
            defer { consumer.end() }

            let spool = directory.file("spool")
            let arguments = [
                "--brokers", broker.bootstrapServers, "--tcp", "127.0.0.1:0", "--topic", "crash", "--spool", spool,
            ]
            var committed: Set<Identity> = []
            for round in 0..<10 {
                // In some rounds all that is received has to wait in the spool; in the next it is replayed.
                let isAway = round % 3 == 1
                if isAway { broker.stopBroker(1) }
                committed.formUnion(
                    try killOnce(round: round, arguments: arguments, spool: spool, in: directory, using: &random))
                if isAway { broker.startBroker(1) }
            }
            let last = try Streamer.ready(arguments, in: directory)
            defer { last.end() }
            try last.ledger(when: "everything delivered that was left in the spool") { $0.pending == 0 }
            let (exit, ledger) = try last.stop()
            #expect(exit == .code(0), "\(last.process.transcript)")
            #expect(ledger.isBalanced, "\(ledger)")
            #expect(ledger.delivered == ledger.replayed && ledger.received == ledger.replayed, "\(ledger)")

            let expected = committed
            let isComplete = seen.wait { expected.isSubset(of: $0) ? true : nil }
            let missing = seen.read { expected.subtracting($0) }.sorted()
            #expect(
                isComplete != nil,
                "\(missing.count) of \(expected.count) are missing, seed \(seed): \(missing.prefix(5))\n\(consumer.transcript)"
            )
            #expect(expected.count >= 10, "the test sent nothing")
        }

        /// One life of the process: load, a random moment, `kill -9`. Gives what is known to be committed.
        private func killOnce(
            round: Int, arguments: [String], spool: String, in directory: TemporaryDirectory,
            using random: inout SeededGenerator
        ) throws -> Set<Identity> {
            let streamer = try Streamer.ready(arguments, in: directory)
            defer { streamer.end() }
            let sender = try TCPSender(streamer.address("tcp"))
            let isFinished = Monitor(false)
            Thread {
                var number = 0
                while true {
                    let lines = (number..<number + 20).map { Identity(round: round, number: $0).line }.joined()
                    guard sender.sendAll(Array(lines.utf8)) else { break }
                    number += 20
                }
                isFinished.update { $0 = true }
            }.start()

            let enough = UInt64.random(in: 1...20_000, using: &random)
            let ledger = try streamer.ledger(when: "\(enough) messages received") {
                $0.received - $0.replayed >= enough
            }
            // Some time for the kill to fall anywhere in the work on a batch; nothing waits for it.
            usleep(UInt32.random(in: 0...20_000, using: &random))
            streamer.process.signal(SIGKILL)
            #expect(try streamer.process.waitForExit() == .signal(SIGKILL))
            sender.abort()
            #expect(isFinished.wait { $0 ? true : nil } == true, "the sender did not see the connection break")

            var committed = Set((0..<Int(ledger.received - ledger.replayed)).map { Identity(round: round, number: $0) })
            let values = try SpoolFiles.committedValues(in: spool)
            #expect(!values.isEmpty, "the spool's files hold no record")
            for value in values {
                guard let identity = Identity(in: Substring(value).utf8) else {
                    throw HarnessError("a record that was not sent: \(value)")
                }
                committed.insert(identity)
            }
            return committed
        }
    }
}
