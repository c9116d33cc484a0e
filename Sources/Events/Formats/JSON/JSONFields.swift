import Patterns

/// Writes the fields of an event as members of a JSON object: keys and constants as they were encoded ahead, values from
/// the message.
struct JSONFields: BitwiseCopyable {
    let fragments: FormatFragments

    init(_ fragments: FormatFragments) { self.fragments = fragments }

    /// Encodes keys and constants: `,"interface":"`, of which a value without quotes leaves out the last byte, and
    /// `,"state":"started"`.
    /// - Parameter key: the key of a field by its name.
    static func encodeAhead(_ names: EventNames, into fragments: inout FragmentBuilder, key: (String) -> String) {
        let keys = names.fields.map { ",\(JSONText.literal(key($0.name))):" }
        for key in keys { fragments.add(field: key + "\"") }
        for constant in names.constants {
            let key = keys[Int(constant.field.rawValue)]
            if case .text = constant.value {
                fragments.add(constant: key + "\"", String(constant.value.json.dropFirst().dropLast()), behind: "\"")
            } else {
                fragments.add(constant: key, constant.value.json)
            }
        }
    }

    /// Writes a list of fields. The kinds that most values have are written here, without a call.
    @inline(__always)
    func write(
        _ list: FieldList, _ event: MatchedEvent, _ key: inout KeyPosition, _ writer: inout ByteWriter
    ) {
        var list = list
        while let value = list.next(event) {
            let kind = value.kind
            guard kind == .plain || kind == .text || kind == .mac || kind == .number else {
                writeOther(value, event, &key, &writer)
                continue
            }
            let fragment = fragments.fields[Int(value.field.rawValue)]
            let bytes = event.frame + value.start
            let count = value.count
            if kind == .number {
                writer.padded(fragments.bytes + Int(fragment.start), Int(fragment.count) &- 1)
            } else {
                writer.padded(fragments.bytes + Int(fragment.start), Int(fragment.count))
            }
            let start = writer.count
            switch kind {
            case .plain: writer.fragment(bytes, count, before: event.frameEnd)
            case .mac: writer.hardwareAddress(bytes, count)
            case .number:
                if bytes[0] &- UInt8(ascii: "1") < 9 {
                    writer.fragment(bytes, count, before: event.frameEnd)
                } else {
                    writer.decimal(bytes, count)
                }
            default: _ = writer.escaped(bytes, count, before: event.frameEnd)
            }
            if kind == .text {
                key.note(value.field, from: start, in: writer)
            } else {
                key.notePlain(value.field, from: start, in: writer)
            }
            if kind != .number { writer.byte(UInt8(ascii: "\"")) }
        }
    }

    @inline(never)
    private func writeOther(
        _ value: FieldValue, _ event: MatchedEvent, _ key: inout KeyPosition, _ writer: inout ByteWriter
    ) {
        switch value.kind {
        case .constant, .flag:
            let constant = fragments.constants + Int(value.detail)
            let start = writer.count
            let whole = constant.pointee.whole
            writer.fragment(fragments.bytes + Int(whole.start), Int(whole.count))
            if value.field == key.field {
                key.start = start + Int(constant.pointee.valueOffset)
                key.count = Int(constant.pointee.valueCount)
                key.hasEscapes = constant.pointee.hasEscapes
            }
        case .pairs, .json, .members:
            writeObject(value, event, &writer)
        default:
            let fragment = fragments.fields[Int(value.field.rawValue)]
            let isQuoted = Self.isQuoted(value.kind)
            writer.fragment(
                fragments.bytes + Int(fragment.start), isQuoted ? Int(fragment.count) : Int(fragment.count) &- 1)
            let start = writer.count
            Self.writeText(value.kind, event.frame + value.start, value.count, &writer)
            key.note(value.field, from: start, in: writer)
            if isQuoted { writer.byte(UInt8(ascii: "\"")) }
        }
    }

    /// Whether a value of the kind is a JSON string.
    static func isQuoted(_ kind: EventField.Kind) -> Bool {
        switch kind {
        case .number, .boolean, .duration, .size, .json, .pairs, .members, .flag: false
        default: true
        }
    }

    /// Writes a value without its quotes.
    static func writeText(
        _ kind: EventField.Kind, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ writer: inout ByteWriter
    ) {
        switch kind {
        // Bad bytes are kept by the message's `raw`: a value is part of the message.
        case .text: _ = writer.escaped(bytes, count)
        case .quoted: _ = writer.unescaped(bytes, count, and: UInt8(ascii: "'"))
        case .escaped: _ = writer.unescaped(bytes, count)
        case .listText:
            // In front of a value there is `=` or its quote.
            let quote = (bytes - 1).pointee
            let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
            writeText(isQuoted ? .quoted : .text, bytes, count, &writer)
        case .plain, .jsonText, .boolean: writer.fragment(bytes, count)
        case .mac: writer.hardwareAddress(bytes, count)
        case .number: writer.decimal(bytes, count)
        case .duration: writer.seconds(nanoseconds: TypedCapture.durationValue(bytes, 0, count).nanoseconds)
        case .size: writer.number(TypedCapture.sizeValue(bytes, 0, count).count)
        case .json: writer.compact(bytes, count)
        case .flag: writer.fragment("true")
        case .constant, .mapped, .pairs, .members: break
        }
    }
}
