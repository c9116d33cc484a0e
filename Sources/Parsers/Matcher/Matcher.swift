import Events
import Patterns

/// Finds the pattern that a message matches. One per worker: it owns the captures of the last match.
///
/// The structure is a tree and every capture has one possible end, so each node is entered at most once per message.
/// Ways that are still open wait in a stack with one place for each node on the way; taking one up again goes on where
/// it stopped. ``byteSteps`` counts the bytes compared and scanned; more than ``stepsPerByte`` for each byte of the
/// message (and ``baseSteps`` beside) give the message up as unmatched, so none can cost more.
struct Matcher: ~Copyable {
    /// Byte steps that a message may cost for each of its bytes.
    static let stepsPerByte = 32
    /// Byte steps that every message may cost beside.
    static let baseSteps = 1024

    /// A place to go back to: an operation of a node, and how far it has come.
    private struct Resumption {
        var operation: UInt32
        var operationEnd: UInt32
        var position: UInt32
        var depth: UInt16
        var phase: Phase
        /// Of a class capture: where its run ends; where the search for terminators goes on, and the one still to try
        /// at that place; the terminator at the run's end that is still to try.
        var runEnd: UInt32
        var scan: UInt32
        var terminator: UInt32
        var suffix: UInt32

        /// Sets what an operation that has not begun needs; the rest is not read.
        @inline(__always)
        mutating func begin(_ operation: UInt32, _ operationEnd: UInt32, _ position: Int, _ depth: Int) {
            self.operation = operation
            self.operationEnd = operationEnd
            self.position = UInt32(truncatingIfNeeded: position)
            self.depth = UInt16(truncatingIfNeeded: depth)
            phase = .fresh
        }
    }

    private enum Phase: UInt8 {
        case fresh, terminators, whole
    }

    /// Of the last match, and behind them the lifted members (``MemberLift``).
    let captures: UnsafeMutablePointer<Captured>
    let objectKeys: ObjectKeys
    private let stack: UnsafeMutablePointer<Resumption>
    /// For each terminator the match in which it was last tried: only its first occurrence counts.
    private let seen: UnsafeMutablePointer<UInt32>
    private let seenCount: Int
    private var generation: UInt32 = 0

    /// Bytes that the last match compared and scanned.
    private(set) var byteSteps = 0
    /// True when the last match was given up at its bound.
    private(set) var gaveUp = false

    init(_ tables: UnsafePointer<CompiledTables>) {
        let tables = tables.pointee
        let slots = max(tables.maximumDepth, tables.maximumSlots) + 1
        captures = .allocate(capacity: slots)
        captures.initialize(repeating: Captured(start: 0, end: 0), count: slots)
        objectKeys = ObjectKeys.allocate()
        stack = .allocate(capacity: tables.maximumOpen + 1)
        stack.initialize(
            repeating: Resumption(
                operation: 0, operationEnd: 0, position: 0, depth: 0, phase: .fresh, runEnd: 0, scan: 0,
                terminator: absent, suffix: absent),
            count: tables.maximumOpen + 1)
        seenCount = max(tables.terminatorCount, 1)
        seen = .allocate(capacity: seenCount)
        seen.initialize(repeating: 0, count: seenCount)
    }

    deinit {
        captures.deallocate()
        objectKeys.deallocate()
        stack.deallocate()
        seen.deallocate()
    }

