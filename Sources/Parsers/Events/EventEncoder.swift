import Events
import Syslog

/// Turns messages into events: matches a message against a parser's patterns and writes the event in a format. One per
/// worker: it owns the captures of the last match and what the formats remember. ``MessageReader`` goes before it.
///
/// Nothing is allocated and no reference is counted per message: the rules' tables are read through plain pointers that
/// ``use(_:)`` sets. A frame's bytes are reached only inside the call that they are given to.
public struct EventEncoder: ~Copyable {
    private var set: ParserSet
    private var tables: UnsafePointer<CompiledTables>
    private var matcher: Matcher
    private var formats: EventFormats
    private var outcome: UInt32 = 0
    private var pluginFields = PluginFields()
    /// The plug-in that made the last match, or -1.
    private var plugin = -1
    /// ``matchNumber`` of a message that nothing matched.
    private var unmatchedNumber: Int
    /// How many bytes at the frame's end were not received: a program that the listener gave the line.
    var addedCount = 0

    /// Messages that cost more byte steps than allowed and were left unmatched.
    public private(set) var abandonedMatches: UInt64 = 0

    /// Bytes that the last match compared and scanned.
    public var byteSteps: Int { matcher.byteSteps }

    /// An encoder for the rules in `set`.
    public init(_ set: ParserSet) {
        self.set = set
        tables = set.tables.address
        matcher = Matcher(set.tables.address)
        formats = EventFormats(set.formats)
        unmatchedNumber = set.rules.count + set.plugins.count
    }

    /// What the last match found, as a position in ``ParserSet/matchNames``: for counting.
    public var matchNumber: Int {
        if plugin >= 0 { return unmatchedNumber - set.plugins.count + plugin }
        let rule = tables.pointee.outcomes[Int(outcome)].rule
        return rule == absent ? unmatchedNumber : Int(rule)
    }

    /// The rule that the last match found, as `parser/rule`; nil when none. A rule of an included parser is named by
    /// that parser. Builds text: not for every message.
    public var matchedRule: String? {
        let number = tables.pointee.outcomes[Int(outcome)].rule
        guard number != absent else { return nil }
        let (file, rule) = set.rule(number)
        return "\(file.parser)/\(rule.name)"
    }

    /// Changes to other rules, between messages. The last match is forgotten.
    public mutating func use(_ set: ParserSet) {
        self.set = set
        tables = set.tables.address
        matcher = Matcher(set.tables.address)
        formats.use(set.formats)
        unmatchedNumber = set.rules.count + set.plugins.count
        outcome = 0
        plugin = -1
    }

    /// The parser that the rules have for the message's program; ``ParserID/none`` for none. The service asks its routes
    /// instead: this is not for every message.
    func parser(of frame: Span<UInt8>, _ header: SyslogMessage) -> ParserID {
        set.parser(forProgram: frame.extracting(header.program.offsets)) ?? .none
    }

    /// Matches the message's body against a parser's patterns.
    /// - Parameters:
    ///   - frame: the bytes that `header` was read from.
    ///   - parser: of the set in use; ``ParserID/none`` matches nothing.
    /// - Returns: the type of the event; ``Events/EventTypeID/syslog`` when nothing matched.
    public mutating func match(
        _ frame: Span<UInt8>, _ header: SyslogMessage, parser: ParserID
    ) -> EventTypeID {
        outcome = 0
        plugin = -1
        let index = Int(parser.rawValue)
        let start = Int(header.body.start)
        let count = Int(header.body.count)
        guard index >= 0, start <= frame.count, count <= frame.count - start else { return .syslog }
        if index >= tables.pointee.rootCount { return runPlugin(index - tables.pointee.rootCount, frame, start, count) }
        let root = tables.pointee.roots[index]
        let found = frame.withUnsafeBufferPointer { bytes -> UInt32 in
            guard let base = bytes.baseAddress else { return absent }
            let found = matcher.match(base, start, start &+ count, root: root, tables)
            if found != absent, tables.pointee.outcomes[Int(found)].liftCount > 0 {
                MemberLift.lift(base, tables.pointee.outcomes + Int(found), tables, matcher.captures)
            }
            return found
        }
        if found == absent {
            if matcher.gaveUp { abandonedMatches &+= 1 }
            return .syslog
        }
        outcome = found
        return EventTypeID(rawValue: tables.pointee.outcomes[Int(found)].eventType)
    }

    @inline(never)
    private mutating func runPlugin(_ index: Int, _ frame: Span<UInt8>, _ start: Int, _ count: Int) -> EventTypeID {
        guard index < set.plugins.count else { return .syslog }
        let compiled = set.plugins[index]
        let message = frame.extracting(start..<start + count)
        let type = message.withUnsafeBufferPointer { bytes -> Int? in
            // An empty message has no address; nothing is read from this one.
            pluginFields.begin(bytes.baseAddress ?? tables.pointee.literals, count, kinds: compiled.runner.kinds)
            defer { pluginFields.end() }
            return compiled.runner.parse(message, into: &pluginFields)
        }
        guard let type, compiled.outcomes.indices.contains(type) else {
            pluginFields.forget()
            return .syslog
        }
        pluginFields.finish(compiled, messageStart: start)
        plugin = index
        outcome = compiled.outcomes[type]
        return EventTypeID(rawValue: tables.pointee.outcomes[Int(outcome)].eventType)
    }

    /// Writes the event of the last match. Frame and header must be those of that match.
    /// - Parameters:
    ///   - format: how it is written.
    ///   - envelope: what the receiver knows.
    ///   - key: the field whose place is reported; nil for none.
    ///   - out: where to write. As JSON at most six bytes per byte of the frame (`\u0000`), once for the message and
    ///     once for each field, and some hundred for keys; typically three times the frame. As they were received, the
    ///     frame's bytes and the key's.
    /// - Returns: nil when it does not fit; what is in `out` is then worthless, and the call can be repeated with more.
    public mutating func encode(
        _ frame: Span<UInt8>, _ header: SyslogMessage, as format: FormatName = .json, envelope: Envelope, key: FieldID?,
        into out: UnsafeMutableRawBufferPointer
    ) -> EncodedEvent? {
        let matched = tables.pointee.outcomes + Int(outcome)
        let isPlugin = plugin >= 0
        return frame.withUnsafeBufferPointer { bytes in
            // An empty frame has no address; nothing is read from this one.
            let base = bytes.baseAddress ?? tables.pointee.literals
            let event = MatchedEvent(
                frame: base, frameEnd: base + bytes.count, receivedCount: bytes.count &- addedCount,
                type: EventTypeID(rawValue: matched.pointee.eventType), source: Int(matched.pointee.source),
                fields: isPlugin
                    ? UnsafePointer(pluginFields.list)
                    : tables.pointee.events.pointee.fields + Int(matched.pointee.fieldStart),
                leadCount: isPlugin ? pluginFields.leadCount : Int(matched.pointee.leadCount),
                fieldCount: isPlugin ? pluginFields.count : Int(matched.pointee.fieldCount),
                captures: isPlugin ? UnsafePointer(pluginFields.places) : UnsafePointer(matcher.captures),
                tables: tables.pointee.events, objectKeys: matcher.objectKeys,
                members: UnsafePointer(pluginFields.members), memberCount: pluginFields.memberCount,
                keepsPlaceholders: isPlugin)
            return formats.write(event, header, envelope, as: format, key: key, into: out)
        }
    }
}
