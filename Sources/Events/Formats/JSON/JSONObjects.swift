/// Objects with the keys of the message.
extension JSONFields {
    /// Writes a field with members as a JSON object; one whose members all became fields is left out. A JSON value is
    /// written without white space.
    @inline(never)
    func writeObject(_ value: FieldValue, _ event: MatchedEvent, _ writer: inout ByteWriter) {
        if value.kind == .json, ObjectMembers.isWhole(value, in: event) {
            writeKey(value, &writer)
            writer.compact(event.frame + value.start, value.count)
            return
        }
        var members = ObjectMembers(of: value, in: event)
        var isOpen = false
        while let member = members.next() {
            if isOpen {
                writer.byte(UInt8(ascii: ","))
            } else {
                writeKey(value, &writer)
                writer.byte(UInt8(ascii: "{"))
                isOpen = true
            }
            write(member, event, &writer)
        }
        if isOpen { writer.byte(UInt8(ascii: "}")) }
    }

    private func writeKey(_ value: FieldValue, _ writer: inout ByteWriter) {
        let fragment = fragments.fields[Int(value.field.rawValue)]
        writer.fragment(fragments.bytes + Int(fragment.start), Int(fragment.count) &- 1)
    }

    private func write(_ member: ObjectMember, _ event: MatchedEvent, _ writer: inout ByteWriter) {
        writer.byte(UInt8(ascii: "\""))
        let key = event.frame + member.keyStart
        if member.isKeyJSON {
            writer.fragment(key, member.keyCount)
        } else {
            _ = writer.escaped(key, member.keyCount)
        }
        writer.fragment("\":")
        let isQuoted = Self.isQuoted(member.kind)
        if isQuoted { writer.byte(UInt8(ascii: "\"")) }
        Self.writeText(member.kind, event.frame + member.start, member.count, &writer)
        if isQuoted { writer.byte(UInt8(ascii: "\"")) }
    }
}
