import Crdkafka
import Glibc

/// Who connects to the brokers and whom it trusts: what a reload may exchange while everything runs, in a new producer
/// that is fed from the spool. A password that has expired, a certificate that was renewed.
public struct ConnectionSecurity: Sendable, Equatable {
    /// One file's content, as far as its numbers tell; all 0 when there is none.
    private struct Stamp: Sendable, Equatable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        var modified: [Int] = []

        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
        }
    }

    private var values: [String: String] = [:]
    private var files: [String: Stamp] = [:]

    /// What a configuration says now, with the state of the files that it names.
    public init(_ configuration: ClientConfiguration) {
        for (name, value) in configuration.properties where Self.contains(name) {
            values[ClientConfiguration.canonical(name)] = value
            if name.hasSuffix(".location") || name.hasSuffix(".keytab") { files[value] = Stamp(value) }
        }
    }

    /// Whether a property is of this kind, by its name.
    public static func contains(_ name: String) -> Bool {
        name.hasPrefix("sasl.") || name.hasPrefix("ssl.") || name == "security.protocol"
            || name == "enable.ssl.certificate.verification" || name == "enable.sasl.oauthbearer.unsecure.jwt"
    }
}

extension ClientConfiguration {
    /// This configuration with another's properties of security, and none of its own.
    public func exchangingSecurity(for other: ClientConfiguration) -> ClientConfiguration {
        ClientConfiguration(
            properties.filter { !ConnectionSecurity.contains($0.name) }
                + other.properties.filter { ConnectionSecurity.contains($0.name) })
    }

    /// Makes a producer of it and ends it, to learn whether it could be: certificates and keys are read, nothing is sent.
    public func tryOut() throws(KafkaError) {
        let conf = try makeConf()
        // It says everything to whoever makes the real one; here librdkafka would write to standard error.
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw KafkaError("producer: \(reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })")
        }
        rd_kafka_destroy(client)
    }
}
