/// The first place where a header breaks its format's rules. A trivial value.
public struct HeaderFault: Equatable, Hashable, Sendable {
    /// What was expected at the column.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// The frame has no byte but line ends.
        case empty
        /// `<` is not followed by one to three digits and `>`.
        case priority
        /// The priority is above 191. What follows it is read all the same.
        case priorityRange
        /// An RFC 5424 header without `<PRI>`. What follows is read all the same.
        case priorityMissing
        /// A version other than 1. What follows is read all the same.
        case version
        /// Not a timestamp of the format.
        case timestamp
        /// A date or a time of day that does not exist.
        case timestampRange
        /// A dot without digits, or more than nine digits.
        case timestampFraction
        /// No `Z` and no offset `+hh:mm` or `-hh:mm`.
        case timestampOffset
        /// HOSTNAME is missing or has a byte that is not printable ASCII.
        case host
        /// APP-NAME is missing or has a byte that is not printable ASCII.
        case program
        /// PROCID is missing or has a byte that is not printable ASCII.
        case processID
        /// MSGID is missing or has a byte that is not printable ASCII.
        case messageID
        /// Neither `-` nor `[` where structured data begins.
        case structuredData
        /// An SD-ID or PARAM-NAME is empty or has a byte that is not allowed.
        case structuredDataName
        /// No `=` after a PARAM-NAME.
        case structuredDataEquals
        /// No `"` before a PARAM-VALUE.
        case structuredDataQuote
        /// No `"` after a PARAM-VALUE.
        case structuredDataValue
        /// Neither a space nor `]` after an SD-ID or a parameter.
        case structuredDataEnd
        /// No space between structured data and the message.
        case messageSeparator
    }

    /// What was expected.
    public var kind: Kind
    /// Where, as a byte of the frame counted from 1; one past the end when the frame ended too early.
    public var column: UInt32
    /// With `.priorityRange` the number that stood there, otherwise 0.
    public var number: UInt32

    /// A fault of `kind` at the 1-based byte `column`.
    public init(_ kind: Kind, column: UInt32, number: UInt32 = 0) {
        self.kind = kind
        self.column = column
        self.number = number
    }

    init(_ kind: Kind, offset: Int, number: Int = 0) {
        self.kind = kind
        column = UInt32(clamping: offset &+ 1)
        self.number = UInt32(clamping: number)
    }

    /// What was expected at the column, for a message to a person: "expected " + this + " at column N".
    public var expected: StaticString {
        switch kind {
        case .empty: "a message"
        case .priority: "one to three digits and '>'"
        case .priorityRange: "a priority from 0 to 191"
        case .priorityMissing: "'<' and a priority"
        case .version: "version 1"
        case .timestamp: "'-' or a time such as 2025-11-04T14:02:09Z"
        case .timestampRange: "a date and a time of day that exist"
        case .timestampFraction: "one to nine fraction digits"
        case .timestampOffset: "'Z' or an offset such as +01:00"
        case .host: "HOSTNAME: '-' or printable ASCII, then a space"
        case .program: "APP-NAME: '-' or printable ASCII, then a space"
        case .processID: "PROCID: '-' or printable ASCII, then a space"
        case .messageID: "MSGID: '-' or printable ASCII, then a space"
        case .structuredData: "structured data: '-' or '['"
        case .structuredDataName: "a name of printable ASCII without '=', ']' and '\"'"
        case .structuredDataEquals: "'=' after the parameter's name"
        case .structuredDataQuote: "'\"' before the parameter's value"
        case .structuredDataValue: "'\"' after the parameter's value"
        case .structuredDataEnd: "']' or a space and a parameter"
        case .messageSeparator: "a space before the message"
        }
    }
}

extension HeaderFault: CustomStringConvertible {
    /// `column 9: expected version 1`. Builds a string: not for the hot path.
    public var description: String {
        "column \(column): expected \(expected)" + (kind == .priorityRange ? ", not \(number)" : "")
    }
}
