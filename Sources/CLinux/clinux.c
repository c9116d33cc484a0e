#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// ---- Errors ---------------------------------------------------------------------------------------------------------

void clinux_error_text(int code, char *buffer, size_t size) {
    // GNU's variant: what it returns may be the buffer or a constant text.
    const char *text = strerror_r(code, buffer, size);
    if (text != buffer) {
        strncpy(buffer, text, size - 1);
        buffer[size - 1] = 0;
    }
}

// ---- CRC-32C --------------------------------------------------------------------------------------------------------

// The reflected Castagnoli polynomial, four bits at a time: a table of 64 bytes stays in one cache line.
static const uint32_t nibble_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    crc = ~crc;
    while (count--) {
        crc ^= *p++;
        crc = (crc >> 4) ^ nibble_table[crc & 15];
        crc = (crc >> 4) ^ nibble_table[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint64_t c = (uint32_t)~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = _mm_crc32_u64(c, word);
        p += 8;
        count -= 8;
    }
    while (count--) c = _mm_crc32_u8((uint32_t)c, *p++);
    return ~(uint32_t)c;
}

uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t count) {
    if (__builtin_cpu_supports("sse4.2")) return crc32c_hardware(crc, bytes, count);
    return clinux_crc32c_portable(crc, bytes, count);
}
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#include <asm/hwcap.h>

__attribute__((target("+crc"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint32_t c = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = __crc32cd(c, word);
        p += 8;
        count -= 8;
    }
    while (count--) c = __crc32cb(c, *p++);
    return ~c;
}

uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t count) {
    if (getauxval(AT_HWCAP) & HWCAP_CRC32) return crc32c_hardware(crc, bytes, count);
    return clinux_crc32c_portable(crc, bytes, count);
}
#else
uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return clinux_crc32c_portable(crc, bytes, count);
}
#endif

// ---- Datagrams ------------------------------------------------------------------------------------------------------

struct clinux_datagram_batch {
    unsigned slot_count;
    size_t slot_size;
    struct mmsghdr *headers;
    struct iovec *vectors;
    clinux_datagram *datagrams;
    struct sockaddr_storage *sources;
    uint8_t *buffer;
};

clinux_datagram_batch *clinux_datagram_batch_new(unsigned slot_count, size_t slot_size) {
    clinux_datagram_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->slot_count = slot_count;
    batch->slot_size = slot_size;
    batch->headers = calloc(slot_count, sizeof *batch->headers);
    batch->vectors = calloc(slot_count, sizeof *batch->vectors);
    batch->datagrams = calloc(slot_count, sizeof *batch->datagrams);
    batch->sources = calloc(slot_count, sizeof *batch->sources);
    // Pages of a slot that no datagram reaches are never touched, so large slots cost address space only.
    // An odd number of cache lines between slots: at a power of two the first lines of all slots, the only ones that
    // short datagrams use, would compete for one set of the cache.
    size_t stride = ((slot_size + 63) / 64 | 1) * 64;
    batch->buffer = malloc(slot_count * stride);
    if (!batch->headers || !batch->vectors || !batch->datagrams || !batch->sources || !batch->buffer) {
        clinux_datagram_batch_free(batch);
        return NULL;
    }
    for (unsigned i = 0; i < slot_count; i++) {
        batch->datagrams[i].bytes = batch->buffer + i * stride;
        batch->vectors[i].iov_base = batch->datagrams[i].bytes;
        batch->vectors[i].iov_len = slot_size;
        batch->headers[i].msg_hdr.msg_iov = &batch->vectors[i];
        batch->headers[i].msg_hdr.msg_iovlen = 1;
        batch->datagrams[i].source = &batch->sources[i];
        batch->headers[i].msg_hdr.msg_name = &batch->sources[i];
    }
    return batch;
}

void clinux_datagram_batch_free(clinux_datagram_batch *batch) {
    if (!batch) return;
    free(batch->headers);
    free(batch->vectors);
    free(batch->datagrams);
    free(batch->sources);
    free(batch->buffer);
    free(batch);
}

