// The few Linux calls that Swift cannot make well itself: recvmmsg over preallocated slots, atomic access to raw
// (memory-mapped) memory, CRC-32C with the processor's instruction.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

// ---- Atomics on raw memory -----------------------------------------------------------------------------------------
// Swift's Atomic is a type of its own and cannot be laid over a record header in a mapped file.

static inline uint32_t clinux_load_acquire_u32(const void *at) {
    return __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
}
static inline void clinux_store_release_u32(void *at, uint32_t value) {
    __atomic_store_n((uint32_t *)at, value, __ATOMIC_RELEASE);
}
static inline void clinux_store_release_u64(void *at, uint64_t value) {
    __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE);
}
static inline uint8_t clinux_load_acquire_u8(const void *at) {
    return __atomic_load_n((const uint8_t *)at, __ATOMIC_ACQUIRE);
}
static inline void clinux_store_release_u8(void *at, uint8_t value) {
    __atomic_store_n((uint8_t *)at, value, __ATOMIC_RELEASE);
}
/// Adds one to a counter that a single thread writes and any may read: no torn value, and no cost beyond the addition.
static inline void clinux_count_one_u64(uint64_t *at) {
    __atomic_store_n(at, __atomic_load_n(at, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}
static inline void clinux_count_u64(uint64_t *at, uint64_t more) {
    __atomic_store_n(at, __atomic_load_n(at, __ATOMIC_RELAXED) + more, __ATOMIC_RELAXED);
}
static inline uint64_t clinux_load_relaxed_u64(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }
/// Asks for the cache line at an address that will be read soon. Any address will do.
static inline void clinux_prefetch(const void *at) { __builtin_prefetch(at); }
/// No access moves across it, neither by the compiler nor by the processor.
static inline void clinux_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// ---- CRC-32C (Castagnoli, RFC 3720 section 12.1) -------------------------------------------------------------------

/// The CRC-32C of `count` bytes, continuing from `crc` (0 for the first call).
uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the processor's instruction, so that a test can compare both.
uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

// ---- Errors ---------------------------------------------------------------------------------------------------------

/// The system's word for an error number, in `buffer`, which it always ends with a zero. Any thread.
void clinux_error_text(int code, char *buffer, size_t size);

// ---- Datagrams ------------------------------------------------------------------------------------------------------

/// What recvmmsg said of one datagram.
typedef struct {
    uint8_t *bytes;           ///< the slot's buffer
    uint32_t count;           ///< bytes received into it
    uint8_t truncated;        ///< the datagram was longer than the slot (MSG_TRUNC)
    const void *source;       ///< a struct sockaddr of source_length bytes
    uint32_t source_length;   ///< 0 when the sender has no address (an unbound unix socket)
} clinux_datagram;

/// Slots for `slot_count` datagrams of up to `slot_size` bytes, allocated once.
typedef struct clinux_datagram_batch clinux_datagram_batch;

clinux_datagram_batch *clinux_datagram_batch_new(unsigned slot_count, size_t slot_size);
void clinux_datagram_batch_free(clinux_datagram_batch *batch);

/// Receives up to slot_count datagrams. Blocks for the first when `wait` is not 0, then takes only what is there.
/// Returns how many, or -errno.
int clinux_datagram_batch_receive(clinux_datagram_batch *batch, int socket, int wait);
const clinux_datagram *clinux_datagram_at(const clinux_datagram_batch *batch, unsigned index);

/// How many datagrams the kernel has dropped for want of room in the socket's buffer (SO_MEMINFO); counts up and wraps
/// at 2^32. The same counter as SO_RXQ_OVFL, without needing a datagram to arrive. Returns 0 or -errno.
int clinux_socket_drops(int socket, uint32_t *drops);

// ---- Streams --------------------------------------------------------------------------------------------------------

/// Accepts a connection: non-blocking, close-on-exec. `source` is a struct sockaddr_storage, of which the call fills
/// `source_length` bytes with the peer's address, also when the peer has gone since. Returns the descriptor or -errno.
int clinux_accept(int listener, void *source, uint32_t *source_length);

// ---- Files ----------------------------------------------------------------------------------------------------------

/// fallocate(2) in its default mode; 0 or -errno. Never falls back to writing zeros.
int clinux_fallocate(int fd, int64_t offset, int64_t length);

/// When an open file was made, ns of Unix time; 0 where the file system does not tell.
int64_t clinux_birth_time(int fd);

/// Where the next bytes stand that are no hole (SEEK_DATA), or -errno. The descriptor's own offset moves.
int64_t clinux_next_data(int fd, int64_t offset);

/// A non-blocking eventfd, close-on-exec; or -errno.
int clinux_eventfd(void);

/// Keeps freed memory of up to `bytes` in the process instead of unmapping it: buffers that come and go by the megabyte
/// would otherwise be cleared and faulted in anew each time.
void clinux_keep_freed_memory(int bytes);

/// Sets the calling thread's name (at most 15 bytes are kept).
void clinux_set_thread_name(const char *name);

// ---- Signals --------------------------------------------------------------------------------------------------------

/// Keeps SIGHUP, SIGINT, SIGTERM and SIGUSR1 for clinux_wait_for_signal instead of letting them end the process. In the
/// program itself this has happened before main. Returns 0 or -errno; a second call does nothing.
int clinux_hold_signals(void);

/// Gives them their earlier effect again; those that have come take it now.
void clinux_release_signals(void);

/// Waits for one of them and takes it; 0 when they are not kept.
int clinux_wait_for_signal(void);

// ---- Memory ---------------------------------------------------------------------------------------------------------

/// Gives the pages that free() keeps back to the kernel. For after a burst of allocations that does not come again.
void clinux_release_free_memory(void);

/// Where `needle` first stands in `bytes`, NULL when it does not: memmem(3), which Swift does not see.
const void *clinux_find(const void *bytes, size_t count, const void *needle, size_t needle_count);

#endif
