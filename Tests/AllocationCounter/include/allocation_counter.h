// Counts the calling thread's heap allocations, for the test that says there are none per message.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
#include <stdint.h>

/// Allocations by the calling thread since it began.
uint64_t counted_allocations(void);
#endif
