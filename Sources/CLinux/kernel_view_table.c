// The calls that name files, as far as programs make them on the kernel's own, and the places of their arguments.
#include "kernel_view.h"

#include <fcntl.h>
#include <sys/syscall.h>

#define LINK AT_SYMLINK_NOFOLLOW

// number, kind, directory, path, flags, extra, buffer, size, fixed flags
const struct ingot_view_call ingot_view_calls[] = {
#ifdef SYS_open
    {SYS_open, INGOT_VIEW_OPEN, -1, 0, 1, 2, -1, -1, 0},
    {SYS_stat, INGOT_VIEW_STAT, -1, 0, -1, -1, 1, -1, 0},
    {SYS_lstat, INGOT_VIEW_STAT, -1, 0, -1, -1, 1, -1, LINK},
    {SYS_access, INGOT_VIEW_ACCESS, -1, 0, -1, 1, -1, -1, 0},
    {SYS_readlink, INGOT_VIEW_LINK, -1, 0, -1, -1, 1, 2, LINK},
    {SYS_chmod, INGOT_VIEW_MODE, -1, 0, -1, 1, -1, -1, 0},
    {SYS_chown, INGOT_VIEW_OWNER, -1, 0, -1, 1, 2, -1, 0},
    {SYS_lchown, INGOT_VIEW_OWNER, -1, 0, -1, 1, 2, -1, LINK},
#endif
    {SYS_openat, INGOT_VIEW_OPEN, 0, 1, 2, 3, -1, -1, 0},
    {SYS_newfstatat, INGOT_VIEW_STAT, 0, 1, 3, -1, 2, -1, 0},
    {SYS_statx, INGOT_VIEW_STATX, 0, 1, 2, 3, 4, -1, 0},
    {SYS_faccessat, INGOT_VIEW_ACCESS, 0, 1, -1, 2, -1, -1, 0},
    {SYS_faccessat2, INGOT_VIEW_ACCESS, 0, 1, 3, 2, -1, -1, 0},
    {SYS_readlinkat, INGOT_VIEW_LINK, 0, 1, -1, -1, 2, 3, LINK},
    {SYS_statfs, INGOT_VIEW_STATFS, -1, 0, -1, -1, 1, -1, 0},
    {SYS_fchmodat, INGOT_VIEW_MODE, 0, 1, -1, 2, -1, -1, 0},
    {SYS_fchownat, INGOT_VIEW_OWNER, 0, 1, 4, 2, 3, -1, 0},
    {SYS_linkat, INGOT_VIEW_HARD_LINK, 0, 1, 4, 2, 3, -1, 0},
    {SYS_utimensat, INGOT_VIEW_TIMES, 0, 1, 3, -1, 2, -1, 0},
    {SYS_getxattr, INGOT_VIEW_GET, -1, 0, -1, 1, 2, 3, 0},
    {SYS_lgetxattr, INGOT_VIEW_GET, -1, 0, -1, 1, 2, 3, LINK},
    {SYS_listxattr, INGOT_VIEW_LIST, -1, 0, -1, -1, 1, 2, 0},
    {SYS_llistxattr, INGOT_VIEW_LIST, -1, 0, -1, -1, 1, 2, LINK},
    {SYS_setxattr, INGOT_VIEW_SET, -1, 0, -1, 1, 2, 3, 0},
    {SYS_removexattr, INGOT_VIEW_REMOVE, -1, 0, -1, 1, -1, -1, 0},
};
const unsigned ingot_view_call_count = sizeof ingot_view_calls / sizeof *ingot_view_calls;
