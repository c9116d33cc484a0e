import Syslog

/// A serialiser: writes events into the memory of a record. One value per worker, which keeps what it remembers between
/// messages.
///
/// A format is one file (or folder) here, a case of ``FormatName`` and a line in ``EventFormats``. Everything that does
/// not depend on the message is encoded ahead, once for a set of rules.
package protocol EventFormat: ~Copyable {
    /// Encodes what events have of names and constants.
    static func encodeAhead(_ names: EventNames, into fragments: inout FragmentBuilder)

    /// - Parameter fragments: what was encoded ahead; they outlive the format.
    init(_ fragments: FormatFragments)

    /// Changes to other rules, between messages.
    mutating func use(_ fragments: FormatFragments)

    /// Writes one event.
    /// - Parameters:
    ///   - header: that of the frame which the event is of.
    ///   - key: is told where the key's value stands.
    mutating func write(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, key: inout KeyPosition,
        into writer: inout ByteWriter)
}

/// The formats that an event can be written in, by the names that a configuration has for them.
public enum FormatName: String, Sendable, CaseIterable {
    /// The event as one JSON object (docs/events.md).
    case json
    /// The message's own bytes, as they were received.
    case raw
}

/// All formats of one worker.
package struct EventFormats: ~Copyable {
    private var json: JSONFormat
    private var raw: RawFormat
    private var ahead: FormatTables

    package init(_ ahead: FormatTables) {
        self.ahead = ahead
        json = JSONFormat(ahead.fragments(.json, of: JSONFormat.self))
        raw = RawFormat(ahead.fragments(.raw, of: RawFormat.self))
    }

    /// Changes to other rules, between messages.
    package mutating func use(_ ahead: FormatTables) {
        self.ahead = ahead
        json.use(ahead.fragments(.json, of: JSONFormat.self))
        raw.use(ahead.fragments(.raw, of: RawFormat.self))
    }

    /// Writes an event, by a function that the compiler made for the format.
    /// - Returns: nil when it does not fit.
    @inline(__always)
    package mutating func write(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, as format: FormatName, key: FieldID?,
        into out: UnsafeMutableRawBufferPointer
    ) -> EncodedEvent? {
        switch format {
        case .json: Self.write(event, header, envelope, by: &json, key, out)
        case .raw: Self.write(event, header, envelope, by: &raw, key, out)
        }
    }

    @inline(__always)
    private static func write<Format: EventFormat & ~Copyable>(
        _ event: MatchedEvent, _ header: SyslogMessage, _ envelope: Envelope, by format: inout Format, _ key: FieldID?,
        _ out: UnsafeMutableRawBufferPointer
    ) -> EncodedEvent? {
        var writer = ByteWriter(out)
        var position = KeyPosition(key)
        format.write(event, header, envelope, key: &position, into: &writer)
        if writer.overflowed { return nil }
        guard position.hasEscapes || position.isBehind else {
            return EncodedEvent(byteCount: writer.count, keyStart: position.start, keyCount: position.count)
        }
        return withCopiedKey(position, writer.count, out)
    }

    /// The key is the value itself, not the way a format writes it: a copy of it goes behind the event.
    @inline(never)
    private static func withCopiedKey(
        _ key: KeyPosition, _ written: Int, _ out: UnsafeMutableRawBufferPointer
    ) -> EncodedEvent? {
        let end = key.isBehind ? key.start : written
        var count = key.count
        if key.hasEscapes {
            guard count <= out.count - end else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: out[key.start..<key.start + count])
            count = JSONText.unescape(text, into: UnsafeMutableRawBufferPointer(rebasing: out[end...]))
        }
        return EncodedEvent(byteCount: end, keyStart: end, keyCount: count, keyCopyCount: count)
    }
}
