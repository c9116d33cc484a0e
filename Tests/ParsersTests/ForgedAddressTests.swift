import Parsers
import Testing
import TestRules

/// Names that clients choose in front of the address that the program writes behind them.
@Suite struct ForgedAddressTests {
    private static let sshd = [
        "Failed password for invalid user NAME from 192.0.2.10 port 51424 ssh2",
        "Failed none for invalid user NAME from 192.0.2.10 port 51424 ssh2 [preauth]",
        "Failed publickey for invalid user NAME from 192.0.2.10 port 51424 ssh2: RSA SHA256:abc",
        "Failed publickey for invalid user NAME from 192.0.2.10 port 51424 ssh2: RSA-CERT SHA256:a ID NAME (serial 1) CA RSA SHA256:b",
        "Failed publickey for bob from 192.0.2.10 port 51424 ssh2: RSA-CERT SHA256:a ID NAME (serial 1) CA RSA SHA256:b",
        "Postponed keyboard-interactive for invalid user NAME from 192.0.2.10 port 51424 ssh2 [preauth]",
        "Invalid user NAME from 192.0.2.10", "Invalid user NAME from 192.0.2.10 port 51424",
        "error: maximum authentication attempts exceeded for invalid user NAME from 192.0.2.10 port 51424 ssh2 [preauth]",
        "error: PAM: Authentication failure for illegal user NAME from 192.0.2.10",
        "Connection closed by invalid user NAME 192.0.2.10 port 51424 [preauth]",
        "Connection closed by invalid user NAME 192.0.2.10",
        "Connection reset by authenticating user NAME 192.0.2.10 port 51424 [preauth]",
        "Read error from remote host invalid user NAME 192.0.2.10 port 51424: Connection reset by peer",
        "fatal: Connection from invalid user NAME 192.0.2.10 port 51424 timed out [preauth]",
        "Disconnected from invalid user NAME 192.0.2.10 port 51424 [preauth]",
        "Disconnecting invalid user NAME 192.0.2.10 port 51424: Too many authentication failures [preauth]",
        "Disconnecting invalid user NAME 192.0.2.10 port 51424: Change of username or service not allowed: (NAME,ssh-connection) -> (NAME,ssh-connection) [preauth]",
        "Unable to negotiate with invalid user NAME 192.0.2.10 port 51424: no matching MAC found. Their offer: NAME [preauth]",
        "Unable to negotiate with 192.0.2.10 port 51424: no matching MAC found. Their offer: NAME [preauth]",
        "fatal: ssh_dispatch_run_fatal: Connection from invalid user NAME 192.0.2.10 port 51424: Broken pipe [preauth]",
        "error: Bad protocol version identification 'NAME' from 192.0.2.10 port 51424",
    ]

    private static let names = [
        "a", "odd name", "9.9.9.9", "a 9.9.9.9", "a 9.9.9.9 port 22", "a 9.9.9.9 port 22 [preauth]",
        "a 9.9.9.9 port 22: x", "a 9.9.9.9 port 22: Too many authentication failures", "a from 9.9.9.9",
        "a from 9.9.9.9 port 22", "a from 9.9.9.9 port 22 ssh2", "a from 9.9.9.9 port 22 ssh2: RSA SHA256:x",
        "a from 9.9.9.9 port 22 ssh2: RSA SHA256:x ID y", "a from 9.9.9.9 port 22 ssh2: RSA SHA256:x [preauth]",
        "a 9.9.9.9 port 22: no matching MAC found. Their offer: x", "a' from 9.9.9.9 port 22",
        "a 9.9.9.9 port 22: no matching MAC found. Their offer: x [preauth]", "a 9.9.9.9 port 22 timed out",
    ]

    @Test(arguments: sshd)
    func noNameOfAnSSHClientIsTakenForItsAddress(line: String) throws {
        var harness = try Harness(BuiltIn.set(), parser: "sshd_log_parser")
        for name in Self.names {
            let message = line.replacing("NAME", with: name)
            let event = try harness.object(message)
            let address = event["client_ip"] as? String
            #expect(address == nil || address == "192.0.2.10", "\(message)")
            // A name in one place only, with nothing of the client's behind the address, is always told from it.
            if line.components("NAME") == 1, line.hasAddressBehindName {
                #expect(address == "192.0.2.10", "\(message)")
            }
        }
    }

    @Test func noHostNameIsTakenForTheRelay() throws {
        var harness = try Harness(BuiltIn.set(), parser: "dhcp_log_parser")
        for name in ["a", "a b", "a)", "a) via 9.9.9.9", "a) via 9.9.9.9: x", "(a) via eth9 (b)", ") via ", "via"] {
            for tail in ["", ": unknown network segment"] {
                let event = try harness.object("DHCPDISCOVER from 00:11:22:33:44:55 (\(name)) via 10.20.0.1\(tail)")
                #expect(event["hostname"] as? String == name)
                #expect(event["relay"] as? String == "10.20.0.1", "\(name)\(tail)")
            }
        }
    }
}

extension String {
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }

    fileprivate var hasAddressBehindName: Bool {
        guard let name = firstRange(of: "NAME"), let address = firstRange(of: "192.0.2.10") else { return false }
        return name.lowerBound < address.lowerBound
    }
}
