/// A set of bytes that a grammar rule allows.
///
/// Membership is one load from a table of 256 bytes and one test. The table is a string literal because that is constant
/// data: a global array would be built at first use and its lock asked for ever after. Its characters are `0` to `?`,
/// whose low four bits are the four classes.
struct ByteClass {
    private let mask: UInt8

    private init(mask: UInt8) { self.mask = mask }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        ByteClass.table[Int(byte)] & mask != 0
    }

    /// Letters, digits, `.`, `_`, `-`: what a host name is made of in practice.
    static var host: ByteClass { ByteClass(mask: 1) }

    /// The host class and `/`, `(`, `)`, `@`: what a tag is made of before its colon or bracket.
    static var tag: ByteClass { ByteClass(mask: 2) }

    /// The host class and `/`, `@`, `:`, `%`: also chained hosts and IPv6 addresses with a scope.
    static var wideHost: ByteClass { ByteClass(mask: 4) }

    /// SD-NAME, RFC 5424 section 6: printable ASCII without `=`, `]` and `"`.
    static var structuredDataName: ByteClass { ByteClass(mask: 8) }

    @inline(__always)
    private static var table: UnsafePointer<UInt8> {
        let classes: StaticString = """
            00000000000000000000000000000000\
            08088<88::888??>??????????<88088\
            >??????????????????????????8808?\
            8??????????????????????????88880\
            00000000000000000000000000000000\
            00000000000000000000000000000000\
            00000000000000000000000000000000\
            00000000000000000000000000000000
            """
        return classes.utf8Start
    }
}
