// The hook launcher: argv[0] `ingot-hook`. Enters a root, takes the fsync family away, puts signals back to their
// defaults and becomes the command, in the same process, so that its status reaches the caller exactly.
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct hook_options {
    const char *root, *directory;
    int no_sync, has_view;
    char **command;
};

static int complain(int status, const char *what, const char *object, int error) {
    dprintf(2, "ingot-hook: cannot %s '%s': %s\n", what, object, strerror(error));
    return status;
}

static int parse(int argc, char **argv, struct hook_options *options) {
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--")) {
            options->command = argv + i + 1;
            return argv[i + 1] != NULL;
        }
        if (!strcmp(argv[i], "--nosync")) options->no_sync = 1;
        else if (!strcmp(argv[i], "--view")) options->has_view = 1;
        else if (!strcmp(argv[i], "--root") && i + 1 < argc) options->root = argv[++i];
        else if (!strcmp(argv[i], "--directory") && i + 1 < argc) options->directory = argv[++i];
        else return 0;
    }
    return 0;
}

static void reset_signals(void) {
    // By system call: glibc keeps 32 and 33 to itself and would leave them ignored if the caller had them so.
    const char by_default[64] = {0};
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, by_default, NULL, 8);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, by_default, NULL, 8);
}

int ingot_hook_main(int argc, char **argv) {
    struct hook_options options = {0};
    if (!parse(argc, argv, &options)) {
        dprintf(2, "usage: ingot-hook [--root DIR] [--directory DIR] [--nosync] [--view] -- COMMAND [ARGUMENT...]\n");
        return 125;
    }
    int unseen = options.has_view ? ingot_view_start() : 0;
    if (unseen) return complain(125, "show the kernel's files to", options.command[0], -unseen);
    if (options.root && (chroot(options.root) || chdir("/"))) return complain(125, "enter the root", options.root, errno);
    if (options.directory && chdir(options.directory)) return complain(125, "enter", options.directory, errno);
    // Without the privilege the command still runs, only slower.
    if (options.no_sync) {
        int error = ingot_suppress_sync();
        if (error < 0 && error != -EACCES) return complain(125, "suppress fsync for", options.command[0], -error);
    }
    reset_signals();
    execvp(options.command[0], options.command);
    int error = errno;
    struct stat info;
    if (error == ENOENT && strchr(options.command[0], '/') && !stat(options.command[0], &info)) {
        dprintf(2, "ingot-hook: cannot run '%s': its interpreter does not exist\n", options.command[0]);
        return 127;
    }
    return complain(error == ENOENT ? 127 : 126, "run", options.command[0], error);
}
