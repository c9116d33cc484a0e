extension TypedCapture {
    /// The longest name that systemd allows, unit(5) of systemd: `UNIT_NAME_MAX` less its terminating byte.
    private static let longestUnitName = 255

    /// A systemd unit: letters, digits and `:-_.\@` that end in one of the known suffixes. A colon or dot behind the
    /// suffix belongs to what follows.
    package static func unit(_ bytes: Bytes, _ start: Int, _ end: Int) -> Int {
        var at = start
        let bound = min(end, start &+ longestUnitName &+ 1)
        while at < bound, isUnitByte(bytes[at]) { at &+= 1 }
        while at > start, bytes[at &- 1] == UInt8(ascii: ":") || bytes[at &- 1] == UInt8(ascii: ".") { at &-= 1 }
        for suffix in suffixes {
            let length = suffix.utf8CodeUnitCount
            if at &- start > length, equalBytes(bytes + at - length, suffix.utf8Start, length) { return at }
        }
        return -1
    }

    private static func isUnitByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "@")
    }

    private static let suffixes: [StaticString] = [
        ".service", ".socket", ".target", ".timer", ".mount", ".scope", ".slice", ".path", ".device", ".swap",
        ".automount",
    ]
}
