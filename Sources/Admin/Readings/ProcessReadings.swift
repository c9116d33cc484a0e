import Glibc

/// What the system says of this process, as every Prometheus client does.
public struct ProcessReadings: Sendable, Equatable {
    /// Processor time used, seconds.
    public var cpuSeconds: Double = 0
    /// Resident memory, bytes.
    public var residentBytes: UInt64 = 0
    /// Address space, bytes.
    public var virtualBytes: UInt64 = 0
    /// Threads.
    public var threads = 0
    /// Descriptors that are open.
    public var openDescriptors = 0
    /// Descriptors that may be.
    public var maximumDescriptors = 0
    /// When it began, Unix seconds.
    public var startTime: Int64 = 0

    /// Nothing was read.
    public init() {}

    static func read(started: Int64) -> ProcessReadings {
        var readings = ProcessReadings()
        readings.startTime = started
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            readings.cpuSeconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        }
        let memory = text("/proc/self/statm").split(separator: " ").compactMap { UInt64($0) }
        if memory.count > 1 {
            let page = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
            readings.virtualBytes = memory[0] * page
            readings.residentBytes = memory[1] * page
        }
        let fields = statFields()
        if fields.count > 17 { readings.threads = Int(fields[17]) ?? 0 }
        readings.openDescriptors = max(0, entries("/proc/self/fd") - 1)
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            readings.maximumDescriptors = Int(clamping: limit.rlim_cur)
        }
        return readings
    }

    /// When the process began: proc(5), ticks since the machine did.
    static func startTime() -> Int64 {
        let fields = statFields()
        var boot: Int64 = 0
        for line in text("/proc/stat").split(separator: "\n") where line.hasPrefix("btime ") {
            boot = Int64(line.dropFirst(6)) ?? 0
        }
        guard fields.count > 19, let ticks = Int64(fields[19]) else { return Int64(time(nil)) }
        return boot + ticks / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The fields of `/proc/self/stat` behind the name, which may hold anything.
    private static func statFields() -> [Substring] {
        let all = text("/proc/self/stat")
        guard let end = all.lastIndex(of: ")") else { return [] }
        return all[all.index(after: end)...].split(separator: " ")
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func entries(_ path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            let isDot = entry.pointee.d_name.0 == CChar(bitPattern: UInt8(ascii: "."))
            if !isDot { count += 1 }
        }
        return count
    }
}
