// The user namespace of a session without root: this process becomes root of one in which all ids of an image exist.
//
// The maps are written from outside, by a child that was forked before: by newuidmap(1) and newgidmap(1), which know
// the ranges that /etc/subuid gives a user, or directly where this process has the right to (root in a container).
#include "internal.h"
#include "include/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAP_BYTES = 4096, MAP_WORDS = 512 };

extern char **environ;

static int exit_status(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno & 0x7f;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

// The tool's arguments are the process and the words of the map. Its own message goes to standard error.
static int run_tool(const char *tool, const char *process, const char *map, int is_quiet) {
    char text[MAP_BYTES], *rest = NULL;
    char *words[MAP_WORDS] = {(char *)tool, (char *)process};
    int count = 2;
    if (strlen(map) >= sizeof text) return E2BIG;
    strcpy(text, map);
    for (char *word = strtok_r(text, " \n", &rest); word && count < MAP_WORDS - 1; word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        int null = is_quiet ? open("/dev/null", O_WRONLY) : -1;
        if (null >= 0) dup2(null, 2);
        execve(tool, words, environ);
        _exit(errno & 0x7f);
    }
    return exit_status(child);
}

static int write_map(const char *kind, const char *process, const char *map) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s_map", process, kind);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return errno;
    size_t length = strlen(map);
    int error = write(file, map, length) == (ssize_t)length ? 0 : errno;
    close(file);
    return error;
}

static int map_identities(const struct ingot_identities *identities, pid_t target, int is_quiet) {
    char process[16];
    snprintf(process, sizeof process, "%d", (int)target);
    int error = identities->group_tool ? run_tool(identities->group_tool, process, identities->groups, is_quiet)
                                       : write_map("gid", process, identities->groups);
    if (error) return error;
    return identities->user_tool ? run_tool(identities->user_tool, process, identities->users, is_quiet)
                                 : write_map("uid", process, identities->users);
}

int ingot_enter_user_namespace(const struct ingot_identities *identities, int is_quiet, int *stage) {
    int go[2];
    char byte = 0;
    pid_t own = getpid();
    *stage = INGOT_STAGE_USER;
    if (pipe2(go, O_CLOEXEC)) return -errno;
    pid_t mapper = fork();
    if (mapper < 0) return -errno;
    if (mapper == 0) {
        close(go[1]);
        ssize_t length;
        while ((length = read(go[0], &byte, 1)) < 0 && errno == EINTR) continue;
        _exit(length == 1 ? map_identities(identities, own, is_quiet) : 0);
    }
    close(go[0]);
    int error = unshare(CLONE_NEWUSER) ? errno : 0;
    if (!error && write(go[1], &byte, 1) != 1) error = errno;
    close(go[1]);
    int status = exit_status(mapper);
    if (error) return -error;
    *stage = INGOT_STAGE_MAP;
    if (status) return -status;
    return setresgid(0, 0, 0) || setresuid(0, 0, 0) ? -errno : 0;
}

// In a child: what the session will do, as far as it can be refused.
static int try_session(const struct ingot_identities *identities, int *stage) {
    int error = identities ? ingot_enter_user_namespace(identities, 1, stage) : 0;
    if (error) return error;
    *stage = INGOT_STAGE_NAMESPACES;
    if (unshare(CLONE_NEWNS | CLONE_NEWPID)) return -errno;
    *stage = INGOT_STAGE_MOUNT;
    return mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) ? -errno : 0;
}

int ingot_session_probe(const struct ingot_identities *identities, int *stage) {
    int ends[2], result[2] = {-EAGAIN, 0};
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    pid_t child = fork();  // of a threaded process: only system calls until _exit
    if (child == 0) {
        int tried[2];
        tried[0] = try_session(identities, &tried[1]);
        _exit(write(ends[1], tried, sizeof tried) != sizeof tried);
    }
    int error = errno;
    close(ends[1]);
    if (child > 0 && (read(ends[0], result, sizeof result) != sizeof result)) result[0] = -EAGAIN;
    close(ends[0]);
    if (child < 0) return -error;
    exit_status(child);
    *stage = result[1];
    return result[0];
}