    /// Matches the bytes `start..<end` of `frame` from the node `root`.
    /// - Returns: an outcome, or ``absent``. The captures hold places in the frame.
    mutating func match(
        _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, root: UInt32, _ tables: UnsafePointer<CompiledTables>
    ) -> UInt32 {
        generation &+= 1
        if generation == 0 {
            seen.update(repeating: 0, count: seenCount)
            generation = 1
        }
        gaveUp = false
        let limit = (end &- start) &* Self.stepsPerByte &+ Self.baseSteps
        var steps = 0
        var open = 0
        var node = root
        var position = start
        var depth = 0
        defer { byteSteps = steps }
        let nodes = tables.pointee.nodes
        let operations = tables.pointee.operations
        let literals = tables.pointee.literals
        let children = tables.pointee.children
        let terminators = tables.pointee.terminators
        let classes = tables.pointee.classes
        let stack = self.stack
        let captures = self.captures
        let seen = self.seen
        let generation = self.generation

        entering: while true {
            let place = nodes + Int(node)
            var operation = place.pointee.operationStart
            var operationEnd = operation &+ UInt32(place.pointee.operationCount)
            var phase = Phase.fresh
            var runEnd = 0
            var scan = 0
            var terminator = absent
            var suffix = absent

            let literal = Int(place.pointee.literalCount)
            let arrived: Bool
            if literal > 0 {
                steps &+= literal
                if literal <= 8, end &- position >= 8 {
                    let word = UnsafeRawPointer(frame + position).loadUnaligned(as: UInt64.self)
                    arrived = (UInt64(littleEndian: word) ^ place.pointee.word) & place.pointee.mask == 0
                } else {
                    arrived =
                        end &- position >= literal
                        && equalBytes(frame + position, literals + Int(place.pointee.literalStart), literal)
                }
            } else {
                arrived = true
            }
            if arrived {
                position &+= literal
                if position == end {
                    if place.pointee.outcome != absent { return place.pointee.outcome }
                } else if place.pointee.tableCount > 0 {
                    steps &+= 1
                    let slot = Int(frame[position]) &- Int(place.pointee.tableLow)
                    if slot >= 0, slot < Int(place.pointee.tableCount) {
                        let child = children[Int(place.pointee.tableStart) &+ slot]
                        if child != absent {
                            if operation < operationEnd {
                                stack[open].begin(operation, operationEnd, position, depth)
                                open &+= 1
                            }
                            node = child
                            position &+= 1
                            continue entering
                        }
                    }
                }
            } else {
                operation = operationEnd
            }

            trying: while true {
                if operation == operationEnd {
                    guard open > 0 else { return absent }
                    if steps > limit {
                        gaveUp = true
                        return absent
                    }
                    open &-= 1
                    let back = stack + open
                    operation = back.pointee.operation
                    operationEnd = back.pointee.operationEnd
                    position = Int(back.pointee.position)
                    depth = Int(back.pointee.depth)
                    phase = back.pointee.phase
                    if phase != .fresh {
                        runEnd = Int(back.pointee.runEnd)
                        scan = Int(back.pointee.scan)
                        terminator = back.pointee.terminator
                        suffix = back.pointee.suffix
                    }
                    continue trying
                }
                let current = operations + Int(operation)
                let type = current.pointee.type
                if type.rawValue < CaptureType.host.rawValue {
                    let reached =
                        type == .choice
                        ? Self.choiceEnd(current, frame, position, end, tables, &steps)
                        : TypedCapture.end(of: type, frame, position, end, messageStart: start)
                    if reached < 0 {
                        steps &+= Self.missedCost(type, frame, position, end)
                        operation &+= 1
                        continue trying
                    }
                    // A list looks for brackets and quotes beyond its end.
                    steps &+= type == .kv ? 2 &* (end &- position) : reached &- position
                    if operation &+ 1 < operationEnd {
                        stack[open].begin(operation &+ 1, operationEnd, position, depth)
                        open &+= 1
                    }
                    let inset = type == .quoted ? 1 : 0
                    captures[depth] = Captured(
                        start: UInt32(truncatingIfNeeded: position &+ inset),
                        end: UInt32(truncatingIfNeeded: reached &- inset))
                    depth &+= 1
                    position = reached
                    node = current.pointee.target
                    continue entering
                }

                if type == .long {
                    if phase == .fresh {
                        scan = end
                        terminator = absent
                        phase = .terminators
                    }
                    // Places before `scan` are still to be looked at; `terminator` stands at `scan`.
                    var found = absent
                    while found == absent {
                        if terminator == absent {
                            terminator = lastTerminator(
                                frame, position, &scan, end, root: current.pointee.findRoot, tables, &steps)
                            if terminator == absent { break }
                        }
                        let ending = terminators + Int(terminator)
                        if seen[Int(terminator)] != generation,
                            Self.fits(
                                ending.pointee.probe, frame, scan &+ Int(ending.pointee.length), end,
                                messageStart: start, tables, &steps)
                        {
                            found = terminator
                        }
                        terminator = ending.pointee.shorter
                        if steps > limit {
                            gaveUp = true
                            return absent
                        }
                    }
                    if found == absent {
                        operation &+= 1
                        phase = .fresh
                        continue trying
                    }
                    seen[Int(found)] = generation
                    if current.pointee.findCount > 1 {
                        stack[open] = Resumption(
                            operation: operation, operationEnd: operationEnd,
                            position: UInt32(truncatingIfNeeded: position), depth: UInt16(truncatingIfNeeded: depth),
                            phase: phase, runEnd: 0, scan: UInt32(truncatingIfNeeded: scan), terminator: terminator,
                            suffix: absent)
                        open &+= 1
                    } else if operation &+ 1 < operationEnd {
                        stack[open].begin(operation &+ 1, operationEnd, position, depth)
                        open &+= 1
                    }
                    captures[depth] = Captured(
                        start: UInt32(truncatingIfNeeded: position), end: UInt32(truncatingIfNeeded: scan))
                    depth &+= 1
                    position = scan &+ Int(terminators[Int(found)].length)
                    node = terminators[Int(found)].target
                    continue entering
                }

                // A class: a run of bytes that ends at a terminator or as a whole.
                let isText = type == .text
                if phase == .fresh {
                    if isText {
                        runEnd = end
                    } else {
                        let bit = type.byteClass.rawValue
                        runEnd = position
                        while runEnd < end, classes[Int(frame[runEnd])] & bit != 0 { runEnd &+= 1 }
                        steps &+= runEnd &- position
                        if runEnd == position {
                            operation &+= 1
                            continue trying
                        }
                    }
                    // Free text may be empty; a word or a name may not.
                    scan = isText ? position : position &+ 1
                    terminator = absent
                    suffix = absent
                    if current.pointee.suffixRoot != absent {
                        suffix = Self.longestSuffix(
                            frame, scan, runEnd, root: current.pointee.suffixRoot, tables, &steps)
                    }
                    if current.pointee.findRoot == absent { scan = runEnd }
                    phase = .terminators
                }
                steps &+= 1
                var target = absent
                var captureEnd = runEnd
                var next = runEnd
                if phase == .terminators {
                    // Two orders are merged: of those that are looked for, the first in the message, and of those that
                    // end the run, the longest. Whichever begins first is tried first; at one place, the longer.
                    if scan < runEnd {
                        let from = scan
                        while true {
                            if terminator == absent {
                                terminator = Self.firstTerminator(
                                    frame, &scan, runEnd, root: current.pointee.findRoot, tables, &steps)
                            }
                            if terminator == absent || seen[Int(terminator)] != generation { break }
                            terminator = terminators[Int(terminator)].shorter
                            if terminator == absent { scan &+= 1 }
                        }
                        steps &+= scan &- from
                    }
                    var suffixLength = 0
                    if suffix != absent { suffixLength = Int(terminators[Int(suffix)].length) }
                    if terminator != absent,
                        suffix == absent || scan < runEnd &- suffixLength
                            || (scan == runEnd &- suffixLength
                                && Int(terminators[Int(terminator)].length) > suffixLength)
                    {
                        seen[Int(terminator)] = generation
                        let ending = terminators + Int(terminator)
                        target = ending.pointee.target
                        captureEnd = scan
                        next = scan &+ Int(ending.pointee.length)
                        terminator = ending.pointee.shorter
                        if terminator == absent { scan &+= 1 }
                        if current.pointee.findCount == 1 { scan = runEnd }
                    } else if suffix != absent {
                        let ending = terminators + Int(suffix)
                        target = ending.pointee.target
                        captureEnd = runEnd &- suffixLength
                        suffix = ending.pointee.shorter
                    }
                    if terminator == absent, suffix == absent, scan >= runEnd || target == absent { phase = .whole }
                }
                var isLast = phase == .whole && current.pointee.target == absent
                if target == absent {
                    if isLast {
                        operation &+= 1
                        phase = .fresh
                        continue trying
                    }
                    target = current.pointee.target
                    isLast = true
                }
                if !isLast {
                    stack[open] = Resumption(
                        operation: operation, operationEnd: operationEnd,
                        position: UInt32(truncatingIfNeeded: position), depth: UInt16(truncatingIfNeeded: depth),
                        phase: phase, runEnd: UInt32(truncatingIfNeeded: runEnd),
                        scan: UInt32(truncatingIfNeeded: scan), terminator: terminator, suffix: suffix)
                    open &+= 1
                } else if operation &+ 1 < operationEnd {
                    stack[open].begin(operation &+ 1, operationEnd, position, depth)
                    open &+= 1
                }
                captures[depth] = Captured(
                    start: UInt32(truncatingIfNeeded: position), end: UInt32(truncatingIfNeeded: captureEnd))
                depth &+= 1
                position = next
                node = target
                continue entering
            }
        }
    }

