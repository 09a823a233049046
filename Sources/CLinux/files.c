#include "include/files.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

// Only root can set or see `trusted.` attributes, so in a world-writable folder nobody can plant one.
#define MARK "trusted.ingot.temporary"

int ingot_mark_temporary(int descriptor) { return fsetxattr(descriptor, MARK, "1", 1, 0) ? -errno : 0; }

int ingot_is_marked_temporary(int descriptor) { return fgetxattr(descriptor, MARK, NULL, 0) > 0; }

// The inodes with several names that were met before: open addressing, inode 0 marks an empty slot.
struct link_set {
    struct { dev_t device; ino_t inode; } *slots;
    size_t used, capacity;
};

static bool insert(struct link_set *set, dev_t device, ino_t inode) {
    for (size_t slot = (size_t)inode * 0x9E3779B97F4A7C15u & (set->capacity - 1);; slot = (slot + 1) & (set->capacity - 1)) {
        if (set->slots[slot].inode == inode && set->slots[slot].device == device) return false;
        if (set->slots[slot].inode) continue;
        set->slots[slot].inode = inode;
        set->slots[slot].device = device;
        set->used++;
        return true;
    }
}

// True if this is the first meeting. Without memory every meeting is the first.
static bool is_new(struct link_set *set, const struct stat *info) {
    if (info->st_nlink < 2 || S_ISDIR(info->st_mode)) return true;
    if (set->used * 2 >= set->capacity) {
        struct link_set grown = {.capacity = set->capacity ? set->capacity * 2 : 1024};
        grown.slots = calloc(grown.capacity, sizeof *grown.slots);
        if (!grown.slots) return true;
        for (size_t i = 0; i < set->capacity; i++)
            if (set->slots[i].inode) insert(&grown, set->slots[i].device, set->slots[i].inode);
        free(set->slots);
        *set = grown;
    }
    return insert(set, info->st_dev, info->st_ino);
}

int ingot_measure_tree(
    const char *path, struct ingot_usage *usage, uint64_t threshold, ingot_usage_visitor visitor, void *context,
    char *where, unsigned long where_size) {
    char *roots[] = {(char *)path, NULL};
    struct link_set links = {0};
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
        if (is_new(&links, info)) {
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
