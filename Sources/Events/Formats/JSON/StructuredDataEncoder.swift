import Syslog

/// Writes `"structured_data":{id:{name:value}},` from the SD-ELEMENTs of a message (RFC 5424 section 6.3).
///
/// Nothing that was sent is lost: elements with the same id become one object, and a parameter name that is repeated in
/// it becomes an array of its values. Ids and names stand in the order in which they first came; beyond
/// ``arrivalOrderLimit`` entries they are sorted by their bytes instead, so that no message takes quadratic time.
struct StructuredDataEncoder: ~Copyable {
    /// Elements and parameters that are kept in their order of arrival.
    static let arrivalOrderLimit = 64

    private struct Entry {
        var id: ByteRange
        /// Empty for the entry of the element itself.
        var name: ByteRange
        var value: ByteRange
        var hasEscapes: Bool
        var idRank: Int32
        var nameRank: Int32
        var index: Int32
    }

    /// Grows to the largest message's need and is kept.
    private var entries: [Entry] = []

    init() { entries.reserveCapacity(Self.arrivalOrderLimit) }

    mutating func write(
        _ frame: UnsafePointer<UInt8>, _ range: ByteRange, wellFormed: inout Bool, into writer: inout ByteWriter
    ) {
        read(frame, range)
        guard !entries.isEmpty else { return }
        group(frame)
        writer.fragment(#""structured_data":{"#)
        var at = 0
        while at < entries.count {
            writer.fragment(at == 0 ? "\"" : ",\"")
            text(frame, entries[at].id, &wellFormed, &writer)
            writer.fragment(#"":{"#)
            let id = entries[at].idRank
            var isFirst = true
            while at < entries.count, entries[at].idRank == id {
                if entries[at].name.count == 0 {
                    at += 1
                    continue
                }
                if !isFirst { writer.byte(UInt8(ascii: ",")) }
                isFirst = false
                at = parameter(frame, at, &wellFormed, &writer)
            }
            writer.byte(UInt8(ascii: "}"))
        }
        writer.fragment("},")
    }

    private mutating func read(_ frame: UnsafePointer<UInt8>, _ range: ByteRange) {
        entries.removeAll(keepingCapacity: true)
        let bytes = Span(_unsafeStart: frame, count: Int(range.start) + Int(range.count))
        var reader = StructuredDataReader(range)
        var id = ByteRange(start: 0, count: 0)
        while let item = reader.next(in: bytes) {
            let index = Int32(entries.count)
            switch item {
            case .element(let elementID):
                id = elementID
                entries.append(
                    Entry(
                        id: id, name: ByteRange(start: 0, count: 0), value: ByteRange(start: 0, count: 0),
                        hasEscapes: false, idRank: index, nameRank: -1, index: index))
            case .parameter(let name, let value, let hasEscapes):
                entries.append(
                    Entry(
                        id: id, name: name, value: value, hasEscapes: hasEscapes, idRank: index, nameRank: index,
                        index: index))
            }
        }
    }

    /// Brings entries of one id together, and those of one name within it.
    private mutating func group(_ frame: UnsafePointer<UInt8>) {
        if entries.count <= Self.arrivalOrderLimit {
            for later in entries.indices {
                for earlier in 0..<later where Self.order(frame, entries[earlier].id, entries[later].id) == 0 {
                    entries[later].idRank = entries[earlier].idRank
                    break
                }
                guard entries[later].nameRank >= 0 else { continue }
                for earlier in 0..<later
                where entries[earlier].nameRank >= 0 && entries[earlier].idRank == entries[later].idRank
                    && Self.order(frame, entries[earlier].name, entries[later].name) == 0
                {
                    entries[later].nameRank = entries[earlier].nameRank
                    break
                }
            }
            entries.sort { ($0.idRank, $0.nameRank, $0.index) < ($1.idRank, $1.nameRank, $1.index) }
            return
        }
        entries.sort { left, right in
            let ids = Self.order(frame, left.id, right.id)
            if ids != 0 { return ids < 0 }
            let names = Self.order(frame, left.name, right.name)
            return names != 0 ? names < 0 : left.index < right.index
        }
        var idRank: Int32 = 0
        var nameRank: Int32 = 0
        for at in entries.indices {
            if at > 0 {
                let sameID = Self.order(frame, entries[at - 1].id, entries[at].id) == 0
                if !sameID { idRank += 1 }
                if !sameID || Self.order(frame, entries[at - 1].name, entries[at].name) != 0 { nameRank += 1 }
            }
            entries[at].idRank = idRank
            entries[at].nameRank = nameRank
        }
    }

    /// Writes the parameter at `at` with its repetitions, and returns where the next begins.
    private func parameter(
        _ frame: UnsafePointer<UInt8>, _ at: Int, _ wellFormed: inout Bool, _ writer: inout ByteWriter
    ) -> Int {
        var end = at + 1
        while end < entries.count, entries[end].idRank == entries[at].idRank,
            entries[end].nameRank == entries[at].nameRank
        {
            end += 1
        }
        writer.byte(UInt8(ascii: "\""))
        text(frame, entries[at].name, &wellFormed, &writer)
        writer.fragment(end - at > 1 ? "\":[" : "\":")
        for index in at..<end {
            writer.fragment(index == at ? "\"" : ",\"")
            let value = entries[index].value
            if entries[index].hasEscapes {
                let start = frame + Int(value.start)
                if !writer.unescaped(start, Int(value.count), and: UInt8(ascii: "]")) { wellFormed = false }
            } else {
                text(frame, value, &wellFormed, &writer)
            }
            writer.byte(UInt8(ascii: "\""))
        }
        if end - at > 1 { writer.byte(UInt8(ascii: "]")) }
        return end
    }

    private func text(
        _ frame: UnsafePointer<UInt8>, _ range: ByteRange, _ wellFormed: inout Bool, _ writer: inout ByteWriter
    ) {
        if !writer.escaped(frame + Int(range.start), Int(range.count)) { wellFormed = false }
    }

    /// By bytes, shorter first: negative, zero or positive.
    private static func order(_ frame: UnsafePointer<UInt8>, _ left: ByteRange, _ right: ByteRange) -> Int {
        if left.count != right.count { return Int(left.count) - Int(right.count) }
        for offset in 0..<Int(left.count) {
            let difference = Int(frame[Int(left.start) + offset]) - Int(frame[Int(right.start) + offset])
            if difference != 0 { return difference }
        }
        return 0
    }
}
