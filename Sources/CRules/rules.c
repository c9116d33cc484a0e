// The rules files in the binary, so that one file is the whole installation. Every file of Sources/CRules/Rules stands
// here; a test compares the list with the folder.
//
// In C because of #embed (C23, which clang has for all versions): as array literals in Swift, which is what SwiftPM
// makes of resources that are embedded, these files take the compiler minutes (docs/decisions/0005-embedding-rules.md).
#include "CRules.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char dhcpd[] = {
#embed "Rules/dhcpd.yaml"
};
static const unsigned char kea[] = {
#embed "Rules/kea.yaml"
};
static const unsigned char dnsmasq[] = {
#embed "Rules/dnsmasq.yaml"
};
static const unsigned char named[] = {
#embed "Rules/named.yaml"
};
static const unsigned char unbound[] = {
#embed "Rules/unbound.yaml"
};
static const unsigned char systemd[] = {
#embed "Rules/systemd.yaml"
};
static const unsigned char sshd[] = {
#embed "Rules/sshd.yaml"
};
static const unsigned char sudo[] = {
#embed "Rules/sudo.yaml"
};
static const unsigned char cron[] = {
#embed "Rules/cron.yaml"
};
static const unsigned char pam[] = {
#embed "Rules/pam.yaml"
};
static const unsigned char kernel[] = {
#embed "Rules/kernel.yaml"
};
static const unsigned char postfix[] = {
#embed "Rules/postfix.yaml"
};
static const unsigned char dovecot[] = {
#embed "Rules/dovecot.yaml"
};
static const unsigned char nginx[] = {
#embed "Rules/nginx.yaml"
};
static const unsigned char apache[] = {
#embed "Rules/apache.yaml"
};
static const unsigned char haproxy[] = {
#embed "Rules/haproxy.yaml"
};
static const unsigned char dhclient[] = {
#embed "Rules/dhclient.yaml"
};
static const unsigned char chrony[] = {
#embed "Rules/chrony.yaml"
};
static const unsigned char networkmanager[] = {
#embed "Rules/networkmanager.yaml"
};
static const unsigned char dbus[] = {
#embed "Rules/dbus.yaml"
};
static const unsigned char rsyslog[] = {
#embed "Rules/rsyslog.yaml"
};
static const unsigned char audit[] = {
#embed "Rules/audit.yaml"
};
static const unsigned char openvpn[] = {
#embed "Rules/openvpn.yaml"
};
static const unsigned char container[] = {
#embed "Rules/container.yaml"
};
static const unsigned char cisco[] = {
#embed "Rules/cisco.yaml"
};

static const unsigned char fields[] = {
#embed "Rules/Fields/fields.yaml"
};

static const struct crules_file files[] = {
    {"dhcpd.yaml", dhcpd, sizeof dhcpd},
    {"kea.yaml", kea, sizeof kea},
    {"dnsmasq.yaml", dnsmasq, sizeof dnsmasq},
    {"named.yaml", named, sizeof named},
    {"unbound.yaml", unbound, sizeof unbound},
    {"systemd.yaml", systemd, sizeof systemd},
    {"sshd.yaml", sshd, sizeof sshd},
    {"sudo.yaml", sudo, sizeof sudo},
    {"cron.yaml", cron, sizeof cron},
    {"pam.yaml", pam, sizeof pam},
    {"kernel.yaml", kernel, sizeof kernel},
    {"postfix.yaml", postfix, sizeof postfix},
    {"dovecot.yaml", dovecot, sizeof dovecot},
    {"nginx.yaml", nginx, sizeof nginx},
    {"apache.yaml", apache, sizeof apache},
    {"haproxy.yaml", haproxy, sizeof haproxy},
    {"dhclient.yaml", dhclient, sizeof dhclient},
    {"chrony.yaml", chrony, sizeof chrony},
    {"networkmanager.yaml", networkmanager, sizeof networkmanager},
    {"dbus.yaml", dbus, sizeof dbus},
    {"rsyslog.yaml", rsyslog, sizeof rsyslog},
    {"audit.yaml", audit, sizeof audit},
    {"openvpn.yaml", openvpn, sizeof openvpn},
    {"container.yaml", container, sizeof container},
    {"cisco.yaml", cisco, sizeof cisco},
};

const struct crules_file *crules_files(size_t *count) {
    *count = sizeof files / sizeof *files;
    return files;
}

const struct crules_file *crules_fields(void) {
    static const struct crules_file file = {"fields.yaml", fields, sizeof fields};
    return &file;
}
