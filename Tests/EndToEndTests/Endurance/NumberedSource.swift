import Foundation
import Glibc

/// A sender of numbered messages under a host name of its own, which is their key: `<14>… HOST checkout[812]: endurance
/// N end`. The numbers go on through reconnections and through restarts of the receiver.
///
/// Threads: `run` starts one that sends until `halt`; the monitor holds what both sides look at.
final class NumberedSource: Sendable {
    /// How the messages travel.
    enum Transport: Sendable {
        case udp, tcp
        /// A file that lines are appended to.
        case file(String)
    }

    private struct State {
        var next = 0
        var isHalting = false
        var isRunning = false
    }

    let host: String
    let transport: Transport
    private let state = Monitor(State())

    init(host: String, _ transport: Transport) {
        self.host = host
        self.transport = transport
    }

    /// Messages sent so far, or tried.
    var count: Int { state.read { $0.next } }

    /// Sends in batches of 20 until `halt` or until the other side is gone.
    /// - Parameter pause: microseconds between two batches; 0 = full speed.
    func run(to address: Streamer.Address?, pause: UInt32 = 0) throws {
        let put = try channel(address)
        state.update {
            $0.isHalting = false
            $0.isRunning = true
        }
        let thread = Thread { [self] in
            while true {
                let start: Int? = state.update { state in
                    guard !state.isHalting else { return nil }
                    defer { state.next += 20 }
                    return state.next
                }
                guard let start, put(start) else { break }
                if pause > 0 { usleep(pause) }
            }
            state.update { $0.isRunning = false }
        }
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Makes the thread end, and waits for it.
    /// - Parameter abort: breaks what a blocked send waits for.
    func halt() throws {
        state.update { $0.isHalting = true }
        guard state.wait({ $0.isRunning ? nil : true }) == true else {
            throw HarnessError("the sender \(host) does not end")
        }
    }

    private func lines(_ start: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in start..<start + 20 { bytes += line(number).utf8 }
        return bytes
    }

    private func line(_ number: Int) -> String {
        // A file's lines have no priority, as rsyslog writes them.
        let isFile = if case .file = transport { true } else { false }
        return "\(isFile ? "" : "<14>")Nov  4 14:02:09 \(host) checkout[812]: endurance \(number) end\n"
    }

    /// What sends a batch; it gives false when the other side is gone.
    private func channel(_ address: Streamer.Address?) throws -> @Sendable (Int) -> Bool {
        switch transport {
        case .tcp:
            let sender = try TCPSender(address!)
            return { [self] start in sender.sendAll(lines(start)) }
        case .udp:
            let sender = try UDPSender(address!)
            return { [self] start in
                do {
                    try sender.send((start..<start + 20).map { String(line($0).dropLast()) })
                    return true
                } catch {
                    return false
                }
            }
        case .file(let path):
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            return { [self] start in
                let bytes = lines(start)
                return Glibc.write(file.fileDescriptor, bytes, bytes.count) == bytes.count
            }
        }
    }

    /// Host and number of a message, found in an event's text without reading its JSON: there are very many.
    static func identity(in event: Substring.UTF8View) -> (host: String, number: Int)? {
        let marker = Array("endurance ".utf8)
        guard let number = event.number(behind: marker), let host = event.text(behind: Array(#""host":""#.utf8)) else {
            return nil
        }
        return (host, number)
    }
}

extension Substring.UTF8View {
    private func index(behind marker: [UInt8]) -> Index? {
        var at = startIndex
        while let first = self[at...].firstIndex(of: marker[0]) {
            var (own, other) = (first, 0)
            while other < marker.count, own < endIndex, self[own] == marker[other] {
                own = self.index(after: own)
                other += 1
            }
            if other == marker.count { return own }
            at = self.index(after: first)
        }
        return nil
    }

    fileprivate func number(behind marker: [UInt8]) -> Int? {
        guard var at = index(behind: marker) else { return nil }
        var number: Int?
        while at < endIndex, case let digit = Int(self[at]) - 48, 0...9 ~= digit {
            number = (number ?? 0) * 10 + digit
            at = self.index(after: at)
        }
        return number
    }

    fileprivate func text(behind marker: [UInt8]) -> String? {
        guard let start = index(behind: marker), let end = self[start...].firstIndex(of: UInt8(ascii: "\"")) else {
            return nil
        }
        return String(self[start..<end])
    }
}
