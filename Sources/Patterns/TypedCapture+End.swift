extension TypedCapture {
    /// The one end of a capture of `type` that begins at `start`, or -1. The message that it stands in begins at
    /// `messageStart`.
    @inlinable @inline(__always)
    package static func end(
        of type: CaptureType, _ frame: Bytes, _ start: Int, _ end: Int, messageStart: Int
    ) -> Int {
        switch type {
        case .ipv4: ipv4(frame, start, end)
        case .mac: mac(frame, start, end)
        case .ethernet: ethernet(frame, start, end)
        case .ipv6: ipv6(frame, start, end)
        case .ip: ip(frame, start, end)
        case .timestamp: timestamp(frame, start, end)
        case .duration: duration(frame, start, end)
        case .size: size(frame, start, end)
        case .decimal: decimal(frame, start, end)
        case .int: int(frame, start, end)
        case .hex: hex(frame, start, end)
        case .quoted: quoted(frame, start, end)
        case .unit: unit(frame, start, end)
        case .letters: letters(frame, start, end)
        case .space: space(frame, start, end)
        case .json: JSONValue.end(frame, start, end)
        case .kv: KeyValueReader.end(frame, messageStart: messageStart, start, end)
        case .choice, .host, .word, .long, .text, .rest: -1
        }
    }
}
