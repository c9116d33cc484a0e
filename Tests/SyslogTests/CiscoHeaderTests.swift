import Syslog
import Testing

/// What Cisco's devices and their relatives write in front of the text, each part optional.
@Suite struct CiscoHeaderTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "NX-OS with a name", "<189>: leaf-3: 2025 Nov  4 14:02:09 UTC: %ETHPORT-5-IF_UP: Interface up",
            priority: "local7.notice", time: "2025-11-04T14:02:09Z", host: "leaf-3", program: "%ETHPORT-5-IF_UP",
            content: "Interface up"),
        HeaderCase(
            "NX-OS in a VDC", "<45>2025 Nov  4 14:02:09 leaf-3 %$ VDC-2 %$ %ETHPORT-5-IF_UP: Interface up",
            priority: "syslog.notice", time: "2025-11-04T14:02:09Z", host: "leaf-3", program: "%ETHPORT-5-IF_UP",
            content: "Interface up"),
        HeaderCase(
            "counter and sequence number",
            "<189>61: 000062: Nov  4 14:02:09.345 UTC: %SYS-5-CONFIG_I: Configured from vty1",
            priority: "local7.notice", time: "2025-11-04T14:02:09.345Z", program: "%SYS-5-CONFIG_I",
            content: "Configured from vty1"),
        HeaderCase(
            "counter, name and sequence number",
            "<190>7001: edge7: 006998: Nov  4 2025 14:02:09.575 UTC: %SEC-6-IPACCESSLOGP: list 101 denied",
            priority: "local7.info", time: "2025-11-04T14:02:09.575Z", host: "edge7",
            program: "%SEC-6-IPACCESSLOGP", content: "list 101 denied"),
        HeaderCase(
            "counter, address and sequence number",
            "<190>7001: 192.0.2.33: 006998: Nov  4 2025 14:02:09.575 UTC: %SEC-6-IPACCESSLOGP: list 101 denied",
            priority: "local7.info", time: "2025-11-04T14:02:09.575Z", host: "192.0.2.33",
            program: "%SEC-6-IPACCESSLOGP", content: "list 101 denied"),
        HeaderCase(
            "counter, IPv6 address and a time",
            "<190>7001: 2001:db8::33: Nov  4 14:02:09.575: %SEC-6-IPACCESSLOGP: list 101 denied",
            priority: "local7.info", time: "2025-11-04T14:02:09.575Z", host: "2001:db8::33",
            program: "%SEC-6-IPACCESSLOGP", content: "list 101 denied"),
        HeaderCase(
            "name, sequence number and a clock that is not set",
            "<189>61: edge7: 000062: *Nov  4 14:02:09.345: %SYS-5-CONFIG_I: Configured",
            priority: "local7.notice", time: "2025-11-04T14:02:09.345Z", host: "edge7", program: "%SYS-5-CONFIG_I",
            content: "Configured"),
        HeaderCase(
            "two numbers and an uptime in weeks", "<189>61: 000062: 3w4d: %SYS-5-RELOAD: Reload requested",
            priority: "local7.notice", program: "%SYS-5-RELOAD", content: "Reload requested"),
        HeaderCase(
            "name and an uptime", "<189>edge7: 00:04:31: %SYS-5-RELOAD: Reload requested",
            priority: "local7.notice", host: "edge7", program: "%SYS-5-RELOAD", content: "Reload requested"),
        HeaderCase(
            "name and an uptime with a fraction", "<189>61: edge7: *00:04:31.123: %SYS-5-RELOAD: Reload requested",
            priority: "local7.notice", host: "edge7", program: "%SYS-5-RELOAD", content: "Reload requested"),
        HeaderCase(
            "a zone of any word", "<189>61: Nov  4 14:02:09.345 Reykjavik: %SYS-5-CONFIG_I: Configured",
            priority: "local7.notice", time: "2025-11-04T14:02:09.345Z", program: "%SYS-5-CONFIG_I",
            content: "Configured"),
        HeaderCase(
            "a zone with a sign", "<189>61: Nov  4 14:02:09.345 UTC+3: %SYS-5-CONFIG_I: Configured",
            priority: "local7.notice", time: "2025-11-04T14:02:09.345Z", program: "%SYS-5-CONFIG_I",
            content: "Configured"),
        HeaderCase(
            "a zone in small letters without a counter", "<189>Nov  4 14:02:09 home: %SYS-5-CONFIG_I: Configured",
            priority: "local7.notice", time: "2025-11-04T14:02:09Z", program: "%SYS-5-CONFIG_I",
            content: "Configured"),
        HeaderCase(
            "name and a zone of any word",
            "<188>61: edge7: Nov  4 14:02:09.833 Reykjavik: %SW_MATM-4-MACFLAP_NOTIF: Host is flapping",
            priority: "local7.warning", time: "2025-11-04T14:02:09.833Z", host: "edge7",
            program: "%SW_MATM-4-MACFLAP_NOTIF", content: "Host is flapping"),
        HeaderCase(
            "ASA without a space after the colon", "<166>:Nov 04 2025 14:02:09 UTC: %ASA-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", program: "%ASA-6-302014", content: "Teardown"),
        HeaderCase(
            "ASA with a name and no time", "<166>asa7 : %ASA-6-302014: Teardown", priority: "local4.info",
            host: "asa7", program: "%ASA-6-302014", content: "Teardown"),
        HeaderCase(
            "ASA with an ISO time", "<166>2025-11-04T14:02:09Z asa7 : %ASA-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", host: "asa7", program: "%ASA-6-302014",
            content: "Teardown"),
        HeaderCase(
            "FTD with a name and a colon", "<166>2025-11-04T14:02:09Z ftd7: %FTD-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", host: "ftd7", program: "%FTD-6-302014",
            content: "Teardown"),
        HeaderCase(
            "ASA with a name that could be a zone", "<166>Nov 04 2025 14:02:09 FW: %ASA-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", host: "FW", program: "%ASA-6-302014",
            content: "Teardown"),
        HeaderCase(
            "ASA behind a relay", "<166>Nov  4 14:02:09 198.51.100.9 Nov 04 2025 15:02:09: %ASA-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", host: "198.51.100.9", program: "%ASA-6-302014",
            content: "Teardown"),
        HeaderCase(
            "ASA with a name behind a relay",
            "<166>Nov  4 14:02:09 198.51.100.9 Nov 04 2025 15:02:09 asa7 : %ASA-6-302014: Teardown",
            priority: "local4.info", time: "2025-11-04T14:02:09Z", host: "asa7", program: "%ASA-6-302014",
            content: "Teardown"),
        HeaderCase(
            "IOS behind a relay, with name and zone",
            "<189>Nov  4 14:02:09 198.51.100.9 61: edge7: Nov  4 15:02:09.921 Reykjavik: %SYS-5-CONFIG_I: Configured",
            priority: "local7.notice", time: "2025-11-04T14:02:09Z", host: "198.51.100.9",
            program: "%SYS-5-CONFIG_I", content: "Configured"),
        HeaderCase(
            "NX-OS behind a relay",
            "<189>Nov  4 14:02:09 leaf-3 : 2025 Nov  4 15:02:09 UTC: %ETHPORT-5-IF_UP: Interface up",
            priority: "local7.notice", time: "2025-11-04T14:02:09Z", host: "leaf-3", program: "%ETHPORT-5-IF_UP",
            content: "Interface up"),
        HeaderCase(
            "wireless controller with a name",
            "<134>wlc7: *spamApTask2: Nov  4 14:02:09.921: %CAPWAP-3-ECHO_ERR: capwap_ac_sm.c:6803 text",
            priority: "local0.info", time: "2025-11-04T14:02:09.921Z", host: "wlc7", program: "%CAPWAP-3-ECHO_ERR",
            content: "capwap_ac_sm.c:6803 text"),
        HeaderCase(
            "wireless controller without a name",
            "<134>*spamApTask2: Nov  4 14:02:09.921: %CAPWAP-3-ECHO_ERR: capwap_ac_sm.c:6803 text",
            priority: "local0.info", time: "2025-11-04T14:02:09.921Z", program: "%CAPWAP-3-ECHO_ERR",
            content: "capwap_ac_sm.c:6803 text"),
        HeaderCase(
            "an old wireless controller",
            "<132>wlc7: *dot1xMsgTask: Nov  4 14:02:09.921: #DOT1X-3-INVALID_REPLAY_CTR: 1x_eapkey.c:455 text",
            priority: "local0.warning", time: "2025-11-04T14:02:09.921Z", host: "wlc7",
            program: "#DOT1X-3-INVALID_REPLAY_CTR", content: "1x_eapkey.c:455 text"),
        HeaderCase(
            "wireless controller behind a relay",
            "<134>Nov  4 14:02:09 198.51.100.9 wlc7: *spamApTask2: Nov  4 15:02:09.921: %CAPWAP-3-ECHO_ERR: text",
            priority: "local0.info", time: "2025-11-04T14:02:09Z", host: "198.51.100.9",
            program: "%CAPWAP-3-ECHO_ERR", content: "text"),
        HeaderCase(
            "IOS XR",
            "<187>901: RP/0/RSP0/CPU0:Nov  4 14:02:09.227 UTC: ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : Interface down",
            priority: "local7.err", time: "2025-11-04T14:02:09.227Z", program: "ifmgr", pid: "214",
            content: "%PKT_INFRA-LINK-3-UPDOWN : Interface down"),
        HeaderCase(
            "IOS XR with a name",
            "<187>901: core7 RP/0/RSP0/CPU0:Nov  4 14:02:09.227 UTC: ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : Interface down",
            priority: "local7.err", time: "2025-11-04T14:02:09.227Z", host: "core7", program: "ifmgr", pid: "214",
            content: "%PKT_INFRA-LINK-3-UPDOWN : Interface down"),
        HeaderCase(
            "IOS XR behind a relay, a zone of any word",
            "<187>Nov  4 14:02:09 198.51.100.9 901: LC/0/1/CPU0:Nov  4 15:02:09.227 Reykjavik: ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : Interface down",
            priority: "local7.err", time: "2025-11-04T14:02:09Z", host: "198.51.100.9", program: "ifmgr",
            pid: "214", content: "%PKT_INFRA-LINK-3-UPDOWN : Interface down"),
        HeaderCase(
            "a process of Arista's keeps its name",
            "<189>Nov  4 14:02:09 leaf-4 Stp: %SPANTREE-6-STABLE_CHANGE: Stp state is now stable",
            priority: "local7.notice", time: "2025-11-04T14:02:09Z", host: "leaf-4", program: "Stp",
            content: "%SPANTREE-6-STABLE_CHANGE: Stp state is now stable"),
        HeaderCase(
            "a counter without a mnemonic is text", "<189>61: plain text", priority: "local7.notice",
            content: "61: plain text"),
        HeaderCase(
            "a number is no program", "<189>Nov  4 14:02:09 edge7 404: not found", priority: "local7.notice",
            time: "2025-11-04T14:02:09Z", host: "edge7", content: "404: not found"),
    ]

    @Test(arguments: rows)
    func `The parts in front of a mnemonic are read`(_ row: HeaderCase) {
        row.check()
    }
}
