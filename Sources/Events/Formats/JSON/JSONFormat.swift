import Syslog

/// An event as one JSON object, RFC 8259: type, what it is about, time and source, the other fields, the message, and
/// the syslog envelope in an object of its own (docs/events.md).
struct JSONFormat: EventFormat, ~Copyable {
    private var fragments: FormatFragments
    private var envelopes = JSONEnvelope()

    static func encodeAhead(_ names: EventNames, into fragments: inout FragmentBuilder) {
        for type in names.types { fragments.add(type: #"{"type":\#(JSONText.literal(type))"#) }
        for source in names.sources { fragments.add(source: #"","source":\#(JSONText.literal(source))"#) }
        JSONFields.encodeAhead(names, into: &fragments) { $0 }
    }

    init(_ fragments: FormatFragments) { self.fragments = fragments }

    mutating func use(_ fragments: FormatFragments) { self.fragments = fragments }

    @inline(__always)
    mutating func write(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, key: inout KeyPosition,
        into writer: inout ByteWriter
    ) {
        let fields = JSONFields(fragments)
        let head = fragments.types[Int(event.type.rawValue)]
        writer.padded(fragments.bytes + Int(head.start), Int(head.count))
        fields.write(event.lead, event, &key, &writer)
        writer.fragment(#","timestamp":""#)
        envelopes.writeTimestamp(header, envelope, into: &writer)
        let source = fragments.sources[event.source]
        writer.padded(fragments.bytes + Int(source.start), Int(source.count))
        fields.write(event.rest, event, &key, &writer)
        envelopes.writeMessage(event.frame, header.content, key: &key, into: &writer)
        envelopes.writeEnd(event.frame, header, envelope, key: &key, into: &writer)
    }
}
