import Events

/// What `write` writes into `room` bytes; nil when it does not fit.
func written(room: Int = 65_536, _ write: (inout JSONWriter) -> Void) -> String? {
    writtenBytes(room: room, write).map { String(decoding: $0, as: UTF8.self) }
}

func writtenBytes(room: Int = 65_536, _ write: (inout JSONWriter) -> Void) -> [UInt8]? {
    // A guard behind the room shows any write past it.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room + 16, alignment: 8)
    defer { memory.deallocate() }
    for index in room..<room + 16 { memory[index] = 0xA5 }
    var writer = JSONWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<room]))
    write(&writer)
    for index in room..<room + 16 { precondition(memory[index] == 0xA5, "written past the end") }
    return writer.overflowed ? nil : Array(memory[..<writer.count])
}

/// The bytes as the inside of a JSON string, and whether they were well-formed UTF-8.
func escaped(_ bytes: [UInt8], room: Int = 65_536) -> (text: String?, wellFormed: Bool) {
    var wellFormed = true
    let text = written(room: room) { writer in
        bytes.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { wellFormed = writer.escaped(start, buffer.count) }
        }
    }
    return (text, wellFormed)
}

/// A small generator with a seed that a failing test can print.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Random bytes in which special ones are frequent.
    mutating func bytes(upTo length: Int) -> [UInt8] {
        let count = Int.random(in: 0...length, using: &self)
        let style = Int.random(in: 0..<4, using: &self)
        return (0..<count).map { _ in
            switch style {
            case 0: UInt8.random(in: 0...255, using: &self)
            case 1: UInt8.random(in: 0x20...0x7E, using: &self)
            case 2: "\"\\\n\u{1}ab cdefgh".utf8.randomElement(using: &self)!
            default: Array("aé€😀\"x".utf8).randomElement(using: &self)!
            }
        }
    }
}
