import Base
import Documents
import Glibc
import Kafka

/// Where reading a topic begins, as a person says it.
enum PlaceInTime {
    /// `beginning`, `end`, how long ago (`15m`), or a time of RFC 3339 (`2026-11-27T10:00:00Z`, with an offset, or a date
    /// alone, which is its midnight in UTC); nil for anything else.
    static func start(_ text: String, now: Int64) -> Consumer.Start? {
        switch text {
        case "beginning": return .beginning
        case "end": return .end
        default: break
        }
        do throws(ValueFault) {
            if let duration = try DurationText.parse(text) { return .time(now - Int64(duration.wholeMilliseconds)) }
        } catch {
            // No duration: a time, perhaps.
        }
        return milliseconds(text).map { .time($0) }
    }

    /// Unix time in ms of a time of RFC 3339 section 5.6.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = text[...]
        guard let year = digits(&rest, 4), skip(&rest, "-"), let month = digits(&rest, 2), skip(&rest, "-"),
            let day = digits(&rest, 2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        var offset = 0
        if !rest.isEmpty {
            guard skip(&rest, "T") || skip(&rest, " ") || skip(&rest, "t"), let hour = digits(&rest, 2),
                skip(&rest, ":"),
                let minute = digits(&rest, 2), hour < 24, minute < 60
            else { return nil }
            parts.tm_hour = Int32(hour)
            parts.tm_min = Int32(minute)
            if skip(&rest, ":") {
                guard let second = digits(&rest, 2), second <= 60 else { return nil }
                parts.tm_sec = Int32(second)
                if skip(&rest, ".") { rest = rest.drop { $0.isASCII && $0.isNumber } }
            }
            guard let zone = zone(&rest), rest.isEmpty else { return nil }
            offset = zone
        }
        let seconds = timegm(&parts)
        // 31 February is another day.
        guard parts.tm_mday == Int32(day) else { return nil }
        return Int64(seconds - offset) * 1000
    }

    /// Seconds east of UTC; `Z` or an offset.
    private static func zone(_ rest: inout Substring) -> Int? {
        if skip(&rest, "Z") || skip(&rest, "z") { return 0 }
        let sign = rest.first
        guard sign == "+" || sign == "-" else { return nil }
        rest = rest.dropFirst()
        guard let hour = digits(&rest, 2), skip(&rest, ":"), let minute = digits(&rest, 2), hour < 24, minute < 60
        else {
            return nil
        }
        return (sign == "-" ? -1 : 1) * (hour * 3600 + minute * 60)
    }

    private static func digits(_ rest: inout Substring, _ count: Int) -> Int? {
        let head = rest.prefix(count)
        guard head.count == count, head.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest = rest.dropFirst(count)
        return Int(head)
    }

    private static func skip(_ rest: inout Substring, _ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }
}
