import CBench
import Crdkafka
import Foundation

/// What the figures were measured on, without anything that names the machine.
enum Environment {
    static func describe(rsyslogd: String?) throws -> [String: String] {
        var system = utsname()
        uname(&system)
        let release = text(&system.release).split(separator: ".").prefix(2).joined(separator: ".")
        var parts = [
            "processors": "\(ProcessInfo.processInfo.processorCount) (\(text(&system.machine)))",
            "Linux": release, "librdkafka": String(cString: rd_kafka_version_str()),
        ]
        let names = try readFile("/etc/os-release").split(separator: "\n")
        if let name = names.first(where: { $0.hasPrefix("PRETTY_NAME=") }) {
            parts["on"] = name.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        if let rsyslogd {
            let child = try Child("rsyslogd", [rsyslogd, "-v"])
            parts["rsyslog"] = try child.line(within: 10).split(separator: " ").dropFirst().first.map(String.init)
        }
        return parts
    }

    /// The kind of file system a path is on.
    static func fileSystem(of path: String) -> String {
        // The numbers of statfs(2).
        let type = cbench_file_system_type(path)
        switch type {
        case 0x0102_1994: return "tmpfs (memory, not a disk)"
        case 0xEF53: return "ext4"
        case 0x5846_5342: return "XFS"
        case 0x9123_683E: return "Btrfs"
        case 0x794C_7630: return "overlayfs"
        default: return "a file system of type 0x" + String(type, radix: 16)
        }
    }

    private static func text<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
