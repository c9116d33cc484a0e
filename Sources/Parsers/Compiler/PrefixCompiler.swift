import Events
import Patterns

/// Merges the expansions of all patterns of a parser into one prefix structure, appended to flat arrays.
///
/// Precedence, where several ways leave one place: literal text, then typed captures in the order of ``CaptureType``,
/// then `host`, `word`, `long` and `text`; in a class the terminator that begins first in the message (of `long`: last),
/// of several at one place the longest, and last the whole run.
struct PrefixCompiler {
    private(set) var nodes: [PrefixNode] = []
    private(set) var children: [UInt32] = []
    private(set) var literals: [UInt8] = []
    private(set) var operations: [Operation] = []
    private(set) var terminators: [Terminator] = []
    private(set) var maximumDepth = 0
    /// Most nodes with captures on one way: how many places to go back to there can be at once.
    private(set) var maximumOpen = 0

    /// Expansions that end where an earlier one ends already, with that earlier one: they can never match.
    private(set) var shadowed: [(expansion: Int, by: Int)] = []

    private var expansions: [Expansion] = []
    private var firstOutcome = 0

    private struct Cursor {
        var expansion: Int
        var element = 0
        /// Bytes of the literal element that are behind already.
        var offset = 0
    }

    private enum Terminal: Hashable {
        case wholeRun
        case suffix([UInt8])
        case find([UInt8])

        var text: [UInt8] {
            switch self {
            case .wholeRun: []
            case .suffix(let bytes), .find(let bytes): bytes
            }
        }
    }

    /// Captures that can share an operation.
    private struct CaptureKey: Hashable {
        var type: CaptureType
        var words: [[UInt8]] = []

        /// In the order in which they are tried: of two choices the one with fewer words first.
        func precedes(_ other: CaptureKey) -> Bool {
            if type != other.type { return type.rawValue < other.type.rawValue }
            if words.count != other.words.count { return words.count < other.words.count }
            for (one, two) in zip(words, other.words) where one != two { return one.lexicographicallyPrecedes(two) }
            return false
        }
    }

    /// What must fit behind the text that ends a `long`.
    private enum Following: Hashable {
        case end
        case literal([UInt8])
        case typed(CaptureKey)
        /// A name or a word, which ends at one place too.
        case run(CaptureType, Terminal)
        case free

        /// In the order in which ways that part are tried; of two texts the longer first.
        func precedes(_ other: Following) -> Bool {
            switch (self, other) {
            case (.literal(let one), .literal(let two)):
                one.count != two.count ? one.count > two.count : one.lexicographicallyPrecedes(two)
            case (.typed(let one), .typed(let two)): one.precedes(two)
            case (.run(let one, let ending), .run(let two, let other)):
                one != two ? one.rawValue < two.rawValue : ending.text.count > other.text.count
            default: rank < other.rank
            }
        }

        private var rank: Int {
            switch self {
            case .end: 0
            case .literal: 1
            case .typed: 2
            case .run: 3
            case .free: 4
            }
        }
    }

    /// The text behind a `long` and what must fit behind that, up to the next `text` or `long`.
    private struct LongEnd: Hashable {
        var text: [UInt8]
        var following: [Following]
    }

    /// Adds the structure of one parser; expansion `i` has the outcome `firstOutcome + i`.
    /// - Returns: its root node.
    mutating func add(_ expansions: [Expansion], firstOutcome: Int) -> UInt32 {
        self.expansions = expansions
        self.firstOutcome = firstOutcome
        shadowed = []
        return node(expansions.indices.map { Cursor(expansion: $0) }, Way(depth: 0, open: 0))
    }

    private func literalRest(_ cursor: Cursor) -> ArraySlice<UInt8>? {
        let elements = expansions[cursor.expansion].elements
        guard cursor.element < elements.count, case .literal(let bytes) = elements[cursor.element] else { return nil }
        return bytes[cursor.offset...]
    }

