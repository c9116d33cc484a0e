// Fuzz target: any bytes as the text of a message, through the built-in parsers. Built as a target of the package with
// FUZZ=1 (Fuzz/run).
//
// The input is a parser's name, a line feed, and the message. Whatever the message holds: its bytes are not changed,
// the event is valid JSON whose `message` (or `raw`) is the message, the same again from a worn encoder, and the match
// stays within its bound.

import Events
import Foundation
import FuzzDriver
import Parsers
import Syslog

private let set: ParserSet = {
    do { return try ParserSet(RulesFile.builtIn) } catch { fatalError("\(error)") }
}()

/// An encoder that sees every input, one after the other. libFuzzer calls from one thread.
nonisolated(unsafe) private var worn = EventEncoder(set)
nonisolated(unsafe) private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

@main
struct Fuzzer {
    static func main() { fuzz { fuzzRules($0, $1) } }
}

/// Called by libFuzzer with every input.
private func fuzzRules(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    let nameEnd = input.firstIndex(of: UInt8(ascii: "\n")) ?? 0
    let name = String(decoding: input[..<nameEnd], as: UTF8.self)
    let parser = set.parser(named: name) ?? set.parser(named: set.parserNames[count % set.parserNames.count])!
    // A copy of exactly this size, so that the sanitizer sees a read beyond it.
    let message = Array(input[min(count, nameEnd + 1)...])

    var fresh = EventEncoder(set)
    let event = encode(message, parser, &fresh, within: room.count)
    precondition(event != nil, "the event needs more than the documented room")
    precondition(encode(message, parser, &worn, within: room.count) == event, "an earlier message changed the event")
    precondition(fresh.byteSteps <= 40 * message.count + 2048, "the match cost more than its bound")
    precondition(encode(message, parser, &worn, within: event!.count / 2) == nil)
    check(event!, message)
    return 0
}

private func encode(
    _ message: [UInt8], _ parser: ParserID, _ encoder: inout EventEncoder, within size: Int
) -> [UInt8]? {
    let copy = message
    var headers = HeaderParser()
    // The header of nothing: all of the input is text.
    var header = headers.parse([UInt8]().span, receivedSeconds: 1_762_264_929, zone: .utc)
    header.content = ByteRange(start: 0, count: UInt32(message.count))
    header.body = header.content
    _ = encoder.match(message.span, header, parser: parser)
    let envelope = Envelope(receivedNanoseconds: 1_762_264_929_120_000_000)
    let out = UnsafeMutableRawBufferPointer(rebasing: room[..<size])
    let encoded = encoder.encode(message.span, header, envelope: envelope, key: nil, into: out)
    precondition(message == copy, "the message's bytes were changed")
    return encoded.map { Array(out[..<$0.byteCount]) }
}

private func check(_ event: [UInt8], _ message: [UInt8]) {
    do {
        guard let object = try JSONSerialization.jsonObject(with: Data(event)) as? [String: Any],
            object["type"] is String, object["source"] is String, object["syslog"] is [String: Any],
            let text = object["message"] as? String
        else { fatalError("not an event: \(String(decoding: event, as: UTF8.self))") }
        if let raw = object["raw"] as? String {
            precondition(Data(base64Encoded: raw) == Data(message), "raw is not the message")
        } else {
            precondition(Array(text.utf8) == message, "message is not the message")
        }
    } catch {
        fatalError("\(error): \(String(decoding: event, as: UTF8.self))")
    }
}
