/// Notes where the key field's value comes to stand while an event is written.
package struct KeyPosition {
    /// The field whose value is the record's key, or ``FieldID/none``.
    package let field: FieldID
    /// First byte of the value.
    package var start = 0
    /// Length of the value.
    package var count = 0
    /// True when the value holds JSON escapes.
    package var hasEscapes = false
    /// True when the value is not part of the event, but stands right behind it: the event ends at ``start``.
    package var isBehind = false

    /// Looks for `field`.
    package init(_ field: FieldID?) { self.field = field ?? .none }

    /// Notes the value that was written as JSON text between `start` and now, if it is the key field's.
    @inline(__always)
    package mutating func note(_ written: FieldID, from start: Int, in writer: ByteWriter) {
        if written == field { record(start, writer) }
    }

    /// The same for a value that holds nothing to escape.
    @inline(__always)
    package mutating func notePlain(_ written: FieldID, from start: Int, in writer: ByteWriter) {
        guard written == field, !writer.overflowed else { return }
        self.start = start
        count = writer.count &- start
        hasEscapes = false
    }

    @inline(never)
    private mutating func record(_ start: Int, _ writer: ByteWriter) {
        guard !writer.overflowed else { return }
        self.start = start
        count = writer.count - start
        var at = start
        while at < writer.count, writer.base[at] != UInt8(ascii: "\\") { at &+= 1 }
        hasEscapes = at < writer.count
    }
}
