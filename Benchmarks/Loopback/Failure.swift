import Glibc

/// What went wrong, in words for the terminal.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// A failed system call.
    static func system(_ call: String, _ code: Int32 = errno) -> Failure {
        Failure("\(call): \(String(cString: strerror(code)))")
    }
}

/// Writes a line to standard error.
func note(_ text: String) {
    writeAll(2, text + "\n")
}

/// Writes a line to standard output at once; the process that started this one reads it line by line.
func emit(_ text: String) {
    writeAll(1, text + "\n")
}

private func writeAll(_ file: Int32, _ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        // Nobody is left to read: there is nothing more to do with the text.
        if written < 0 && errno != EINTR { return }
        if written > 0 { bytes = bytes.dropFirst(written) }
    }
}

/// The monotonic clock in seconds; the same in every process of the machine.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Sleeps until the monotonic clock shows `deadline`.
func sleepUntil(_ deadline: Double) {
    var target = timespec(tv_sec: Int(deadline), tv_nsec: Int((deadline - Double(Int(deadline))) * 1e9))
    while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &target, nil) == EINTR {}
}
