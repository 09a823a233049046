// `rm -rf` that cannot leave its tree: directories are opened with openat2(2) and RESOLVE_NO_XDEV, so the kernel itself
// refuses a mount point, even a bind mount of the same filesystem, which st_dev could not tell. One descriptor is
// enough for any depth: the way up is "..", checked to be the directory we came from.
#include "include/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct level {
    char *name;  // in its parent
    char **directories;
    size_t count, capacity;
    dev_t device;
    ino_t inode;
    bool scanned;
};

struct removal {
    const char *root;
    struct level *levels;
    size_t depth, capacity;
    int error;
    char *where;
    size_t where_size;
};

// Remembers the first failure and the path it happened at.
static void note(struct removal *removal, int error, const char *name) {
    if (removal->error) return;
    removal->error = -error;
    size_t used = (size_t)snprintf(removal->where, removal->where_size, "%s", removal->root);
    for (size_t i = 1; i < removal->depth && used < removal->where_size; i++)
        used += (size_t)snprintf(removal->where + used, removal->where_size - used, "/%s", removal->levels[i].name);
    if (name && used < removal->where_size) snprintf(removal->where + used, removal->where_size - used, "/%s", name);
}

static int open_directory(int parent, const char *name) {
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
    };
    return (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
}

// Takes off the immutable and append-only flags, which elements do set (resolv.conf). True if there was one.
static bool clear_flags(int descriptor) {
    int flags;
    if (descriptor < 0 || ioctl(descriptor, FS_IOC_GETFLAGS, &flags)) return false;
    if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))) return false;
    flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
    return ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0;
}

static int unlink_entry(int parent, const char *name, int flags) {
    if (!unlinkat(parent, name, flags)) return 0;
    if (errno != EPERM) return -errno;
    struct stat info;
    bool cleared = clear_flags(parent);
    if (!fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) {
        int entry = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        cleared |= clear_flags(entry);
        if (entry >= 0) close(entry);
    }
    if (!cleared) return -EPERM;
    return unlinkat(parent, name, flags) ? -errno : 0;
}

static bool is_directory(int parent, const struct dirent *entry) {
    struct stat info;
    if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_DIR;
    return !fstatat(parent, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) && S_ISDIR(info.st_mode);
}

static bool push(struct removal *removal, const char *name, int descriptor) {
    struct stat info;
    if (removal->depth == removal->capacity) {
        size_t wanted = removal->capacity * 2 + 32;
        struct level *grown = realloc(removal->levels, wanted * sizeof *grown);
        if (!grown) return false;
        removal->levels = grown;
        removal->capacity = wanted;
    }
    char *copy = strdup(name);
    if (!copy || fstat(descriptor, &info)) return free(copy), false;
    removal->levels[removal->depth++] = (struct level){.name = copy, .device = info.st_dev, .inode = info.st_ino};
    return true;
}

// Removes all but the directories of `descriptor`, which are listed in the level.
static void scan(struct removal *removal, struct level *level, int descriptor) {
    level->scanned = true;
    int copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        note(removal, errno, NULL);
        if (copy >= 0) close(copy);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (!is_directory(descriptor, entry)) {
            int error = unlink_entry(descriptor, entry->d_name, 0);
            if (error < 0) note(removal, -error, entry->d_name);
            continue;
        }
        if (level->count == level->capacity) {
            size_t wanted = level->capacity * 2 + 16;
            char **grown = realloc(level->directories, wanted * sizeof *grown);
            if (!grown) break;
            level->directories = grown;
            level->capacity = wanted;
        }
        if ((level->directories[level->count] = strdup(entry->d_name))) level->count++;
    }
    closedir(stream);
}

// Goes into the next listed directory; stays where it is if that cannot be entered.
static int descend(struct removal *removal, int current) {
    struct level *level = &removal->levels[removal->depth - 1];
    char *name = level->directories[--level->count];
    int below = open_directory(current, name);
    if (below < 0 || !push(removal, name, below)) {
        note(removal, errno, name);
        if (below >= 0) close(below);
        below = current;
    } else {
        close(current);
    }
    free(name);
    return below;
}

// Leaves an emptied directory and removes it from its parent; -1 if the parent is not the one we came from.
static int ascend(struct removal *removal, int current) {
    struct level gone = removal->levels[--removal->depth];
    const struct level *parent = &removal->levels[removal->depth - 1];
    struct stat info;
    int up = openat(current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(current);
    if (up >= 0 && (fstat(up, &info) || info.st_dev != parent->device || info.st_ino != parent->inode)) {
        close(up);
        up = -1;
        errno = ESTALE;
    }
    int error = up < 0 ? -errno : unlink_entry(up, gone.name, AT_REMOVEDIR);
    if (error < 0) note(removal, -error, gone.name);
    free(gone.name);
    free(gone.directories);
    return up;
}

static void remove_directory(struct removal *removal, int current, const char *name) {
    if (!push(removal, name, current)) {
        note(removal, errno, NULL);
        close(current);
        return;
    }
    while (current >= 0) {
        struct level *level = &removal->levels[removal->depth - 1];
        if (!level->scanned) scan(removal, level, current);
        if (level->count > 0) current = descend(removal, current);
        else if (removal->depth > 1) current = ascend(removal, current);
        else break;
    }
    if (current >= 0) close(current);
    while (removal->depth > 0) {
        struct level *level = &removal->levels[--removal->depth];
        while (level->count > 0) free(level->directories[--level->count]);
        free(level->directories);
        free(level->name);
    }
}

int ingot_remove_tree(const char *path, char *where, size_t where_size) {
    struct removal removal = {.root = path, .where = where, .where_size = where_size};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(where, where_size, "%s", path);
    if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) return -EINVAL;
    char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    if (!folder) return -ENOMEM;
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (parent < 0) return -errno;
    int current = open_directory(parent, name);
    if (current >= 0) {
        remove_directory(&removal, current, name);
    } else if (errno != ENOTDIR && errno != ELOOP) {
        note(&removal, errno, NULL);
    }
    if (!removal.error || current < 0) {
        int error = removal.error ? 0 : unlink_entry(parent, name, current >= 0 ? AT_REMOVEDIR : 0);
        if (error < 0) note(&removal, -error, NULL);
    }
    close(parent);
    free(removal.levels);
    return removal.error;
}
