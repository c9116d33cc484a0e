import Glibc

/// What the operating system says that a process has used, all its threads together, also those that have ended.
struct CPUReading {
    /// User and system time in seconds, from the process's CPU clock (nanoseconds).
    let total: Double
    /// The same split as /proc/PID/stat has it (hundredths of a second).
    let user: Double
    let system: Double

    init(of pid: pid_t) throws {
        var clock = clockid_t()
        let code = clock_getcpuclockid(pid, &clock)
        guard code == 0 else { throw Failure.system("clock_getcpuclockid", code) }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw Failure.system("clock_gettime") }
        total = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        // The name may hold spaces and brackets: fields are counted from the last bracket (man 5 proc).
        let text = try readFile("/proc/\(pid)/stat")
        guard let end = text.lastIndex(of: ")") else { throw Failure("/proc/\(pid)/stat: no command name") }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw Failure("/proc/\(pid)/stat: too few fields")
        }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        self.user = user / ticks
        self.system = system / ticks
    }

    /// Reads once the process has come to rest: no more than 1 ms used in the last 100 ms, at most 3 s from now.
    static func settled(of pid: pid_t) throws -> CPUReading {
        let deadline = monotonicSeconds() + 3
        var last = try CPUReading(of: pid)
        while monotonicSeconds() < deadline {
            sleepUntil(monotonicSeconds() + 0.1)
            let next = try CPUReading(of: pid)
            if next.total - last.total < 0.001 { return next }
            last = next
        }
        return last
    }
}

/// The most memory the process has had resident, in KiB (VmHWM).
func peakMemory(of pid: pid_t) throws -> Int {
    for line in try readFile("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
        if let value = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first, let size = Int(value)
        {
            return size
        }
    }
    throw Failure("/proc/\(pid)/status: no VmHWM")
}
