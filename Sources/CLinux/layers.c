// Overlay mounts of many layers, and walks over the directories they are made of.
#include "include/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

extern int mount(const char *, const char *, const char *, unsigned long, const void *);
#define MOUNT_MOVE 8192

struct overlay_request {
    const char *directory, *target, *options;
    int result;
};

// On a thread of its own: a working directory belongs to all threads of a process, until one takes leave of them.
static void *mount_overlay(void *context) {
    struct overlay_request *request = context;
    int failed = unshare(CLONE_FS) || chdir(request->directory) ||
                 mount("overlay", request->target, "overlay", 0, request->options);
    request->result = failed ? -errno : 0;
    return NULL;
}

int ingot_mount_overlay(const char *directory, const char *target, const char *options) {
    struct overlay_request request = {directory, target, options, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, mount_overlay, &request);
    if (error) return -error;
    pthread_join(thread, NULL);
    return request.result;
}

int ingot_move_mount(const char *source, const char *target) {
    return mount(source, target, NULL, MOUNT_MOVE, NULL) ? -errno : 0;
}

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

static int by_name(const FTSENT **left, const FTSENT **right) {
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

// `user.` is what overlayfs uses in user namespaces (mount option userxattr).
static int is_opaque(const char *path) {
    char value = 0;
    return (lgetxattr(path, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y')
           || (lgetxattr(path, "user.overlay.opaque", &value, 1) == 1 && value == 'y');
}

int ingot_list_tree(const char *path, ingot_list_visitor visitor, void *context) {
    char *const paths[] = {(char *)path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
    if (!walk) return -errno;
    size_t skipped = strlen(path);
    int result = 0;
    FTSENT *entry;
    while ((errno = 0, entry = fts_read(walk))) {
        if (entry->fts_info == FTS_DP) continue;
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            result = -entry->fts_errno;
            break;
        }
        const struct stat *info = entry->fts_statp;
        const char *below = entry->fts_path + skipped;
        struct ingot_listed listed = {
            .path = *below == '/' ? below + 1 : below,
            .inode = info->st_ino,
            .links = info->st_nlink,
            .size = (uint64_t)info->st_size,
            .device_number = info->st_rdev,
            .modified = nanoseconds(info->st_mtim),
            .changed = nanoseconds(info->st_ctim),
            .allocated = (uint64_t)info->st_blocks * 512,
            .mode = info->st_mode,
            .user = info->st_uid,
            .group = info->st_gid,
            .is_opaque = S_ISDIR(info->st_mode) && is_opaque(entry->fts_accpath),
        };
        visitor(&listed, context);
    }
    if (!result && errno) result = -errno;
    fts_close(walk);
    return result;
}

int ingot_copy_directory_status(const char *source, const char *target) {
    struct stat info;
    if (stat(source, &info)) return -errno;
    struct timespec times[2] = {info.st_atim, info.st_mtim};
    if (chown(target, info.st_uid, info.st_gid) || chmod(target, info.st_mode & 07777)) return -errno;
    return utimensat(AT_FDCWD, target, times, 0) ? -errno : 0;
}
