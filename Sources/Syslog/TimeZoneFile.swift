import Base
import Glibc

/// A zone's history as the tz database keeps it (TZif, RFC 9636), for code that must not use Foundation: its tables of
/// zones are the larger part of ICU, and older than those of the system.
public struct TimeZoneFile: Sendable {
    /// The offset before the first transition, in seconds east of UTC.
    let initialOffset: Int32
    /// Every listed change: the second (Unix time) from which on an offset (seconds east of UTC) is in force, ascending.
    let transitions: [(at: Int64, offset: Int32)]
    /// What holds behind the last transition, nil where nothing is said.
    let rule: TimeZoneRule?

    /// Where the tz database lies.
    static let directory = "/usr/share/zoneinfo/"

    /// The zone of a name such as `Europe/Berlin`; nil where the database has none.
    public static func named(_ name: String) -> TimeZoneFile? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            guard let first = part.utf8.first, first != UInt8(ascii: ".") else { return false }
            return part.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            }
        }
        return isName ? read(directory + name) : nil
    }

    /// The machine's zone: what `TZ` names, else `/etc/localtime`, else UTC.
    public static func local() -> TimeZoneFile {
        if let variable = getenv("TZ") {
            let text = String(cString: variable)
            let name = text.hasPrefix(":") ? String(text.dropFirst()) : text
            if name.isEmpty { return utc }
            if let zone = name.hasPrefix("/") ? read(name) : named(name) { return zone }
            if let rule = TimeZoneRule(name) {
                return TimeZoneFile(initialOffset: rule.standardOffset, transitions: [], rule: rule)
            }
            return utc
        }
        return read("/etc/localtime") ?? utc
    }

    private static let utc = TimeZoneFile(initialOffset: 0, transitions: [], rule: nil)

    private init(initialOffset: Int32, transitions: [(at: Int64, offset: Int32)], rule: TimeZoneRule?) {
        self.initialOffset = initialOffset
        self.transitions = transitions
        self.rule = rule
    }

    /// The zone that a file's bytes describe; nil for what is no TZif file.
    init?(bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard var counts = reader.header() else { return nil }
        var timeSize = 4
        if counts.version >= UInt8(ascii: "2") {
            // The same once more, with times of eight bytes.
            guard reader.skip(counts.size(timeSize: 4)), let second = reader.header() else { return nil }
            counts = second
            timeSize = 8
        }
        guard let block = reader.take(counts.size(timeSize: timeSize)) else { return nil }
        let types = counts.times * timeSize + counts.times
        guard counts.types > 0 else { return nil }
        let offsets = (0..<counts.types).map { Reader.integer(block, at: types + $0 * 6, size: 4) }
        guard offsets.allSatisfy({ abs($0) <= LocalZone.widestOffset }) else { return nil }
        var transitions: [(at: Int64, offset: Int32)] = []
        for index in 0..<counts.times {
            let type = Int(block[block.startIndex + counts.times * timeSize + index])
            guard type < offsets.count else { return nil }
            let at = Reader.integer(block, at: index * timeSize, size: timeSize)
            if let last = transitions.last, at <= last.at { return nil }
            transitions.append((at, Int32(offsets[type])))
        }
        initialOffset = Int32(offsets[0])
        self.transitions = transitions
        rule = timeSize == 8 ? reader.footer().flatMap { TimeZoneRule($0) } : nil
    }

    /// The offset at the first second, and its changes up to the last one, ascending.
    public func changes(
        from first: Int64, through last: Int64
    ) -> (initialOffset: Int32, transitions: [(Int64, Int32)]) {
        var all = transitions
        if let rule {
            let lastListed = transitions.last?.at ?? .min
            let firstYear = CivilDate.year(ofSeconds: max(first, lastListed)) - 1
            for year in firstYear...max(firstYear, CivilDate.year(ofSeconds: last) + 1) {
                all += rule.transitions(in: year).filter { $0.at > lastListed }
            }
        }
        var before = initialOffset
        var current: Int32?
        var changes: [(Int64, Int32)] = []
        for (at, offset) in all {
            if at <= first {
                before = offset
            } else if at <= last, offset != current ?? before {
                changes.append((at, offset))
                current = offset
            }
        }
        return (before, changes)
    }

    private static func read(_ path: String) -> TimeZoneFile? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        // The largest zone has 4 KiB.
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, (44...1 << 20).contains(status.st_size)
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + filled, $0.count - filled) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            filled += count
        }
        return TimeZoneFile(bytes: bytes)
    }
}

/// Takes a TZif file apart.
private struct Reader {
    struct Counts {
        var version: UInt8
        var universalFlags, standardFlags, leaps, times, types, letters: Int

        func size(timeSize: Int) -> Int {
            times * timeSize + times + types * 6 + letters + leaps * (timeSize + 4) + standardFlags + universalFlags
        }
    }

    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func header() -> Counts? {
        guard let header = take(44), header.prefix(4).elementsEqual("TZif".utf8) else { return nil }
        let counts = (0..<6).map { Int(Self.integer(header, at: 20 + $0 * 4, size: 4)) }
        guard counts.allSatisfy({ (0...65_536).contains($0) }) else { return nil }
        return Counts(
            version: header[header.startIndex + 4], universalFlags: counts[0], standardFlags: counts[1],
            leaps: counts[2], times: counts[3], types: counts[4], letters: counts[5])
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard bytes.count - offset >= count else { return nil }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// The text between two line feeds at the end.
    func footer() -> String? {
        let rest = bytes[offset...]
        guard rest.first == 10, let end = rest.dropFirst().firstIndex(of: 10) else { return nil }
        return String(validating: rest[rest.startIndex + 1..<end], as: UTF8.self)
    }

    /// A signed integer, the high byte first.
    static func integer(_ bytes: ArraySlice<UInt8>, at offset: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for byte in bytes[(bytes.startIndex + offset)...].prefix(size) { value = value << 8 | UInt64(byte) }
        return size == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }
}
