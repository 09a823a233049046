// Ends all processes below this one, where it is no PID 1 whose end takes all others with it.
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// 0 if there is no such process.
static pid_t parent_of(pid_t process) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    // `1234 (name) S 1`: the name may hold anything.
    const char *end = strrchr(text, ')');
    int parent = 0;
    return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static void kill_children(void) {
    pid_t own = getpid();
    DIR *folder = opendir("/proc");
    if (!folder) return;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        char *end;
        pid_t process = (pid_t)strtol(entry->d_name, &end, 10);
        if (process > 0 && !*end && parent_of(process) == own) kill(process, SIGKILL);
    }
    closedir(folder);
}

// What a child leaves behind becomes a child of the subreaper, before the child can be reaped: when there are no
// children, there is nobody.
void ingot_end_descendants(pid_t child, int *child_status) {
    for (;;) {
        kill_children();
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended == child) *child_status = status;
        else if (ended < 0 && errno != EINTR) return;
    }
}
