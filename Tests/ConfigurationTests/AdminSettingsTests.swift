import Base
import Configuration
import Documents
import Testing

@Suite struct AdminSettingsTests {
    @Test(
        arguments: [
            ("off", Configuration.Admin.Listen.off), ("false", .off),
            ("127.0.0.1:0", .address(.init(host: "127.0.0.1", port: 0))),
            ("\":9464\"", .address(.init(host: "", port: 9464))), ("9464", .address(.init(host: "", port: 9464))),
            ("\"[::1]:9464\"", .address(.init(host: "::1", port: 9464))),
            ("/run/kafkastreamer/admin.sock", .unix("/run/kafkastreamer/admin.sock")),
        ])
    func places(_ text: String, _ listen: Configuration.Admin.Listen) throws {
        let loaded = try Configuration.parse(yaml: "admin: {listen: \(text)}", file: "f")
        #expect(loaded.configuration.admin.configuredListen == listen && loaded.configuration.admin.listen == listen)
        let again = try Configuration.Admin.Listen(listen.description)
        #expect(again == listen)
    }

    @Test func theDefaultIsNobodysWish() throws {
        let loaded = try Configuration.parse(yaml: "admin:", file: "f")
        #expect(loaded.configuration.admin.configuredListen == nil)
        #expect(loaded.configuration.admin.listen.description == "127.0.0.1:9464")
    }

    @Test(arguments: [
        ("listen: here", "expected an address such as 127.0.0.1:9464, the path of a socket, or off"),
        ("max-connections: 0", "admin.max-connections: found \"0\", expected a whole number from 1 to 1024"),
        ("timeout: 1ms", "admin.timeout: found \"1ms\", expected a duration from 100ms to 10m"),
        ("max-request-size: 100", "admin.max-request-size: found \"100\", expected a size from 512 to 64KiB"),
    ])
    func faults(_ setting: String, _ text: String) {
        let error = #expect(throws: ConfigurationErrors.self) {
            _ = try Configuration.parse(yaml: "admin: {\(setting)}", file: "f")
        }
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }

    @Test func theEnvironmentAndAReload() throws {
        let loaded = try Configuration.parse(
            yaml: "admin: {listen: \":1\"}", file: "f", environment: ["KAFKASTREAMER_ADMIN_LISTEN": "off"])
        #expect(loaded.configuration.admin.listen == .off)
        let before = try Configuration.parse(yaml: "", file: "f").configuration
        #expect(loaded.configuration.changesAfterRestart(from: before) == ["admin.listen"])
    }
}