    private func advanced(_ cursor: Cursor, over count: Int) -> Cursor {
        var cursor = cursor
        guard count > 0, case .literal(let bytes) = expansions[cursor.expansion].elements[cursor.element] else {
            return cursor
        }
        cursor.offset += count
        if cursor.offset == bytes.count {
            cursor.offset = 0
            cursor.element += 1
        }
        return cursor
    }

    /// What lies between the root and a node: captures, and nodes with captures.
    private struct Way {
        var depth: Int
        var open: Int
    }

    private mutating func node(_ start: [Cursor], _ way: Way) -> UInt32 {
        maximumDepth = max(maximumDepth, way.depth)
        let index = nodes.count
        nodes.append(PrefixNode())
        var node = PrefixNode()

        let common = commonPrefix(start)
        node.literalStart = append(literal: common)
        node.setLiteral(common)
        let cursors = common.isEmpty ? start : start.map { advanced($0, over: common.count) }

        var byByte: [(byte: UInt8, cursors: [Cursor])] = []
        var slots = [Int](repeating: -1, count: 256)
        var captures: [CaptureKey: [Cursor]] = [:]
        for cursor in cursors {
            let elements = expansions[cursor.expansion].elements
            guard cursor.element < elements.count else {
                if node.outcome == absent {
                    node.outcome = UInt32(firstOutcome + cursor.expansion)
                } else {
                    shadowed.append((cursor.expansion, Int(node.outcome) - firstOutcome))
                }
                continue
            }
            switch elements[cursor.element] {
            case .literal(let bytes):
                let byte = Int(bytes[cursor.offset])
                if slots[byte] < 0 {
                    slots[byte] = byByte.count
                    byByte.append((UInt8(byte), []))
                }
                byByte[slots[byte]].cursors.append(advanced(cursor, over: 1))
            case .capture(let capture):
                // With nothing behind it but text that ends the pattern, a `long` is a `text`.
                let isText = capture.type == .rest || capture.type == .long && cursor.element + 2 >= elements.count
                let key = CaptureKey(type: isText ? .text : capture.type, words: capture.words)
                captures[key, default: []].append(cursor)
            }
        }

        var behind = way
        if !captures.isEmpty { behind.open += 1 }
        maximumOpen = max(maximumOpen, behind.open)
        if let low = byByte.map(\.byte).min(), let high = byByte.map(\.byte).max() {
            var table = [UInt32](repeating: absent, count: Int(high - low) + 1)
            for branch in byByte { table[Int(branch.byte - low)] = self.node(branch.cursors, behind) }
            install(table, low: low, in: &node)
        }
        behind.depth += 1
        var own: [Operation] = []
        for (key, group) in captures.sorted(by: { $0.key.precedes($1.key) }) {
            let type = key.type
            switch type {
            case .long: own.append(longOperation(group, behind))
            case _ where type.isClass: own.append(classOperation(type, group, behind))
            default: own.append(typedOperation(key, group, behind))
            }
        }
        node.operationStart = UInt32(operations.count)
        node.operationCount = UInt16(own.count)
        operations += own
        nodes[index] = node
        return UInt32(index)
    }

    private mutating func typedOperation(_ key: CaptureKey, _ group: [Cursor], _ way: Way) -> Operation {
        let next = group.map { Cursor(expansion: $0.expansion, element: $0.element + 1) }
        return operation(key, target: node(next, way))
    }

    private mutating func operation(_ key: CaptureKey, target: UInt32) -> Operation {
        var operation = Operation(type: key.type, target: target)
        if !key.words.isEmpty { operation.findRoot = terminatorTrie(key.words.map { ($0, absent) }) }
        return operation
    }

