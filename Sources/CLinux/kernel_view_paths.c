// Which paths of a chroot are the kernel's, and what they are outside.
#include "kernel_view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What is a link to something of the asking process's own, and where that is below /proc/PROCESS.
static const struct {
    const char *name, *place;
} own_files[] = {
    {"/proc/self", ""},        {"/proc/mounts", "/mounts"}, {"/proc/net", "/net"},     {"/dev/fd", "/fd"},
    {"/dev/stdin", "/fd/0"},   {"/dev/stdout", "/fd/1"},    {"/dev/stderr", "/fd/2"},  {"/etc/mtab", "/mounts"},
};

static const char *const shown[] = {"/proc", "/sys", "/dev/pts", "/dev/ptmx"};

// The rest of a path below a folder, or NULL.
static const char *rest_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) || (path[length] && path[length] != '/')) return NULL;
    return path + length;
}

static bool is_link_to_mounts(const char *root) {
    char path[PATH_MAX], target[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/etc/mtab", root) >= (int)sizeof path) return false;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0) return false;
    target[length] = 0;
    const char *name = strstr(target, "proc/");
    return name && (!strcmp(name, "proc/mounts") || !strcmp(name, "proc/self/mounts"));
}

// Without repeated slashes and dots.
static bool normalise(const char *path, char *result) {
    size_t length = 0;
    while (*path) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size > 0 && !(size == 1 && *path == '.')) {
            if (length + size + 2 > PATH_MAX) return false;
            result[length++] = '/';
            memcpy(result + length, path, size);
            length += size;
        }
        path += size;
    }
    result[length] = 0;
    return true;
}

// Where a path that climbs leads, if that is not out of what is shown.
static bool settle(char *mapped) {
    char settled[PATH_MAX];
    if (!strstr(mapped, "/..")) return true;
    if (!realpath(mapped, settled) || !(rest_below(settled, "/proc") || rest_below(settled, "/sys"))) return false;
    strcpy(mapped, settled);
    return true;
}

bool ingot_view_map(const char *given, bool follows, int thread, int process, const char *root, char *mapped) {
    char path[PATH_MAX];
    const char *rest;
    if (!normalise(given, path)) return false;
    if ((rest = rest_below(path, "/proc/thread-self")) && (*rest || follows))
        return snprintf(mapped, PATH_MAX, "/proc/%d/task/%d%s", process, thread, rest) < PATH_MAX && settle(mapped);
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        if (!(rest = rest_below(path, own_files[i].name))) continue;
        // The link itself: that of the kernel is the same for all, the others are in the tree.
        if (!*rest && !follows && strncmp(path, "/proc/", 6)) return false;
        if (!*rest && !follows) break;
        if (!strcmp(own_files[i].name, "/etc/mtab") && (*rest || !is_link_to_mounts(root))) return false;
        return snprintf(mapped, PATH_MAX, "/proc/%d%s%s", process, own_files[i].place, rest) < PATH_MAX && settle(mapped);
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        if (!(rest = rest_below(path, shown[i]))) continue;
        // Trees may have a node of that name.
        if (!follows && !*rest && !strcmp(shown[i], "/dev/ptmx")) return false;
        strcpy(mapped, path);
        return settle(mapped);
    }
    return false;
}
