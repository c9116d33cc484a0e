import Glibc
import Kafka
import Synchronization

/// Stands before the embedded broker and refuses Produce requests by what is in them, as a broker does whose topics have
/// limits, and answers requests to create topics; the embedded one can do neither. Everything else is passed on, with its
/// own port in the place of the broker's.
///
/// Threads: one accepts, two serve each connection; they end when their sockets are shut.
final class PickyBroker: Sendable {
    /// Kafka's error code for a batch on its way to a topic; 0 = it may pass.
    typealias Judge = @Sendable (_ topic: String, _ records: [UInt8]) -> Int16

    private let judge: Judge
    private let broker: EmbeddedBroker
    /// Requests whose answers are changed, by correlation id: 18 for the list of requests that the broker takes, 3 for
    /// metadata.
    private let changed = Mutex<[[UInt8]: UInt8]>([:])
    private let upstream: UInt16
    private let listener: Int32
    private let port: UInt16
    private let sockets = Mutex<[Int32]>([])
    private let refusedCount = Atomic<Int>(0)

    init(before broker: EmbeddedBroker, _ judge: @escaping Judge = { _, _ in 0 }) throws {
        self.judge = judge
        self.broker = broker
        upstream = UInt16(broker.bootstrapServers.split(separator: ":").last.flatMap { Int($0) } ?? 0)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard bound else { throw Timeout(description: "no socket for a broker: \(String(cString: strerror(errno)))") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        sockets.withLock { $0.append(listener) }
        start { $0.accept() }
    }

    /// For clients.
    var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// Batches refused so far.
    var refusals: Int { refusedCount.load(ordering: .relaxed) }

    /// Ends all threads. Called at the end of a test; connections that come later are refused.
    func stop() { for socket in sockets.withLock({ $0 }) { shutdown(socket, Int32(SHUT_RDWR)) } }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func start(_ body: @escaping @Sendable (PickyBroker) -> Void) {
        let box = Unmanaged.passRetained(Work(broker: self, body: body))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
                work.body(work.broker)
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let broker: PickyBroker
        let body: @Sendable (PickyBroker) -> Void
        init(broker: PickyBroker, body: @escaping @Sendable (PickyBroker) -> Void) {
            self.broker = broker
            self.body = body
        }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(upstream)
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else {
                close(client)
                close(server)
                continue
            }
            for socket in [client, server] { Self.sendAtOnce(socket) }
            sockets.withLock { $0 += [client, server] }
            start { $0.passRequests(from: client, to: server) }
            start { $0.passAnswers(from: server, to: client) }
        }
    }

