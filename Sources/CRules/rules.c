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
};

const struct crules_file *crules_files(size_t *count) {
    *count = sizeof files / sizeof *files;
    return files;
}

const struct crules_file *crules_fields(void) {
    static const struct crules_file file = {"fields.yaml", fields, sizeof fields};
    return &file;
}
