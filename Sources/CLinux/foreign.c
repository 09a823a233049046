#include "include/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only calls that are safe after a fork of a process with threads.
static void run_child(const char *root, const char *name) {
    int null = open("/dev/null", O_RDWR);
    for (int number = 0; null >= 0 && number < 3; number++) dup2(null, number);
    if (chdir(root)) _exit(126);
    char *const arguments[] = {(char *)name, NULL};
    char *const environment[] = {NULL};
    // The name has no directories: after chdir it is the same file with and without the new root.
    if (chroot(".")) errno = 0;
    execve(name, arguments, environment);
    _exit(127);
}

static int ends_well(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int ingot_runs_in_root(const char *root, const char *name) {
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) run_child(root, name);
    return ends_well(child);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    ssize_t length = (ssize_t)strlen(text);
    int result = write(file, text, (size_t)length) == length ? 0 : -errno;
    close(file);
    return result;
}

int ingot_register_format(const char *directory, const char *registration) {
    char path[4096];
    if (mount("binfmt_misc", directory, "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) return -errno;
    if (snprintf(path, sizeof path, "%s/register", directory) >= (int)sizeof path) return -ENAMETOOLONG;
    return write_file(path, registration);
}

// A namespace for a trial needs no ids but root, which anybody may be.
static int become_root(unsigned user, unsigned group) {
    char map[32];
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) return 0;
    snprintf(map, sizeof map, "0 %u 1", user);
    if (write_file("/proc/self/setgroups", "deny") || write_file("/proc/self/uid_map", map)) return 0;
    snprintf(map, sizeof map, "0 %u 1", group);
    return !write_file("/proc/self/gid_map", map) && !mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL);
}

int ingot_runs_by_interpreter(const char *root, const char *name, const char *registration) {
    unsigned user = geteuid(), group = getegid();
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) {
        char directory[4096];
        snprintf(directory, sizeof directory, "%s/formats", root);
        if (!become_root(user, group) || mkdir(directory, 0700) || ingot_register_format(directory, registration))
            _exit(125);
        run_child(root, name);
    }
    return ends_well(child);
}
