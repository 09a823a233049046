// The outer: the process the user started. It holds one end of a socket whose other end init watches, so init learns
// of its death even by SIGKILL; it passes signals on, waits, and ends as the engine ended.
#include "internal.h"
#include "include/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define WITHOUT_MOUNTS "--without-mounts"

static int enter(const struct ingot_identities *identities, const char *kind) {
    size_t count = 0, own = 0;
    while (ingot_saved_arguments[count]) count++;
    char **arguments = calloc(count + 8, sizeof *arguments);
    if (!arguments) return -ENOMEM;
    arguments[own++] = "ingot-session";
    if (identities) {
        arguments[own++] = "--user-namespace";
        arguments[own++] = (char *)identities->users;
        arguments[own++] = (char *)identities->groups;
        arguments[own++] = identities->user_tool ? (char *)identities->user_tool : "";
        arguments[own++] = identities->group_tool ? (char *)identities->group_tool : "";
    }
    if (kind) arguments[own++] = (char *)kind;
    arguments[own++] = "--";
    memcpy(arguments + own, ingot_saved_arguments, count * sizeof *arguments);
    execve("/proc/self/exe", arguments, environ);
    int error = errno;
    free(arguments);
    return -error;
}

int ingot_session_enter(const struct ingot_identities *identities) { return enter(identities, NULL); }

int ingot_session_enter_without_mounts(void) { return enter(NULL, WITHOUT_MOUNTS); }

// The engine's executable by its own path if that still is this program, so that `ps` shows its name.
static const char *own_program(void) {
    static char path[4096];
    struct stat by_path, running;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return "/proc/self/exe";
    path[length] = 0;
    if (stat(path, &by_path) || stat("/proc/self/exe", &running)) return "/proc/self/exe";
    return by_path.st_dev == running.st_dev && by_path.st_ino == running.st_ino ? path : "/proc/self/exe";
}

void ingot_die_by(int signal_number) {
    struct rlimit none = {0, 0};
    sigset_t set;
    setrlimit(RLIMIT_CORE, &none);  // one core dump, the engine's, is enough
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    kill(getpid(), signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

// Signals to pass on: those that were not ignored when the user started us (nohup).
static sigset_t forwarded_signals(void) {
    static const int candidates[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        struct sigaction action;
        if (!sigaction(candidates[i], NULL, &action) && action.sa_handler != SIG_IGN) sigaddset(&set, candidates[i]);
    }
    sigaddset(&set, SIGCHLD);
    return set;
}

// After a shell for a person has ended, the terminal still belongs to that shell's process group. The engine cannot
// name our group, which is outside its PID namespace, so it asks us to take the terminal back.
static void take_terminal(void) {
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (isatty(descriptor) && !tcsetpgrp(descriptor, getpgrp())) return;
}

// True if there was a message.
static int read_control(int control, int *engine_status) {
    int message;
    ssize_t length = recv(control, &message, sizeof message, MSG_DONTWAIT);
    if (length == sizeof message) *engine_status = message;
    else if (length == 1) take_terminal();
    return length > 0;
}

// Waits for init. A signal from the terminal went to the whole foreground group, the engine included; only one that
// was sent to this process alone (si_code is not SI_KERNEL) needs passing on.
//
// Init sends two things: a lone byte when the engine wants the terminal back, at the end the engine's wait status.
static int wait_for_init(pid_t init, int signals, int control, int *engine_status) {
    struct pollfd watched[] = {{signals, POLLIN, 0}, {control, POLLIN, 0}};
    for (;;) {
        struct signalfd_siginfo info;
        if (poll(watched, 2, -1) < 0 && errno != EINTR) return -errno;
        if (watched[1].revents && !read_control(control, engine_status)) watched[1].fd = -1;
        if (!(watched[0].revents & POLLIN) || read(signals, &info, sizeof info) != sizeof info) continue;
        if (info.ssi_signo != SIGCHLD) {
            unsigned char number = (unsigned char)info.ssi_signo;
            if (info.ssi_code != SI_KERNEL) send(control, &number, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
            continue;
        }
        int status;
        pid_t ended = waitpid(init, &status, WNOHANG);
        if (ended == init) {
            while (read_control(control, engine_status)) continue;
            return status;
        }
        if (ended < 0 && errno != EINTR) return -errno;
    }
}

static int fail(const char *what) {
    dprintf(2, "ingot-session: cannot %s: %s\n", what, strerror(errno));
    return 1;
}

// The first words of the command line, if they ask for a user namespace: how many they are, or -1.
static int become_root(char **arguments) {
    if (!arguments[0] || strcmp(arguments[0], "--user-namespace")) return 0;
    for (int i = 1; i < 5; i++)
        if (!arguments[i]) return -1;
    struct ingot_identities identities = {
        arguments[1], arguments[2], *arguments[3] ? arguments[3] : NULL, *arguments[4] ? arguments[4] : NULL};
    int stage, error = ingot_enter_user_namespace(&identities, 0, &stage);
    if (!error) return 5;
    errno = -error;
    fail(stage == INGOT_STAGE_USER ? "create a user namespace" : "map user and group ids");
    return -1;
}

// A container that covers parts of its /proc allows no second one. Without it there must be no second PID namespace
// either: programs look for themselves in /proc by the numbers they know (libdispatch ends when it finds nobody).
static bool can_mount_proc(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS)) _exit(1);
        pid_t first = fork();
        if (first == 0)
            _exit(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) || mount("proc", "/proc", "proc", 0, NULL));
        while (waitpid(first, &status, 0) < 0)
            if (errno != EINTR) _exit(1);
        _exit(status != 0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return status == 0;
}

int ingot_session_outer(char **arguments) {
    int words = become_root(arguments);
    if (words < 0) return 1;
    arguments += words;
    bool has_no_mounts = arguments[0] && !strcmp(arguments[0], WITHOUT_MOUNTS);
    if (has_no_mounts) arguments++;
    if (arguments[0] && !strcmp(arguments[0], "--")) arguments++;
    if (!arguments[0]) {
        dprintf(2, "ingot-session: no program name\n");
        return 1;
    }
    prctl(PR_SET_NAME, "ingot-session");
    signal(SIGCHLD, SIG_DFL);
    struct ingot_session_start start = {
        .arguments = arguments, .program = own_program(), .has_own_users = words > 0, .has_no_mounts = has_no_mounts};
    start.shares_processes = has_no_mounts || !can_mount_proc();
    sigset_t forwarded = forwarded_signals(), background;
    sigemptyset(&background);
    sigprocmask(SIG_BLOCK, &forwarded, &start.mask);
    sigaddset(&background, SIGTTOU);  // or taking the terminal back from the background would stop us
    sigprocmask(SIG_BLOCK, &background, NULL);
    int ends[2], signals = signalfd(-1, &forwarded, SFD_CLOEXEC);
    if (signals < 0) return fail("watch signals");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return fail("make a socket pair");
    if (!start.shares_processes && unshare(CLONE_NEWPID)) return fail("create a PID namespace");
    pid_t init = fork();
    if (init < 0) return fail("start the session");
    if (init == 0) {
        close(ends[0]);
        close(signals);
        _exit(ingot_session_init(ends[1], &start));
    }
    close(ends[1]);
    int engine = -1, own = wait_for_init(init, signals, ends[0], &engine);
    if (own < 0) return fail("wait for the session");
    int status = engine >= 0 ? engine : own;
    if (WIFSIGNALED(status)) ingot_die_by(WTERMSIG(status));
    return WEXITSTATUS(status);
}
