import TestSupport
import Syslog

/// A frame as it was offered, copied out.
struct OfferedFrame: Equatable, CustomStringConvertible {
    var bytes: [UInt8]
    var flags: FrameDecoder.Flags

    init(_ text: String, _ flags: FrameDecoder.Flags = []) {
        bytes = Array(text.utf8)
        self.flags = flags
    }

    init(_ span: Span<UInt8>, _ flags: FrameDecoder.Flags) {
        bytes = span.withUnsafeBufferPointer { Array($0) }
        self.flags = flags
    }

    var description: String { "\(String(decoding: bytes, as: UTF8.self).debugDescription) \(flags.rawValue)" }
}

/// What a whole stream gave.
struct DecodedStream: Equatable {
    var frames: [OfferedFrame] = []
    var resynchronisations: UInt64 = 0
    var truncated: UInt64 = 0
}

/// Decodes a whole stream in one read.
func decodeWhole(
    _ stream: [UInt8], maximum: Int = 65_536, mode: FrameDecoder.Mode = .detect
) -> DecodedStream {
    var decoder = FrameDecoder(maximumFrameSize: maximum, mode: mode)
    var result = DecodedStream()
    let consumed = decoder.decode(stream.span) { frame, flags in
        result.frames.append(OfferedFrame(frame, flags))
        return .next
    }
    precondition(consumed == stream.count, "a decoder that is not stopped consumes everything")
    _ = decoder.finish { frame, flags in
        result.frames.append(OfferedFrame(frame, flags))
        return .next
    }
    result.resynchronisations = decoder.resynchronisations
    result.truncated = decoder.truncatedFrames
    return result
}

/// Decodes a stream in reads of random sizes, refusing frames at random; after a refusal the next read begins with the
/// first byte not consumed and has another size.
func decodeInPieces(
    _ stream: [UInt8], maximum: Int, mode: FrameDecoder.Mode, stopOdds: Int, largestRead: Int,
    _ generator: inout SeededGenerator
) -> DecodedStream {
    var decoder = FrameDecoder(maximumFrameSize: maximum, mode: mode)
    var random = generator
    var result = DecodedStream()
    var refused: OfferedFrame?
    var isConsistent = true
    let take: (Span<UInt8>, FrameDecoder.Flags) -> FrameDecoder.Verdict = { span, flags in
        let frame = OfferedFrame(span, flags)
        if let earlier = refused, earlier != frame { isConsistent = false }
        refused = nil
        if stopOdds > 0, random.int(0...stopOdds) == 0 {
            refused = frame
            return .stop
        }
        result.frames.append(frame)
        return .next
    }
    var position = 0
    while position < stream.count {
        let size = min(stream.count - position, generator.int(0...largestRead))
        let piece = Array(stream[position..<(position + size)])
        let consumed = decoder.decode(piece.span, take)
        precondition(consumed >= 0 && consumed <= size)
        position += consumed
    }
    while !decoder.finish(take) {}
    precondition(isConsistent, "a refused frame is the next one offered, unchanged")
    result.resynchronisations = decoder.resynchronisations
    result.truncated = decoder.truncatedFrames
    return result
}
