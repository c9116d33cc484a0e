/// The zones of a ``DNSLab``: a signed root and what is below it, whole and broken.
///
/// | zone | |
/// |---|---|
/// | `test` | signed by the authority as it runs |
/// | `plain` | not signed, and the root says so |
/// | `dyn.test` | takes updates |
/// | `big.test` | several messages long |
/// | `forged` | one address is not what was signed |
/// | `stale` | its signatures have expired |
/// | `guarded.plain` | for one client |
/// | `faulty.plain`, `missing.plain` | cannot be loaded |
/// | `silent`, `closed`, `unreachable`, `refusing` | delegated to a server that is none |
enum DNSZones {
    static let bigZoneHosts = 3000
    /// Keys of TSIG (RFC 8945), each in a file of its name.
    static let keys = ["transfer-key", "update-key", "view-key", "control-key"]

    /// Writes and signs the zones' files, `keys.conf`, the keys' files and `anchor`, the root's trust anchor.
    static func write(in lab: DNSLab) throws {
        let directory = lab.directory
        var all = ""
        for (number, name) in keys.enumerated() {
            let key = key(name, secret: "c2VjcmV0IG9mIGEgbGFiJ3Mga2V5IG5vLiA\(number)")
            try directory.write(key, to: name)
            all += key
        }
        try directory.write(all, to: "keys.conf")
        // The same name with another secret.
        try directory.write(key("transfer-key", secret: "YW5vdGhlciBzZWNyZXQ="), to: "wrong-key")

        let address = DNSLab.authority.ipv4
        func zone(_ name: String, _ records: String = "", serial: Int = 1) throws {
            try directory.write(
                """
                $TTL 300
                @ SOA ns.plain. hostmaster.plain. \(serial) 3600 600 86400 300
                @ NS ns.plain.
                \(records)

                """, to: "\(name).zone")
        }
        func delegation(_ name: String, _ address: String) -> String {
            "\(name) NS ns.\(name).\nns.\(name) A \(address)"
        }
        try directory.write(
            """
            $TTL 300
            . SOA a.root. hostmaster.root. 2026010100 3600 600 86400 300
            . NS a.root.
            a.root. A \(address)
            test NS ns.plain.
            plain NS ns.plain.
            ns.plain. A \(address)
            forged NS ns.plain.
            stale NS ns.plain.
            \(delegation("silent", DNSLab.silent))
            \(delegation("closed", DNSLab.closed))
            \(delegation("unreachable", DNSLab.unreachable))
            \(delegation("refusing", DNSLab.secondary.ipv4))

            """, to: "root.zone")
        try directory.write(". 300 NS a.root.\na.root. 300 A \(address)\n", to: "root.hints")
        try zone(
            "test",
            """
            @ MX 10 mail
            mail A 192.0.2.25
            www A 192.0.2.80
            www AAAA 2001:db8::80
            alias CNAME www
            txt TXT "some text"
            blocked A 192.0.2.90
            empty A 192.0.2.91
            dropped A 192.0.2.92
            walled A 192.0.2.93
            passed A 192.0.2.94
            tcponly A 192.0.2.95
            evil A 203.0.113.66
            first CNAME second
            second CNAME first
            dyn NS ns.plain.
            big NS ns.plain.
            """, serial: 2026010101)
        try zone("plain", "ns A \(address)\nwww A 192.0.2.70\n*.many A 192.0.2.71", serial: 7)
        try zone("dyn", "old A 192.0.2.1", serial: 10)
        try zone(
            "big", (1...bigZoneHosts).map { "host-\($0) A 192.0.2.\($0 % 250)" }.joined(separator: "\n"), serial: 20)
        try zone("forged", "www A 192.0.2.81")
        try zone("stale", "www A 192.0.2.83")
        try zone("guarded", "www A 192.0.2.84")
        try zone("faulty", "www A 192.0.2.300")
        try directory.write(
            "dnssec-policy \"lab\" { keys { csk lifetime unlimited algorithm ecdsap256sha256; }; };\n",
            to: "policy.conf")
        try lab.lab.run(
            "env",
            [
                "-C", directory.path, "sh", "-ec",
                """
                generate() { dnssec-keygen -q -a ECDSAP256SHA256 -f KSK "$1"; }
                sign() { dnssec-signzone -q -S -z -P "$@" >signing.out; }
                root=$(generate .)
                signed=$(dnssec-keygen -q -k lab -l policy.conf test)
                forged=$(generate forged)
                stale=$(generate stale)
                for key in "$signed" "$forged" "$stale"; do dnssec-dsfromkey -2 "$key"; done >>root.zone
                sign -o . -f root.signed root.zone
                sign -o forged -f forged.signed forged.zone
                sed -i 's/192\\.0\\.2\\.81/192.0.2.82/' forged.signed
                sign -s 20240101000000 -e 20240201000000 -o stale -f stale.signed stale.zone
                mv "$root.key" anchor
                """,
            ])
    }

    /// The zones as the authority's named is told of them.
    static func configuration(in directory: TemporaryDirectory) -> String {
        func primary(_ zone: String, _ file: String, _ more: String = "") -> String {
            "zone \"\(zone)\" { type primary; file \"\(directory.file(file))\"; \(more) };\n"
        }
        return "include \"\(directory.file("policy.conf"))\";\n" + primary(".", "root.signed")
            + primary("test", "test.zone", "dnssec-policy lab; inline-signing yes;")
            + primary("plain", "plain.zone")
            + primary("dyn.test", "dyn.zone", "update-policy { grant update-key zonesub ANY; };")
            + primary("big.test", "big.zone")
            + primary("forged", "forged.signed") + primary("stale", "stale.signed")
            + primary("guarded.plain", "guarded.zone", "allow-query { 10.53.0.101; };")
            + primary("faulty.plain", "faulty.zone") + primary("missing.plain", "missing.zone")
    }

    private static func key(_ name: String, secret: String) -> String {
        "key \"\(name)\" { algorithm hmac-sha256; secret \"\(secret)\"; };\n"
    }
}