int clinux_datagram_batch_receive(clinux_datagram_batch *batch, int socket, int wait) {
    // The kernel overwrites the lengths with what it used.
    for (unsigned i = 0; i < batch->slot_count; i++) {
        batch->headers[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
    }
    int received = recvmmsg(socket, batch->headers, batch->slot_count, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
    if (received < 0) return -errno;
    for (int i = 0; i < received; i++) {
        struct msghdr *header = &batch->headers[i].msg_hdr;
        batch->datagrams[i].count = batch->headers[i].msg_len;
        batch->datagrams[i].truncated = (header->msg_flags & MSG_TRUNC) != 0;
        batch->datagrams[i].source_length = header->msg_namelen;
    }
    return received;
}

const clinux_datagram *clinux_datagram_at(const clinux_datagram_batch *batch, unsigned index) {
    return &batch->datagrams[index];
}

int clinux_socket_drops(int socket, uint32_t *drops) {
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t length = sizeof info;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, info, &length) != 0) return -errno;
    if (length < (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t)) return -ENOTSUP;
    *drops = info[SK_MEMINFO_DROPS];
    return 0;
}

// ---- Streams --------------------------------------------------------------------------------------------------------

int clinux_accept(int listener, void *source, uint32_t *source_length) {
    socklen_t length = sizeof(struct sockaddr_storage);
    int descriptor = accept4(listener, source, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    *source_length = length;
    return descriptor;
}

// ---- Files ----------------------------------------------------------------------------------------------------------

int clinux_fallocate(int fd, int64_t offset, int64_t length) {
    int result;
    do {
        result = fallocate(fd, 0, offset, length);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : -errno;
}

int64_t clinux_birth_time(int fd) {
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0 || !(status.stx_mask & STATX_BTIME)) return 0;
    return (int64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

int64_t clinux_next_data(int fd, int64_t offset) {
    int64_t next = lseek(fd, offset, SEEK_DATA);
    return next >= 0 ? next : -errno;
}

int clinux_eventfd(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

void clinux_keep_freed_memory(int bytes) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}

void clinux_set_thread_name(const char *name) {
    char shortened[16];
    strncpy(shortened, name, sizeof shortened - 1);
    shortened[sizeof shortened - 1] = 0;
    pthread_setname_np(pthread_self(), shortened);
}

void clinux_release_free_memory(void) { malloc_trim(0); }

// ---- Signals --------------------------------------------------------------------------------------------------------

static const int service_signals[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
enum { service_signal_count = sizeof service_signals / sizeof *service_signals };
static struct sigaction earlier_actions[service_signal_count];
/// The reading and the writing end of what the handler leaves behind; -1 before.
static int signal_pipe[2] = {-1, -1};

// A handler and not a mask: libdispatch lets every signal through to the main thread, whatever was held back.
static void note_signal(int signal) {
    int saved = errno;
    unsigned char number = (unsigned char)signal;
    // Full only when nobody has read 65,536 signals.
    if (write(signal_pipe[1], &number, 1) < 0) {}
    errno = saved;
}

int clinux_hold_signals(void) {
    if (signal_pipe[0] >= 0) return 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    signal_pipe[0] = ends[0];
    signal_pipe[1] = ends[1];
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    for (int i = 0; i < service_signal_count; i++) sigaction(service_signals[i], &action, &earlier_actions[i]);
    return 0;
}

void clinux_release_signals(void) {
    if (signal_pipe[0] < 0) return;
    for (int i = 0; i < service_signal_count; i++) sigaction(service_signals[i], &earlier_actions[i], NULL);
    struct pollfd ready = {.fd = signal_pipe[0], .events = POLLIN};
    while (poll(&ready, 1, 0) == 1) raise(clinux_wait_for_signal());
}

int clinux_wait_for_signal(void) {
    unsigned char number = 0;
    while (read(signal_pipe[0], &number, 1) != 1) {
        if (errno != EINTR) return 0;
    }
    return number;
}

// Whoever starts us with a standard descriptor closed would have its number given to the next file that is opened: a
// segment, a sender's connection. The log would then be written into that.
static void take_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        int taken = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY);
        if (taken >= 0 && taken != descriptor) close(taken);
    }
}

// A unit may be reloaded right after its start, when main has not begun: libraries take their time to come up. By its
// name, so that the tests, which hold the same code, can be interrupted.
static void hold_signals_of_the_program(int argc, char **argv, char **environment) {
    (void)environment;
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = argc > 0 ? (slash ? slash + 1 : argv[0]) : "";
    if (strncmp(name, "kafkastreamer", 13) != 0) return;
    take_standard_descriptors();
    clinux_hold_signals();
}

// Before the constructors of all libraries.
__attribute__((section(".preinit_array"), used)) static void (*const first_of_all)(int, char **, char **) =
    hold_signals_of_the_program;

const void *clinux_find(const void *bytes, size_t count, const void *needle, size_t needle_count) {
    return memmem(bytes, count, needle, needle_count);
}
