import Foundation
import Glibc

/// Namespaces of a test's own: networks, mounts and processes, with `/dev/log` leading to a socket of the test.
///
/// Nothing of it has a name outside: networks are named in the lab's own `/run/netns`, so two runs never meet. All of
/// it goes with its first process, which the kernel makes sure of: every process of the lab is killed, then the
/// interfaces and mounts are gone. That process ends with ``end()`` and also when the test is killed, as its standard
/// output then leads nowhere.
///
/// Needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN; ``init(syslogSocket:in:)`` says so where they are missing.
final class NetworkLab: Sendable {
    /// Tests that need a lab are skipped where this variable is 1: for a machine on which nobody can be root.
    static let isSkipped = ProcessInfo.processInfo.environment["SKIP_NETWORK_LABS"] == "1"

    private let holder: ChildProcess
    /// The lab's first process as the host numbers it.
    private let processID: pid_t
    private let directory: TemporaryDirectory
    private let started = Monitor<[LabProcess]>([])

    /// - Parameter syslogSocket: the path that `/dev/log` leads to inside.
    init(syslogSocket: String, in directory: TemporaryDirectory) throws {
        self.directory = directory
        // tail(1) ends as soon as nobody reads its output any more, though it never writes any.
        let setup = """
            set -e
            mkdir "$1/dev" "$1/sbin"
            mount -t tmpfs -o mode=755 none "$1/dev"
            for node in null zero full random urandom tty; do
                touch "$1/dev/$node"
                mount --bind "/dev/$node" "$1/dev/$node"
            done
            ln -s /proc/self/fd "$1/dev/fd"
            ln -s "$2" "$1/dev/log"
            mount --rbind "$1/dev" /dev
            # AppArmor knows daemons by path and would keep them from the lab's files: here they have another.
            mount --bind /usr/sbin "$1/sbin"
            mount -t tmpfs -o mode=755 none /run
            mkdir -p /run/netns /run/lock
            ip link set lo up
            echo ready
            exec tail -f /dev/null
            """
        let holder = try ChildProcess(
            "unshare",
            [
                "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                "sh", "-c", setup, "lab", directory.path, syslogSocket,
            ], directory: directory)
        do {
            _ = try holder.find("the lab's namespaces", in: .output) { $0.contains("ready") ? true : nil }
            processID = try Self.child(of: holder)
        } catch {
            holder.end()
            throw HarnessError(
                """
                \(error)
                Network namespaces need root with CAP_SYS_ADMIN and CAP_NET_ADMIN (this is user \(geteuid())). \
                SKIP_NETWORK_LABS=1 leaves these tests out.
                """)
        }
        self.holder = holder
    }

    /// Ends every process of the lab and takes its networks and mounts away.
    func end() {
        for process in started.read({ $0 }) { process.end() }
        // Of the two, the first process is the one that the rest cannot outlive.
        if holder.exit == nil { kill(processID, SIGKILL) }
        holder.end()
    }

    /// The path inside the lab of a program of `/usr/sbin`.
    func daemon(_ name: String) -> String { directory.file("sbin/\(name)") }

    /// Adds a network of the name, joined with the lab's own (or the network `peer`) by a pair of interfaces.
    /// - Parameters:
    ///   - interface: its name in the lab's own network, or in `peer`.
    ///   - inner: its name in the new network.
    func addNetwork(_ name: String, interface: String, inner: String = "eth0", peer: String? = nil) throws {
        try run("ip", ["netns", "add", name])
        try run("ip", ["link", "add", interface, "type", "veth", "peer", "name", inner, "netns", name], network: peer)
        try run("ip", ["link", "set", interface, "up"], network: peer)
        try run("ip", ["link", "set", "lo", "up"], network: name)
        try run("ip", ["link", "set", inner, "up"], network: name)
        // A client without an address takes packets from everywhere, whatever the machine's own setting is.
        let filters = "for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >\"$file\"; done"
        try run("sh", ["-c", filters], network: name)
    }

    /// Gives an interface an address, as in `192.0.2.1/24`.
    func addAddress(_ address: String, to interface: String, network: String? = nil) throws {
        // IPv6 addresses are of use at once.
        let options = address.contains(":") ? ["nodad"] : []
        try run("ip", ["address", "add", address, "dev", interface] + options, network: network)
    }

