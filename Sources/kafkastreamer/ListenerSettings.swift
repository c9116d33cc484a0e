import Configuration
import Inputs
import Pipeline
import Syslog

// What a configuration says of a listener, as the stages take it.

extension Configuration.Listener {
    /// What it is called inside, for as long as it runs.
    var identity: String {
        switch self {
        case .udp(let udp): "udp \(udp.address)"
        case .tcp(let tcp): "tcp \(tcp.address)"
        case .unixDatagram(let unix): "unix \(unix.path)"
        case .file(let file): "file \(file.name)"
        }
    }

    /// Whether it is this listener with other settings because it has its name: so it is with files, whose places are kept
    /// under it, whatever paths come and go.
    func isSameByName(_ other: Self) -> Bool {
        if case .file(let file) = self, case .file(let otherFile) = other { return file.name == otherFile.name }
        return false
    }

    /// Whether the addresses of both may have something in common: the port is the same.
    func mayOverlap(_ other: Self) -> Bool {
        switch (self, other) {
        case (.udp(let one), .udp(let two)): one.address.port == two.address.port
        case (.tcp(let one), .tcp(let two)): one.address.port == two.address.port
        default: false
        }
    }

    /// Whether it is this listener with other settings because it reads from the same place.
    func isSameByPlace(_ other: Self) -> Bool {
        switch (self, other) {
        case (.udp(let one), .udp(let two)): one.address.isSame(two.address)
        case (.tcp(let one), .tcp(let two)): one.address.isSame(two.address)
        case (.unixDatagram(let one), .unixDatagram(let two)): one.path == two.path
        case (.file(let one), .file(let two)): one.paths == two.paths
        default: false
        }
    }
}

extension Configuration.Address {
    fileprivate func isSame(_ other: Self) -> Bool {
        let every = "0.0.0.0"
        return port == other.port && (host.isEmpty ? every : host) == (other.host.isEmpty ? every : other.host)
    }
}

extension DatagramListenerSettings {
    /// Settings of a UDP or unix datagram listener.
    init(_ definition: Configuration.Listener, _ configuration: Configuration) {
        switch definition {
        case .udp(let udp):
            self.init(.udp(host: udp.address.host, port: udp.address.port))
            threads = udp.threads
            receiveBuffer = udp.receiveBuffer
        case .unixDatagram(let unix):
            self.init(.unix(path: unix.path, mode: unix.mode))
            receiveBuffer = unix.receiveBuffer
        case .tcp, .file:
            preconditionFailure("no datagram listener: \(definition.type)")
        }
        maximumSize = configuration.maximumMessageSize(of: definition)
    }
}

extension StreamListenerSettings {
    /// Settings of a TCP listener.
    init(_ definition: Configuration.Listener, _ configuration: Configuration) {
        self.init()
        guard case .tcp(let tcp) = definition else { preconditionFailure("no stream listener: \(definition.type)") }
        host = tcp.address.host
        port = tcp.address.port
        threads = tcp.threads
        maximumConnections = tcp.maximumConnections
        maximumConnectionsPerSource = tcp.maximumConnectionsPerSource
        sourcePrefix = configuration.limits.sourcePrefix
        keepaliveSeconds = Int32(clamping: tcp.keepalive.components.seconds)
        idleSeconds = Int64(tcp.idleTimeout.wholeMilliseconds + 999) / 1000
        allowed = tcp.reception.allow
    }
}

extension FileFollowerSettings {
    /// Settings of a file listener.
    init(_ definition: Configuration.Listener, _ configuration: Configuration, stateDirectory: String?) {
        guard case .file(let file) = definition else { preconditionFailure("no file listener: \(definition.type)") }
        self.init(listener: file.name, paths: file.paths)
        exclude = file.exclude
        fromBeginning = file.startAt == .beginning
        follow = file.follow
        rotatedSeconds = Int(file.rotatedWait.components.seconds)
        lateHours = Int(file.lateWrites.components.seconds / 3600)
        quietSeconds = Int(file.closeAfter.components.seconds)
        maximumOpenFiles = file.maximumOpenFiles
        pollMilliseconds = Int32(clamping: max(1, file.pollInterval.wholeMilliseconds))
        maximumLine = configuration.maximumMessageSize(of: definition)
        self.stateDirectory = stateDirectory
    }
}

extension ListenerContext {
    /// What workers are told of a listener.
    /// - Parameter before: what they were told last; a rate that is the same goes on, its turns taken.
    init(
        _ definition: Configuration.Listener, _ configuration: Configuration, identity: String,
        before: ListenerContext?
    ) {
        let reception = definition.reception
        self.init(name: definition.name, identity: identity)
        zone = LocalZone(named: reception.timeZone)
        networkZones = reception.timeZones.map {
            NetworkZone(network: $0.network, zone: LocalZone(named: $0.timeZone))
        }
        allowed = reception.allow
        maximumMessageSize = configuration.maximumMessageSize(of: definition)
        rate = RateLimiter.limiting(reception.rateLimit, burst: configuration.limits.burst, before: before?.rate)
        if case .tcp(let tcp) = definition {
            framing = tcp.framing
        }
        if case .file(let file) = definition { program = file.program }
    }
}

extension LocalZone {
    /// A zone that ``TimeZoneTable`` knows.
    fileprivate init(named name: String) {
        guard let table = TimeZoneTable.transitions(for: name) else {
            self = .utc
            return
        }
        self.init(
            transitions: table.transitions.map { (at: $0.0, offset: $0.1) }, initialOffset: table.initialOffset)
    }
}
