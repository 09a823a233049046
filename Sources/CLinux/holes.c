#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/tree.h"
#include "internal.h"

// The smallest hole that tmpfs and the disk's file systems have in common.
#define BLOCK 4096
#define WINDOW (256 * BLOCK)

static bool is_zero(const char *bytes, size_t count) {
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

// A file that is read, and opened for writing only once there is something to write: in stacked directories (overlayfs)
// that alone makes a copy of the whole file.
struct target {
    const char *path;
    int reading, writing;
    char *window;
};

static int punch(struct target *target, off_t start, off_t end) {
    if (target->writing < 0) target->writing = open(target->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (target->writing < 0) return -errno;
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(target->writing, mode, start, end - start) ? -errno : 0;
}

// Punches the zero blocks of one stretch of data, neighbours together.
static int punch_stretch(struct target *target, off_t start, off_t end) {
    off_t hole = -1;
    int result = 0;
    start -= start % BLOCK;
    for (off_t offset = start; offset < end; offset += WINDOW) {
        ssize_t got = pread(target->reading, target->window, WINDOW, offset);
        if (got < 0) return -errno;
        for (ssize_t at = 0; at < got && offset + at < end; at += BLOCK) {
            size_t length = got - at < BLOCK ? (size_t)(got - at) : BLOCK;
            bool zero = is_zero(target->window + at, length);
            if (zero && hole < 0) hole = offset + at;
            if (zero || hole < 0) continue;
            if ((result = punch(target, hole, offset + at))) return result;
            hole = -1;
        }
        if (got < WINDOW) break;
    }
    off_t rounded = end + BLOCK - 1;
    return hole < 0 ? 0 : punch(target, hole, rounded - rounded % BLOCK);
}

static int punch_file(const char *path, char *window) {
    struct target target = {path, open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), -1, window};
    if (target.reading < 0) return -errno;
    struct stat info;
    int result = fstat(target.reading, &info) ? -errno : 0;
    for (off_t end = 0; !result;) {
        off_t start = lseek(target.reading, end, SEEK_DATA);
        if (start < 0) {
            if (errno != ENXIO) result = -errno;
            break;
        }
        end = lseek(target.reading, start, SEEK_HOLE);
        result = end < 0 ? -errno : punch_stretch(&target, start, end);
    }
    // The contents are as they were: so is their time.
    const struct timespec times[] = {info.st_atim, info.st_mtim};
    if (target.writing >= 0) {
        if (!result && futimens(target.writing, times)) result = -errno;
        close(target.writing);
    }
    close(target.reading);
    return result;
}

int ingot_punch_zeros(const char *path, char *where, size_t where_size) {
    char *roots[] = {(char *)path, NULL};
    char *window = malloc(WINDOW);
    if (!window) return -ENOMEM;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    if (!walk) {
        int failure = -errno;
        free(window);
        return failure;
    }
    struct ingot_link_set links = {0};
    FTSENT *entry;
    int result = 0;
    while (!result && (errno = 0, entry = fts_read(walk))) {
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            result = -entry->fts_errno;
        } else if (entry->fts_info == FTS_F && entry->fts_statp->st_blocks && ingot_is_first_link(&links, entry->fts_statp)) {
            result = punch_file(entry->fts_path, window);
        }
        if (result) snprintf(where, where_size, "%s", entry->fts_path);
    }
    if (!result && errno) result = -errno;
    fts_close(walk);
    free(links.slots);
    free(window);
    return result;
}
