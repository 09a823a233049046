#include "include/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "internal.h"

#define MOST_NAMES 65536

// Bytes of an access control list as ext4 stores it: four for what a mode has, eight for a named user or group.
static uint32_t stored_acl(const char *path, const char *name, uint32_t length) {
    unsigned char value[MOST_NAMES];
    ssize_t got = lgetxattr(path, name, value, sizeof value);
    if (got < 4) return length;
    uint32_t stored = 4;
    for (ssize_t at = 4; at + 8 <= got; at += 8) {
        unsigned tag = value[at] | (unsigned)value[at + 1] << 8;
        stored += tag == 2 || tag == 8 ? 8 : 4;
    }
    return stored;
}

static int visit_attributes(const char *path, struct ingot_survey_entry *told, ingot_survey_visitor visitor, void *context) {
    char names[MOST_NAMES];
    ssize_t length = llistxattr(path, names, sizeof names);
    if (length < 0) return errno == ENOTSUP || errno == EPERM ? 0 : -errno;
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        ssize_t size = lgetxattr(path, name, NULL, 0);
        if (size < 0) continue;
        told->event = INGOT_SURVEY_ATTRIBUTE;
        told->name = name;
        told->name_length = (uint32_t)strlen(name);
        told->size = (uint64_t)size;
        told->stored = strncmp(name, "system.posix_acl_", 17) ? (uint32_t)size : stored_acl(path, name, (uint32_t)size);
        visitor(told, context);
    }
    return 0;
}

// The parts of a file with holes that have data; a file system that cannot tell has data everywhere.
static int visit_segments(const char *path, uint64_t size, struct ingot_survey_entry *told, ingot_survey_visitor visitor, void *context) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);
    if (file < 0) return -errno;
    off_t start = 0, end;
    told->event = INGOT_SURVEY_SEGMENT;
    while (start < (off_t)size && (start = lseek(file, start, SEEK_DATA)) >= 0) {
        end = lseek(file, start, SEEK_HOLE);
        if (end < 0) end = (off_t)size;
        told->offset = (uint64_t)start;
        told->size = (uint64_t)(end - start);
        visitor(told, context);
        start = end;
    }
    close(file);
    return 0;
}

static int visit(FTSENT *entry, struct ingot_link_set *links, ingot_survey_visitor visitor, void *context) {
    const struct stat *info = entry->fts_statp;
    struct ingot_survey_entry told = {
        .event = entry->fts_info == FTS_D ? INGOT_SURVEY_ENTER : INGOT_SURVEY_ENTRY,
        .mode = info->st_mode, .inode = info->st_ino, .size = (uint64_t)info->st_size,
        .allocated = (uint64_t)info->st_blocks * 512,
        .path = entry->fts_path, .name = entry->fts_name, .name_length = (uint32_t)entry->fts_namelen,
    };
    told.is_another_name = !ingot_is_first_link(links, info);
    // What cp(1) takes for a file with holes.
    told.has_holes = S_ISREG(info->st_mode) && (uint64_t)info->st_blocks < told.size / 512;
    struct ingot_survey_entry more = told;
    visitor(&told, context);
    if (told.is_another_name) return 0;
    int result = told.has_holes ? visit_segments(entry->fts_accpath, told.size, &more, visitor, context) : 0;
    return result ? result : visit_attributes(entry->fts_accpath, &more, visitor, context);
}

int ingot_survey_tree(
    const char *path, ingot_survey_visitor visitor, void *context, char *where, unsigned long where_size) {
    char *roots[] = {(char *)path, NULL};
    struct ingot_link_set links = {0};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    if (!walk) return -errno;
    FTSENT *entry;
    int result = 0;
    while (!result && (errno = 0, (entry = fts_read(walk)))) {
        if (entry->fts_info == FTS_DP) {
            struct ingot_survey_entry told = {.event = INGOT_SURVEY_LEAVE, .path = entry->fts_path};
            visitor(&told, context);
            continue;
        }
        int is_bad = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;
        result = is_bad ? -entry->fts_errno : visit(entry, &links, visitor, context);
        if (result) snprintf(where, where_size, "%s", entry->fts_path);
    }
    if (!result && errno) result = -errno;
    fts_close(walk);
    free(links.slots);
    return result;
}
