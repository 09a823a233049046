#pragma once
#include <stdint.h>
#include <sys/xattr.h>

struct ingot_usage {
    uint64_t allocated;  // bytes on disk, hard links once
    uint64_t apparent;   // sizes of regular files and symbolic links, hard links once
    uint64_t inodes;
};

/// Told of each entry with at least `threshold` bytes on disk, directories after their contents and with them.
typedef void (*ingot_usage_visitor)(const char *_Nonnull path, uint64_t allocated, void *_Nullable context);

/// Measures a tree on one filesystem as `du -a -c -x` does: 0 or -errno, the path of a failure in `where`.
int ingot_measure_tree(
    const char *_Nonnull path, struct ingot_usage *_Nonnull usage, uint64_t threshold,
    ingot_usage_visitor _Nullable visitor, void *_Nullable context, char *_Nonnull where, unsigned long where_size);

/// Marks an open file or directory as a temporary tree of this program; 0, or -errno where there are no such marks.
int ingot_mark_temporary(int descriptor);

/// 1 if it bears the mark, 0 if not.
int ingot_is_marked_temporary(int descriptor);
