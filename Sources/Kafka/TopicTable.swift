import Synchronization

/// The topics of this process, each with a small index that records carry. It only grows.
///
/// Threads: names are added while a configuration is read and when a spool is recovered; senders read by index. All of
/// it is off the hot path (a sender looks a topic up once).
public final class TopicTable: Sendable {
    private struct State {
        var names: [String] = []
        var indexes: [String: UInt32] = [:]
    }
    private let state = Mutex(State())

    /// An empty table.
    public init() {}

    /// The index of a topic, given out at the first question.
    public func index(of name: String) -> UInt32 {
        state.withLock { state in
            if let index = state.indexes[name] { return index }
            let index = UInt32(state.names.count)
            state.names.append(name)
            state.indexes[name] = index
            return index
        }
    }

    /// The topic's name.
    public func name(at index: UInt32) -> String {
        state.withLock { $0.names[Int(index)] }
    }

    /// How many there are.
    public var count: Int { state.withLock { $0.names.count } }

    /// Whether Kafka takes this as a topic's name: 1 to 249 of letters, digits, `.`, `_` and `-`, not `.` or `..`.
    public static func isValid(_ name: String) -> Bool {
        let allowed: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return !name.isEmpty && name.utf8.count <= 249 && name != "." && name != ".." && name.utf8.allSatisfy(allowed)
    }
}
