// malloc and its kin, counted and handed on to the C library. Linked into the test process, where they take the place
// of the library's own for everything in it. A sanitizer watches the heap through functions of its own in that place:
// beside one, nothing is counted.
#include "allocation_counter.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_WATCHED
#endif
#endif

#ifdef HEAP_IS_WATCHED

bool allocations_are_counted(void) { return false; }
uint64_t counted_allocations(void) { return 0; }

#else

#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

// initial-exec: any other model may allocate at a thread's first access.
static __thread uint64_t count __attribute__((tls_model("initial-exec")));

bool allocations_are_counted(void) { return true; }
uint64_t counted_allocations(void) { return count; }

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}
void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}
void *realloc(void *block, size_t size) {
    count++;
    return __libc_realloc(block, size);
}
void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **block, size_t alignment, size_t size) {
    count++;
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : 12;
}

#endif
