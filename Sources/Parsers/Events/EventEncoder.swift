import Events
import Syslog

/// Turns messages into events: matches a message against a parser's patterns and writes the event's JSON. One per
/// worker: it owns the captures of the last match and the caches of formatted seconds.
///
/// Nothing is allocated and no reference is counted per message: the rules' tables are read through plain pointers that
/// ``use(_:)`` sets.
public struct EventEncoder: ~Copyable {
    private var set: ParserSet
    private var tables: UnsafePointer<CompiledTables>
    private var matcher: Matcher
    private var envelopes = EnvelopeEncoder()
    private var outcome: UInt32 = 0
    private var pluginFields = PluginFields()
    /// The plug-in that made the last match, or -1.
    private var plugin = -1
    /// ``matchNumber`` of a message that nothing matched.
    private var unmatchedNumber: Int

    /// Messages that cost more byte steps than allowed and were left unmatched.
    public private(set) var abandonedMatches: UInt64 = 0

    /// Bytes that the last match compared and scanned.
    public var byteSteps: Int { matcher.byteSteps }

    /// An encoder for the rules in `set`.
    public init(_ set: ParserSet) {
        self.set = set
        tables = set.tables.address
        matcher = Matcher(set.tables.address)
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
        unmatchedNumber = set.rules.count + set.plugins.count
        outcome = 0
        plugin = -1
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
            return matcher.match(base, start, start &+ count, root: root, tables)
        }
        if found == absent {
            if matcher.gaveUp { abandonedMatches &+= 1 }
            return .syslog
        }
        outcome = found
        let matched = tables.pointee.outcomes + Int(found)
        if matched.pointee.liftCount > 0 {
            frame.withUnsafeBufferPointer { bytes in
                if let base = bytes.baseAddress { MemberLift.lift(base, matched, tables, matcher.captures) }
            }
        }
        return EventTypeID(rawValue: tables.pointee.outcomes[Int(found)].eventType)
    }

    /// Writes the event of the last match. Frame and header must be those of that match.
    /// - Parameters:
    ///   - envelope: what the receiver knows.
    ///   - key: the field whose place is reported; nil for none.
    ///   - out: where to write. At most six bytes per byte of the frame (`\u0000`), once for the message and once for
    ///     each field, and some hundred for keys; typically three times the frame.
    /// - Returns: nil when it does not fit; what is in `out` is then worthless, and the call can be repeated with more.
    public mutating func encode(
        _ frame: Span<UInt8>, _ header: SyslogMessage, envelope: Envelope, key: FieldID?,
        into out: UnsafeMutableRawBufferPointer
    ) -> EncodedEvent? {
        var writer = JSONWriter(out)
        var position = KeyPosition(key)
        let matched = tables.pointee.outcomes + Int(outcome)
        frame.withUnsafeBufferPointer { bytes in
            // An empty frame has no address; nothing is read from this one.
            let base = bytes.baseAddress ?? tables.pointee.fragments
            let end = base + bytes.count
            let fields = FieldWriter(tables: tables, captures: matcher.captures, objectKeys: matcher.objectKeys)
            writer.padded(tables.pointee.fragments + Int(matched.pointee.headStart), Int(matched.pointee.headCount))
            fields.write(base, end, matched.pointee.leadStart, Int(matched.pointee.leadCount), &position, &writer)
            if plugin >= 0 { writePluginFields(base, header.body, lead: true, &position, &writer) }
            writer.fragment(#","timestamp":""#)
            envelopes.writeTimestamp(header, envelope, into: &writer)
            writer.padded(
                tables.pointee.fragments + Int(matched.pointee.sourceStart), Int(matched.pointee.sourceCount))
            fields.write(base, end, matched.pointee.tailStart, Int(matched.pointee.tailCount), &position, &writer)
            if plugin >= 0 { writePluginFields(base, header.body, lead: false, &position, &writer) }
            envelopes.writeMessage(base, header.content, key: &position, into: &writer)
            envelopes.writeEnd(base, header, envelope, key: &position, into: &writer)
        }
        if writer.overflowed { return nil }
        return EncodedEvent(
            byteCount: writer.count, keyStart: position.start, keyCount: position.count,
            keyHasEscapes: position.hasEscapes)
    }

    // MARK: Plug-ins

    @inline(never)
    private mutating func runPlugin(_ index: Int, _ frame: Span<UInt8>, _ start: Int, _ count: Int) -> EventTypeID {
        guard index < set.plugins.count else { return .syslog }
        let compiled = set.plugins[index]
        // An empty frame has no address; nothing is read from this one.
        let base = frame.withUnsafeBufferPointer { $0.baseAddress } ?? tables.pointee.fragments
        pluginFields.begin(base + start, count, kinds: compiled.runner.kinds)
        let message = Span(_unsafeStart: base + start, count: count)
        guard let type = compiled.runner.parse(message, into: &pluginFields), compiled.outcomes.indices.contains(type)
        else {
            pluginFields.forget()
            return .syslog
        }
        plugin = index
        outcome = compiled.outcomes[type]
        return EventTypeID(rawValue: tables.pointee.outcomes[Int(outcome)].eventType)
    }

    /// Writes `ip`, `mac` and `hostname`, or the other fields in the order in which the plug-in added them.
    @inline(never)
    private func writePluginFields(
        _ frame: UnsafePointer<UInt8>, _ body: ByteRange, lead: Bool, _ key: inout KeyPosition,
        _ writer: inout JSONWriter
    ) {
        let compiled = set.plugins[plugin]
        let items = tables.pointee.items + Int(compiled.firstItem)
        let message = frame + Int(body.start)
        let fields = FieldWriter(tables: tables, captures: matcher.captures, objectKeys: matcher.objectKeys)
        if lead {
            for field in compiled.lead where field >= 0 {
                for index in 0..<pluginFields.count where pluginFields.values[index].field == field {
                    let value = pluginFields.values[index]
                    fields.write(message + value.start, value.count, items + field, value.kind, &key, &writer)
                }
            }
            return
        }
        for index in 0..<pluginFields.count where !compiled.lead.contains(pluginFields.values[index].field) {
            let value = pluginFields.values[index]
            if value.kind == .members {
                fields.writeMembers(message, items + value.field, value.field, pluginFields, &writer)
            } else {
                fields.write(message + value.start, value.count, items + value.field, value.kind, &key, &writer)
            }
        }
    }
}
