import Base

/// Writes instants as RFC 3339 in UTC. One per worker: consecutive messages mostly share their second, which is then
/// formatted once.
public struct TimestampFormatter {
    /// The nineteen bytes `2025-11-04T14:02:09` of one second.
    @usableFromInline struct CachedSecond {
        @usableFromInline var second: Int64
        @usableFromInline var date: UInt64
        @usableFromInline var middle: UInt64
        /// The last eight of the nineteen bytes; the first five overlap `middle`.
        @usableFromInline var tail: UInt64

        init(second: Int64) {
            self.second = second
            (date, middle, tail) = formatSecond(second)
        }
    }

    // The sender's time and the time of reception run apart, so each has its own.
    @usableFromInline var stamped: CachedSecond
    @usableFromInline var received: CachedSecond
    /// The 24 bytes of the last time of reception.
    @usableFromInline var receivedText: (UInt64, UInt64, UInt64) = (0, 0, 0)
    @usableFromInline var receivedNanoseconds: Int64 = 0

    /// Starts with nothing formatted.
    public init() {
        stamped = CachedSecond(second: 0)
        received = CachedSecond(second: 0)
        formatReceived(0)
    }

    /// Writes the sender's time with the fraction digits that it came with (0…9) and `Z`.
    ///
    /// Years outside 0000…9999 cannot be written in RFC 3339 and become the nearest instant that can.
    @inlinable
    public mutating func write(seconds: Int64, nanoseconds: UInt32, digits: UInt8, into writer: inout ByteWriter) {
        if seconds != stamped.second { reformat(&stamped, seconds) }
        Self.write(stamped, nanoseconds, Int(digits), into: &writer)
    }

    /// Writes a time of reception, in Unix nanoseconds, with milliseconds and `Z`. Messages of one batch share it, and
    /// it is then formatted once.
    @inlinable
    public mutating func writeReceived(nanoseconds: Int64, into writer: inout ByteWriter) {
        if nanoseconds != receivedNanoseconds { formatReceived(nanoseconds) }
        guard writer.reserve(24) else { return }
        let target = UnsafeMutableRawPointer(writer.base + writer.count)
        target.storeBytes(of: receivedText.0, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: receivedText.1, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: receivedText.2, toByteOffset: 16, as: UInt64.self)
        writer.count &+= 24
    }

    /// The 24 bytes that ``writeReceived(nanoseconds:into:)`` writes.
    @inline(__always)
    mutating func receivedWords(nanoseconds: Int64) -> (UInt64, UInt64, UInt64) {
        if nanoseconds != receivedNanoseconds { formatReceived(nanoseconds) }
        return receivedText
    }

    @usableFromInline @inline(never)
    mutating func formatReceived(_ nanoseconds: Int64) {
        var second = nanoseconds / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            second -= 1
            rest += 1_000_000_000
        }
        if second != received.second { reformat(&received, second) }
        withUnsafeMutableBytes(of: &receivedText) { text in
            var writer = ByteWriter(text)
            Self.write(received, UInt32(truncatingIfNeeded: rest), 3, into: &writer)
        }
        receivedNanoseconds = nanoseconds
    }

    @usableFromInline @inline(never)
    func reformat(_ cached: inout CachedSecond, _ second: Int64) {
        cached = CachedSecond(second: second)
    }

    @inlinable @inline(__always)
    static func write(_ cached: CachedSecond, _ nanoseconds: UInt32, _ digits: Int, into writer: inout ByteWriter) {
        let digits = min(digits, 9)
        guard writer.reserve(20 + (digits > 0 ? digits + 1 : 0)) else { return }
        let target = UnsafeMutableRawPointer(writer.base + writer.count)
        target.storeBytes(of: cached.date, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: cached.middle, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: cached.tail, toByteOffset: 11, as: UInt64.self)
        var at = writer.count + 19
        if digits > 0 {
            writer.base[at] = UInt8(ascii: ".")
            at += 1
            var value = min(nanoseconds, 999_999_999)
            var place = 9
            while place > digits {
                value /= 10
                place -= 1
            }
            while place > 0 {
                place -= 1
                writer.base[at + place] = UInt8(truncatingIfNeeded: 0x30 &+ value % 10)
                value /= 10
            }
            at += digits
        }
        writer.base[at] = UInt8(ascii: "Z")
        writer.count = at + 1
    }
}

func formatSecond(_ second: Int64) -> (date: UInt64, middle: UInt64, tail: UInt64) {
    // 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    let second = min(max(second, -62_167_219_200), 253_402_300_799)
    var days = second / 86_400
    var time = second % 86_400
    if time < 0 {
        days -= 1
        time += 86_400
    }
    let (year, month, day) = CivilDate.date(ofDay: days)
    let text: [UInt8] = [
        digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), UInt8(ascii: "-"),
        digit(month / 10), digit(month), UInt8(ascii: "-"), digit(day / 10), digit(day), UInt8(ascii: "T"),
        digit(time / 36_000), digit(time / 3_600 % 10), UInt8(ascii: ":"),
        digit(time % 3_600 / 600), digit(time % 3_600 / 60), UInt8(ascii: ":"), digit(time % 60 / 10), digit(time % 60),
    ]
    return text.withUnsafeBytes { bytes in
        (
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 11, as: UInt64.self)
        )
    }
}

private func digit(_ value: Int64) -> UInt8 { UInt8(truncatingIfNeeded: 0x30 + value % 10) }
