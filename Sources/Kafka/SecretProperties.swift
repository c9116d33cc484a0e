/// Which librdkafka properties hold what nobody but the brokers may see: the one list, for whoever renders or logs them.
public enum SecretProperties {
    /// Whether a property's value is a secret, or a command or a list that may hold one. The name of a file that holds
    /// a secret is none.
    public static func contains(_ name: String) -> Bool {
        exact.contains(name) || (parts.contains { name.contains($0) } && !name.hasSuffix(".location"))
    }

    private static let exact: Set = [
        "ssl.key.pem", "ssl_key", "sasl.oauthbearer.config", "sasl.jaas.config", "sasl.kerberos.kinit.cmd",
        "sasl.oauthbearer.extensions",
    ]
    private static let parts = ["password", "passphrase", "secret", "kinit.cmd"]
}
