/// The number of an event type in a ``Vocabulary``. Zero is always `SYSLOG`, the type of a message that no parser knows.
@frozen public struct EventTypeID: Hashable, Sendable {
    /// The position in ``Vocabulary/eventTypes``.
    public var rawValue: UInt16

    /// Wraps a position in ``Vocabulary/eventTypes``.
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The type of a message that no parser knows.
    @inlinable public static var syslog: EventTypeID { EventTypeID(rawValue: 0) }
}

/// The number of a field in a ``Vocabulary``: first the envelope's, which are the same in every vocabulary, then those
/// that the rules declare.
@frozen public struct FieldID: Hashable, Sendable {
    /// The position in ``Vocabulary/fields``.
    public var rawValue: UInt16

    /// Wraps a position in ``Vocabulary/fields``.
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The sender's host name, under `syslog`.
    @inlinable public static var host: FieldID { FieldID(rawValue: 0) }
    /// The program tag, under `syslog`.
    @inlinable public static var program: FieldID { FieldID(rawValue: 1) }
    /// The process id, under `syslog`.
    @inlinable public static var pid: FieldID { FieldID(rawValue: 2) }
    /// The RFC 5424 message id, under `syslog`.
    @inlinable public static var msgid: FieldID { FieldID(rawValue: 3) }
    /// The facility's keyword, under `syslog`.
    @inlinable public static var facility: FieldID { FieldID(rawValue: 4) }
    /// The severity's keyword, under `syslog`.
    @inlinable public static var severity: FieldID { FieldID(rawValue: 5) }
    /// The address that the message came from, under `syslog`.
    @inlinable public static var peer: FieldID { FieldID(rawValue: 6) }
    /// The text of the message.
    @inlinable public static var message: FieldID { FieldID(rawValue: 7) }

    /// Not a field: what no key of an event ever equals.
    @inlinable public static var none: FieldID { FieldID(rawValue: .max) }
}

/// How the value of a field is written in JSON.
public enum FieldKind: String, Sendable, CaseIterable {
    /// A JSON string.
    case text
    /// A JSON number.
    case number
    /// `true` or `false`.
    case boolean
    /// A JSON object, or an array.
    case object
}
