// Init: PID 1 of the session; or, in a container that allows no second /proc, a subreaper. It reaps, kills whatever
// outlives the engine, and, when the engine or the outer died without tidying up, unmounts and removes the temporary
// trees that the engine had registered.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BINFMT_DIRECTORY "/proc/sys/fs/binfmt_misc"
#define BINFMTFS_MAGIC 0x42494e4d

extern char **environ;

static int fail(const char *what) {
    dprintf(2, "ingot-session: cannot %s: %s\n", what, strerror(errno));
    return 1;
}

// Own mounts that the host never sees, while the host's later (un)mounts still arrive here; and a /proc of this PID
// namespace. The interpreters for foreign architectures stay visible.
//
// In a user namespace of our own, a binfmt_misc mounted here would be a new, empty one that hides the host's, whose
// interpreters work without being seen.
static int set_up_mounts(const struct ingot_session_start *start) {
    struct statfs info;
    if (unshare(CLONE_NEWNS)) return fail("create a mount namespace");
    if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL)) return fail("make the mounts private");
    if (start->shares_processes) return 0;
    int has_binfmt = !start->has_own_users && !statfs(BINFMT_DIRECTORY, &info) && info.f_type == BINFMTFS_MAGIC;
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) return fail("mount '/proc'");
    if (has_binfmt && mount("binfmt_misc", BINFMT_DIRECTORY, "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        return fail("mount '" BINFMT_DIRECTORY "'");
    return 0;
}

static void become_engine(const struct ingot_session_start *start, int registrations) {
    char number[16], init[16];
    snprintf(number, sizeof number, "%d", registrations);
    snprintf(init, sizeof init, "%d", (int)getppid());
    if (setenv("INGOT_SESSION", init, 1) || setenv("INGOT_SESSION_FD", number, 1)) _exit(fail("set the environment"));
    if (start->has_no_mounts && setenv("INGOT_SESSION_MOUNTS", "none", 1)) _exit(fail("set the environment"));
    fcntl(registrations, F_SETFD, 0);
    if (start->shares_processes) prctl(PR_SET_PDEATHSIG, SIGKILL);  // else the kernel does it when init dies
    sigprocmask(SIG_SETMASK, &start->mask, NULL);
    execve(start->program, start->arguments, environ);
    dprintf(2, "ingot-session: cannot run '%s': %s\n", start->program, strerror(errno));
    _exit(127);
}

static void read_registrations(int descriptor, int control, struct ingot_paths *paths) {
    char buffer[8192];
    for (;;) {
        ssize_t length = read(descriptor, buffer, sizeof buffer);
        if (length > 0) ingot_paths_feed(paths, buffer, (unsigned long)length);
        else if (length == 0 || errno != EINTR) break;
    }
    if (paths->wants_terminal) send(control, "T", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    paths->wants_terminal = 0;
}

// Reaps whatever has ended. True if the engine was among it.
static int reap(pid_t engine, int *engine_status, int flags) {
    int status, found = 0;
    for (;;) {
        pid_t ended = waitpid(-1, &status, flags);
        if (ended == engine) {
            *engine_status = status;
            found = 1;
        } else if (ended == 0 || (ended < 0 && errno != EINTR)) {
            return found;
        }
    }
}

// Until the engine ends (true) or the outer is gone (false).
static int watch(pid_t engine, int control, int signals, int registrations, struct ingot_paths *paths, int *status) {
    struct pollfd watched[] = {{signals, POLLIN, 0}, {control, POLLIN, 0}, {registrations, POLLIN, 0}};
    for (;;) {
        if (poll(watched, 3, -1) < 0) continue;
        if (watched[2].revents & POLLIN) read_registrations(registrations, control, paths);
        else if (watched[2].revents) watched[2].fd = -1;  // every writer is gone
        if (watched[1].revents) {
            unsigned char number;
            ssize_t length = recv(control, &number, 1, MSG_DONTWAIT);
            if (length == 1) kill(engine, number);
            else if (length == 0 || (errno != EINTR && errno != EAGAIN)) return 0;
        }
        if (watched[0].revents & POLLIN) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) > 0 && reap(engine, status, WNOHANG)) return 1;
        }
    }
}

// Init keeps standard error for its messages, and lets go of a terminal or a pipe on the other two.
static void release_standard_streams(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, 0);
    dup2(null, 1);
    close(null);
}

int ingot_session_init(int control, const struct ingot_session_start *start) {
    struct ingot_paths paths = {0};
    sigset_t everything, child;
    int ends[2], status = 0;
    prctl(PR_SET_NAME, "ingot-init");
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int signals = signalfd(-1, &child, SFD_CLOEXEC);
    if (signals < 0 || pipe2(ends, O_CLOEXEC)) return fail("prepare the session");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (start->shares_processes && prctl(PR_SET_CHILD_SUBREAPER, 1)) return fail("adopt processes");
    if (!start->has_no_mounts && set_up_mounts(start)) return 1;
    pid_t engine = fork();
    if (engine < 0) return fail("start the engine");
    if (engine == 0) become_engine(start, ends[1]);
    setpgid(0, 0);  // `kill -9 -GROUP` takes outer and engine; init stays to tidy up
    close(ends[1]);
    release_standard_streams();
    int regular = watch(engine, control, signals, ends[0], &paths, &status);
    if (start->shares_processes) {
        ingot_end_descendants(engine, &status);
    } else {
        kill(-1, SIGKILL);
        reap(engine, &status, 0);
    }
    read_registrations(ends[0], control, &paths);
    ingot_paths_remove_all(&paths, "ingot-session");
    if (regular) send(control, &status, sizeof status, MSG_NOSIGNAL);
    return 0;
}
