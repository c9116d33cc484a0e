import Syslog

/// The rendered `syslog` objects of recent senders. One per worker. A sender's lines mostly differ in their text alone:
/// what stands around it is then compared once and copied.
///
/// A table of fixed size in which a sender has one place; another sender with the same place takes it over. Only what
/// is the same for every line of a sender is kept, so an object with structured data, a message id, a fault, a
/// repetition, a cut or a byte to escape is always written anew.
struct SenderCache: ~Copyable {
    /// What a message is looked up by. Two messages with the same shape, names and peer have the same object but for
    /// the time of reception.
    struct Sender {
        /// Priority, the lengths of host, program, process id and peer, and where the names stand towards each other.
        var shape: UInt64
        /// From the first byte of the host to the last of the program or process id.
        var names: UnsafePointer<UInt8>
        var nameCount: Int
        var peer: UnsafeRawPointer
        var peerCount: Int
    }

    /// Where the values stand behind the object's first byte, by ``FieldID``; a count of 0 for those it does not have.
    struct Place {
        var start: UInt16
        var count: UInt16
    }

    struct Slot {
        var shape: UInt64
        var headCount: UInt16
        var tailCount: UInt16
        var places: (Place, Place, Place, Place, Place, Place, Place)
    }

    /// Shorter names are not kept, so that they can be read by words.
    static let shortestNames = 8
    static let longestNames = 64
    static let longestPeer = 48
    /// Bytes of the time of reception, which stands between head and tail.
    static let timeCount = 24

    private static let slotBits: UInt64 = 7
    private static let slotSize = 512
    private static let namesOffset = 64
    private static let peerOffset = namesOffset + longestNames
    private static let headOffset = peerOffset + longestPeer
    private static let tailOffset = 432
    /// Heads are copied by 32 bytes, so whole runs of 32 must fit before the tail.
    private static let longestHead = (tailOffset - headOffset) / 32 * 32
    private static let longestTail = slotSize - tailOffset

    private let memory: UnsafeMutableRawPointer

