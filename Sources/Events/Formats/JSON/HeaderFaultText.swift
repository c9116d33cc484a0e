import Syslog

extension ByteWriter {
    /// Writes what was expected of a header, and at which 1-based byte of the frame: `column 5: expected version 1`.
    mutating func fault(_ fault: HeaderFault) {
        fragment("column ")
        number(UInt64(fault.column))
        fragment(": expected ")
        let expected = fault.expected
        _ = escaped(expected.utf8Start, expected.utf8CodeUnitCount)
        if fault.kind == .priorityRange {
            fragment(", not ")
            number(UInt64(fault.number))
        }
    }
}

extension HeaderFault {
    /// True when what breaks the rules stands in front of the content, so that no text of the event holds it.
    static func isInHeader(_ header: SyslogMessage) -> Bool {
        guard let fault = header.fault else { return false }
        return fault.kind != .priorityMissing && fault.column <= header.content.start
    }
}