    /// Moves `scan` to the first place before `runEnd` where a terminator stands and returns the longest one there.
    private static func firstTerminator(
        _ frame: UnsafePointer<UInt8>, _ scan: inout Int, _ runEnd: Int, root: UInt32,
        _ tables: UnsafePointer<CompiledTables>, _ steps: inout Int
    ) -> UInt32 {
        let start = tables.pointee.nodes + Int(root)
        if start.pointee.literalCount > 0 {
            // All terminators begin alike: look for their first byte alone.
            let first = tables.pointee.literals[Int(start.pointee.literalStart)]
            while true {
                scan = nextByte(first, frame, scan, runEnd)
                if scan >= runEnd { return absent }
                let found = Self.terminator(frame, scan, runEnd, root: root, tables, &steps)
                if found != absent { return found }
                scan &+= 1
            }
        }
        let low = Int(start.pointee.tableLow)
        let count = Int(start.pointee.tableCount)
        let children = tables.pointee.children + Int(start.pointee.tableStart)
        while scan < runEnd {
            let slot = Int(frame[scan]) &- low
            if slot >= 0, slot < count, children[slot] != absent {
                let found = Self.terminator(frame, scan, runEnd, root: root, tables, &steps)
                if found != absent { return found }
            }
            scan &+= 1
        }
        return absent
    }

