/// What the header of one frame says, as ranges into that frame. A trivial value: copying it costs no reference count.
public struct SyslogMessage: Equatable, Sendable {
    /// How the frame was read.
    public enum Format: UInt8, Sendable {
        /// `<PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD MSG`, RFC 5424 section 6.
        case rfc5424
        /// Any of the older forms, RFC 3164 section 4 and what is met in the field.
        case rfc3164
        /// No header could be read: `content` is the whole frame. The time may still be known (a program's own file).
        case unstructured
    }

    /// How the frame was read.
    public var format: Format
    /// Facility, 0 to 23; 1 (user) when the message has no usable priority, RFC 3164 section 4.3.3.
    public var facility: UInt8
    /// Severity, 0 to 7; 5 (notice) when the message has no usable priority.
    public var severity: UInt8
    /// True when facility and severity were received and are not the defaults.
    public var hasPriority: Bool
    /// The time in the header.
    public var timestamp: SyslogTimestamp
    /// HOSTNAME. Absent for NILVALUE and for a local message (`/dev/log`).
    public var host: ByteRange
    /// APP-NAME, or the tag of the older form without `[pid]` and colon. For Cisco `%FACILITY-SEVERITY-MNEMONIC`.
    public var program: ByteRange
    /// PROCID, or what stands in `[ ]` after the tag. Text, often a number.
    public var processID: ByteRange
    /// MSGID; in the older form the number of `[ID 800047 auth.info]` (Solaris) and one that stands before the tag.
    public var messageID: ByteRange
    /// The SD-ELEMENTs as received, with brackets and escapes; absent for NILVALUE. See `StructuredDataReader`.
    public var structuredData: ByteRange
    /// The text: MSG without its byte order mark, or what follows `tag[pid]: `. Trailing LF, CR and NUL are left out;
    /// spaces and escaped line ends (`#012`) stay.
    public var content: ByteRange
    /// What parsers match: `content` without spaces around it and escaped line ends (`#012`) behind it, without a
    /// kernel's uptime stamp `[12345.678901] ` and caller `[ T88] `, Solaris' `[ID 800047 auth.info] `, a header or tag that
    /// comes again and Kea's own time, and inside the brackets of `message repeated 3 times: [ text]`. Always a part of
    /// `content`.
    public var body: ByteRange
    /// N of `last message repeated N times` or `message repeated N times: [ text]`; 0 when it is neither.
    public var repeated: UInt32
    /// The first thing that broke the format's rules, if any. What was read before it is kept.
    public var fault: HeaderFault?

    /// A message of an empty frame, for `HeaderParser` to write into.
    public init() {
        format = .unstructured
        facility = Facility.user
        severity = Severity.notice
        hasPriority = false
        timestamp = .absent
        host = .absent
        program = .absent
        processID = .absent
        messageID = .absent
        structuredData = .absent
        content = .absent
        body = .absent
        repeated = 0
        fault = nil
    }

    /// Nothing is known yet but that the text is the whole frame.
    @inline(__always)
    mutating func reset(wholeFrame count: Int) {
        self = SyslogMessage()
        content = ByteRange(0, count)
        body = content
    }
}
