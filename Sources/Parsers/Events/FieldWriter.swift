import Events
import Patterns

/// Writes the fields of an event: keys and constants as they were encoded at load, values from the message.
///
/// Plain pointers, so that the encoder's own state is not copied for it. ``EventEncoder`` owns what they point to.
struct FieldWriter: BitwiseCopyable {
    let tables: UnsafePointer<CompiledTables>
    let captures: UnsafeMutablePointer<Matcher.Captured>
    let objectKeys: ObjectKeys

    /// Writes captured values and constants. The kinds that most values have are written here, without a call.
    @inline(__always)
    func write(
        _ frame: UnsafePointer<UInt8>, _ frameEnd: UnsafePointer<UInt8>, _ start: UInt32, _ count: Int,
        _ key: inout KeyPosition, _ writer: inout JSONWriter
    ) {
        var item = tables.pointee.items + Int(start)
        let end = item + count
        let fragments = tables.pointee.fragments
        while item < end {
            let kind = item.pointee.kind
            guard kind == .plain || kind == .text || kind == .mac || kind == .number else {
                write(frame, item, kind, &key, &writer)
                item += 1
                continue
            }
            let captured = captures[Int(item.pointee.capture)]
            let value = frame + Int(captured.start)
            let valueCount = Int(captured.end) &- Int(captured.start)
            // Free text can be empty; the field is then absent.
            if valueCount > 0, kind == .number || kind == .mac || !Placeholder.isOne(value, valueCount) {
                writer.padded(fragments + Int(item.pointee.fragmentStart), Int(item.pointee.fragmentCount))
                let start = writer.count
                switch kind {
                case .plain: writer.fragment(value, valueCount, before: frameEnd)
                case .mac: writer.hardwareAddress(value, valueCount)
                case .number:
                    if value[0] &- UInt8(ascii: "1") < 9 {
                        writer.fragment(value, valueCount, before: frameEnd)
                    } else {
                        writer.decimal(value, valueCount)
                    }
                default: _ = writer.escaped(value, valueCount, before: frameEnd)
                }
                let field = FieldID(rawValue: item.pointee.field)
                if kind == .text {
                    key.note(field, from: start, in: writer)
                } else {
                    key.notePlain(field, from: start, in: writer)
                }
                if kind != .number { writer.byte(UInt8(ascii: "\"")) }
            }
            item += 1
        }
    }

    @inline(never)
    private func write(
        _ frame: UnsafePointer<UInt8>, _ item: UnsafePointer<OutputItem>, _ kind: OutputItem.Kind,
        _ key: inout KeyPosition, _ writer: inout JSONWriter
    ) {
        let fragment = tables.pointee.fragments + Int(item.pointee.fragmentStart)
        let field = FieldID(rawValue: item.pointee.field)
        if kind == .constant || kind == .flag {
            if kind == .flag {
                let captured = captures[Int(item.pointee.capture)]
                if captured.end <= captured.start { return }
            }
            let start = writer.count
            writer.fragment(fragment, Int(item.pointee.fragmentCount))
            if field == key.field {
                key.start = start + Int(item.pointee.valueOffset)
                key.count = Int(item.pointee.valueCount)
                key.hasEscapes = false
                for at in 0..<key.count where fragment[Int(item.pointee.valueOffset) + at] == UInt8(ascii: "\\") {
                    key.hasEscapes = true
                }
            }
            return
        }
        let captured = captures[Int(item.pointee.capture)]
        let value = frame + Int(captured.start)
        let count = Int(captured.end) &- Int(captured.start)
        switch kind {
        case .mapped: writeMapped(frame, item, value, count, &key, &writer)
        case .pairs: writePairs(frame, item, Int(captured.start), Int(captured.end), &writer)
        case .json: writeJSON(frame, item, Int(captured.start), Int(captured.end), &writer)
        default:
            if !Placeholder.isOne(value, count) { write(value, count, item, kind, &key, &writer) }
        }
    }

