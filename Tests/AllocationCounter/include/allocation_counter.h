// Counts the calling thread's heap allocations, for the test that says there are none per message.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
#include <stdbool.h>
#include <stdint.h>

/// Whether this build counts: beside a sanitizer it does not.
bool allocations_are_counted(void);

/// Allocations by the calling thread since it began.
uint64_t counted_allocations(void);
#endif
