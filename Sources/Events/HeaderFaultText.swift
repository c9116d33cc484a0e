import Syslog

extension JSONWriter {
    /// Writes what was expected of a header, and at which 1-based byte of the frame: `column 5: expected version 1`.
    mutating func fault(_ fault: HeaderFault) {
        fragment("column ")
        number(UInt64(fault.column))
        fragment(": expected ")
        let expected = fault.expected
        _ = escaped(expected.utf8Start, expected.utf8CodeUnitCount)
    }
}
