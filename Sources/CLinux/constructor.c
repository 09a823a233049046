// One binary, several processes: argv[0] tells which. Runs before main and before any Swift thread, also in test
// binaries, because every one of them links this target.
#include "internal.h"
#include "include/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char **ingot_saved_arguments;
static int session_descriptor = -1, has_no_mounts;

// Believes INGOT_SESSION only where it can be true: it names our parent, init, and the descriptor is a pipe. Both variables
// are taken out of the environment, so that no hook and no nested build inherits them.
static void adopt_session(void) {
    const char *flag = getenv("INGOT_SESSION"), *number = getenv("INGOT_SESSION_FD");
    if (flag && number && atoi(flag) == getppid()) {
        char *end;
        long descriptor = strtol(number, &end, 10);
        struct stat info;
        if (*number && !*end && descriptor > 2 && !fstat((int)descriptor, &info) && S_ISFIFO(info.st_mode)
            && !fcntl((int)descriptor, F_SETFD, FD_CLOEXEC))
            session_descriptor = (int)descriptor;
    }
    has_no_mounts = session_descriptor >= 0 && getenv("INGOT_SESSION_MOUNTS") != NULL;
    unsetenv("INGOT_SESSION_MOUNTS");
    unsetenv("INGOT_SESSION");
    unsetenv("INGOT_SESSION_FD");
}

__attribute__((constructor)) static void dispatch(int argc, char **argv, char **environment) {
    (void)environment;
    ingot_saved_arguments = argv;
    if (argc < 1) return;
    if (!strcmp(argv[0], "ingot-session")) _exit(ingot_session_outer(argv + 1));
    if (!strcmp(argv[0], "ingot-hook")) _exit(ingot_hook_main(argc, argv));
    if (!strcmp(argv[0], "ingot-node")) _exit(ingot_node_main(argc, argv));
    adopt_session();
}

int ingot_session_descriptor(void) { return session_descriptor; }

int ingot_session_has_no_mounts(void) { return has_no_mounts; }

int ingot_session_send(const char *record, unsigned long length) {
    if (session_descriptor < 0) return -ENOTCONN;
    for (;;) {
        ssize_t written = write(session_descriptor, record, length);
        if (written == (ssize_t)length) return 0;
        if (written < 0 && errno != EINTR) return -errno;
        if (written > 0) return -EMSGSIZE;  // longer than PIPE_BUF: no longer atomic
    }
}
