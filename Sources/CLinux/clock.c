// Functions of libc that tell the time of day, shifted by a number of seconds, and `chroot`, which takes them along.
//
// This code is not called here: it is copied out of this program into a shared object for LD_PRELOAD (decision 0025).
// So it stands in a section of its own, reaches nothing outside of it but the kernel, and works under any libc. What it
// needs to know lies in its first bytes. Waits until a time of day, which the kernel ends, are not shifted.
#include "include/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#define SECTION "ingot_clock"
// Nothing may be put in that lies elsewhere: no counters, no checks, no calls of libc.
#define FUNCTION \
    __attribute__((section(SECTION), used, visibility("hidden"), noinline, no_builtin, no_profile_instrument_function, \
                   no_stack_protector, no_sanitize("all")))
#define INLINE static inline __attribute__((always_inline, no_builtin, no_profile_instrument_function))

_Static_assert(offsetof(struct ingot_clock_header, draft) + 256 == 528, "the space below");
__asm__(".pushsection " SECTION ",\"ax\",%progbits\n"
        ".balign 16\n"
        ".globl ingot_clock_start\n"
        ".hidden ingot_clock_start\n"
        "ingot_clock_start: .space 528\n"
        ".popsection\n");
#define HIDDEN extern __attribute__((visibility("hidden")))
HIDDEN const volatile struct ingot_clock_header ingot_clock_start;
HIDDEN const unsigned char section_start[] __asm__("__start_" SECTION), section_end[] __asm__("__stop_" SECTION);

#if defined(__x86_64__)
INLINE long call(long number, long a, long b, long c, long d) {
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
INLINE long call(long number, long a, long b, long c, long d) {
    register long result __asm__("x0") = a;
    register long second __asm__("x1") = b, third __asm__("x2") = c, fourth __asm__("x3") = d, which __asm__("x8") = number;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(second), "r"(third), "r"(fourth), "r"(which) : "memory");
    return result;
}
#else
#define HAS_NO_CALLS
INLINE long call(long number, long a, long b, long c, long d) {
    return (void)number, (void)a, (void)b, (void)c, (void)d, -ENOSYS;
}
#endif

INLINE int finish(long result) {
    if (result >= 0) return (int)result;
    const char *base = (const char *)&ingot_clock_start;
    int *(*place)(void) = *(int *(*const *)(void))(base + ingot_clock_start.errno_slot);
    if (place) *place() = (int)-result;
    return -1;
}

INLINE int is_time_of_day(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

FUNCTION int ingot_clock_gettime(clockid_t clock, struct timespec *now) {
    long result = call(SYS_clock_gettime, clock, (long)now, 0, 0);
    if (result == 0 && is_time_of_day(clock)) now->tv_sec += ingot_clock_start.shift;
    return finish(result);
}

FUNCTION int ingot_clock_gettimeofday(struct timeval *now, void *zone) {
    long result = call(SYS_gettimeofday, (long)now, (long)zone, 0, 0);
    if (result == 0 && now) now->tv_sec += ingot_clock_start.shift;
    return finish(result);
}

FUNCTION time_t ingot_clock_time(time_t *copy) {
    struct timespec now;
    call(SYS_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0);
    time_t result = now.tv_sec + ingot_clock_start.shift;
    if (copy) *copy = result;
    return result;
}

FUNCTION int ingot_clock_timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC || call(SYS_clock_gettime, CLOCK_REALTIME, (long)now, 0, 0)) return 0;
    now->tv_sec += ingot_clock_start.shift;
    return base;
}

// Programs in the new root are to find this object under the name that LD_PRELOAD gives it.
INLINE void show(long source) {
    const long path = (long)&ingot_clock_start.path, draft = (long)&ingot_clock_start.draft;
    long copy = call(SYS_openat, AT_FDCWD, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (copy < 0) return;
    while (call(SYS_sendfile, copy, source, 0, 1 << 20) > 0) continue;
    call(SYS_fchmod, copy, 0755, 0, 0);  // whatever the umask is: for every user
    call(SYS_close, copy, 0, 0, 0);
    call(SYS_renameat, AT_FDCWD, draft, AT_FDCWD, path);
}

FUNCTION int ingot_clock_chroot(const char *path) {
    const long own = (long)&ingot_clock_start.path;
    long source = call(SYS_openat, AT_FDCWD, own, O_RDONLY | O_CLOEXEC, 0);
    long result = call(SYS_chroot, (long)path, 0, 0, 0);
    if (source >= 0 && result == 0 && call(SYS_faccessat, AT_FDCWD, own, 0, 0)) show(source);
    if (source >= 0) call(SYS_close, source, 0, 0, 0);
    return finish(result);
}

const unsigned char *ingot_clock_code(unsigned long *size) {
    *size = (unsigned long)(section_end - section_start);
    return section_start;
}

const struct ingot_clock_symbol *ingot_clock_symbols(void) {
    static struct ingot_clock_symbol symbols[6] = {{"", 0}};
#ifndef HAS_NO_CALLS
#define AT(function) ((unsigned long)((const unsigned char *)(uintptr_t)(function) - section_start))
    symbols[0] = (struct ingot_clock_symbol){"clock_gettime", AT(ingot_clock_gettime)};
    symbols[1] = (struct ingot_clock_symbol){"gettimeofday", AT(ingot_clock_gettimeofday)};
    symbols[2] = (struct ingot_clock_symbol){"time", AT(ingot_clock_time)};
    symbols[3] = (struct ingot_clock_symbol){"timespec_get", AT(ingot_clock_timespec_get)};
    symbols[4] = (struct ingot_clock_symbol){"chroot", AT(ingot_clock_chroot)};
    symbols[5] = (struct ingot_clock_symbol){"", 0};
#endif
    return symbols;
}
