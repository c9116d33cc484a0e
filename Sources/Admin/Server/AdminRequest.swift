import Base
import NIOHTTP1

/// A request as the answers see it.
public struct AdminRequest: Sendable {
    /// The path, as it was sent.
    public var path: String
    /// The query's members, percent signs decoded.
    public var query: [String: [String]]
    /// What the client takes, as it says; empty where it does not.
    public var accept: String

    /// A request, for tests.
    public init(path: String, query: [String: [String]] = [:], accept: String = "") {
        self.path = path
        self.query = query
        self.accept = accept
    }

    /// A request that came in; nil when it was sent to a name that this place does not have. A page in a browser may
    /// make its own name point to 127.0.0.1, and would read through that browser what only this machine may read.
    init?(_ head: HTTPRequestHead, isLocal: Bool) {
        if isLocal, let host = head.headers.first(name: "Host"), !Self.isNumberOrLocal(host) { return nil }
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? "/"
        query = parts.count > 1 ? Self.query(parts[1]) : [:]
        accept = head.headers[canonicalForm: "Accept"].joined(separator: ",")
    }

    static func isNumberOrLocal(_ host: String) -> Bool {
        var name = host[...]
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            name = name[name.index(after: name.startIndex)..<end]
        } else if let colon = name.lastIndex(of: ":") {
            name = name[..<colon]
        }
        return name.lowercased() == "localhost" || name.isEmpty || AddressText.parse(name) != nil
    }

    static func query(_ text: Substring) -> [String: [String]] {
        var query: [String: [String]] = [:]
        for member in text.split(separator: "&").prefix(64) {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[decoded(parts[0]), default: []].append(parts.count > 1 ? decoded(parts[1]) : "")
        }
        return query
    }

    /// RFC 3986 section 2.1, and `+` for a space as forms have it.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What is answered.
public struct AdminAnswer: Sendable {
    /// What follows the headers.
    public enum Body: Sendable {
        /// All of it.
        case bytes([UInt8])
        /// Something that goes on.
        case stream(AdminStream)
    }

    /// The status of RFC 9110.
    public var status: Int
    /// The content's type.
    public var type: String
    /// Further headers.
    public var headers: [(String, String)] = []
    /// What follows them.
    public var body: Body

    /// An answer.
    public init(_ status: Int, type: String, _ body: Body) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// A line of text.
    public static func text(_ status: Int, _ text: String) -> AdminAnswer {
        AdminAnswer(status, type: "text/plain; charset=utf-8", .bytes(Array("\(text)\n".utf8)))
    }

    /// A JSON text.
    public static func json(_ json: String) -> AdminAnswer {
        AdminAnswer(200, type: "application/json", .bytes(Array("\(json)\n".utf8)))
    }
}

/// Something that is written to a client piece by piece. Called on the server's loop.
public struct AdminStream: Sendable {
    /// Milliseconds between two looks.
    public var interval: Int64
    /// What there is now; empty = nothing yet, nil = it is over.
    public var next: @Sendable () -> [UInt8]?
    /// The client is gone, or it is over. Called once.
    public var close: @Sendable () -> Void

    /// A stream.
    public init(
        interval: Int64, next: @escaping @Sendable () -> [UInt8]?, close: @escaping @Sendable () -> Void = {}
    ) {
        self.interval = interval
        self.next = next
        self.close = close
    }
}
