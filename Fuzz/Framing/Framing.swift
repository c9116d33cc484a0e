// Fuzz target: any bytes as a stream. Built as a target of the package with FUZZ=1 (Fuzz/run).
//
// The first three bytes choose the maximum frame size, the mode, and how the stream is split and when a frame is
// refused. Read in one piece and in many, it has to give the same frames and counts.

import FuzzDriver
import Syslog

@main
struct Fuzzer {
    static func main() { fuzz { fuzzFraming($0, $1) } }
}

private struct Outcome: Equatable {
    var frames: [[UInt8]] = []
    var flags: [UInt8] = []
    var resynchronisations: UInt64 = 0
    var truncated: UInt64 = 0
}

/// Called by libFuzzer with every input.
private func fuzzFraming(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let bytes, count > 3 else { return 0 }
    let maximum = bytes[0] & 0x80 == 0 ? Int(bytes[0]) : 65_536
    let mode: FrameDecoder.Mode =
        switch bytes[1] % 4 {
        case 0: .octetCounting
        case 1: .delimited
        default: .detect
        }
    let stream = UnsafeBufferPointer(start: bytes + 3, count: count - 3)
    let whole = run(stream, maximum, mode, seed: 0)
    let split = run(stream, maximum, mode, seed: UInt32(bytes[2]) + 1)
    precondition(whole == split, "the frames depend on how the stream was read")
    precondition(whole.frames.allSatisfy { $0.count <= max(1, maximum) && !$0.isEmpty })
    return 0
}

private func run(
    _ stream: UnsafeBufferPointer<UInt8>, _ maximum: Int, _ mode: FrameDecoder.Mode, seed: UInt32
) -> Outcome {
    var decoder = FrameDecoder(maximumFrameSize: maximum, mode: mode)
    var outcome = Outcome()
    var state = seed
    func random() -> UInt32 {
        state = state &* 1_664_525 &+ 1_013_904_223
        return state >> 16
    }
    let take: (Span<UInt8>, FrameDecoder.Flags) -> FrameDecoder.Verdict = { frame, flags in
        if seed != 0, random() % 4 == 0 { return .stop }
        outcome.frames.append(frame.withUnsafeBufferPointer { Array($0) })
        outcome.flags.append(flags.rawValue)
        return .next
    }
    var position = 0
    while position < stream.count {
        let rest = stream.count - position
        let size = seed == 0 ? rest : min(rest, Int(random() % (seed % 2 == 0 ? 4 : 40)))
        // A copy of exactly this size, so that the sanitizer sees a read beyond it.
        let piece = Array(stream[position..<(position + size)])
        let consumed = decoder.decode(piece.span, take)
        precondition(consumed >= 0 && consumed <= size)
        position += consumed
    }
    while !decoder.finish(take) {}
    outcome.resynchronisations = decoder.resynchronisations
    outcome.truncated = decoder.truncatedFrames
    return outcome
}
