import Events

/// ArcSight Common Event Format, versions 0 and 1: `CEF:0|vendor|product|version|signature|name|severity|extension`.
/// Well-known keys of the extension become fields, the others stand under `extension`. A key with a label
/// (`cs1=x cs1Label=Policy`) is called by it.
///
/// A syslog header without another tag has taken `CEF:` for the program's: the message then begins with the version.
///
/// It uses nothing but what is public of the contract: examples/plugin compiles it from outside.
struct CEFParser: ParserPlugin {
    static let name = "cef"
    static let programs = ["CEF"]
    static let eventTypes = ["CEF"]
    static let fields =
        header.map { Vocabulary.Field(name: $0, kind: .text) }
        + [Vocabulary.Field(name: "extension", kind: .object)]
        + zip(knownFields, knownKeys).map { Vocabulary.Field(name: $0, kind: $1.encoding == .number ? .number : .text) }

    private static let header = [
        "device_vendor", "device_product", "device_version", "signature_id", "signature_name", "cef_severity",
    ]
    private static let extensionField = 6
    private static let firstKnown = 7

    /// Keys that become fields, and below the fields.
    private static let knownKeys: [(name: StaticString, encoding: PluginEncoding)] = [
        ("src", .address), ("dst", .address), ("spt", .number), ("dpt", .number), ("proto", .escaped),
        ("suser", .escaped), ("duser", .escaped), ("act", .escaped), ("outcome", .escaped), ("reason", .escaped),
        ("in", .number), ("out", .number), ("smac", .mac), ("dmac", .mac), ("shost", .escaped), ("dhost", .escaped),
        ("deviceInboundInterface", .escaped), ("deviceOutboundInterface", .escaped), ("msg", .escaped),
    ]

    private static let knownFields = [
        "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "user", "target_user", "action", "result", "reason",
        "bytes_in", "bytes_out", "src_mac", "dst_mac", "src_host", "dst_host", "in_interface", "out_interface", "text",
    ]

    func parse(_ message: Span<UInt8>, into fields: inout PluginFields) -> Int? {
        message.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return nil }
            let end = buffer.count
            var at = 0
            let prefix: StaticString = "CEF:"
            if end >= prefix.utf8CodeUnitCount, Self.isSame(bytes, prefix.utf8Start, prefix.utf8CodeUnitCount) {
                at = prefix.utf8CodeUnitCount
            }
            while at < end, bytes[at] == 0x20 { at += 1 }
            guard end - at >= 2, bytes[at] == UInt8(ascii: "0") || bytes[at] == UInt8(ascii: "1"),
                bytes[at + 1] == UInt8(ascii: "|")
            else { return nil }
            at += 2
            for field in 0..<Self.header.count {
                let start = at
                while at < end, bytes[at] != UInt8(ascii: "|") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
                // The last part may end the message.
                guard at < end || field == Self.header.count - 1 else { return nil }
                fields.add(field, start..<min(at, end), as: .escaped)
                at = min(at + 1, end)
            }
            readExtension(bytes, at, end, &fields)
            Self.applyLabels(bytes, &fields)
            return 0
        }
    }

    /// A value ends in front of the space before the next key: a word and an `=` that no backslash escapes.
    private func readExtension(
        _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ fields: inout PluginFields
    ) {
        var key = start..<start
        var valueStart = start
        var wordStart = start
        var isKey = true
        var at = start
        while at < end {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\\"):
                isKey = false
                at += 1
            case 0x20:
                wordStart = at + 1
                isKey = true
            case UInt8(ascii: "="):
                if isKey, at > wordStart {
                    add(bytes, key, valueStart, max(valueStart, wordStart - 1), &fields)
                    key = wordStart..<at
                    valueStart = at + 1
                }
                isKey = false
            default:
                if isKey { isKey = Self.isKeyByte(byte) }
            }
            at += 1
        }
        add(bytes, key, valueStart, end, &fields)
    }

    private func add(
        _ bytes: UnsafePointer<UInt8>, _ key: Range<Int>, _ start: Int, _ end: Int, _ fields: inout PluginFields
    ) {
        var stop = end
        while stop > start, bytes[stop - 1] == 0x20, stop - 2 < start || bytes[stop - 2] != UInt8(ascii: "\\") {
            stop -= 1
        }
        guard !key.isEmpty, start < stop else { return }
        for (index, known) in Self.knownKeys.enumerated()
        where known.name.utf8CodeUnitCount == key.count
            && Self.isSame(bytes + key.lowerBound, known.name.utf8Start, key.count)
        {
            let field = Self.firstKnown + index
            // What is not of the field's type stays in the extension; of a key that comes twice the first counts.
            if fields.has(field) || fields.add(field, start..<stop, as: known.encoding) { return }
        }
        fields.addMember(Self.extensionField, key, start..<stop, as: .escaped)
    }

    /// Calls a member `cs1` by the value of the member `cs1Label`, which goes.
    private static func applyLabels(_ bytes: UnsafePointer<UInt8>, _ fields: inout PluginFields) {
        let suffix: StaticString = "Label"
        var index = 0
        while index < fields.memberCount {
            let label = fields.memberKey(index)
            let count = label.count - suffix.utf8CodeUnitCount
            if count > 0, isSame(bytes + label.lowerBound + count, suffix.utf8Start, suffix.utf8CodeUnitCount),
                let labelled = member(bytes, label.lowerBound, count, fields),
                fields.renameMember(labelled, to: fields.memberValue(index))
            {
                fields.removeMember(index)
            } else {
                index += 1
            }
        }
    }

    /// The member of a key, or nil.
    private static func member(
        _ bytes: UnsafePointer<UInt8>, _ key: Int, _ count: Int, _ fields: borrowing PluginFields
    ) -> Int? {
        for index in 0..<fields.memberCount
        where fields.memberKey(index).count == count
            && isSame(bytes + fields.memberKey(index).lowerBound, bytes + key, count)
        { return index }
        return nil
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    private static func isSame(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count where left[index] != right[index] { return false }
        return true
    }
}
