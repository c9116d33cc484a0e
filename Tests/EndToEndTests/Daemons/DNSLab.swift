import Foundation
import Glibc
import Testing

/// One network with name servers and their clients, below a root of its own.
///
/// All addresses are the loopback interface's, but for three that no server answers at:
/// ``silent``, ``closed`` and ``unreachable``. The authority serves the zones that ``DNSZones`` writes.
struct DNSLab {
    /// A daemon's addresses.
    struct Server {
        var ipv4: String
        var ipv6: String
    }

    static let authority = Server(ipv4: "10.53.0.1", ipv6: "fd53::1")
    static let secondary = Server(ipv4: "10.53.0.2", ipv6: "fd53::2")
    static let resolver = Server(ipv4: "10.53.0.3", ipv6: "fd53::3")
    /// Packets to it are lost.
    static let silent = "10.97.0.9"
    /// No one listens there.
    static let closed = "10.53.0.50"
    /// There is no way to it.
    static let unreachable = "10.99.0.1"
    /// Seconds that dig waits for an answer: less than the test waits for dig, more than any server here takes.
    static let longest = Int(patience) - 30

    let directory: TemporaryDirectory
    let log: LabLog
    let lab: NetworkLab
    private let ports = Monitor(20_000)

    init() throws {
        directory = try TemporaryDirectory()
        do {
            log = try LabLog(in: directory)
        } catch {
            directory.remove()
            throw error
        }
        do {
            lab = try NetworkLab(syslogSocket: log.socket, in: directory)
        } catch {
            log.end()
            directory.remove()
            throw error
        }
        do {
            try lab.run(
                "sh",
                [
                    "-ec",
                    """
                    for host in 1 2 3 50 $(seq 100 119); do
                        echo "address add 10.53.0.$host/24 dev lo"
                        echo "address add fd53::$host/64 dev lo nodad"
                    done | ip -batch -
                    ip link add quiet type veth peer name void
                    ip link set quiet up
                    ip link set void up
                    ip address add 10.97.0.1/24 dev quiet
                    ip neighbour add \(Self.silent) lladdr 02:00:00:00:00:09 dev quiet nud permanent
                    ip route add unreachable 10.99.0.0/24
                    """,
                ])
            try DNSZones.write(in: self)
        } catch {
            end()
            throw error
        }
    }

    func end() {
        lab.end()
        log.end()
        directory.remove()
    }

    /// Starts a named and waits until it has loaded its zones.
    /// - Parameter configuration: besides what every named here has: its directory, keys, control channel and log.
    func startNamed(
        _ name: String, on server: Server, options: String, zones: String, printsCategory: Bool
    ) throws -> LabProcess {
        let home = directory.file(name)
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let print = printsCategory ? "yes" : "no"
        let configuration = try directory.write(
            """
            include "\(directory.file("keys.conf"))";
            options {
                directory "\(home)";
                pid-file "\(home)/pid";
                session-keyfile "\(home)/session.key";
                listen-on { \(server.ipv4); };
                listen-on-v6 { \(server.ipv6); };
                querylog yes;
                \(options)
            };
            controls { inet \(server.ipv4) port 953 allow { any; } keys { control-key; }; };
            logging {
                channel all { syslog daemon; severity info; print-category \(print); print-severity \(print); };
                category default { all; };
            };
            \(zones)

            """, to: "\(name).conf")
        let before = log.lines.count
        let process = try lab.start(lab.daemon("named"), ["-f", "-n", "1", "-c", configuration])
        try log.wait(for: "all zones loaded", after: before, from: process)
        return process
    }

    /// The authority with the zones of ``DNSZones``.
    func startAuthority(options: String = "", zones: String = "", printsCategory: Bool = true) throws -> LabProcess {
        let process = try startNamed(
            "authority", on: Self.authority,
            options: """
                recursion no;
                dnssec-validation no;
                notify explicit;
                notify-delay 0;
                allow-transfer { key transfer-key; };
                key-directory "\(directory.path)";
                \(options)
                """, zones: DNSZones.configuration(in: directory) + zones, printsCategory: printsCategory)
        // Before its first signatures are there, a validator would find it wanting.
        try eventually("signatures of the zone test") {
            try dig(Self.authority.ipv4, ["+dnssec", "test", "SOA"]).got?.answers.contains { $0.contains(" RRSIG ") }
                ?? false
        }
        return process
    }

    /// Asks once, from a port that nothing else in the lab uses.
    /// - Parameters:
    ///   - client: 10.53.0.100 to 119, or fd53::100 to 119.
    ///   - seconds: to wait for an answer: few where none must come.
    func dig(
        _ server: String, _ arguments: [String], from client: String? = nil, waiting seconds: Int = Self.longest
    ) throws -> DigReport {
        let port = ports.update {
            $0 += 1
            return $0
        }
        let client = client ?? (server.contains(":") ? "fd53::100" : "10.53.0.100")
        let process = try lab.start(
            "dig", ["-b", "\(client)#\(port)", "@\(server)", "+qr", "+tries=1", "+time=\(seconds)"] + arguments)
        _ = try process.process.waitForExit()
        return try DigReport(process.process.lines(.output), client: (client, port), server: server)
    }

    /// Asks for www.test twenty times, and again, for a limit by the second that a busy machine reaches later.
    /// - Parameter condition: gets what dig printed the last time.
    func repeatQuestion(
        to server: String, from client: String, options: [String] = [], until what: String,
        _ condition: ([String]) throws -> Bool
    ) throws {
        let names = Array(repeating: "www.test", count: 20)
        try eventually(what) {
            let process = try lab.start(
                "dig", ["-b", client, "@\(server)", "+tries=1", "+time=\(Self.longest)"] + options + names)
            _ = try process.process.waitForExit()
            return try condition(process.process.lines(.output))
        }
    }

    /// Sends a dynamic update, signed or not.
    /// - Returns: what nsupdate complains about.
    @discardableResult
    func update(_ lines: [String], key: String? = nil) throws -> [String] {
        let file = try directory.write(
            "server \(Self.authority.ipv4)\n" + lines.joined(separator: "\n") + "\nsend\n", to: "update")
        let key = key.map { ["-k", directory.file($0)] } ?? []
        let process = try lab.start("nsupdate", ["-v"] + key + [file])
        _ = try process.process.waitForExit()
        return process.process.lines(.errors).filter { !$0.isEmpty }
    }

    /// Gives a named a command.
    /// - Returns: whether it accepts it.
    @discardableResult
    func control(_ server: Server, _ arguments: [String]) throws -> Bool {
        let process = try lab.start("rndc", ["-k", directory.file("control-key"), "-s", server.ipv4] + arguments)
        return try process.process.waitForExit() == .code(0)
    }

    /// The option that gives dig, nsupdate and rndc a key of ``DNSZones/keys``.
    func key(_ name: String) -> [String] { ["-k", directory.file(name)] }
}
