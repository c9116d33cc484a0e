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
    /// Length of the event in bytes; no line feed follows it.
    public var byteCount: Int
    /// Where the key field's value begins: in the event, or behind it when the event does not hold it as it is.
    public var keyStart: Int
    /// Length of that value; 0 when the event has no such field.
    public var keyCount: Int
    /// How many bytes behind the event are a copy of the key; 0 when the key stands in the event.
    public var keyCopyCount: Int

    /// An event of `byteCount` bytes.
    @inlinable
    public init(byteCount: Int, keyStart: Int = 0, keyCount: Int = 0, keyCopyCount: Int = 0) {
        self.byteCount = byteCount
        self.keyStart = keyStart
        self.keyCount = keyCount
        self.keyCopyCount = keyCopyCount
    }
}
