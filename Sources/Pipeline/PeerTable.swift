import Glibc
import Inputs
import Syslog

/// What is remembered of a peer: its text for the event, its zone, whether it may send. Trivial, so that it can lie in
/// raw memory and be read without counting references.
struct Peer {
    var address: PeerAddress
    var textCount: Int
    /// Room for the longest IPv6 text.
    var text: InlineArray<48, UInt8>
    /// Index into the table's zones.
    var zone: Int
    var isAllowed: Bool
    var isUsed: Bool

    /// Where the address's bytes and the text stand in a peer, for views of them without a copy.
    static let addressOffset = MemoryLayout<Peer>.offset(of: \.address.bytes)!
    static let textOffset = MemoryLayout<Peer>.offset(of: \.text)!
}

/// The peers that a worker has seen lately: one slot per hash, so that a sender's address is formatted once and not per
/// message, and made-up addresses cost no memory. Owned by one worker's thread.
struct PeerTable: ~Copyable {
    private static let slots = 512
    private let listener: ListenerContext
    private let peers: UnsafeMutablePointer<Peer>
    /// Zone 0 is the listener's own, then those of its networks.
    let zones: UnsafeMutablePointer<LocalZone>
    private let zoneCount: Int

    init(_ listener: ListenerContext) {
        self.listener = listener
        peers = .allocate(capacity: Self.slots)
        let empty = Peer(
            address: .none, textCount: 0, text: InlineArray(repeating: 0), zone: 0, isAllowed: true, isUsed: false)
        peers.initialize(repeating: empty, count: Self.slots)
        zoneCount = 1 + listener.networkZones.count
        zones = .allocate(capacity: zoneCount)
        zones.initialize(to: listener.zone)
        for (index, zone) in listener.networkZones.enumerated() { (zones + 1 + index).initialize(to: zone.zone) }
    }

    deinit {
        peers.deallocate()
        zones.deinitialize(count: zoneCount)
        zones.deallocate()
    }

    /// The peer of an address. The pointer is good until the next call.
    func peer(_ address: PeerAddress) -> UnsafeMutablePointer<Peer> {
        var hash = address.bytes.hashWord
        hash ^= hash >> 32
        hash &*= 0x9E37_79B9_7F4A_7C15
        let slot = peers + Int(truncatingIfNeeded: hash >> 48) & (Self.slots - 1)
        if !slot.pointee.isUsed || slot.pointee.address != address { slot.pointee = make(address) }
        return slot
    }

    /// A peer for a connection, which keeps it.
    func make(_ address: PeerAddress) -> Peer {
        let text = Array(address.text.utf8)
        var peer = Peer(
            address: address, textCount: min(text.count, 48), text: InlineArray(repeating: 0), zone: 0,
            isAllowed: listener.allowed.isEmpty || listener.allowed.contains { $0.contains(address) }, isUsed: true)
        for index in 0..<peer.textCount { peer.text[index] = text[index] }
        if let zone = listener.networkZones.firstIndex(where: { $0.network.contains(address) }) { peer.zone = zone + 1 }
        return peer
    }
}
