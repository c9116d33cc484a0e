/// The event types and fields that a set of rules can produce, with their numbers. Built once with the rules and shared
/// read-only.
public final class Vocabulary: Sendable {
    /// One field: its name, how its value is written, and whether it is part of the syslog envelope.
    public struct Field: Hashable, Sendable {
        /// The JSON key.
        public let name: String
        /// How the value is written. In a vocabulary, where it is declared first: of another event type it may be of
        /// another kind.
        public let kind: FieldKind
        /// True for `host`, `program` … which every event can have.
        public let isEnvelope: Bool

        /// A field that a rule declares, or one of the envelope.
        public init(name: String, kind: FieldKind, isEnvelope: Bool = false) {
            self.name = name
            self.kind = kind
            self.isEnvelope = isEnvelope
        }
    }

    /// The fields that every vocabulary begins with, in the order of their fixed ``FieldID``s.
    public static let envelopeFields: [Field] = [
        "host", "program", "pid", "msgid", "facility", "severity", "peer", "message",
    ].map { Field(name: $0, kind: .text, isEnvelope: true) }

    /// Keys of an event that a rule may not use for a field of its own.
    public static let reservedNames: Set<String> = Set(
        envelopeFields.map(\.name) + [
            "type", "timestamp", "source", "raw", "syslog", "structured_data", "received",
        ])

    /// The names of the event types; the first is always `SYSLOG`.
    public let eventTypes: [String]
    /// All fields, the envelope's first.
    public let fields: [Field]

    private let typeIDs: [String: EventTypeID]
    private let fieldIDs: [String: FieldID]

    /// Builds the numbering.
    /// - Parameters:
    ///   - eventTypes: names in the order in which they are first declared; `SYSLOG` and repetitions are skipped.
    ///   - fields: the rules' fields; repetitions and names of envelope fields are skipped.
    public init(eventTypes declaredTypes: [String], fields declaredFields: [Field]) {
        var eventTypes = ["SYSLOG"]
        var typeIDs: [String: EventTypeID] = ["SYSLOG": .syslog]
        for name in declaredTypes where typeIDs[name] == nil {
            precondition(eventTypes.count < Int(UInt16.max), "more event types than an EventTypeID can number")
            typeIDs[name] = EventTypeID(rawValue: UInt16(eventTypes.count))
            eventTypes.append(name)
        }
        var fields: [Field] = []
        var fieldIDs: [String: FieldID] = [:]
        for field in Self.envelopeFields + declaredFields where fieldIDs[field.name] == nil {
            precondition(fields.count < Int(UInt16.max), "more fields than a FieldID can number")
            fieldIDs[field.name] = FieldID(rawValue: UInt16(fields.count))
            fields.append(field)
        }
        self.eventTypes = eventTypes
        self.fields = fields
        self.typeIDs = typeIDs
        self.fieldIDs = fieldIDs
    }

    /// The number of an event type, or nil when no rule declares it.
    public func eventTypeID(named name: String) -> EventTypeID? { typeIDs[name] }

    /// The name of an event type.
    public func name(of type: EventTypeID) -> String { eventTypes[Int(type.rawValue)] }

    /// The number of a field, or nil when neither the envelope nor a rule has it.
    public func fieldID(named name: String) -> FieldID? { fieldIDs[name] }

    /// The name of a field.
    public func name(of field: FieldID) -> String { fields[Int(field.rawValue)].name }
}
