#include "include/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// By declaration: <sys/mount.h> and <linux/mount.h> define the same names on older C libraries.
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);
#define UMOUNT_WITHOUT_FOLLOWING 8
#define UMOUNT_LAZILY 2

_Static_assert(INGOT_RESOLVE_IN_ROOT == RESOLVE_IN_ROOT, "openat2");
_Static_assert(INGOT_RESOLVE_NO_XDEV == RESOLVE_NO_XDEV, "openat2");
_Static_assert(INGOT_RESOLVE_NO_SYMLINKS == RESOLVE_NO_SYMLINKS, "openat2");
_Static_assert(INGOT_O_PATH == O_PATH, "openat2");

int ingot_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
    return mount(source, target, type, flags, options) ? -errno : 0;
}

int ingot_unmount_together(const char *target) {
    return umount2(target, UMOUNT_WITHOUT_FOLLOWING | UMOUNT_LAZILY) ? -errno : 0;
}

int ingot_unmount(const char *target) { return umount2(target, UMOUNT_WITHOUT_FOLLOWING) ? -errno : 0; }

int ingot_mount_read_only(const char *target, bool recursive) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    unsigned flags = AT_SYMLINK_NOFOLLOW | (recursive ? AT_RECURSIVE : 0);
    return syscall(SYS_mount_setattr, AT_FDCWD, target, flags, &attributes, sizeof attributes) ? -errno : 0;
}

int ingot_sync_filesystem(const char *path) {
    int directory = open(path, O_RDONLY | O_CLOEXEC);
    if (directory < 0) return -errno;
    int result = syncfs(directory) ? -errno : 0;
    close(directory);
    return result;
}

int ingot_trim_filesystem(const char *path, uint64_t *bytes) {
    struct fstrim_range range = {.len = UINT64_MAX};
    int directory = open(path, O_RDONLY | O_CLOEXEC);
    if (directory < 0) return -errno;
    int result = ioctl(directory, FITRIM, &range) ? -errno : 0;
    close(directory);
    *bytes = range.len;
    return result;
}

int ingot_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    for (;;) {
        // EAGAIN: a rename elsewhere made the walk unsafe; the kernel asks to try again.
        long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0) return (int)result;
        if (errno != EAGAIN && errno != EINTR) return -errno;
    }
}

static int make_node(int directory, const char *name, mode_t type, dev_t number, unsigned mode) {
    if (mknodat(directory, name, type | mode, number)) return -errno;
    return fchmodat(directory, name, mode, 0) ? -errno : 0;  // past the umask
}

int ingot_mirror_device(int directory, const char *name, const char *host_path, unsigned mode) {
    struct stat info;
    if (stat(host_path, &info)) return -errno;
    if (!S_ISBLK(info.st_mode) && !S_ISCHR(info.st_mode)) return -ENODEV;
    return make_node(directory, name, info.st_mode & S_IFMT, info.st_rdev, mode);
}

int ingot_make_character_device(
    int directory, const char *name, unsigned major_number, unsigned minor_number, unsigned mode) {
    return make_node(directory, name, S_IFCHR, makedev(major_number, minor_number), mode);
}
