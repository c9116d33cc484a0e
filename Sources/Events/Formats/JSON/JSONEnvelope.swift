import Syslog

/// Writes the `syslog` object of an event and the parts that every event has. One per worker: it caches formatted
/// seconds and owns the scratch for structured data.
struct JSONEnvelope: ~Copyable {
    /// Formats the timestamps of this worker.
    var timestamps = TimestampFormatter()

    private let keywords = KeywordFragments.shared
    private var structuredData = StructuredDataEncoder()
    private let senders = SenderCache()

    /// Starts with empty caches.
    init() {}

    /// Writes the value of `timestamp`, without quotes: the sender's time with its digits, or the time of reception in
    /// milliseconds when the header had none.
    mutating func writeTimestamp(
        _ header: SyslogMessage, _ envelope: Envelope, into writer: inout ByteWriter
    ) {
        if header.timestamp.isPresent {
            timestamps.write(
                seconds: header.timestamp.seconds, nanoseconds: header.timestamp.nanoseconds,
                digits: header.timestamp.digits, into: &writer)
        } else {
            timestamps.writeReceived(nanoseconds: envelope.receivedNanoseconds, into: &writer)
        }
    }

    /// Writes `,"message":"…"`, and `,"raw":"…"` with the original bytes when they are not UTF-8.
    mutating func writeMessage(
        _ frame: UnsafePointer<UInt8>, _ content: ByteRange, key: inout KeyPosition, into writer: inout ByteWriter
    ) {
        writer.fragment(#","message":""#)
        let start = writer.count
        let wellFormed = writer.escaped(frame + Int(content.start), Int(content.count))
        key.note(.message, from: start, in: writer)
        writer.byte(UInt8(ascii: "\""))
        if !wellFormed {
            writer.fragment(#","raw":""#)
            writer.base64(frame + Int(content.start), Int(content.count))
            writer.byte(UInt8(ascii: "\""))
        }
    }

    /// Writes `,"syslog":{…}` and the event's last brace.
    @inline(__always)
    mutating func writeEnd(
        _ frame: UnsafePointer<UInt8>, _ header: SyslogMessage, _ envelope: Envelope,
        key: inout KeyPosition, into writer: inout ByteWriter
    ) {
        let start = writer.count
        guard let sender = SenderCache.sender(frame, header, envelope) else {
            writeSyslog(frame, header, envelope, key: &key, into: &writer)
            writer.byte(UInt8(ascii: "}"))
            return
        }
        let time = timestamps.receivedWords(nanoseconds: envelope.receivedNanoseconds)
        if senders.write(sender, time: time, key: &key, into: &writer) { return }
        writeSyslog(frame, header, envelope, key: &key, into: &writer)
        writer.byte(UInt8(ascii: "}"))
        senders.remember(
            sender, header, keywordCount: keywords.count(facility: header.facility, severity: header.severity),
            from: start, in: writer)
    }

    /// Writes `,"syslog":{…}`. Absent parts are left out; `received` is always there.
    mutating func writeSyslog(
        _ frame: UnsafePointer<UInt8>, _ header: SyslogMessage, _ envelope: Envelope,
        key: inout KeyPosition, into writer: inout ByteWriter
    ) {
        writer.fragment(#","syslog":{"#)
        var wellFormed = true
        if header.hasPriority {
            keywords.write(facility: header.facility, severity: header.severity, key: &key, into: &writer)
        }
        write(#""host":""#, .host, frame, header.host, &wellFormed, &key, &writer)
        write(#""program":""#, .program, frame, header.program, &wellFormed, &key, &writer)
        write(#""pid":""#, .pid, frame, header.processID, &wellFormed, &key, &writer)
        write(#""msgid":""#, .msgid, frame, header.messageID, &wellFormed, &key, &writer)
        if header.structuredData.count > 0 {
            structuredData.write(frame, header.structuredData, wellFormed: &wellFormed, into: &writer)
        }
        writer.fragment(#""received":""#)
        timestamps.writeReceived(nanoseconds: envelope.receivedNanoseconds, into: &writer)
        writer.byte(UInt8(ascii: "\""))
        if let peer = envelope.peer, let address = peer.baseAddress, peer.count > 0 {
            writer.fragment(#","peer":""#)
            let start = writer.count
            _ = writer.escaped(address.assumingMemoryBound(to: UInt8.self), peer.count)
            key.note(.peer, from: start, in: writer)
            writer.byte(UInt8(ascii: "\""))
        }
        if envelope.truncated { writer.fragment(#","truncated":true"#) }
        if header.repeated > 0 {
            writer.fragment(#","repeated":"#)
            writer.number(UInt64(header.repeated))
        }
        if let fault = header.fault {
            writer.fragment(#","fault":""#)
            writer.fault(fault)
            writer.byte(UInt8(ascii: "\""))
        }
        if !wellFormed || HeaderFault.isInHeader(header) {
            // A value above is not what was received, or what breaks the rules stands in no field: keep the header's
            // bytes, which end where the content begins.
            writer.fragment(#","raw":""#)
            writer.base64(frame, Int(header.content.start))
            writer.byte(UInt8(ascii: "\""))
        }
        writer.byte(UInt8(ascii: "}"))
    }

    @inline(__always)
    private func write(
        _ name: StaticString, _ field: FieldID, _ frame: UnsafePointer<UInt8>, _ value: ByteRange,
        _ wellFormed: inout Bool, _ key: inout KeyPosition, _ writer: inout ByteWriter
    ) {
        guard value.count > 0 else { return }
        writer.fragment(name)
        let start = writer.count
        if !writer.escapedShort(frame + Int(value.start), Int(value.count)) { wellFormed = false }
        key.note(field, from: start, in: writer)
        writer.fragment("\",")
    }
}
