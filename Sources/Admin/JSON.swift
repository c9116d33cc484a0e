import Events

/// Pieces of JSON, for answers that are made now and then.
enum JSON {
    /// A string with its quotes.
    static func text(_ text: String) -> String { JSONText.literal(text) }

    /// An object.
    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    /// A list.
    static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
}