    /// Without it a small frame waits for the acknowledgement of the one before.
    private static func sendAtOnce(_ socket: Int32) {
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private func passRequests(from client: Int32, to server: Int32) {
        while let frame = Self.frame(client) {
            if frame[4] == 0, [3, 18].contains(frame[5]) { changed.withLock { $0[Array(frame[8..<12])] = frame[5] } }
            if let answer = refusal(frame) ?? creation(frame) {
                Self.send(client, answer)
            } else {
                Self.send(server, frame)
            }
        }
        shutdown(server, Int32(SHUT_RDWR))
    }

    private func passAnswers(from server: Int32, to client: Int32) {
        let host = Array("127.0.0.1".utf8)
        while var frame = Self.frame(server) {
            let old = host + Self.bytes(UInt32(upstream))
            for index in frame.indices.dropLast(old.count - 1) where frame[index] == host[0] {
                guard frame[index...].starts(with: old) else { continue }
                frame.replaceSubrange(index..<index + old.count, with: host + Self.bytes(UInt32(port)))
            }
            switch changed.withLock({ $0.removeValue(forKey: Array(frame[4..<8])) }) {
            case 3: Self.nameController(&frame)
            case 18: frame = Self.addingCreation(to: frame)
            default: break
            }
            Self.send(client, frame)
        }
        shutdown(client, Int32(SHUT_RDWR))
    }

    /// The answer to a Produce request (version 3 to 8, one topic and partition) that may not pass.
    private func refusal(_ frame: [UInt8]) -> [UInt8]? {
        func int(_ at: Int, _ count: Int) -> Int { frame[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
        guard int(4, 2) == 0 else { return nil }
        let version = int(6, 2)
        // Client id, transactional id (none), acks, timeout, one topic.
        var at = 12 + 2 + int(12, 2)
        at += 2 + 2 + 4 + 4
        let nameCount = int(at, 2)
        let name = Array(frame[at..<at + 2 + nameCount])
        at += 2 + nameCount + 4
        let partition = Array(frame[at..<at + 4])
        let records = Array(frame[(at + 8)...])
        let code = judge(String(decoding: name.dropFirst(2), as: UTF8.self), records)
        guard code != 0 else { return nil }
        refusedCount.add(1, ordering: .relaxed)
        var body = Array(frame[8..<12]) + Self.bytes(1) + name + Self.bytes(1) + partition
        body += [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        body += [UInt8](repeating: 0xFF, count: version >= 5 ? 24 : 16)
        body += Self.bytes(0)
        return Self.bytes(UInt32(body.count)) + body
    }

    /// The list of requests (version 0) with that to create topics, versions 0 to 4.
    private static func addingCreation(to frame: [UInt8]) -> [UInt8] {
        let count = frame[10..<14].reduce(0) { $0 << 8 | UInt32($1) }
        guard frame.count == 14 + 6 * Int(count) else { return frame }
        let body = Array(frame[4..<10]) + bytes(count + 1) + frame[14...] + [0, 19, 0, 0, 0, 4]
        return bytes(UInt32(body.count)) + body
    }

    /// Metadata (version 2) with broker 1 as the controller: the embedded broker names one that there is not.
    private static func nameController(_ frame: inout [UInt8]) {
        func int(_ at: Int, _ count: Int) -> Int { frame[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
        var at = 12
        /// Behind a text, or behind the length of one that is missing.
        func skipText() { at += int(at, 2) == 0xFFFF ? 2 : 2 + int(at, 2) }
        for _ in 0..<int(8, 4) {
            at += 4
            skipText()
            at += 4
            skipText()
        }
        skipText()
        frame.replaceSubrange(at..<at + 4, with: [0, 0, 0, 1])
    }

    /// The answer to a request (version 4) to create topics, which the embedded broker then has. One with "forbidden" in
    /// its name is refused.
    private func creation(_ frame: [UInt8]) -> [UInt8]? {
        func int(_ at: Int, _ count: Int) -> Int { frame[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
        guard int(4, 2) == 19, int(6, 2) == 4 else { return nil }
        var at = 14 + int(12, 2)
        let count = int(at, 4)
        at += 4
        var body = Array(frame[8..<12]) + Self.bytes(0) + Self.bytes(UInt32(count))
        for _ in 0..<count {
            let end = at + 2 + int(at, 2)
            let name = String(decoding: frame[at + 2..<end], as: UTF8.self)
            // Partitions, 4 of them where the number is left to the broker; replicas, no assignments, no settings.
            let partitions = Int32(truncatingIfNeeded: int(end, 4))
            let isMade = !name.contains("forbidden") && make(name, partitions < 0 ? 4 : partitions)
            let reason = Array("not this one".utf8)
            body += frame[at..<end] + (isMade ? [0, 0, 0xFF, 0xFF] : [0, 29, 0, UInt8(reason.count)] + reason)
            at = end + 4 + 2 + 4 + 4
        }
        return Self.bytes(UInt32(body.count)) + body
    }

    private func make(_ name: String, _ partitions: Int32) -> Bool {
        do {
            try broker.createTopic(name, partitions: partitions)
            return true
        } catch {
            return false
        }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24 & 255), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// One frame with its length, nil at the end.
    private static func frame(_ socket: Int32) -> [UInt8]? {
        guard let head = read(socket, 4) else { return nil }
        return read(socket, head.reduce(0) { $0 << 8 | Int($1) }).map { head + $0 }
    }

    private static func read(_ socket: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + done, count - done, 0) }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private static func send(_ socket: Int32, _ frame: [UInt8]) {
        var done = 0
        while done < frame.count {
            let sent = frame.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + done, frame.count - done, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            done += sent
        }
    }
}
