/// One field that a match gives an event, as the rules were compiled: which field it is, what kind of value it has, and
/// where the value is found. A format decides how it is written.
package struct EventField: BitwiseCopyable {
    /// What a value's bytes are.
    package enum Kind: UInt8, BitwiseCopyable {
        /// A value of the rule; `detail` is the number of the constant.
        case constant
        /// Text as it stands.
        case text
        /// Text in which a backslash escapes `"`, `'` and `\`.
        case quoted
        /// A hardware address: digits with `:` or `-`.
        case mac
        /// Decimal digits with an optional sign and fraction.
        case number
        /// A time span with its unit, which becomes seconds.
        case duration
        /// A size with its unit, which becomes bytes.
        case size
        /// What a map makes of the value; `detail` is the number of the map.
        case mapped
        /// Text of a type that holds nothing to escape.
        case plain
        /// A value of a `kv` list, in quotes or not.
        case listText
        /// The inside of a JSON string, or a JSON number or boolean as text.
        case jsonText
        /// Text in which a backslash escapes any byte.
        case escaped
        /// A constant, `true`, when there is a value.
        case flag
        /// `true` or `false` as captured.
        case boolean
        /// A `kv` list; `detail` is the number of a ``Lift``, or ``absent``.
        case pairs
        /// A JSON value; `detail` as of `pairs`.
        case json
        /// An object that a plug-in made; `detail` is the place of the field among those that it declares.
        case members

        /// Whether the value is an object with members of its own (or, of JSON, an array).
        package var hasMembers: Bool { self == .pairs || self == .json || self == .members }
    }

    /// What the value is.
    package var kind: Kind
    /// What a mapped value is when the map does not list it.
    package var unmapped: Kind
    /// Which field it is.
    package var field: FieldID
    /// Which of the match's values it is.
    package var capture: UInt16
    /// What it is besides, by its kind.
    package var detail: UInt32

    /// A field.
    package init(
        kind: Kind, unmapped: Kind? = nil, field: FieldID, capture: Int = 0, detail: UInt32 = absent
    ) {
        self.kind = kind
        self.unmapped = unmapped ?? kind
        self.field = field
        self.capture = UInt16(capture)
        self.detail = detail
    }
}

/// No node, no terminator, no outcome, no map, no lift.
@inlinable package var absent: UInt32 { .max }

/// Where a value of a match stands in the frame.
package struct Captured: BitwiseCopyable {
    /// Offset of the first byte.
    package var start: UInt32
    /// Offset behind the last; the value is absent when that is not more than `start`.
    package var end: UInt32

    /// A value's place.
    @inlinable
    package init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }
}
