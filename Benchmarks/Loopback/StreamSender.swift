import Glibc

/// How messages are delimited on a TCP connection (RFC 6587).
enum Framing: String, Codable, Sendable, CaseIterable {
    /// Section 3.4.1: `113 <30>…`.
    case octetCounted = "octet-counted"
    /// Section 3.4.2: a line feed after each message.
    case lineFeed = "lf"
}

/// Sends the mix over TCP as fast as the receiver takes it. The frames are built once; each block gets new running
/// numbers in place and is written whole, to each connection in turn.
struct StreamSender: ~Copyable {
    private static let framesPerBlock = 2048

    private let block: UnsafeMutablePointer<UInt8>
    /// Where each frame of the block begins, and where the last one ends.
    private let starts: [Int]
    /// The places of running numbers: which frame, and where in the block.
    private let places: [(frame: Int, offset: Int)]
    private let sockets: [Int32]

    init(mix: MessageMix, framing: Framing, connections: Int, to address: SocketAddress) throws {
        let connected = try (0..<connections).map { _ in try address.connect(.tcp) }
        var starts: [Int] = []
        var places: [(frame: Int, offset: Int)] = []
        var bytes: [UInt8] = []
        for frame in 0..<Self.framesPerBlock {
            let line = mix.lines[frame % mix.lines.count]
            starts.append(bytes.count)
            if framing == .octetCounted { bytes.append(contentsOf: Array("\(line.bytes.count) ".utf8)) }
            for offset in line.numberOffsets { places.append((frame, bytes.count + offset)) }
            bytes.append(contentsOf: line.bytes)
            if framing == .lineFeed { bytes.append(UInt8(ascii: "\n")) }
        }
        starts.append(bytes.count)
        block = .allocate(capacity: bytes.count)
        block.initialize(from: bytes, count: bytes.count)
        sockets = connected
        self.starts = starts
        self.places = places
    }

    deinit {
        for socket in sockets { close(socket) }
        block.deallocate()
    }

    /// Sends messages `first ..< first + count` and returns the bytes written.
    borrowing func send(first: Int, count: Int) throws -> Int {
        var written = 0
        var sent = 0
        var turn = 0
        while sent < count {
            let frames = min(Self.framesPerBlock, count - sent)
            for place in places where place.frame < frames {
                writeNumber(first + sent + place.frame, at: block + place.offset)
            }
            try writeWhole(sockets[turn], starts[frames])
            written += starts[frames]
            sent += frames
            turn = (turn + 1) % sockets.count
        }
        return written
    }

    private borrowing func writeWhole(_ socket: Int32, _ count: Int) throws {
        var done = 0
        while done < count {
            let result = Glibc.send(socket, block + done, count - done, Int32(MSG_NOSIGNAL))
            if result < 0 {
                if errno == EINTR { continue }
                throw Failure.system("send")
            }
            done += result
        }
    }
}
