import Events

/// What `write` writes into `room` bytes; nil when it does not fit.
func written(room: Int = 65_536, _ write: (inout ByteWriter) -> Void) -> String? {
    writtenBytes(room: room, write).map { String(decoding: $0, as: UTF8.self) }
}

func writtenBytes(room: Int = 65_536, _ write: (inout ByteWriter) -> Void) -> [UInt8]? {
    // A guard behind the room shows any write past it.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room + 16, alignment: 8)
    defer { memory.deallocate() }
    for index in room..<room + 16 { memory[index] = 0xA5 }
    var writer = ByteWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<room]))
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
