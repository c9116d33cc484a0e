/// The families of event types, for those who want a topic for each family rather than one for each of 150 types.
public enum EventFamily {
    /// An event type's family: `DHCP_LEASE` → `dhcp`, `SSH_LOGIN` → `auth`. A type of somebody else's rules belongs to the
    /// family of its first word.
    public static func name(ofType type: String) -> String {
        if let whole = types[type] { return whole }
        let word = type.prefix { $0 != "_" }.lowercased()
        return words[word] ?? word
    }

    /// Types that belong elsewhere than their first word says.
    private static let types = [
        "NETWORK_LINK": "systemd", "TIME_SYNC": "systemd", "TIME_CHANGE": "systemd", "FILE_SYSTEM_CHECK": "systemd",
        "OOM_KILL": "kernel", "PROCESS_SEGFAULT": "kernel",
    ]
    private static let words = [
        "dhcp6": "dhcp", "tftp": "dhcp", "pam": "auth", "su": "auth", "login": "auth", "account": "auth", "ssh": "auth",
        "sudo": "auth", "netfilter": "kernel", "usb": "kernel", "address": "network", "device": "network",
        "gateway": "network", "interface": "network", "routing": "network", "switch": "network",
        "kubernetes": "container",
    ]

    /// A topic template with `{family}` filled in.
    public static func substitute(in template: String, forType type: String) -> String {
        template.replacing("{family}", with: name(ofType: type))
    }
}
