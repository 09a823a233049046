#pragma once
#include <stdint.h>

/// Mounts an overlay file system, with the directories of `options` seen from `directory`: 0 or -errno.
///
/// The names of many lower directories do not fit into the one page that mount(2) takes, unless they are short.
int ingot_mount_overlay(const char *_Nonnull directory, const char *_Nonnull target, const char *_Nonnull options);

/// Moves a mount, with those below it, to another place: 0 or -errno.
int ingot_move_mount(const char *_Nonnull source, const char *_Nonnull target);

struct ingot_listed {
    const char *_Nonnull path;  // below the top, empty for the top itself
    uint64_t inode, links, size, device_number;
    int64_t modified, changed;  // nanoseconds since 1970
    uint64_t allocated;
    uint32_t mode, user, group;
    int is_opaque;  // overlayfs: nothing of this directory is taken from below
};

typedef void (*ingot_list_visitor)(const struct ingot_listed *_Nonnull entry, void *_Nullable context);

/// Tells of everything in a tree on one file system, directories before their contents, names in byte order.
int ingot_list_tree(const char *_Nonnull path, ingot_list_visitor _Nonnull visitor, void *_Nullable context);

/// Sets mode, owner and times of one directory to those of another: 0 or -errno.
int ingot_copy_directory_status(const char *_Nonnull source, const char *_Nonnull target);
