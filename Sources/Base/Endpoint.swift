/// A host and a port: where a socket is bound, or what it connects to.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An IP address (without brackets) or a name; empty = all IPv4 interfaces, as `0.0.0.0`.
    public var host: String
    /// The port; 0 = any that is free.
    public var port: UInt16

    /// A host and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets round IPv6.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Endpoint {
    /// `host:port`, `[v6]:port`, `:port` or `port`; `*` is the empty host.
    /// - Parameter defaultPort: the port where only a host is written; nil = a port must be there.
    public init(_ text: String, defaultPort: UInt16? = nil) throws(ValueFault) {
        let fault = ValueFault("an address such as 0.0.0.0:5514, [::1]:5514 or :5514")
        let host: Substring
        var portText: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw fault }
            host = text[text.index(after: text.startIndex)..<close]
            if host.contains("%") { throw ValueFault("an IPv6 address without a zone (%…)") }
            guard host.contains(":"), AddressText.parse(host) != nil else { throw fault }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { throw fault }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
            guard !host.contains(":") else { throw ValueFault("an IPv6 address in brackets, such as [::1]:5514") }
        } else if defaultPort == nil {
            host = ""
            portText = text[...]
        } else {
            host = text[...]
        }
        guard Self.isHost(host) else { throw fault }
        self.host = host == "*" ? "" : String(host)
        guard let portText else {
            guard let defaultPort else { throw fault }
            port = defaultPort
            return
        }
        guard !portText.isEmpty, portText.allSatisfy({ $0.isASCII && $0.isNumber }) else { throw fault }
        guard let port = UInt16(portText) else { throw ValueFault("a port from 0 to 65535") }
        self.port = port
    }

    /// Empty, `*`, an IP address, or a name of letters, digits, `-`, `_` and dots.
    private static func isHost(_ host: Substring) -> Bool {
        if host.isEmpty || host == "*" || host.contains(":") { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // Four numbers, or a last label of digits only, can be meant as IPv4 alone.
        if let last = labels.last, !last.isEmpty, last.allSatisfy({ $0.isASCII && $0.isNumber }) {
            return AddressText.parse(host) != nil
        }
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
    }
}

extension Endpoint {
    /// Whether both are the same, however all IPv4 interfaces are written.
    public func isSame(_ other: Endpoint) -> Bool {
        let every = "0.0.0.0"
        return port == other.port && (host.isEmpty ? every : host) == (other.host.isEmpty ? every : other.host)
    }

    /// Whether both cannot be bound: the same port of the same address, or of one address and all of them. Sockets on
    /// `[::]` take IPv4 as well.
    public func overlaps(_ other: Endpoint) -> Bool {
        guard port == other.port, port != 0 else { return false }
        switch (place, other.place) {
        case (.everything, _), (_, .everything): return true
        case (.everyIPv4, let place), (let place, .everyIPv4): return !place.isIPv6
        case (let mine, let others): return mine == others
        }
    }

    private enum Place: Equatable {
        case everything, everyIPv4
        case address([UInt8])
        case name(String)

        var isIPv6: Bool {
            if case .address(let bytes) = self { return bytes.count == 16 }
            return false
        }
    }

    private var place: Place {
        if host.isEmpty { return .everyIPv4 }
        // A name is resolved when it is bound; this one means the same everywhere.
        let text = host.lowercased() == "localhost" ? "127.0.0.1" : host
        guard let bytes = AddressText.parse(text[...]) else { return .name(host.lowercased()) }
        if bytes.allSatisfy({ $0 == 0 }) { return bytes.count == 16 ? .everything : .everyIPv4 }
        let isMapped = bytes.count == 16 && bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return .address(isMapped ? Array(bytes[12...]) : bytes)
    }
}