    init() {
        precondition(MemoryLayout<Slot>.size <= Self.namesOffset, "a slot's numbers outgrew their room")
        memory = .allocate(byteCount: Self.slotSize << Int(Self.slotBits), alignment: 64)
        // No shape is zero: a sender has a host.
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.slotSize << Int(Self.slotBits))
    }

    deinit { memory.deallocate() }

    @inline(__always)
    private func slot(_ sender: Sender) -> UnsafeMutableRawPointer {
        let names = UnsafeRawPointer(sender.names)
        let first = names.loadUnaligned(as: UInt64.self)
        let last = names.loadUnaligned(fromByteOffset: sender.nameCount &- 8, as: UInt64.self)
        let mixed = (first ^ sender.shape) &* 0x9E37_79B9_7F4A_7C15 ^ last
        let index = (mixed &* 0xD6E8_FEB8_6659_FD93) &>> (64 &- Self.slotBits)
        return memory + Int(truncatingIfNeeded: index) &* Self.slotSize
    }

    /// What a message is looked up by; nil when its object is not one to keep.
    @inline(__always)
    static func sender(_ frame: UnsafePointer<UInt8>, _ header: SyslogMessage, _ envelope: Envelope) -> Sender? {
        let host = Int(header.host.start)
        let hostCount = Int(header.host.count)
        let program = Int(header.program.start)
        let programCount = Int(header.program.count)
        let pidCount = Int(header.processID.count)
        guard header.structuredData.count | header.messageID.count | header.repeated == 0, header.fault == nil,
            !envelope.truncated, hostCount > 0, programCount > 0, program >= host &+ hostCount
        else { return nil }
        var end = program &+ programCount
        var pidOffset = 0
        if pidCount > 0 {
            let pid = Int(header.processID.start)
            guard pid >= end else { return nil }
            pidOffset = pid &- host
            end = pid &+ pidCount
        }
        let nameCount = end &- host
        let peer = UnsafeRawPointer(frame)
        var sender = Sender(shape: 0, names: frame + host, nameCount: nameCount, peer: peer, peerCount: 0)
        if let text = envelope.peer, let address = text.baseAddress {
            sender.peer = address
            sender.peerCount = text.count
        }
        guard nameCount >= shortestNames, nameCount <= longestNames, sender.peerCount <= longestPeer,
            header.facility < 24, header.severity < 8
        else { return nil }
        var priority: UInt64 = 0xFF
        if header.hasPriority { priority = UInt64(header.facility) &<< 3 | UInt64(header.severity) }
        // Each of these is below 256.
        let lengths = hostCount &<< 8 | programCount &<< 16 | pidCount &<< 24 | sender.peerCount &<< 32
        let offsets = (program &- host) &<< 40 | pidOffset &<< 48
        sender.shape = priority | UInt64(truncatingIfNeeded: lengths | offsets)
        return sender
    }

    /// Writes the object and the event's last brace, with `time` as the time of reception.
    /// - Returns: false, and nothing is written, when the sender is not kept or there is little room.
    @inline(__always)
    func write(
        _ sender: Sender, time: (UInt64, UInt64, UInt64), key: inout KeyPosition, into writer: inout ByteWriter
    ) -> Bool {
        let slot = slot(sender)
        let kept = slot.assumingMemoryBound(to: Slot.self)
        guard kept.pointee.shape == sender.shape,
            Self.equal(slot + Self.namesOffset, UnsafeRawPointer(sender.names), sender.nameCount),
            Self.equal(slot + Self.peerOffset, sender.peer, sender.peerCount)
        else { return false }
        let headCount = Int(kept.pointee.headCount)
        let tailCount = Int(kept.pointee.tailCount)
        // The head is copied by 32 bytes; what that writes too much is overwritten, or lies in the room asked for.
        guard writer.capacity &- writer.count >= headCount &+ Self.timeCount &+ tailCount &+ 32 else { return false }
        let start = writer.count
        let target = UnsafeMutableRawPointer(writer.base + start)
        let head = slot + Self.headOffset
        var offset = 0
        while offset < headCount {
            let low = head.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
            let high = head.loadUnaligned(fromByteOffset: offset &+ 16, as: SIMD16<UInt8>.self)
            target.storeBytes(of: low, toByteOffset: offset, as: SIMD16<UInt8>.self)
            target.storeBytes(of: high, toByteOffset: offset &+ 16, as: SIMD16<UInt8>.self)
            offset &+= 32
        }
        target.storeBytes(of: time.0, toByteOffset: headCount, as: UInt64.self)
        target.storeBytes(of: time.1, toByteOffset: headCount &+ 8, as: UInt64.self)
        target.storeBytes(of: time.2, toByteOffset: headCount &+ 16, as: UInt64.self)
        let behind = headCount &+ Self.timeCount
        copyBytes(
            UnsafePointer((slot + Self.tailOffset).assumingMemoryBound(to: UInt8.self)),
            writer.base + (start &+ behind), tailCount)
        writer.count = start &+ behind &+ tailCount
        if key.field.rawValue <= FieldID.peer.rawValue { Self.note(kept, start, &key) }
        return true
    }

    @inline(never)
    private static func note(_ kept: UnsafePointer<Slot>, _ start: Int, _ key: inout KeyPosition) {
        let place = withUnsafeBytes(of: kept.pointee.places) { places in
            places.loadUnaligned(
                fromByteOffset: Int(key.field.rawValue) * MemoryLayout<Place>.stride, as: Place.self)
        }
        guard place.count > 0 else { return }
        key.start = start + Int(place.start)
        key.count = Int(place.count)
        key.hasEscapes = false
    }

    /// Keeps the object that was just written at `start`, up to the event's last brace, unless a value in it was
    /// escaped. `keywordCount` is the length of facility and severity with their keys.
    @inline(never)
    func remember(_ sender: Sender, _ header: SyslogMessage, keywordCount: Int, from start: Int, in writer: ByteWriter)
    {
        guard !writer.overflowed else { return }
        var at = 11
        var facility = Place(start: 0, count: 0)
        var severity = facility
        if header.hasPriority {
            facility = Place(start: 11 + 12, count: UInt16(Facility.keyword(header.facility).utf8CodeUnitCount))
            severity = Place(
                start: facility.start + facility.count + 14,
                count: UInt16(Severity.keyword(header.severity).utf8CodeUnitCount))
            at += keywordCount
        }
        func value(_ key: StaticString, _ count: UInt32) -> Place {
            guard count > 0 else { return Place(start: 0, count: 0) }
            let place = Place(start: UInt16(at + key.utf8CodeUnitCount), count: UInt16(count))
            at += key.utf8CodeUnitCount + Int(count) + 2
            return place
        }
        let host = value(#""host":""#, header.host.count)
        let program = value(#""program":""#, header.program.count)
        let pid = value(#""pid":""#, header.processID.count)
        let headCount = at + 12
        at = headCount + Self.timeCount + 1
        var peer = Place(start: 0, count: 0)
        if sender.peerCount > 0 {
            peer = Place(start: UInt16(at + 9), count: UInt16(sender.peerCount))
            at += 9 + sender.peerCount + 1
        }
        at += 2
        let tailCount = at - headCount - Self.timeCount
        // An escape makes it longer.
        guard writer.count - start == at, headCount <= Self.longestHead, tailCount <= Self.longestTail else { return }
        let slot = slot(sender)
        slot.storeBytes(
            of: Slot(
                shape: sender.shape, headCount: UInt16(headCount), tailCount: UInt16(tailCount),
                places: (host, program, pid, Place(start: 0, count: 0), facility, severity, peer)),
            as: Slot.self)
        (slot + Self.namesOffset).copyMemory(from: sender.names, byteCount: sender.nameCount)
        (slot + Self.peerOffset).copyMemory(from: sender.peer, byteCount: sender.peerCount)
        let text = UnsafeRawPointer(writer.base + start)
        (slot + Self.headOffset).copyMemory(from: text, byteCount: headCount)
        (slot + Self.tailOffset).copyMemory(from: text + headCount + Self.timeCount, byteCount: tailCount)
    }

    @inline(__always)
    private static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        guard count >= 8 else {
            var offset = 0
            while offset < count {
                if left.load(fromByteOffset: offset, as: UInt8.self)
                    != right.load(fromByteOffset: offset, as: UInt8.self)
                {
                    return false
                }
                offset &+= 1
            }
            return true
        }
        var offset = 0
        while offset &+ 8 < count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset &+= 8
        }
        // The last word overlaps what is compared already.
        return left.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            == right.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }
}
