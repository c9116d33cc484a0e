import Foundation
import Testing

/// An event that has to be in Kafka: its type, and fields that it must have. It may have more.
struct ExpectedEvent: CustomStringConvertible {
    var type: String
    /// Numbers in decimal.
    var fields: [String: String]

    func matches(_ event: ConsumedEvent) -> Bool {
        event.type == type && fields.allSatisfy { Self.text(event.json[$0.key]) == $0.value }
    }

    var description: String {
        type + fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    }

    /// Expects that the events of the types that occur among `expected` are these, each once and no other.
    static func expect(
        _ expected: [ExpectedEvent], in events: [ConsumedEvent], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let types = Set(expected.map(\.type))
        var found = events.filter { types.contains($0.type) }
        #expect(
            counted(found.map(\.type)) == counted(expected.map(\.type)), "events of each type",
            sourceLocation: sourceLocation)
        var missing: [ExpectedEvent] = []
        // What demands more goes first, so that it finds its event before one that would take any.
        for event in expected.sorted(by: { $0.fields.count > $1.fields.count }) {
            if let index = found.firstIndex(where: event.matches) {
                found.remove(at: index)
            } else {
                missing.append(event)
            }
        }
        #expect(
            missing.isEmpty && found.isEmpty,
            """
            \(missing.count) events are missing:
            \(missing.map(\.description).joined(separator: "\n"))
            and \(found.count) were not expected:
            \(found.map { "\($0.type) \($0.message) \($0.json.filter { $0.key != "syslog" && $0.key != "message" })" }
                .joined(separator: "\n"))
            """, sourceLocation: sourceLocation)
    }

    private static func text(_ value: Any?) -> String? {
        switch value {
        case let text as String: text
        case let number as NSNumber: number.stringValue
        default: nil
        }
    }
}
