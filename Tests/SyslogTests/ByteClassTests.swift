import Testing

@testable import Syslog

@Suite struct ByteClassTests {
    @Test(arguments: [UInt8(0)...255])
    func `The table says what the grammar says`(_ bytes: ClosedRange<UInt8>) {
        for byte in bytes {
            let character = Character(Unicode.Scalar(byte))
            let isName = byte < 128 && (character.isLetter || character.isNumber)
            #expect(ByteClass.host.contains(byte) == (isName || "._-".contains(character)), "\(byte)")
            #expect(ByteClass.tag.contains(byte) == (isName || "._-/()@".contains(character)), "\(byte)")
            #expect(ByteClass.wideHost.contains(byte) == (isName || "._-/@:%".contains(character)), "\(byte)")
            #expect(
                ByteClass.structuredDataName.contains(byte)
                    == (byte > 32 && byte < 127 && !"=]\"".contains(character)), "\(byte)")
        }
    }
}