    /// One operation for all captures of a class that leave a node, whatever ends them.
    private mutating func classOperation(_ type: CaptureType, _ group: [Cursor], _ way: Way) -> Operation {
        var order: [Terminal] = []
        var groups: [Terminal: [Cursor]] = [:]
        for cursor in group {
            let behind = Cursor(expansion: cursor.expansion, element: cursor.element + 1)
            let terminal = terminal(type.byteClass, behind)
            let next: Cursor
            switch terminal {
            case .wholeRun: next = behind
            case .suffix(let bytes), .find(let bytes): next = advanced(behind, over: bytes.count)
            }
            if groups[terminal] == nil { order.append(terminal) }
            groups[terminal, default: []].append(next)
        }
        var operation = Operation(type: type)
        var finds: [(bytes: [UInt8], target: UInt32)] = []
        var suffixes: [(bytes: [UInt8], target: UInt32)] = []
        for terminal in order {
            let target = node(groups[terminal]!, way)
            switch terminal {
            case .wholeRun: operation.target = target
            case .find(let bytes): finds.append((bytes, target))
            case .suffix(let bytes): suffixes.append((bytes.reversed(), target))
            }
        }
        operation.findCount = UInt32(finds.count)
        if !finds.isEmpty { operation.findRoot = terminatorTrie(finds) }
        if !suffixes.isEmpty { operation.suffixRoot = terminatorTrie(suffixes) }
        return operation
    }

    /// One operation for all `long` captures that leave a node. Each way to go on behind them has its own node, so that
    /// none is kept from its last place by another that fits behind it.
    private mutating func longOperation(_ group: [Cursor], _ way: Way) -> Operation {
        var order: [LongEnd] = []
        var groups: [LongEnd: [Cursor]] = [:]
        for cursor in group {
            let elements = expansions[cursor.expansion].elements
            guard case .literal(let text) = elements[cursor.element + 1] else { continue }
            let end = LongEnd(text: text, following: following(cursor))
            if groups[end] == nil { order.append(end) }
            groups[end, default: []].append(Cursor(expansion: cursor.expansion, element: cursor.element + 2))
        }
        // Of the same text, what is to be tried first comes last into the structure.
        order.sort { one, other in
            for (left, right) in zip(one.following, other.following) where left != right { return right.precedes(left) }
            return false
        }
        // A probe has terminators of its own where it holds a choice.
        let probes = order.map { probe($0.following[...]) }
        let first = terminators.count
        for (end, probe) in zip(order, probes) {
            terminators.append(
                Terminator(target: absent, length: UInt32(end.text.count), shorter: absent, probe: probe))
        }
        for (index, end) in order.enumerated() { terminators[first + index].target = node(groups[end]!, way) }
        var operation = Operation(type: .long)
        operation.findCount = UInt32(order.count)
        operation.findRoot = trieNode(
            order.indices.map { (order[$0].text[...], UInt32(first + $0)) }, shorter: absent)
        return operation
    }

    private func following(_ long: Cursor) -> [Following] {
        let elements = expansions[long.expansion].elements
        var following: [Following] = []
        for index in (long.element + 2)..<elements.count {
            switch elements[index] {
            case .literal(let bytes): following.append(.literal(bytes))
            case .capture(let capture) where capture.type.byteClass == .any && capture.type.isClass:
                return following + [.free]
            case .capture(let capture) where capture.type.isClass:
                let behind = Cursor(expansion: long.expansion, element: index + 1)
                following.append(.run(capture.type, terminal(capture.type.byteClass, behind)))
            case .capture(let capture):
                following.append(.typed(CaptureKey(type: capture.type, words: capture.words)))
            }
        }
        return following + [.end]
    }

    /// A row of nodes that the matcher goes through without going back.
    private mutating func probe(_ following: ArraySlice<Following>) -> UInt32 {
        var following = following
        var node = PrefixNode()
        if case .literal(let bytes)? = following.first {
            following.removeFirst()
            node.literalStart = append(literal: bytes)
            node.setLiteral(bytes)
        }
        switch following.first {
        case .typed(let key):
            let operation = operation(key, target: probe(following.dropFirst()))
            node.operationStart = UInt32(operations.count)
            node.operationCount = 1
            operations.append(operation)
        case .run(let type, let terminal):
            var operation = Operation(type: type, target: probe(following.dropFirst()))
            switch terminal {
            case .wholeRun: break
            case .suffix(let bytes): operation.suffixRoot = terminatorTrie([(bytes.reversed(), absent)])
            case .find(let bytes): operation.findRoot = terminatorTrie([(bytes, absent)])
            }
            node.operationStart = UInt32(operations.count)
            node.operationCount = 1
            operations.append(operation)
        case .end: node.outcome = Probe.isEnd
        default: node.outcome = Probe.isFree
        }
        nodes.append(node)
        return UInt32(nodes.count - 1)
    }

