import Logging
import Synchronization
import Testing

@testable import Pipeline
@testable import Command

@Suite("What is said of the inputs")
struct InputWatchTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])

        private struct Handler: LogHandler {
            let lines: Lines
            var logLevel = Logging.Logger.Level.trace
            var metadata: Logging.Logger.Metadata = [:]
            subscript(metadataKey key: String) -> Logging.Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) {
                let rest = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
                lines.all.withLock { $0.append("\(event.level) \(event.message) \(rest)") }
            }
        }
        var logger: Logging.Logger { Logging.Logger(label: "lines") { _ in Handler(lines: self) } }
    }

    private func counts(_ change: (inout ListenerCounts) -> Void) -> ListenerCounts {
        var counts = ListenerCounts()
        change(&counts)
        return counts
    }

    @Test("Regression: a listener that is renamed begins no episode with what was counted before")
    func renamed() {
        let lines = Lines()
        var watch = InputWatch(logger: lines.logger)
        let refused = counts { $0.rejected = [.acl: 50] }
        for now in 0..<20 { watch.look(["udp 1": ListenerSums(name: "old", counts: refused)], now: now) }
        for now in 20..<60 { watch.look(["udp 1": ListenerSums(name: "new", counts: refused)], now: now) }
        #expect(
            lines.all.withLock { $0 } == [
                "warning datagrams rejected: address not allowed count=50 listener=old",
                "notice over: datagrams rejected: address not allowed count=50 listener=old seconds=0",
            ])
    }

    @Test("Regression: files that wait for room or for a rate are said when that begins and when it is over")
    func waitingFiles() {
        let lines = Lines()
        var watch = InputWatch(logger: lines.logger)
        for now in 0..<40 {
            let waits = UInt64(min(now, 20) * 5)
            let sums = counts {
                $0.roomWaits = waits
                $0.rateWaits = waits
            }
            watch.look(["file app": ListenerSums(name: "app", counts: sums)], now: now)
        }
        #expect(
            lines.all.withLock { $0 } == [
                "warning files wait: the spool is full count=5 listener=app",
                "warning senders or files wait: rate limit count=5 listener=app",
                "notice over: files wait: the spool is full count=100 listener=app seconds=19",
                "notice over: senders or files wait: rate limit count=100 listener=app seconds=19",
            ])
    }
}
