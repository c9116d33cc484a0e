import Base
import Configuration
import Inputs
import Pipeline
import Syslog

// What a configuration says of a listener, as the stages take it.

extension Configuration.Listener {
    /// What it is called inside, for as long as it runs.
    var identity: String {
        switch input {
        case .udp(let udp): "udp \(udp.address)"
        case .tcp(let tcp): "tcp \(tcp.address)"
        case .unixDatagram(let unix): "unix \(unix.path)"
        case .file: "file \(name)"
        }
    }

    /// Whether it is this listener with other settings because it has its name: so it is with files, whose places are kept
    /// under it, whatever paths come and go.
    func isSameByName(_ other: Self) -> Bool { type == "file" && other.type == "file" && name == other.name }

    /// Whether the addresses of both may have something in common: the port is the same.
    func mayOverlap(_ other: Self) -> Bool {
        guard type == other.type, let address, let others = other.address else { return false }
        return address.port == others.port
    }

    /// Whether it is this listener with other settings because it reads from the same place.
    func isSameByPlace(_ other: Self) -> Bool {
        switch (input, other.input) {
        case (.udp(let one), .udp(let two)): one.address.isSame(two.address)
        case (.tcp(let one), .tcp(let two)): one.address.isSame(two.address)
        case (.unixDatagram(let one), .unixDatagram(let two)): one.path == two.path
        case (.file(let one), .file(let two)): one.paths == two.paths
        default: false
        }
    }

    /// The same with what other parts of the configuration say of its input.
    func completed(by configuration: Configuration, stateDirectory: String?) -> Self {
        var listener = self
        let longest = configuration.maximumMessageSize(of: self)
        switch input {
        case .udp, .unixDatagram: listener.datagram.maximumSize = longest
        case .tcp:
            listener.stream.sourcePrefix = configuration.limits.sourcePrefix
            listener.stream.allowed = allow
        case .file:
            listener.file.listener = name
            listener.file.maximumLine = longest
            listener.file.stateDirectory = stateDirectory
        }
        return listener
    }
}

extension ListenerContext {
    /// What workers are told of a listener.
    /// - Parameter before: what they were told last; a rate that is the same goes on, its turns taken.
    init(
        _ definition: Configuration.Listener, _ configuration: Configuration, identity: String,
        before: ListenerContext?
    ) {
        self.init(name: definition.name, identity: identity)
        zone = LocalZone(named: definition.timeZone) ?? .utc
        networkZones = definition.timeZones.flatMap { entry in
            let zone = entry.timeZone.flatMap { LocalZone(named: $0) } ?? .utc
            return entry.networks.map { NetworkZone(network: $0, zone: zone) }
        }
        allowed = definition.allow
        maximumMessageSize = configuration.maximumMessageSize(of: definition)
        rate = RateLimiter.limiting(definition.rateLimit, burst: configuration.limits.burst, before: before?.rate)
        framing = definition.framing
        program = definition.program
    }
}
