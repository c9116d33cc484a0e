/// Reads what is wanted of librdkafka's statistics (its STATISTICS.md), a JSON text, in one pass; the rest, which is most
/// of it, is stepped over.
struct StatisticsReader: ~Copyable {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Adds what the text says. A text that ends early says what it says up to there.
    consuming func fold(into readings: inout KafkaReadings) {
        members { reader, name in
            switch name {
            case "msg_cnt": readings.queuedMessages += reader.number()
            case "msg_size": readings.queuedBytes += reader.number()
            case "brokers":
                reader.members { reader, name in
                    let broker = reader.broker()
                    // Bootstrap and internal entries have no node behind them.
                    guard broker.nodeID >= 0 else { return }
                    readings.brokers[Self.plain(name), default: .init()].add(broker.readings)
                }
            default: reader.skip()
            }
        }
    }

    private struct Node {
        var readings = KafkaReadings.Broker()
        var nodeID: Int64 = -1
    }

    private mutating func broker() -> Node {
        var node = Node()
        members { reader, name in
            switch name {
            case "nodeid": node.nodeID = reader.integer()
            case "state": node.readings.isUp = ["UP", "UPDATE"].contains(reader.string())
            case "tx": node.readings.requests = reader.number()
            case "txbytes": node.readings.bytes = reader.number()
            case "txerrs", "rxerrs": node.readings.errors += reader.number()
            case "req_timeouts": node.readings.timeouts = reader.number()
            case "outbuf_cnt", "waitresp_cnt": node.readings.waiting += reader.number()
            case "rtt":
                reader.members { reader, name in
                    switch name {
                    case "avg": node.readings.roundTripMean = reader.number()
                    case "p99": node.readings.roundTripMost = reader.number()
                    default: reader.skip()
                    }
                }
            default: reader.skip()
            }
        }
        return node
    }

    /// `host:9092/1` is the broker `host:9092`.
    private static func plain(_ name: String) -> String {
        let end = name.lastIndex(of: "/") ?? name.endIndex
        let text = name[..<end]
        return String(text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text)
    }

    // MARK: JSON

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { at += 1 }
        guard next == byte else { return false }
        at += 1
        return true
    }

    /// Calls `body` at the value of each member of the object that stands here; it reads or skips the value.
    private mutating func members(_ body: (inout StatisticsReader, String) -> Void) {
        guard take(UInt8(ascii: "{")) else { return skip() }
        while at < bytes.count, !take(UInt8(ascii: "}")) {
            let start = at
            let name = string()
            guard take(UInt8(ascii: ":")) else {
                at = bytes.count
                return
            }
            body(&self, name)
            _ = take(UInt8(ascii: ","))
            if at == start { at = bytes.count }
        }
    }

    private mutating func string() -> String {
        guard take(UInt8(ascii: "\"")) else {
            skip()
            return ""
        }
        let start = at
        while let next, next != UInt8(ascii: "\"") { at += next == UInt8(ascii: "\\") ? 2 : 1 }
        let end = min(at, bytes.count)
        at = min(at + 1, bytes.count)
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func integer() -> Int64 {
        let start = at
        skip()
        return Int64(String(decoding: bytes[start..<at], as: UTF8.self)) ?? -1
    }

    private mutating func number() -> UInt64 { UInt64(clamping: integer()) }

    /// Steps over the value that stands here.
    private mutating func skip() {
        var depth = 0
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                _ = string()
                if depth == 0 { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what the value stands in.
                if depth == 0 { return }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return
                }
            case UInt8(ascii: ","): if depth == 0 { return }
            default: break
            }
            at += 1
        }
    }
}

extension KafkaReadings.Broker {
    /// Adds the same broker as another producer sees it; of times the longer one counts.
    fileprivate mutating func add(_ other: Self) {
        isUp = isUp || other.isUp
        requests += other.requests
        waiting += other.waiting
        errors += other.errors
        timeouts += other.timeouts
        bytes += other.bytes
        roundTripMean = max(roundTripMean, other.roundTripMean)
        roundTripMost = max(roundTripMost, other.roundTripMost)
    }
}