    /// What ends a class capture, from the literal text behind it.
    private func terminal(_ byteClass: ByteClass, _ behind: Cursor) -> Terminal {
        guard let literal = literalRest(behind) else { return .wholeRun }
        let inside = literal.prefix { byteClass.contains($0) }
        if inside.isEmpty { return .wholeRun }
        let isLast = behind.element + 1 == expansions[behind.expansion].elements.count
        if inside.count < literal.count || isLast { return .suffix(Array(inside)) }
        return .find(Array(inside))
    }

    private mutating func terminatorTrie(_ entries: [(bytes: [UInt8], target: UInt32)]) -> UInt32 {
        let first = terminators.count
        for entry in entries {
            terminators.append(Terminator(target: entry.target, length: UInt32(entry.bytes.count), shorter: absent))
        }
        return trieNode(
            entries.indices.map { (entries[$0].bytes[...], UInt32(first + $0)) }, shorter: absent)
    }

    private mutating func trieNode(_ entries: [(rest: ArraySlice<UInt8>, id: UInt32)], shorter: UInt32) -> UInt32 {
        let index = nodes.count
        nodes.append(PrefixNode())
        var node = PrefixNode()
        let common = Self.commonPrefix(entries.map(\.rest))
        node.literalStart = append(literal: common)
        node.setLiteral(common)
        var shorter = shorter
        var branches: [UInt8: [(rest: ArraySlice<UInt8>, id: UInt32)]] = [:]
        for entry in entries {
            let rest = entry.rest.dropFirst(common.count)
            if let byte = rest.first {
                branches[byte, default: []].append((rest.dropFirst(), entry.id))
            } else {
                node.outcome = entry.id
                terminators[Int(entry.id)].shorter = shorter
                shorter = entry.id
            }
        }
        if let low = branches.keys.min(), let high = branches.keys.max() {
            var table = [UInt32](repeating: absent, count: Int(high - low) + 1)
            for byte in branches.keys.sorted() {
                table[Int(byte - low)] = trieNode(branches[byte]!, shorter: shorter)
            }
            install(table, low: low, in: &node)
        }
        nodes[index] = node
        return UInt32(index)
    }

    private mutating func install(_ table: [UInt32], low: UInt8, in node: inout PrefixNode) {
        node.tableStart = UInt32(children.count)
        node.tableCount = UInt16(table.count)
        node.tableLow = low
        children += table
    }

    private mutating func append(literal: some Collection<UInt8>) -> UInt32 {
        let start = UInt32(literals.count)
        literals += literal
        return start
    }

    private func commonPrefix(_ cursors: [Cursor]) -> [UInt8] {
        var rests: [ArraySlice<UInt8>] = []
        for cursor in cursors {
            // Most places part at their first byte, which the second cursor shows: the rest need not be looked at.
            guard let rest = literalRest(cursor), rest.first == rests.first?.first ?? rest.first else { return [] }
            rests.append(rest)
        }
        return Self.commonPrefix(rests)
    }

    private static func commonPrefix(_ rests: [ArraySlice<UInt8>]) -> [UInt8] {
        guard var common = rests.first else { return [] }
        for rest in rests.dropFirst() {
            var length = 0
            for (left, right) in zip(common, rest) {
                if left != right { break }
                length += 1
            }
            common = common.prefix(length)
            if common.isEmpty { break }
        }
        return Array(common)
    }
}

extension PrefixNode {
    fileprivate mutating func setLiteral(_ bytes: [UInt8]) {
        literalCount = UInt32(bytes.count)
        for (index, byte) in bytes.prefix(8).enumerated() {
            word |= UInt64(byte) << UInt64(index * 8)
            mask |= 0xFF << UInt64(index * 8)
        }
    }
}
