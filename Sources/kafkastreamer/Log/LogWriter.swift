import Base
import Dispatch
import Glibc
import Inputs
import Synchronization

/// Writes log lines to a descriptor from a thread of its own, so that whoever logs never waits for whoever reads: a pipe
/// whose reader has stopped (a stuck log driver, a terminal that was paused) holds up this thread and nothing else.
/// Lines that find no room are counted, and the count is said where they are missing.
///
/// Threads: any may call `write` and `flush`; a lock guards what waits. The writer's thread takes all of it at once and
/// writes it without the lock.
final class LogWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        /// Lines lost since the writer last took what waits.
        var lost = 0
        var isWriting = false
        var isFlushed = false
    }

    /// Bytes of lines that wait for the reader; what comes beyond is lost.
    let capacity: Int
    private let descriptor: Int32
    private let state = Mutex(State())
    /// Signalled when there is something to write.
    private let work = DispatchSemaphore(value: 0)
    /// Signalled when all is written and somebody waits for it.
    private let idle = DispatchSemaphore(value: 0)
    private let lostLine: @Sendable (Int) -> String

    /// Starts the writer's thread, which lives as long as the process.
    /// - Parameters:
    ///   - descriptor: where lines go; it stays open.
    ///   - lostLine: the line that says that so many were lost.
    init(
        descriptor: Int32, capacity: Int = 1 << 20, lostLine: @escaping @Sendable (Int) -> String
    ) throws(InputError) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.lostLine = lostLine
        _ = try SystemThread.start("log") { self.run() }
    }

    /// Takes a line, without its line feed. Never waits for the reader.
    func write(_ line: String) {
        let isFirst = state.withLock { state in
            guard state.waiting.count + line.utf8.count < capacity else {
                state.lost += 1
                return false
            }
            let wasEmpty = state.waiting.isEmpty && !state.isWriting
            state.waiting += line.utf8
            state.waiting.append(10)
            return wasEmpty
        }
        if isFirst { work.signal() }
    }

    /// Waits until all is written, at most so long: at the end of the process.
    func flush(milliseconds: Int) {
        let isIdle = state.withLock { state in
            if state.waiting.isEmpty, !state.isWriting { return true }
            state.isFlushed = true
            return false
        }
        if !isIdle { _ = idle.wait(timeout: .now() + .milliseconds(milliseconds)) }
    }

    private func run() {
        while true {
            work.wait()
            while let lines = take() { put(lines) }
        }
    }

    /// What waits; nil when there is nothing more.
    private func take() -> [UInt8]? {
        let (lines, isWaitedFor): ([UInt8]?, Bool) = state.withLock { state in
            guard !state.waiting.isEmpty || state.lost > 0 else {
                state.isWriting = false
                defer { state.isFlushed = false }
                return (nil, state.isFlushed)
            }
            state.isWriting = true
            var lines = state.waiting
            state.waiting = []
            if state.lost > 0 { lines += Array((lostLine(state.lost) + "\n").utf8) }
            state.lost = 0
            return (lines, false)
        }
        if isWaitedFor { idle.signal() }
        return lines
    }

    private func put(_ lines: [UInt8]) {
        var start = 0
        while start < lines.count {
            let written = lines.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + start, $0.count - start) }
            if written >= 0 {
                start += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Whoever opened the pipe has made it non-blocking, for us as well.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            default:
                // Nobody reads any more (EPIPE), or nobody ever did (EBADF): there is nowhere to say it.
                return
            }
        }
    }
}
