import Base

/// Zone abbreviations after a time, as routers and some daemons write them.
///
/// Abbreviations are ambiguous by nature; each is taken for the zone that most senders mean: CST, EST, MST and PST are
/// North American, IST is India, BST is British. A host whose whole name is one of these in capitals, right after the
/// time, is taken for the zone. Where that matters, a numeric offset or the configured zone says what is meant.
enum ZoneName {
    /// Reads a zone name in capitals at `offset`, which ends at a space or a colon. Returns the offset after it, nil
    /// when it is another word.
    ///
    /// An unknown name is only skipped where the colon and `%` of a Cisco message follow (then the configured zone
    /// holds): anywhere else it is as likely a host or a tag, such as `CRON:`. Firewalls write no zone there, but their
    /// name.
    static func read(_ text: FrameText, at offset: Int, _ reading: inout ClockReading) -> Int? {
        var end = offset
        var name: UInt64 = 0
        while end < offset &+ 6, isCapital(text[end]) {
            name = name &<< 8 | UInt64(text[end])
            end &+= 1
        }
        let next = text[end]
        guard end &- offset >= 2, next == UInt8(ascii: " ") || next == UInt8(ascii: ":") else { return nil }
        if let minutes = minutesEast(name) {
            reading.offset = minutes &* 60
            reading.hasOffset = true
            return end
        }
        return text.has(": %", at: end) && !CiscoHeader.isFirewall(text, at: end &+ 2) ? end : nil
    }

    private static func minutesEast(_ name: UInt64) -> Int32? {
        switch name {
        case code("UTC"), code("GMT"), code("WET"), code("UT"): 0
        case code("CET"), code("MET"), code("BST"), code("WEST"), code("WAT"): 60
        case code("CEST"), code("MEST"), code("EET"), code("SAST"), code("CAT"): 120
        case code("EEST"), code("MSK"), code("EAT"), code("IDT"): 180
        case code("GST"): 240
        case code("PKT"): 300
        case code("IST"): 330
        case code("WIB"), code("ICT"): 420
        case code("HKT"), code("SGT"), code("AWST"): 480
        case code("JST"), code("KST"): 540
        case code("ACST"): 570
        case code("AEST"): 600
        case code("ACDT"): 630
        case code("AEDT"): 660
        case code("NZST"): 720
        case code("NZDT"): 780
        case code("NST"): -210
        case code("NDT"): -150
        case code("BRT"), code("ART"), code("ADT"): -180
        case code("AST"), code("EDT"): -240
        case code("EST"), code("CDT"): -300
        case code("CST"), code("MDT"): -360
        case code("MST"), code("PDT"): -420
        case code("PST"), code("AKDT"): -480
        case code("AKST"), code("HDT"): -540
        case code("HST"): -600
        default: nil
        }
    }

    @inline(__always)
    private static func code(_ name: StaticString) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<name.utf8CodeUnitCount { value = value &<< 8 | UInt64(name.utf8Start[index]) }
        return value
    }
}
