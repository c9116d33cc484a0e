// Fuzz target: any bytes as one frame. Built as a target of the package with FUZZ=1 (Fuzz/run).
//
// The input is two frames, parted at its first 0xFF; the first one only serves to fill the parser's caches. Whatever
// they hold, the second frame has to come out as from a fresh parser.

import FuzzDriver
import Syslog

@main
struct Fuzzer {
    static func main() { fuzz { fuzzHeader($0, $1) } }
}

/// Called by libFuzzer with every input.
private func fuzzHeader(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    let middle = input.firstIndex(of: 0xFF) ?? 0
    let frame = UnsafeBufferPointer(rebasing: input[(middle == 0 ? 0 : middle + 1)...])
    let received: Int64 = 1_762_264_929
    let zone = LocalZone(transitions: [(received - 86_400, 7_200), (received, 3_600)], initialOffset: -3_600)
    var used = HeaderParser()
    _ = used.parse(UnsafeBufferPointer(rebasing: input[..<middle]).span, receivedSeconds: received, zone: zone)
    var fresh = HeaderParser()
    let message = fresh.parse(frame.span, receivedSeconds: received, zone: zone)
    precondition(used.parse(frame.span, receivedSeconds: received, zone: zone) == message, "a cache changed the result")
    check(message, frame)
    return 0
}

private func check(_ message: SyslogMessage, _ frame: UnsafeBufferPointer<UInt8>) {
    precondition(message.facility < 24 && message.severity < 8)
    precondition(message.timestamp.nanoseconds < 1_000_000_000 && message.timestamp.digits < 10)
    for range in [
        message.host, message.program, message.processID, message.messageID, message.structuredData, message.content,
        message.body,
    ] {
        precondition(Int(range.start) + Int(range.count) <= frame.count, "a range leaves the frame")
    }
    precondition(message.body.lowerBound >= message.content.lowerBound)
    precondition(message.body.upperBound <= message.content.upperBound)
    for byte in frame[message.content.upperBound...] {
        precondition(byte == 0 || byte == 10 || byte == 13, "text after the content is lost")
    }
    if let fault = message.fault { precondition(fault.column >= 1 && Int(fault.column) <= frame.count + 1) }
    if message.format == .unstructured { precondition(message.content.start == 0) }
    var reader = StructuredDataReader(message.structuredData)
    var end = message.structuredData.lowerBound
    while let item = reader.next(in: frame.span) {
        switch item {
        case .element(let id):
            precondition(id.lowerBound > end || end == 0)
            end = id.upperBound
        case .parameter(let name, let value, _):
            precondition(name.lowerBound > end && value.lowerBound > name.upperBound)
            end = value.upperBound
        }
    }
    precondition(end <= message.structuredData.upperBound)
    // What the header parser accepted, the reader reads to its last bracket.
    if !message.structuredData.isEmpty { precondition(end + 2 >= message.structuredData.upperBound) }
}