    /// Takes an address away from an interface.
    func removeAddress(_ address: String, from interface: String, network: String? = nil) throws {
        try run("ip", ["address", "del", address, "dev", interface], network: network)
    }

    /// Runs a program to its end and expects that it reports success.
    /// - Parameter network: one that was added; the lab's own when nil.
    /// - Returns: the lines of its standard output.
    @discardableResult
    func run(_ executable: String, _ arguments: [String], network: String? = nil) throws -> [String] {
        let process = try ChildProcess("nsenter", entry(network) + [executable] + arguments, directory: directory)
        defer { process.end() }
        guard try process.waitForExit() == .code(0) else {
            throw HarnessError("\(executable) \(arguments.joined(separator: " "))\n\(process.transcript)")
        }
        return process.lines(.output)
    }

    /// Starts a program that stays in the foreground. It ends with the lab at the latest.
    func start(
        _ executable: String, _ arguments: [String], network: String? = nil, environment: [String: String] = [:]
    ) throws -> LabProcess {
        let process = try ChildProcess(
            "nsenter", entry(network) + [executable] + arguments, environment: environment, directory: directory)
        let started = LabProcess(process: process)
        self.started.update { $0.append(started) }
        return started
    }

    /// A socket in one of the lab's networks: it stays there, whichever thread uses it.
    func socket(_ domain: Int32, _ type: __socket_type, network: String? = nil) throws -> Int32 {
        let path = networkPath(network)
        let result = Monitor<Result<Int32, any Error>?>(nil)
        // The namespace is a thread's own: this one makes the socket in it and ends.
        let thread = Thread {
            let made = Result<Int32, any Error> {
                let namespace = open(path, O_RDONLY | O_CLOEXEC)
                guard namespace >= 0 else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
                defer { close(namespace) }
                guard try Self.setNamespace(namespace) == 0 else {
                    throw HarnessError("setns: \(String(cString: strerror(errno)))")
                }
                let descriptor = Glibc.socket(domain, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
                guard descriptor >= 0 else { throw HarnessError("socket: \(String(cString: strerror(errno)))") }
                return descriptor
            }
            result.update { $0 = made }
        }
        thread.start()
        guard let made = result.wait({ $0 }) else { throw HarnessError("no socket in \(path)") }
        return try made.get()
    }

    private func networkPath(_ network: String?) -> String {
        network.map { "/proc/\(processID)/root/run/netns/\($0)" } ?? "/proc/\(processID)/ns/net"
    }

    private func entry(_ network: String?) -> [String] {
        ["--target", String(processID), "--mount", "--pid", "--net=" + networkPath(network), "--"]
    }

    /// setns(2), which Swift's Glibc module leaves out.
    private static func setNamespace(_ descriptor: Int32) throws -> Int32 {
        typealias Function = @convention(c) (Int32, Int32) -> Int32
        guard let symbol = dlsym(nil, "setns") else { throw HarnessError("the C library has no setns") }
        let networkNamespaces: Int32 = 0x4000_0000
        return unsafeBitCast(symbol, to: Function.self)(descriptor, networkNamespaces)
    }

    /// The only child of unshare(1) or nsenter(1), which wait for it.
    fileprivate static func child(of process: ChildProcess) throws -> pid_t {
        let path = "/proc/\(process.processID)/task/\(process.processID)/children"
        return try eventually("the child of \(process.name)") {
            guard process.exit == nil else { throw HarnessError(process.transcript) }
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            return text.split(separator: " ").first.flatMap { pid_t($0) }
        }
    }
}

/// A program that runs in a lab. Its parent, nsenter, ends when it does and as it does.
struct LabProcess: Sendable {
    /// nsenter, with the program's standard output and errors.
    let process: ChildProcess

    /// Sends the program a signal; nothing happens when it has ended.
    func signal(_ number: Int32) throws {
        guard process.exit == nil else { return }
        kill(try NetworkLab.child(of: process), number)
    }

    /// Ends it as an administrator would, and waits for that.
    func stop() throws {
        try signal(SIGTERM)
        _ = try process.waitForExit()
    }

    /// Kills it if it still runs.
    func end() {
        // It may end between the question and the signal: then there is no child to be found, and none to kill.
        if process.exit == nil, let child = try? NetworkLab.child(of: process) { kill(child, SIGKILL) }
        process.end()
    }
}
