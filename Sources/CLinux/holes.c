#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "include/tree.h"
#include "internal.h"

// The smallest hole that tmpfs and the disk's file systems have in common.
#define BLOCK 4096
#define WINDOW (256 * BLOCK)

static bool is_zero(const char *bytes, size_t count) {
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

static int punch(int file, off_t start, off_t end) {
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start) ? -errno : 0;
}

// Punches the zero blocks of one stretch of data, neighbours together; or, only looking, gives 1 at the first of them.
static int punch_stretch(int file, off_t start, off_t end, char *window, bool looks) {
    off_t hole = -1;
    int result = 0;
    start -= start % BLOCK;
    for (off_t offset = start; offset < end; offset += WINDOW) {
        ssize_t got = pread(file, window, WINDOW, offset);
        if (got < 0) return -errno;
        for (ssize_t at = 0; at < got && offset + at < end; at += BLOCK) {
            size_t length = got - at < BLOCK ? (size_t)(got - at) : BLOCK;
            bool zero = is_zero(window + at, length);
            if (zero && looks) return 1;
            if (zero && hole < 0) hole = offset + at;
            if (zero || hole < 0) continue;
            if ((result = punch(file, hole, offset + at))) return result;
            hole = -1;
        }
        if (got < WINDOW) break;
    }
    off_t rounded = end + BLOCK - 1;
    return hole < 0 ? 0 : punch(file, hole, rounded - rounded % BLOCK);
}

// All stretches of data of a file.
static int punch_data(int file, char *window, bool looks) {
    int result = 0;
    for (off_t end = 0; !result;) {
        off_t start = lseek(file, end, SEEK_DATA);
        if (start < 0) return errno == ENXIO ? 0 : -errno;
        end = lseek(file, start, SEEK_HOLE);
        result = end < 0 ? -errno : punch_stretch(file, start, end, window, looks);
    }
    return result;
}

// Read first, and opened for writing only if there is something to write: in stacked directories (overlayfs) that alone
// makes a copy of the file, and one in which holes may be zeros again. Hence the second look at all of it.
static int punch_file(const char *path, char *window) {
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return -errno;
    struct stat info;
    int result = fstat(file, &info) ? -errno : punch_data(file, window, true);
    close(file);
    if (result <= 0) return result;
    file = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return -errno;
    // Whoever writes to a program takes its capabilities away, and may take its set-uid bit.
    char rights[64];
    ssize_t length = fgetxattr(file, "security.capability", rights, sizeof rights);
    result = punch_data(file, window, false);
    // The contents are as they were: so are rights and times.
    const struct timespec times[] = {info.st_atim, info.st_mtim};
    if (!result && info.st_mode & (S_ISUID | S_ISGID) && fchmod(file, info.st_mode & 07777)) result = -errno;
    if (!result && length > 0 && fsetxattr(file, "security.capability", rights, (size_t)length, 0)) result = -errno;
    if (!result && futimens(file, times)) result = -errno;
    close(file);
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
