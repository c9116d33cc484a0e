// What the benchmark needs of Linux and Swift does not import: many datagrams per call, and two settings of prctl.
#ifndef CBENCH_H
#define CBENCH_H

#include <stddef.h>
#include <stdint.h>

/// Preallocated slots for sendmmsg and recvmmsg.
typedef struct cbench_datagrams cbench_datagrams;

/// `count` slots of `slot_size` bytes each; NULL when there is no memory.
cbench_datagrams *cbench_datagrams_new(unsigned count, size_t slot_size);
void cbench_datagrams_free(cbench_datagrams *datagrams);

/// The bytes of a slot.
uint8_t *cbench_datagrams_slot(cbench_datagrams *datagrams, unsigned index);

/// How many bytes of a slot are to be sent. Call it before the slot is sent for the first time.
void cbench_datagrams_set_count(cbench_datagrams *datagrams, unsigned index, size_t count);

/// Sends slots `first ..< first + count` to the connected socket. Returns how many were sent, or -errno.
int cbench_datagrams_send(cbench_datagrams *datagrams, int socket, unsigned first, unsigned count);

/// Blocks for the first datagram, then takes what is there. Returns how many, or -errno.
int cbench_datagrams_receive(cbench_datagrams *datagrams, int socket);

/// The kernel ends this process when the thread that started it ends. 0 or -errno.
int cbench_end_with_parent(void);

/// Timers of the calling thread may be late by this much. 0 or -errno.
int cbench_set_timer_slack(unsigned long nanoseconds);

/// The type number of the file system a path is on (statfs), or -errno.
long cbench_file_system_type(const char *path);

#endif
