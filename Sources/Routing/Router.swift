import Base
import Parsers
import Syslog

/// What is asked of the routes besides the header.
@frozen public struct MessageSource {
    /// The sender's address in network byte order: 4 or 16 bytes, or none.
    public var address: UnsafeRawBufferPointer
    /// The listener's number, as given to `Router`.
    public var listener: Int

    /// A source.
    @inlinable public init(address: UnsafeRawBufferPointer, listener: Int) {
        self.address = address
        self.listener = listener
    }
}

/// Finds the route of a message: one look-up by program, remembered. Owned by one worker's thread.
///
/// The names of programs are few and come again and again, so which routes a program may take (and which parser its
/// rules name) is computed once per program and kept in a small table; what remains per message is a hash, one compare
/// of the name, and the conditions other than the program, where a route has any. When senders make up names without
/// end, the table is emptied when it is full and costs stay bounded.
public struct Router: ~Copyable {
    /// Where the message goes and who reads it.
    @frozen public struct Decision {
        /// The route.
        public let route: Route
        /// The parser, `auto` resolved.
        public let parser: ParserID
        /// The number of the message's program, by which it is counted (``ProgramNames``).
        public let program: Int
    }

    private struct Entry {
        var hash: UInt64 = 0
        var count: UInt32 = 0
        var isUsed = false
        var parser = ParserID.none
        var number: Int32 = 0
        /// The first route that the program alone decides; `conditions.count` is the default.
        var certain: Int32 = 0
        /// Whether a route before `certain` has further conditions.
        var hasEarlier = false
    }

    /// Longest program name that is remembered; a longer one is computed each time.
    private static let mostName = 64
    private static let slots = 1024

    private let table: RoutingTable
    private let listeners: [String]
    private let programs: ProgramNames
    private let entries: UnsafeMutablePointer<Entry>
    private let names: UnsafeMutablePointer<UInt8>
    private var used = 0

    /// A router over a table.
    /// - Parameters:
    ///   - listeners: the listeners' names, by number.
    ///   - programs: numbers the programs.
    public init(_ table: RoutingTable, listeners: [String], programs: ProgramNames = ProgramNames()) {
        self.table = table
        self.listeners = listeners
        self.programs = programs
        entries = .allocate(capacity: Self.slots)
        entries.initialize(repeating: Entry(), count: Self.slots)
        names = .allocate(capacity: Self.slots * Self.mostName)
    }

    deinit {
        entries.deallocate()
        names.deallocate()
    }

    /// The route of a message.
    public mutating func decide(
        _ frame: Span<UInt8>, _ header: SyslogMessage, _ source: MessageSource
    ) -> Decision {
        frame.withUnsafeBytes { decide($0, header, source) }
    }

    private mutating func decide(
        _ frame: UnsafeRawBufferPointer, _ header: SyslogMessage, _ source: MessageSource
    ) -> Decision {
        let program = UnsafeRawBufferPointer(rebasing: frame[header.program.offsets])
        let entry = entry(of: program)
        var index = Int(entry.certain)
        if entry.hasEarlier {
            for earlier in 0..<index
            where Self.programMatches(table.conditions[earlier], program)
                && othersMatch(table.conditions[earlier], frame, header, source)
            {
                index = earlier
                break
            }
        }
        let route = table.routes[index]
        return Decision(
            route: route, parser: route.isAuto ? entry.parser : route.parser, program: Int(entry.number))
    }

    private mutating func entry(of program: UnsafeRawBufferPointer) -> Entry {
        guard program.count <= Self.mostName else { return compute(program, hash: 0) }
        let hash = Self.hash(program)
        var slot = Int(truncatingIfNeeded: hash) & (Self.slots - 1)
        while entries[slot].isUsed {
            if entries[slot].hash == hash, Int(entries[slot].count) == program.count,
                Self.equal(names + slot * Self.mostName, program)
            {
                return entries[slot]
            }
            slot = (slot + 1) & (Self.slots - 1)
        }
        if used >= Self.slots * 3 / 4 {
            entries.update(repeating: Entry(), count: Self.slots)
            used = 0
            slot = Int(truncatingIfNeeded: hash) & (Self.slots - 1)
        }
        let made = compute(program, hash: hash)
        entries[slot] = made
        if let base = program.baseAddress {
            (names + slot * Self.mostName).update(
                from: base.assumingMemoryBound(to: UInt8.self), count: program.count)
        }
        used += 1
        return made
    }

    private func compute(_ program: UnsafeRawBufferPointer, hash: UInt64) -> Entry {
        var entry = Entry(hash: hash, count: UInt32(program.count), isUsed: true)
        let span = Span<UInt8>(_unsafeBytes: program)
        entry.parser = table.parsers.parser(forProgram: span) ?? .none
        entry.number = Int32(programs.number(of: program))
        entry.certain = Int32(table.conditions.count)
        for (index, condition) in table.conditions.enumerated() where Self.programMatches(condition, program) {
            if condition.isProgramOnly {
                entry.certain = Int32(index)
                break
            }
            entry.hasEarlier = true
        }
        return entry
    }

    private static func programMatches(_ condition: RoutingTable.Condition, _ program: UnsafeRawBufferPointer) -> Bool {
        condition.programs.isEmpty || condition.programs.contains { $0.matches(program) }
    }

    private func othersMatch(
        _ condition: RoutingTable.Condition, _ frame: UnsafeRawBufferPointer, _ header: SyslogMessage,
        _ source: MessageSource
    ) -> Bool {
        guard condition.facilities >> UInt32(header.facility) & 1 == 1, condition.severities >> header.severity & 1 == 1
        else { return false }
        if !condition.hosts.isEmpty {
            let host = UnsafeRawBufferPointer(rebasing: frame[header.host.offsets])
            guard condition.hosts.contains(where: { $0.matches(host) }) else { return false }
        }
        let address = source.address
        if !condition.sources.isEmpty, !condition.sources.contains(where: { $0.contains(address) }) { return false }
        return condition.listeners.isEmpty || condition.listeners.contains(listeners[source.listener])
    }

    /// Slots are found by its low bits, so the high ones go into them.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let hash = NameHash.of(bytes)
        return hash ^ hash >> 29
    }

    private static func equal(_ name: UnsafePointer<UInt8>, _ bytes: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<bytes.count where name[index] != bytes[index] { return false }
        return true
    }
}