    /// Moves `scan` back to the last place before it, and not before `start`, where a terminator stands and returns the
    /// longest one there.
    private func lastTerminator(
        _ frame: UnsafePointer<UInt8>, _ start: Int, _ scan: inout Int, _ end: Int, root: UInt32,
        _ tables: UnsafePointer<CompiledTables>, _ steps: inout Int
    ) -> UInt32 {
        let node = tables.pointee.nodes + Int(root)
        let hasText = node.pointee.literalCount > 0
        let first = hasText ? tables.pointee.literals[Int(node.pointee.literalStart)] : 0
        let low = Int(node.pointee.tableLow)
        let count = Int(node.pointee.tableCount)
        let children = tables.pointee.children + Int(node.pointee.tableStart)
        let from = scan
        defer { steps &+= from &- scan }
        while scan > start {
            scan &-= 1
            if hasText {
                if frame[scan] != first { continue }
            } else {
                let slot = Int(frame[scan]) &- low
                if slot < 0 || slot >= count || children[slot] == absent { continue }
            }
            let found = Self.terminator(frame, scan, end, root: root, tables, &steps)
            if found != absent { return found }
        }
        return absent
    }

    /// True when what a `long` needs behind its text fits at `start`.
    private static func fits(
        _ probe: UInt32, _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, messageStart: Int,
        _ tables: UnsafePointer<CompiledTables>, _ steps: inout Int
    ) -> Bool {
        var at = start
        var node = probe
        while true {
            let place = tables.pointee.nodes + Int(node)
            let literal = Int(place.pointee.literalCount)
            steps &+= literal &+ 1
            guard end &- at >= literal,
                equalBytes(frame + at, tables.pointee.literals + Int(place.pointee.literalStart), literal)
            else { return false }
            at &+= literal
            if place.pointee.outcome != absent { return place.pointee.outcome == Probe.isFree || at == end }
            let next = tables.pointee.operations + Int(place.pointee.operationStart)
            let type = next.pointee.type
            let reached: Int
            switch type {
            case .choice: reached = choiceEnd(next, frame, at, end, tables, &steps)
            case .host, .word: reached = runEnd(next, frame, at, end, tables, &steps)
            default: reached = TypedCapture.end(of: type, frame, at, end, messageStart: messageStart)
            }
            guard reached >= 0 else {
                steps &+= missedCost(type, frame, at, end)
                return false
            }
            steps &+= type == .kv ? 2 &* (end &- at) : reached &- at
            at = reached
            node = next.pointee.target
        }
    }

