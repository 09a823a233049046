#include "include/files.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "internal.h"

// Only root can set or see `trusted.` attributes. Root of a user namespace has `user.` ones, which only the owner of the
// directory can set; and only directories of our own are looked at.
#define MARK "trusted.ingot.temporary"
#define USER_MARK "user.ingot.temporary"

int ingot_mark_temporary(int descriptor) {
    if (!fsetxattr(descriptor, MARK, "1", 1, 0)) return 0;
    return errno == EPERM && !fsetxattr(descriptor, USER_MARK, "1", 1, 0) ? 0 : -errno;
}

int ingot_is_marked_temporary(int descriptor) {
    return fgetxattr(descriptor, MARK, NULL, 0) > 0 || fgetxattr(descriptor, USER_MARK, NULL, 0) > 0;
}

int ingot_measure_tree(
    const char *path, struct ingot_usage *usage, uint64_t threshold, ingot_usage_visitor visitor, void *context,
    char *where, unsigned long where_size) {
    char *roots[] = {(char *)path, NULL};
    struct ingot_link_set links = {0};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    if (!walk) return -errno;
    FTSENT *entry;
    int result = 0;
    *usage = (struct ingot_usage){0};
    while (errno = 0, (entry = fts_read(walk))) {
        if (entry->fts_info == FTS_D) {
            entry->fts_number = 0;
            continue;
        }
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            snprintf(where, where_size, "%s", entry->fts_path);
            result = -entry->fts_errno;
            break;
        }
        const struct stat *info = entry->fts_statp;
        uint64_t own = 0;
        if (ingot_is_first_link(&links, info)) {
            own = (uint64_t)info->st_blocks * 512;
            usage->inodes++;
            if (S_ISREG(info->st_mode) || S_ISLNK(info->st_mode)) usage->apparent += (uint64_t)info->st_size;
        }
        // A directory is met again after its contents, whose sum is in fts_number.
        uint64_t total = own + (entry->fts_info == FTS_DP ? (uint64_t)entry->fts_number : 0);
        usage->allocated += own;
        entry->fts_parent->fts_number += (long)total;
        if (visitor && total >= threshold) visitor(entry->fts_path, total, context);
    }
    if (!entry && errno) result = -errno;
    fts_close(walk);
    free(links.slots);
    return result;
}
