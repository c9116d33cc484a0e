import Base
import CLinux
import Glibc
import Inputs
import Logging
import Synchronization

/// The signals that a running service answers to. They are held back from the process's first moments on, so that none
/// ends it before it can answer, as process 1 of a container too; those that came before are taken as if they came now.
///
/// Threads: one of its own waits for signals.
final class Signals: Sendable {
    /// A stop that is asked for again within this time is the same wish told twice: to a process and to its group, say.
    private static let sameWish = Duration.milliseconds(300)

    /// Completes at the first SIGTERM or SIGINT.
    let stop = Completion()
    /// SIGHUP and SIGUSR1, as they come.
    let commands: AsyncStream<Int32>
    private let firstStop = Mutex<ContinuousClock.Instant?>(nil)
    private let lastWord = Mutex<@Sendable () -> Int32>({ Failure.undelivered })

    /// Begins to take the signals.
    init(logger: Logger) throws(InputError) {
        let failure = clinux_hold_signals()
        guard failure == 0 else { throw InputError(place: "signals", operation: "wait for", errno: -failure) }
        let (commands, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(64))
        self.commands = commands
        _ = try SystemThread.start("signals") { [self] in
            while true {
                let signal = clinux_wait_for_signal()
                if signal == SIGINT || signal == SIGTERM {
                    takeStop(signal, logger)
                } else {
                    continuation.yield(signal)
                }
            }
        }
    }

    /// What is said when a stop is asked for a second time, which ends the process at once.
    /// - Parameter lastWord: gives the exit code.
    func atSecondStop(_ lastWord: @escaping @Sendable () -> Int32) { self.lastWord.withLock { $0 = lastWord } }

    private func takeStop(_ signal: Int32, _ logger: Logger) {
        let name = signal == SIGINT ? "SIGINT" : "SIGTERM"
        let first = firstStop.withLock { first in
            defer { first = first ?? .now }
            return first
        }
        guard let first else {
            logger.notice("stopping; a second signal ends at once", metadata: ["signal": "\(name)"])
            stop.complete()
            return
        }
        guard first.duration(to: .now) >= Self.sameWish else { return }
        logger.warning("ended at once by a second signal", metadata: ["signal": "\(name)"])
        Output.endAtOnce(lastWord.withLock { $0 }())
    }
}
