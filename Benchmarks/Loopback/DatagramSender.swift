import CBench
import Glibc

/// Sends the mix over UDP at an even rate: a small burst each quarter of a millisecond, one call for up to 64 datagrams.
struct DatagramSender: ~Copyable {
    private static let slotCount = 512
    private static let largestCall = 64
    /// Seconds between bursts.
    private static let interval = 0.00025
    /// A sender that was kept from running makes up for at most this many seconds; what is older is sent later.
    private static let catchUp = 0.005

    private let datagrams: OpaquePointer
    private let offsets: [[Int]]
    private let sizes: [Int]
    private let socket: Int32

    init(mix: MessageMix, to address: SocketAddress) throws {
        // Slot i always holds line kind i % kinds, so the slots must be a multiple of the kinds.
        guard Self.slotCount % mix.lines.count == 0 else { throw Failure("the mix does not divide the slots") }
        let connected = try address.connect(.udp)
        let longest = mix.lines.reduce(0) { max($0, $1.bytes.count) }
        guard let made = cbench_datagrams_new(UInt32(Self.slotCount), longest) else {
            close(connected)
            throw Failure("no memory for the datagrams")
        }
        datagrams = made
        offsets = mix.lines.map(\.numberOffsets)
        sizes = mix.lines.map(\.bytes.count)
        for index in 0..<Self.slotCount {
            let line = mix.lines[index % mix.lines.count]
            cbench_datagrams_slot(made, UInt32(index)).initialize(from: line.bytes, count: line.bytes.count)
            cbench_datagrams_set_count(made, UInt32(index), line.bytes.count)
        }
        socket = connected
        _ = cbench_set_timer_slack(1000)
    }

    deinit {
        cbench_datagrams_free(datagrams)
        close(socket)
    }

    /// Sends messages `first ..< first + count`, where `first` is a multiple of the mix, and returns the bytes sent.
    borrowing func send(first: Int, count: Int, rate: Double) throws -> Int {
        guard first % sizes.count == 0 else { throw Failure("--first must be a multiple of \(sizes.count)") }
        let started = monotonicSeconds()
        var shift = 0.0
        var sent = 0
        var bytes = 0
        while sent < count {
            let now = monotonicSeconds()
            var due = Int((now - started - shift) * rate) + 1 - sent
            let most = max(1, Int(Self.catchUp * rate))
            if due > most {
                shift += Double(due - most) / rate
                due = most
            }
            due = min(due, count - sent)
            while due > 0 {
                let slot = sent % Self.slotCount
                let batch = min(due, Self.largestCall, Self.slotCount - slot)
                for index in 0..<batch {
                    let target = cbench_datagrams_slot(datagrams, UInt32(slot + index))!
                    let kind = (slot + index) % sizes.count
                    for offset in offsets[kind] { writeNumber(first + sent + index, at: target + offset) }
                    bytes += sizes[kind]
                }
                var done = 0
                while done < batch {
                    let result = cbench_datagrams_send(datagrams, socket, UInt32(slot + done), UInt32(batch - done))
                    if result < 0 { throw Failure.system("sendmmsg", -result) }
                    done += Int(result)
                }
                sent += batch
                due -= batch
            }
            if sent < count { sleepUntil(now + Self.interval) }
        }
        return bytes
    }
}
