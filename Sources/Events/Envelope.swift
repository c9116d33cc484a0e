/// What the receiver knows about a message beside its bytes.
@frozen public struct Envelope {
    /// When the message was received, in nanoseconds since 1970-01-01T00:00:00Z. Printed with milliseconds.
    public var receivedNanoseconds: Int64
    /// The sender's address as text, `192.0.2.10`; nil or empty when there is none. Must outlive the call it is given to.
    public var peer: UnsafeRawBufferPointer?
    /// True when the frame was cut at the largest size; the event then says `"truncated":true`.
    public var truncated: Bool

    /// An envelope for one message.
    @inlinable
    public init(receivedNanoseconds: Int64, peer: UnsafeRawBufferPointer? = nil, truncated: Bool = false) {
        self.receivedNanoseconds = receivedNanoseconds
        self.peer = peer
        self.truncated = truncated
    }
}

/// Where an event stands in the memory that it was written to.
@frozen public struct EncodedEvent: Equatable, Sendable {
    /// Length of the JSON in bytes; no line feed follows it.
    public var byteCount: Int
    /// Where the key field's value begins, without its quotes.
    public var keyStart: Int
    /// Length of that value; 0 when the event has no such field.
    public var keyCount: Int
    /// True when that value holds JSON escapes, so that its bytes are not the text itself.
    public var keyHasEscapes: Bool

    /// An event of `byteCount` bytes.
    @inlinable
    public init(byteCount: Int, keyStart: Int = 0, keyCount: Int = 0, keyHasEscapes: Bool = false) {
        self.byteCount = byteCount
        self.keyStart = keyStart
        self.keyCount = keyCount
        self.keyHasEscapes = keyHasEscapes
    }
}

/// Notes where the key field's value comes to stand while an event is written.
@frozen public struct KeyPosition {
    /// The field whose value is the record's key, or ``FieldID/none``.
    public let field: FieldID
    /// First byte of the value.
    public var start = 0
    /// Length of the value.
    public var count = 0
    /// True when the value holds JSON escapes.
    public var hasEscapes = false

    /// Looks for `field`.
    @inlinable public init(_ field: FieldID?) { self.field = field ?? .none }

    /// Notes the value that was written between `start` and now, if it is the key field's.
    @inlinable @inline(__always)
    public mutating func note(_ written: FieldID, from start: Int, in writer: JSONWriter) {
        if written == field { record(start, writer) }
    }

    /// The same for a value that holds nothing to escape.
    @inlinable @inline(__always)
    public mutating func notePlain(_ written: FieldID, from start: Int, in writer: JSONWriter) {
        guard written == field, !writer.overflowed else { return }
        self.start = start
        count = writer.count &- start
        hasEscapes = false
    }

    @inlinable @inline(never)
    mutating func record(_ start: Int, _ writer: JSONWriter) {
        guard !writer.overflowed else { return }
        self.start = start
        count = writer.count - start
        var at = start
        while at < writer.count, writer.base[at] != UInt8(ascii: "\\") { at &+= 1 }
        hasEscapes = at < writer.count
    }
}