    /// The longest terminator that stands at `start`.
    private static func terminator(
        _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, root: UInt32, _ tables: UnsafePointer<CompiledTables>,
        _ steps: inout Int
    ) -> UInt32 {
        var longest = absent
        var node = root
        var at = start
        while true {
            let place = tables.pointee.nodes + Int(node)
            let literal = Int(place.pointee.literalCount)
            guard end &- at >= literal else { return longest }
            let expected = tables.pointee.literals + Int(place.pointee.literalStart)
            var same = 0
            while same < literal, frame[at &+ same] == expected[same] { same &+= 1 }
            steps &+= same
            guard same == literal else { return longest }
            at &+= literal
            if place.pointee.outcome != absent { longest = place.pointee.outcome }
            guard at < end, place.pointee.tableCount > 0 else { return longest }
            let slot = Int(frame[at]) &- Int(place.pointee.tableLow)
            guard slot >= 0, slot < Int(place.pointee.tableCount) else { return longest }
            let child = tables.pointee.children[Int(place.pointee.tableStart) &+ slot]
            guard child != absent else { return longest }
            node = child
            at &+= 1
        }
    }

    /// The end of the name or word of a probe that begins at `start`, or -1.
    private static func runEnd(
        _ operation: UnsafePointer<Operation>, _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int,
        _ tables: UnsafePointer<CompiledTables>, _ steps: inout Int
    ) -> Int {
        let bit = operation.pointee.type.byteClass.rawValue
        var runEnd = start
        while runEnd < end, tables.pointee.classes[Int(frame[runEnd])] & bit != 0 { runEnd &+= 1 }
        steps &+= runEnd &- start
        if runEnd == start { return -1 }
        if operation.pointee.suffixRoot != absent {
            let root = operation.pointee.suffixRoot
            let ending = longestSuffix(frame, start &+ 1, runEnd, root: root, tables, &steps)
            return ending == absent ? -1 : runEnd &- Int(tables.pointee.terminators[Int(ending)].length)
        }
        if operation.pointee.findRoot != absent {
            var scan = start &+ 1
            let root = operation.pointee.findRoot
            return firstTerminator(frame, &scan, runEnd, root: root, tables, &steps) == absent ? -1 : scan
        }
        return runEnd
    }

    /// The end of the longest word of a choice that stands at `start`, or -1.
    private static func choiceEnd(
        _ operation: UnsafePointer<Operation>, _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int,
        _ tables: UnsafePointer<CompiledTables>, _ steps: inout Int
    ) -> Int {
        let word = terminator(frame, start, end, root: operation.pointee.findRoot, tables, &steps)
        return word == absent ? -1 : start &+ Int(tables.pointee.terminators[Int(word)].length)
    }

    /// The longest terminator that ends at `end` and begins at or behind `start`; the structure holds them backwards.
    private static func longestSuffix(
        _ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, root: UInt32, _ tables: UnsafePointer<CompiledTables>,
        _ steps: inout Int
    ) -> UInt32 {
        var longest = absent
        var node = root
        var at = end
        while true {
            let place = tables.pointee.nodes + Int(node)
            let literal = Int(place.pointee.literalCount)
            guard at &- start >= literal else { return longest }
            let expected = tables.pointee.literals + Int(place.pointee.literalStart)
            for offset in 0..<literal where frame[at &- 1 &- offset] != expected[offset] {
                steps &+= offset
                return longest
            }
            steps &+= literal
            at &-= literal
            if place.pointee.outcome != absent { longest = place.pointee.outcome }
            guard at > start, place.pointee.tableCount > 0 else { return longest }
            let slot = Int(frame[at &- 1]) &- Int(place.pointee.tableLow)
            guard slot >= 0, slot < Int(place.pointee.tableCount) else { return longest }
            let child = tables.pointee.children[Int(place.pointee.tableStart) &+ slot]
            guard child != absent else { return longest }
            node = child
            at &-= 1
        }
    }

    /// Byte steps of a typed capture that is not there. Most are told by a few bytes.
    private static func missedCost(
        _ type: CaptureType, _ frame: UnsafePointer<UInt8>, _ position: Int, _ end: Int
    ) -> Int {
        switch type {
        // A quote or a brace that is never closed is looked for to the end.
        case .quoted: end &- position
        case .json:
            position < end && (frame[position] == UInt8(ascii: "{") || frame[position] == UInt8(ascii: "["))
                ? end &- position : 1
        case .kv: min(end &- position, KeyValueReader.longestKey)
        default: 8
        }
    }
}
