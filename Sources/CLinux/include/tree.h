#pragma once
#include <stddef.h>

/// Removes a file or a directory tree, never crossing a mount point (bind mounts of the same filesystem included).
///
/// Goes on after a failure and removes what it can. Returns 0, or the first failure as -errno with the path it
/// happened at in `where` (cut if too long). -EXDEV: something is mounted there.
int ingot_remove_tree(const char *_Nonnull path, char *_Nonnull where, size_t where_size);

/// Makes a hole of every aligned block of 4096 zero bytes in the files of a tree, on one file system; times of
/// modification stay.
///
/// Returns 0 or the first failure as -errno, the path it happened at in `where`; -EOPNOTSUPP: a file system without holes.
int ingot_punch_zeros(const char *_Nonnull path, char *_Nonnull where, size_t where_size);
