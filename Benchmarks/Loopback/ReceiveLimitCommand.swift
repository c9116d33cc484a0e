import ArgumentParser
import CBench
import Glibc

/// How the receive limit reads.
enum ReceiveMethod: String, Codable, Sendable, CaseIterable, ExpressibleByArgument {
    /// read(2) of 256 KiB in a loop (TCP); recvmmsg of 64 (UDP).
    case loop
    /// SwiftNIO with 256 KiB reads (TCP only).
    case nio
    /// recvmmsg of 64, resting half a millisecond after a call that brought fewer (UDP only).
    case rest
}

/// `receive-limit`: takes messages from the socket and does nothing with them.
struct ReceiveLimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receive-limit", abstract: "Receive and do nothing else, until standard input closes.",
        discussion: "Prints address=HOST:PORT, then received=N (bytes over TCP, datagrams over UDP) at each request, "
            + "which is a line on standard input.")

    @Option(help: "tcp or udp.") var transport: Transport
    @Option(help: "loop, nio or rest.") var method: ReceiveMethod = .loop

    func validate() throws {
        guard method == .loop || (method == .nio) == (transport == .tcp) else {
            throw ValidationError("--method nio is for tcp, rest is for udp")
        }
    }

    func run() throws {
        let counter = ReceivedCounter()
        let local = try SocketAddress("127.0.0.1:0")
        switch (transport, method) {
        case (.tcp, .nio):
            let server = try NIOReceiver(counter: counter)
            emit("address=\(server.address)")
        case (.tcp, _):
            let listener = try local.listen(.tcp)
            emit("address=\(try SocketAddress(ofSocket: listener))")
            try startThread { acceptAndRead(listener, counter) }
        case (.udp, _):
            let socket = try local.listen(.udp, receiveBuffer: 4 << 20)
            emit("address=\(try SocketAddress(ofSocket: socket))")
            let rests = method == .rest
            try startThread { receiveDatagrams(socket, rests: rests, counter) }
        }
        while readLine(strippingNewline: true) != nil { emit("received=\(counter.value)") }
    }
}

/// Reads each connection on a thread of its own.
private func acceptAndRead(_ listener: Int32, _ counter: ReceivedCounter) {
    while true {
        let connection = accept(listener, nil, nil)
        if connection < 0 {
            if errno == EINTR { continue }
            fatalExit(Failure.system("accept"))
        }
        do {
            try startThread {
                let size = 256 << 10
                let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
                while true {
                    let count = read(connection, buffer, size)
                    if count > 0 { counter.add(count) }
                    if count == 0 { break }
                    if count < 0 && errno != EINTR { fatalExit(Failure.system("read")) }
                }
                buffer.deallocate()
                close(connection)
            }
        } catch { fatalExit(error) }
    }
}

private func receiveDatagrams(_ socket: Int32, rests: Bool, _ counter: ReceivedCounter) {
    let slots = 64
    guard let datagrams = cbench_datagrams_new(UInt32(slots), 2048) else { fatalExit(Failure("no memory")) }
    while true {
        let count = Int(cbench_datagrams_receive(datagrams, socket))
        if count < 0 { fatalExit(Failure.system("recvmmsg", Int32(-count))) }
        counter.add(count)
        if rests && count < slots { usleep(500) }
    }
}
