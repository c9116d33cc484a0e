#define _GNU_SOURCE
#include "cbench.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>

struct cbench_datagrams {
    unsigned count;
    size_t slot_size;
    uint8_t *bytes;
    struct iovec *vectors;
    struct mmsghdr *headers;
};

cbench_datagrams *cbench_datagrams_new(unsigned count, size_t slot_size) {
    cbench_datagrams *datagrams = calloc(1, sizeof *datagrams);
    if (!datagrams) return NULL;
    datagrams->count = count;
    datagrams->slot_size = slot_size;
    datagrams->bytes = calloc(count, slot_size);
    datagrams->vectors = calloc(count, sizeof *datagrams->vectors);
    datagrams->headers = calloc(count, sizeof *datagrams->headers);
    if (!datagrams->bytes || !datagrams->vectors || !datagrams->headers) {
        cbench_datagrams_free(datagrams);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        datagrams->vectors[i].iov_base = datagrams->bytes + i * slot_size;
        datagrams->vectors[i].iov_len = slot_size;
        datagrams->headers[i].msg_hdr.msg_iov = &datagrams->vectors[i];
        datagrams->headers[i].msg_hdr.msg_iovlen = 1;
    }
    return datagrams;
}

void cbench_datagrams_free(cbench_datagrams *datagrams) {
    if (!datagrams) return;
    free(datagrams->bytes);
    free(datagrams->vectors);
    free(datagrams->headers);
    free(datagrams);
}

uint8_t *cbench_datagrams_slot(cbench_datagrams *datagrams, unsigned index) {
    return index < datagrams->count ? datagrams->vectors[index].iov_base : NULL;
}

void cbench_datagrams_set_count(cbench_datagrams *datagrams, unsigned index, size_t count) {
    if (index < datagrams->count && count <= datagrams->slot_size) datagrams->vectors[index].iov_len = count;
}

int cbench_datagrams_send(cbench_datagrams *datagrams, int socket, unsigned first, unsigned count) {
    if (first >= datagrams->count || count > datagrams->count - first) return -EINVAL;
    int sent;
    do {
        sent = sendmmsg(socket, datagrams->headers + first, count, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int cbench_datagrams_receive(cbench_datagrams *datagrams, int socket) {
    int received;
    do {
        received = recvmmsg(socket, datagrams->headers, datagrams->count, MSG_WAITFORONE, NULL);
    } while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
}

int cbench_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0; }

int cbench_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds) < 0 ? -errno : 0;
}

long cbench_file_system_type(const char *path) {
    struct statfs info;
    return statfs(path, &info) < 0 ? -errno : (long)info.f_type;
}
