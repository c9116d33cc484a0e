import Events
import Foundation
import Parsers
import Syslog
import TestSupport

/// What every parser promises, be it a rules file or a plug-in: any bytes in, one well-formed event out that keeps the
/// message's own bytes, at a bounded cost, the same whatever came before.
/// - Parameters:
///   - parser: its name.
///   - set: what it is a parser of.
///   - samples: messages that it knows; they are cut, changed, repeated and sent in another order.
///   - seed: of what is random.
/// - Throws: ``Unconforming`` for the first message that breaks a promise.
public func checkConformance(
    of parser: String, in set: ParserSet, samples: [String], seed: UInt64 = SeededGenerator.runSeed
) throws {
    guard let id = set.parser(named: parser) else {
        throw Unconforming(promise: "there is a parser of this name", message: [], seed: seed)
    }
    var random = SeededGenerator(seed: seed)
    var run = ConformanceRun(set, id)
    let messages = inputs(like: samples, &random)
    var events: [[UInt8]] = []
    for message in messages {
        func require(_ promise: String, _ isKept: Bool) throws {
            if !isKept { throw Unconforming(promise: promise, message: message, seed: seed) }
        }
        let event = run.event(message)
        try require("there is an event", event != nil)
        let json = event ?? []
        events.append(json)
        let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        try require("an event is a JSON object", object != nil)
        let members = object ?? [:]
        try require(
            "an event has a type, a source and a timestamp",
            members["type"] is String && members["source"] is String && members["timestamp"] is String)
        try require("no key stands twice", topLevelKeys(json).count == members.count)
        let kept: [UInt8]? =
            if let raw = members["raw"] as? String {
                Data(base64Encoded: raw).map { Array($0) }
            } else {
                (members["message"] as? String).map { Array($0.utf8) }
            }
        try require("the message's bytes are kept", kept == message)
        let isText = String(validating: message, as: UTF8.self) != nil
        try require("what is not UTF-8 stands under raw, and nothing else", (members["raw"] == nil) == isText)
        // The bound is looked at between captures, each of which looks at no byte more than twice.
        try require("time is linear in the message", run.byteSteps <= 40 * message.count + 2048)
    }
    func requireTheSame(_ index: Int, _ event: [UInt8]?) throws {
        if event != events[index] {
            throw Unconforming(
                promise: "an event does not depend on what came before", message: messages[index], seed: seed)
        }
    }
    // Nothing is kept: in another order, and from a parser that saw nothing before, the events are the same.
    for index in messages.indices.shuffled(using: &random).prefix(300) {
        try requireTheSame(index, run.event(messages[index]))
    }
    for index in messages.indices.shuffled(using: &random).prefix(20) {
        var fresh = ConformanceRun(set, id)
        try requireTheSame(index, fresh.event(messages[index]))
    }
}

/// A promise that a parser did not keep.
public struct Unconforming: Error, CustomStringConvertible {
    /// What should have been.
    public let promise: String
    /// The message that shows it.
    public let message: [UInt8]
    /// The seed of the run.
    public let seed: UInt64

    /// The promise and the message.
    public var description: String {
        "not so: \(promise); the message is “\(String(decoding: message, as: UTF8.self))” \(message), seed \(seed)"
    }
}

/// Messages through the encoder as a worker sends them, each as the body of a frame without a header.
private struct ConformanceRun: ~Copyable {
    private var encoder: EventEncoder
    private var headers = HeaderParser()
    private let parser: ParserID

    init(_ set: ParserSet, _ parser: ParserID) {
        encoder = EventEncoder(set)
        self.parser = parser
    }

    var byteSteps: Int { encoder.byteSteps }

    mutating func event(_ message: [UInt8]) -> [UInt8]? {
        var header = headers.parse(message.span, receivedSeconds: 1_762_264_929, zone: .utc)
        header.content = ByteRange(start: 0, count: UInt32(message.count))
        header.body = header.content
        _ = encoder.match(message.span, header, parser: parser)
        let out = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        defer { out.deallocate() }
        let envelope = Envelope(receivedNanoseconds: 1_762_264_929_120_000_000)
        return encoder.encode(message.span, header, envelope: envelope, key: nil, into: out)
            .map { Array(out[..<$0.byteCount]) }
    }
}

private func inputs(like samples: [String], _ random: inout SeededGenerator) -> [[UInt8]] {
    var messages: [[UInt8]] = [
        [], [0], [0xFF], Array(repeating: 0x20, count: 5000), Array(repeating: 0x22, count: 3000),
    ]
    for unit in ["{", "[", "a=", "a=\"", "(", "=", "|", "\\", "a=1 ", "{\"a\":", "cs1Label=cs1 cs1=a "] {
        messages.append(Array(String(repeating: unit, count: 2000).utf8))
    }
    for sample in samples {
        let bytes = Array(sample.utf8)
        messages.append(bytes)
        for cut in cuts(bytes.count, &random) { messages.append(Array(bytes[..<cut])) }
        for _ in 0..<30 { messages.append(random.mutation(of: bytes)) }
        messages.append(bytes + [0x20, 0xC3])
    }
    for sample in samples.prefix(2) {
        // As long as a message can be.
        let bytes = Array(sample.utf8) + [0x20]
        messages.append(Array((0..<60_000 / bytes.count).map { _ in bytes }.joined()))
    }
    for _ in 0..<500 { messages.append(random.bytes(upTo: 120)) }
    return messages
}

/// Where to cut a sample: everywhere in a short one, at some places of a long one.
private func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
    count <= 40 ? Array(0..<count) : (0..<40).map { _ in Int.random(in: 0..<count, using: &random) }
}

/// The keys of an event's outermost object, as they come.
private func topLevelKeys(_ json: [UInt8]) -> [String] {
    var keys: [String] = []
    var depth = 0
    var at = 0
    var last = 0..<0
    while at < json.count {
        switch json[at] {
        case UInt8(ascii: "\""):
            let start = at + 1
            at += 1
            while json[at] != UInt8(ascii: "\"") { at += json[at] == UInt8(ascii: "\\") ? 2 : 1 }
            last = start..<at
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ":"): if depth == 1 { keys.append(String(decoding: json[last], as: UTF8.self)) }
        default: break
        }
        at += 1
    }
    return keys
}
