// The kernel's files for programs in a chroot that can have no mounts: a container whose filter refuses mount(2) still
// allows seccomp(2). Calls that name files wait for a watcher outside the chroot, which opens what lies below /proc and
// /sys there and hands the descriptor over (seccomp_unotify(2)); all other calls go on untouched.
#include "internal.h"
#include "kernel_view.h"
#include "include/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Linux 5.19: a signal does not interrupt a call that the watcher has begun to answer.
#define WAIT_KILLABLE (1UL << 5)

// The listener, or -errno; from here on the calls of this process wait. Without CAP_SYS_ADMIN a filter takes no_new_privs.
static int install_filter(void) {
#ifdef OWN_ARCHITECTURE
    struct sock_filter filter[4 + 2 * 32 + 1] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short length = 4;
    for (unsigned i = 0; i < ingot_view_call_count; i++) {
        filter[length++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ingot_view_calls[i].number, 0, 1);
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -errno;
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | WAIT_KILLABLE, &program);
    if (listener < 0 && errno == EINVAL)
        listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return listener < 0 ? -errno : (int)listener;
#else
    return -ENOSYS;
#endif
}

static int send_descriptor(int channel, int descriptor) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    return sendmsg(channel, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_descriptor(int channel) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    int descriptor = -1;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1 && message.msg_controllen >= sizeof control.header)
        memcpy(&descriptor, CMSG_DATA(&control.header), sizeof descriptor);
    return descriptor;
}

// Nothing of the command's stays open here: whoever reads its output waits for the last one that could write it.
static void release_descriptors(const int *kept, int count) {
    int null = open("/dev/null", O_RDWR);
    for (int number = 0; number < 3 && null >= 0; number++) dup2(null, number);
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        int number = atoi(entry->d_name), is_kept = number < 3 || number == dirfd(folder);
        for (int i = 0; i < count; i++) is_kept |= number == kept[i];
        if (!is_kept) close(number);
    }
    if (folder) closedir(folder);
}

// Reaps what has ended. The command's status goes to who waits for it.
static void reap(pid_t command, int statuses) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0 || (ended < 0 && errno == EINTR);)
        if (ended == command && write(statuses, &status, sizeof status) != sizeof status) _exit(1);
}

// Until nobody is left under the filter.
static void watch(int listener, int children, pid_t command, int statuses) {
    struct pollfd watched[] = {{listener, POLLIN, 0}, {children, POLLIN, 0}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) return;
        struct signalfd_siginfo info;
        if (watched[1].revents && read(children, &info, sizeof info) > 0) reap(command, statuses);
        if (!(watched[0].revents & POLLIN)) {
            if (watched[0].revents) return;
            continue;
        }
        struct seccomp_notif call = {0};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) continue;
        struct seccomp_notif_resp answer = {.id = call.id};
        ingot_view_answer(listener, &call, &answer);
        while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) && errno == EINTR) continue;
    }
}

// In the command to be: its listener to the watcher.
static int hand_over(int channel) {
    int listener = install_filter();
    // Whoever is under such a filter already sees the kernel's files.
    int error = listener == -EBUSY ? 0 : listener < 0 ? listener : send_descriptor(channel, listener);
    if (listener >= 0) close(listener);
    return error;
}

// The watcher stays above all that it watches: where Yama guards memory, only an ancestor may read it. It takes over
// what the command leaves running, and ends with the last of it.
static int start_watching(int statuses) {
    int ends[2];
    sigset_t child;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) || prctl(PR_SET_CHILD_SUBREAPER, 1)) return -errno;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t command = children < 0 ? -1 : fork();
    if (command < 0) return -errno;
    if (command == 0) return hand_over(ends[0]);
    for (int number = 1; number < 32; number++)
        if (number != SIGCHLD) signal(number, SIG_IGN);
    prctl(PR_SET_NAME, INGOT_VIEW_NAME);
    setsid();
    close(ends[0]);
    release_descriptors((int[]){ends[1], children, statuses}, 3);
    int listener = receive_descriptor(ends[1]);
    close(ends[1]);
    if (listener >= 0) watch(listener, children, command, statuses);
    // Without a listener the command runs under another's.
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, 0)) > 0 || errno == EINTR;)
        if (ended == command && write(statuses, &status, sizeof status) != sizeof status) break;
    _exit(0);
}

int ingot_view_start(void) {
    int statuses[2], status;
    if (pipe2(statuses, O_CLOEXEC)) return -errno;
    pid_t watcher = fork();
    if (watcher < 0) return -errno;
    if (watcher == 0) {
        close(statuses[0]);
        return start_watching(statuses[1]);
    }
    // Who started us sees the command's end as ours. Signals to the group reach the command itself.
    sigset_t everything;
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, NULL);
    close(statuses[1]);
    ssize_t length;
    while ((length = read(statuses[0], &status, sizeof status)) < 0 && errno == EINTR) continue;
    if (length != sizeof status) _exit(125);
    if (WIFSIGNALED(status)) ingot_die_by(WTERMSIG(status));
    _exit(WEXITSTATUS(status));
}

int ingot_view_probe(void) {
    int status;
    pid_t child = fork();  // of a threaded process: only system calls until _exit
    if (child < 0) return -errno;
    if (child == 0) {
        int listener = install_filter();
        if (listener < 0) _exit(-listener & 0x7f);
        // There is no such call: whoever knows the request says so (Linux 5.9).
        struct seccomp_notif_addfd request = {.srcfd = (unsigned)listener};
        ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &request);
        _exit(errno == ENOENT ? 0 : ENOSYS);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}
