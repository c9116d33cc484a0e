import Events
import Parsers
import Routing
import Testing
import TestRules

/// A topic for each family: a fifth of the topics that one for each type would be, or fewer.
@Suite struct EventFamilyTests {
    @Test(arguments: [
        ("DHCP_LEASE", "dhcp"), ("DHCP6_MESSAGE", "dhcp"), ("DNS_QUERY", "dns"), ("SYSTEMD_UNIT", "systemd"),
        ("TIME_SYNC", "systemd"), ("SSH_LOGIN", "auth"), ("PAM_SESSION", "auth"), ("SUDO_COMMAND", "auth"),
        ("LOGIN", "auth"), ("NETFILTER_PACKET", "kernel"), ("OOM_KILL", "kernel"), ("PROCESS_SEGFAULT", "kernel"),
        ("CRON_JOB", "cron"), ("INTERFACE_STATE", "network"), ("KUBERNETES_LOG", "container"), ("SYSLOG", "syslog"),
        ("MY_OWN_TYPE", "my"), ("CEF", "cef"),
    ]) func `an event type belongs to a family`(type: String, family: String) {
        #expect(EventFamily.name(ofType: type) == family)
        #expect(EventFamily.substitute(in: "{family}-events", forType: type) == "\(family)-events")
        #expect(EventFamily.substitute(in: "all", forType: type) == "all")
    }

    @Test func `the types that come with the package are few families, each a topic's name`() throws {
        let types = try BuiltIn.set().vocabulary.eventTypes
        let families = Set(types.map { EventFamily.name(ofType: $0) })
        #expect(types.count > 70)
        #expect(families.count * 5 <= types.count, "\(families.sorted())")
        #expect(families.isSuperset(of: ["dhcp", "dns", "systemd", "auth", "kernel", "cron", "syslog"]))
        for family in families {
            #expect(family.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }, "\(family)")
        }
    }
}
