extension Configuration {
    /// A duration as the file writes it (`500us`, `5ms`, `10s`, `1m`, `2h`, `1d`, `0`), for arguments of the command;
    /// nil for anything else and for more than a day.
    public static func duration(_ text: String) -> Duration? {
        try? ScalarText.duration(text, in: .zero...SettingText.maximumTime)
    }

    /// A size as the file writes it (`65536`, `64KiB`, `1MB`), in bytes, for arguments of the command; nil for
    /// anything else.
    public static func size(_ text: String) -> Int? { try? ScalarText.size(text, in: 0...Int.max) }

    /// Brokers with commas between them, each with its port (9092 where none is written), for arguments of the
    /// command; nil where one is no broker.
    public static func brokers(_ text: String) -> [String]? { try? SettingText.brokers(text) }

    /// Whether a text can be a topic's name.
    public static func isTopic(_ text: String) -> Bool { (try? ScalarText.topic(text)) != nil }

    /// A name for one more listener of a type: the type, with a number where it is taken.
    public func listenerName(forType type: String) -> String { freeListenerName(type, except: nil) }
}