    /// Writes one value with its key.
    func write(
        _ value: UnsafePointer<UInt8>, _ count: Int, _ item: UnsafePointer<OutputItem>, _ kind: OutputItem.Kind,
        _ key: inout KeyPosition, _ writer: inout JSONWriter
    ) {
        // Free text can be empty; the field is then absent.
        guard count > 0 else { return }
        let field = FieldID(rawValue: item.pointee.field)
        writer.fragment(tables.pointee.fragments + Int(item.pointee.fragmentStart), Int(item.pointee.fragmentCount))
        let start = writer.count
        switch kind {
        case .text:
            // Bad bytes are kept by the message's `raw`: a captured value is part of the message.
            _ = writer.escaped(value, count)
        case .plain:
            writer.fragment(value, count)
            key.notePlain(field, from: start, in: writer)
            writer.byte(UInt8(ascii: "\""))
            return
        case .quoted: _ = writer.unescaped(value, count, and: UInt8(ascii: "'"))
        case .listText:
            // In front of a value there is `=` or its quote.
            let quote = (value - 1).pointee
            if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                _ = writer.unescaped(value, count, and: UInt8(ascii: "'"))
            } else {
                _ = writer.escaped(value, count)
            }
        case .jsonText: writer.fragment(value, count)
        case .json:
            writer.compact(value, count)
            return
        case .escaped: _ = writer.unescaped(value, count)
        case .boolean:
            writer.fragment(value, count)
            key.notePlain(field, from: start, in: writer)
            return
        case .mac:
            writer.hardwareAddress(value, count)
            key.notePlain(field, from: start, in: writer)
            writer.byte(UInt8(ascii: "\""))
            return
        case .number:
            writer.decimal(value, count)
            key.notePlain(field, from: start, in: writer)
            return
        case .duration:
            writer.seconds(nanoseconds: TypedCapture.durationValue(value, 0, count).nanoseconds)
            key.notePlain(field, from: start, in: writer)
            return
        case .size:
            writer.number(TypedCapture.sizeValue(value, 0, count).count)
            key.notePlain(field, from: start, in: writer)
            return
        case .constant, .flag, .mapped, .pairs, .members: break
        }
        key.note(field, from: start, in: writer)
        writer.byte(UInt8(ascii: "\""))
    }

    @inline(never)
    private func writeMapped(
        _ frame: UnsafePointer<UInt8>, _ item: UnsafePointer<OutputItem>, _ value: UnsafePointer<UInt8>, _ count: Int,
        _ key: inout KeyPosition, _ writer: inout JSONWriter
    ) {
        let map = tables.pointee.maps + Int(item.pointee.map)
        var low = 0
        var high = Int(map.pointee.entryCount)
        let entries = tables.pointee.mapEntries + Int(map.pointee.entryStart)
        while low < high {
            let middle = (low &+ high) / 2
            let entry = entries + middle
            let order = orderByLength(
                value, count, tables.pointee.fragments + Int(entry.pointee.valueStart), Int(entry.pointee.valueCount))
            if order == 0 {
                writeConstants(frame, entry.pointee.itemStart, entry.pointee.itemCount, &key, &writer)
                return
            }
            if order < 0 { high = middle } else { low = middle &+ 1 }
        }
        if map.pointee.otherStart != absent {
            writeConstants(frame, map.pointee.otherStart, map.pointee.otherCount, &key, &writer)
        } else {
            write(frame, item, item.pointee.unmapped, &key, &writer)
        }
    }

    private func writeConstants(
        _ frame: UnsafePointer<UInt8>, _ start: UInt32, _ count: UInt32, _ key: inout KeyPosition,
        _ writer: inout JSONWriter
    ) {
        for index in 0..<Int(count) {
            write(frame, tables.pointee.items + Int(start) + index, .constant, &key, &writer)
        }
    }
}
