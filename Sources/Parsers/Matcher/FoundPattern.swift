import Events
import Patterns

/// What the service's matcher found in a message, for people: which sequence of which pattern, and what it captured.
package struct FoundPattern {
    package let pattern: PatternReference
    /// Its captures with their places in the frame.
    package let captures: [(capture: Capture, place: Range<Int>)]
}

extension ParserSet {
    /// The pattern of a parser that the message at `body` of `frame` matches; nil when none does. Makes a matcher each
    /// time: not for every message.
    package func foundPattern(in frame: [UInt8], _ body: Range<Int>, by parser: ParserID) -> FoundPattern? {
        guard parser != .none, Int(parser.rawValue) < tables.address.pointee.rootCount else { return nil }
        var matcher = Matcher(tables.address)
        let root = tables.address.pointee.roots[Int(parser.rawValue)]
        let outcome = frame.withUnsafeBufferPointer { bytes -> UInt32 in
            // An empty frame has no address; nothing is read from this one.
            let base = bytes.baseAddress ?? tables.address.pointee.literals
            return matcher.match(base, body.lowerBound, body.upperBound, root: root, tables.address)
        }
        guard outcome != absent else { return nil }
        let reference = rules[Int(tables.address.pointee.outcomes[Int(outcome)].rule)]
        let sequence = sequences[Int(outcome)]
        let expansion = composition.rule(reference).patterns[sequence.pattern].expansions[sequence.sequence]
        var captures: [(capture: Capture, place: Range<Int>)] = []
        for (index, capture) in expansion.captures.dropLast(sequence.isShort ? 1 : 0).enumerated() {
            let taken = matcher.captures[index]
            captures.append((capture, Int(taken.start)..<Int(taken.end)))
        }
        return FoundPattern(
            pattern: PatternReference(rule: reference, pattern: sequence.pattern), captures: captures)
    }
}
