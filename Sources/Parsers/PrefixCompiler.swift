/// Merges the expansions of all patterns of a parser into one prefix structure, appended to flat arrays.
///
/// Precedence, where several ways leave one place: literal text, then typed captures in the order of ``CaptureType``,
/// then `host`, `word` and `text`; in a class the terminator that begins first in the message, of several at one place
/// the longest, and last the whole run.
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
        var captures: [CaptureType: [Cursor]] = [:]
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
                captures[capture.type == .rest ? .text : capture.type, default: []].append(cursor)
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
        for type in CaptureType.allCases {
            guard let group = captures[type] else { continue }
            own.append(type.isClass ? classOperation(type, group, behind) : typedOperation(type, group, behind))
        }
        node.operationStart = UInt32(operations.count)
        node.operationCount = UInt16(own.count)
        operations += own
        nodes[index] = node
        return UInt32(index)
    }

    private mutating func typedOperation(_ type: CaptureType, _ group: [Cursor], _ way: Way) -> Operation {
        let next = group.map { Cursor(expansion: $0.expansion, element: $0.element + 1) }
        return Operation(type: type, target: node(next, way))
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
            guard let rest = literalRest(cursor) else { return [] }
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
