/// Where the admin server listens, or is asked.
public enum AdminPlace: Sendable, Hashable, CustomStringConvertible {
    /// A host (a name, or an address without brackets; empty = all IPv4 interfaces) and a port; 0 = any that is free.
    case tcp(host: String, port: Int)
    /// The path of a unix stream socket.
    case unix(String)

    /// `host:port`, with brackets round IPv6, or the path.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// Whether nobody but this machine's users can reach it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }
}

/// The place cannot be had, or nobody answers there.
public struct AdminError: Error, Sendable, CustomStringConvertible {
    /// What was tried, where, and the reason.
    public var description: String

    init(_ description: String) { self.description = description }

    /// A server answered that it does not do what it was asked for.
    public static func refused(_ place: AdminPlace, _ reason: String) -> AdminError {
        AdminError("\(place): \(reason)")
    }
}
