import Patterns

/// One sequence of a pattern compared with a message on its own, element by element: how far it gets, and why it stops
/// there. Slow and simple; the service matches with the prefix structure, and a property test holds the two to the same
/// verdict.
struct PatternWalk {
    /// What a sequence needs at the place that it reached.
    enum Expectation: Hashable {
        case literal([UInt8])
        case value(CaptureType)
        /// One of the words of a choice.
        case word([[UInt8]])
        /// The text that must stand somewhere behind the beginning of a free value.
        case textBehind([UInt8])
        /// The text that must end the run of a word or a name.
        case ending(CaptureType, [UInt8])
        case end
    }

    /// The captures so far with their places in the frame; all of them when the sequence matches.
    private(set) var captures: [(capture: Capture, value: Range<Int>)] = []
    /// The offset in the frame up to which message and sequence agree.
    private(set) var reached: Int
    /// Bytes of literal text that agreed.
    private(set) var literalCount = 0
    /// What was needed at ``reached``; nil when the sequence matches the whole message.
    private(set) var expected: Expectation?

    private let frame: UnsafePointer<UInt8>
    private let start: Int
    private let end: Int

    /// Walks `expansion` over the bytes `start..<end` of `frame`.
    init(_ expansion: Expansion, _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        self.frame = frame
        self.start = start
        self.end = end
        reached = start
        var at = start
        var index = 0
        let elements = expansion.elements
        while index < elements.count {
            let next: Int?
            switch elements[index] {
            case .literal(let bytes): next = literal(bytes, at)
            case .capture(let capture) where !capture.type.isClass: next = typed(capture, at)
            case .capture(let capture) where capture.type == .long && index + 2 < elements.count:
                next = long(capture, at, elements[(index + 1)...])
            case .capture(let capture):
                let behind = index + 1 < elements.count ? elements[index + 1] : nil
                next = free(capture, at, behind, isLast: index + 2 >= elements.count)
            }
            guard let next else { return }
            at = next
            reached = next
            index += 1
        }
        if at < end { expected = .end }
    }

    private mutating func literal(_ bytes: [UInt8], _ at: Int) -> Int? {
        var same = 0
        while same < bytes.count, at + same < end, frame[at + same] == bytes[same] { same += 1 }
        literalCount += same
        if same == bytes.count { return at + same }
        reached = at + same
        expected = .literal(Array(bytes[same...]))
        return nil
    }

    private mutating func typed(_ capture: Capture, _ at: Int) -> Int? {
        guard let next = typedEnd(capture, at) else {
            expected = capture.type == .choice ? .word(capture.words) : .value(capture.type)
            return nil
        }
        let inset = capture.type == .quoted ? 1 : 0
        captures.append((capture, at + inset..<next - inset))
        return next
    }

    private func typedEnd(_ capture: Capture, _ at: Int) -> Int? {
        if capture.type == .choice {
            return capture.words.first { end - at >= $0.count && stands($0, at) }.map { at + $0.count }
        }
        let next = TypedCapture.end(of: capture.type, frame, at, end, messageStart: start)
        return next >= 0 ? next : nil
    }

    /// Up to the last place of the text behind the value at which all that follows fits, up to the next free value. Where
    /// it fits nowhere, the place at which the most of it does shows what is wrong.
    private mutating func long(
        _ capture: Capture, _ at: Int, _ behind: ArraySlice<Expansion.Element>
    ) -> Int? {
        guard case .literal(let text)? = behind.first else { return nil }
        var best: (place: Int, reached: Int)?
        for place in stride(from: end - text.count, through: at, by: -1) where stands(text, place) {
            let (fits, reached) = fit(behind.dropFirst(), place + text.count)
            if fits {
                best = (place, reached)
                break
            }
            if best.map({ reached > $0.reached }) ?? true { best = (place, reached) }
        }
        guard let best else {
            stop(text, at, at, end)
            return nil
        }
        captures.append((capture, at..<best.place))
        return best.place
    }

    /// Whether values and text stand at a place, up to the next `text` or `long`, and how far they do.
    private func fit(_ elements: ArraySlice<Expansion.Element>, _ start: Int) -> (fits: Bool, reached: Int) {
        var at = start
        for (index, element) in zip(elements.indices, elements) {
            switch element {
            case .literal(let bytes):
                guard end - at >= bytes.count, stands(bytes, at) else { return (false, at) }
                at += bytes.count
            case .capture(let capture) where !capture.type.isClass:
                guard let next = typedEnd(capture, at) else { return (false, at) }
                at = next
            case .capture(let capture) where capture.type.byteClass == .any: return (true, at)
            case .capture(let capture):
                let behind = index + 1 < elements.endIndex ? elements[index + 1] : nil
                // On a copy: what it finds out about this place is not the walk's.
                var walk = self
                guard let next = walk.free(capture, at, behind, isLast: index + 2 >= elements.endIndex) else {
                    return (false, at)
                }
                at = next
            }
        }
        return (at == end, at)
    }

    /// A run of bytes, and of the text behind it what the run may hold; the rest of that text is the next element's.
    private mutating func free(
        _ capture: Capture, _ at: Int, _ behind: Expansion.Element?, isLast: Bool
    ) -> Int? {
        let byteClass = capture.type.byteClass
        let isText = byteClass == .any
        var runEnd = at
        while runEnd < end, byteClass.contains(frame[runEnd]) { runEnd += 1 }
        if runEnd == at && !isText {
            expected = .value(capture.type)
            return nil
        }
        var valueEnd = runEnd
        if case .literal(let text)? = behind {
            let inside = Array(text.prefix { byteClass.contains($0) })
            let first = isText ? at : at + 1
            if !inside.isEmpty, inside.count < text.count || isLast {
                let start = runEnd - inside.count
                guard start >= first, stands(inside, start) else {
                    reached = isText ? at : runEnd
                    expected = .ending(isText ? .text : capture.type, inside)
                    return nil
                }
                valueEnd = start
            } else if !inside.isEmpty {
                var start = first
                while start + inside.count <= runEnd, !stands(inside, start) { start += 1 }
                guard start + inside.count <= runEnd else {
                    stop(inside, at, first, runEnd)
                    return nil
                }
                valueEnd = start
            }
        }
        captures.append((capture, at..<valueEnd))
        return valueEnd
    }

    /// Of a text that stands nowhere behind a value: where the most of its beginning stands is what was meant. One byte,
    /// often a space, says nothing.
    private mutating func stop(_ text: [UInt8], _ at: Int, _ first: Int, _ runEnd: Int) {
        var best = (count: 1, place: at)
        for place in stride(from: first, to: runEnd, by: 1) {
            var same = 0
            while same < text.count, place + same < runEnd, frame[place + same] == text[same] { same += 1 }
            if same > best.count { best = (same, place) }
        }
        if best.count > 1 {
            reached = best.place + best.count
            literalCount += best.count
            expected = .literal(Array(text[best.count...]))
        } else {
            expected = .textBehind(text)
        }
    }

    private func stands(_ bytes: [UInt8], _ at: Int) -> Bool {
        for (offset, byte) in bytes.enumerated() where frame[at + offset] != byte { return false }
        return true
    }
}
