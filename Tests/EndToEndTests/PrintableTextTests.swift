import Testing

@testable import Command

/// What a stranger writes does not reach the terminal of whoever reads it as anything but text.
@Suite struct PrintableTextTests {
    private func escaped(_ bytes: [UInt8], _ scope: PrintableText.Scope) -> String {
        bytes.withUnsafeBytes { PrintableText.escaped($0, scope) }
    }

    @Test(arguments: [
        ("plain é 雪 🙂", "plain é 雪 🙂", "plain é 雪 🙂"), ("a\nb\tc\rd", #"a\nb\tc\rd"#, "a\\nb\tc\\rd"),
        ("x\u{1B}[2J", #"x\u001b[2J"#, #"x\u001b[2J"#),
        ("\u{7F}\u{9B}31m\u{85}", #"\u007f\u009b31m\u0085"#, #"\u007f\u009b31m\u0085"#),
        (
            "a\u{202E}b\u{2066}c\u{200F}\u{61C}\u{2028}", #"a\u202eb\u2066c\u200f\u061c\u2028"#,
            #"a\u202eb\u2066c\u200f\u061c\u2028"#
        ),
        (#"back\slash"#, #"back\\slash"#, #"back\slash"#), ("", "", ""), ("\0", #"\u0000"#, #"\u0000"#),
    ]) func `control signs and marks of direction are escaped`(text: String, field: String, value: String) {
        #expect(escaped(Array(text.utf8), .field) == field)
        #expect(escaped(Array(text.utf8), .value) == value)
    }

    @Test func `bytes that are not UTF-8 are shown one by one`() {
        #expect(escaped([0x61, 0x9B, 0xE2, 0x80, 0x62, 0xC0, 0x80], .field) == #"a\x9b\xe2\x80b\xc0\x80"#)
        #expect(escaped([0xFF], .value) == #"\xff"#)
    }

    @Test func `nothing that is printed for any two bytes is a control sign`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let text = escaped([first, second], .field)
                #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
            }
        }
    }
}
