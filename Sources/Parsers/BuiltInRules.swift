extension RulesFile {
    /// The rules files in the binary.
    public static let builtIn: [RulesFile] = [
        embedded(PackageResources.dhcpd_yaml, "dhcpd.yaml"),
        embedded(PackageResources.named_yaml, "named.yaml"),
        embedded(PackageResources.systemd_yaml, "systemd.yaml"),
    ]

    private static func embedded(_ bytes: [UInt8], _ name: String) -> RulesFile {
        do {
            return try RulesFile(yaml: String(decoding: bytes, as: UTF8.self), name: name)
        } catch {
            // Tests load every file; one that is not YAML never leaves the build.
            preconditionFailure("\(error)")
        }
    }
}
