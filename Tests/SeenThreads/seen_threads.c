// ThreadSanitizer follows a program through the functions that it stands in front of. Two kinds that these tests use
// are not among them:
//
// - The threads, mutexes and conditions of C11, which Debian's librdkafka is built with. A thread that thrd_create makes
//   is unknown to the sanitizer, and its first call into it (in the embedded broker: the allocation that getaddrinfo
//   makes) is a SIGSEGV. Here they are what they are in the C library too: those of POSIX, which it knows.
// - The waiting half of Swift's Mutex: taking a free one is compiled into the caller and seen, but a contended one goes
//   from hand to hand in the kernel, and every access behind it would be called a race.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include "seen_threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t), "the same memory");

static int outcome(int error) {
    switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}

struct start {
    thrd_start_t function;
    void *argument;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) return thrd_nomem;
    start->function = function;
    start->argument = argument;
    int error = pthread_create(thread, NULL, run, start);
    if (error != 0) free(start);
    return outcome(error);
}

thrd_t thrd_current(void) { return pthread_self(); }

int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    int error = pthread_join(thread, &value);
    if (error == 0 && result != NULL) *result = (int)(intptr_t)value;
    return outcome(error);
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return outcome(error);
}

void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy((pthread_mutex_t *)mutex); }
int mtx_lock(mtx_t *mutex) { return outcome(pthread_mutex_lock((pthread_mutex_t *)mutex)); }
int mtx_unlock(mtx_t *mutex) { return outcome(pthread_mutex_unlock((pthread_mutex_t *)mutex)); }

int cnd_init(cnd_t *condition) { return outcome(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }
int cnd_signal(cnd_t *condition) { return outcome(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return outcome(pthread_cond_broadcast((pthread_cond_t *)condition)); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return outcome(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return outcome(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SELF __attribute__((swift_context)) void *

// Synchronization._MutexHandle._lockSlow(_:), ._tryLockSlow() and ._unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

__attribute__((swiftcall)) void seen_lock(uint32_t thread, SELF handle) __asm__(LOCK);
__attribute__((swiftcall)) _Bool seen_try_lock(SELF handle) __asm__(TRY_LOCK);
__attribute__((swiftcall)) void seen_unlock(SELF handle) __asm__(UNLOCK);

__attribute__((swiftcall)) void seen_lock(uint32_t thread, SELF handle) {
    __attribute__((swiftcall)) void (*original)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
    original(thread, handle);
    __tsan_acquire(handle);
}

__attribute__((swiftcall)) _Bool seen_try_lock(SELF handle) {
    __attribute__((swiftcall)) _Bool (*original)(SELF) = dlsym(RTLD_NEXT, TRY_LOCK);
    _Bool isTaken = original(handle);
    if (isTaken) __tsan_acquire(handle);
    return isTaken;
}

__attribute__((swiftcall)) void seen_unlock(SELF handle) {
    __attribute__((swiftcall)) void (*original)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
    __tsan_release(handle);
    original(handle);
}

#endif
#endif
