import Syslog

/// The message's own bytes as they were received, without transport framing: for routes that only want transport.
///
/// Nothing is added and nothing is changed, bytes that are no text included. The record's key is found in the match and
/// is byte for byte the one that the same event has as JSON, so that a key's records keep their partition.
struct RawFormat: EventFormat, ~Copyable {
    private var fragments: FormatFragments

    static func encodeAhead(_ names: EventNames, into fragments: inout FragmentBuilder) {
        for _ in names.types { fragments.add(type: "") }
        for _ in names.sources { fragments.add(source: "") }
        // For keys: values alone.
        for _ in names.fields { fragments.add(field: "") }
        for constant in names.constants {
            let json = constant.value.json
            if case .text = constant.value {
                fragments.add(constant: "", String(json.dropFirst().dropLast()))
            } else {
                fragments.add(constant: "", json)
            }
        }
    }

    init(_ fragments: FormatFragments) { self.fragments = fragments }

    mutating func use(_ fragments: FormatFragments) { self.fragments = fragments }

    mutating func write(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, key: inout KeyPosition,
        into writer: inout ByteWriter
    ) {
        writer.fragment(event.frame, event.receivedCount)
        if key.field != .none { writeKey(event, header, envelope, &key, &writer) }
    }

    /// Writes the text of the key field behind the message.
    private func writeKey(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, _ key: inout KeyPosition,
        _ writer: inout ByteWriter
    ) {
        let start = writer.count
        switch key.field {
        case .host: write(event, header.host, &writer)
        case .program: write(event, header.program, &writer)
        case .pid: write(event, header.processID, &writer)
        case .msgid: write(event, header.messageID, &writer)
        case .message: write(event, header.content, &writer)
        case .facility: if header.hasPriority { writer.fragment(Facility.keyword(header.facility)) }
        case .severity: if header.hasPriority { writer.fragment(Severity.keyword(header.severity)) }
        case .peer:
            if let peer = envelope.peer, let address = peer.baseAddress {
                _ = writer.escaped(address.assumingMemoryBound(to: UInt8.self), peer.count)
            }
        default: writeValue(event, key.field, &writer)
        }
        guard writer.count > start else { return }
        key.note(key.field, from: start, in: writer)
        key.isBehind = true
    }

    private func write(_ event: MatchedEvent, _ range: ByteRange, _ writer: inout ByteWriter) {
        _ = writer.escaped(event.frame + Int(range.start), Int(range.count))
    }

    /// Writes the value of a field of the match, if it has one.
    private func writeValue(_ event: MatchedEvent, _ field: FieldID, _ writer: inout ByteWriter) {
        let start = writer.count
        var list = event.all
        while let value = list.next(event) {
            guard value.field == field, !value.kind.hasMembers else { continue }
            // Of a field that comes twice the last is the key, as in JSON.
            writer.count = start
            if value.kind == .constant || value.kind == .flag {
                let whole = fragments.constants[Int(value.detail)].whole
                writer.fragment(fragments.bytes + Int(whole.start), Int(whole.count))
            } else {
                JSONFields.writeText(value.kind, event.frame + value.start, value.count, &writer)
            }
            if writer.overflowed { return }
        }
    }
}
