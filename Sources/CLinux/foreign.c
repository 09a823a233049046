#include "include/foreign.h"

#include <errno.h>
#include <fcntl.h>
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

int ingot_runs_in_root(const char *root, const char *name) {
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) run_child(root, name);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
