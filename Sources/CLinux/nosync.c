// Hooks sync often and for nothing: a build that dies is thrown away. A seccomp filter makes the calls succeed without
// effect, also in static programs, which an LD_PRELOAD library cannot. Foreign architectures pass unfiltered.
#include "internal.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// An error number of 0 is a result of 0: the call "succeeds" and is never made.
#define SUCCEED(number)                                 \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0)

int ingot_suppress_sync(void) {
#ifdef OWN_ARCHITECTURE
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        SUCCEED(SYS_fsync),
        SUCCEED(SYS_fdatasync),
        SUCCEED(SYS_sync),
        SUCCEED(SYS_syncfs),
        SUCCEED(SYS_msync),
        SUCCEED(SYS_sync_file_range),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    // Needs CAP_SYS_ADMIN instead of no_new_privs, which would stop sudo and su in hooks.
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? -errno : 0;
#else
    return 0;
#endif
}
