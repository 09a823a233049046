// What programs change by a path of the kernel's: mostly a file of the tree that they have open, as /proc/self/fd/N.
#include "kernel_view.h"
#include "include/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// Not process_vm_readv(2), which Docker's older filters refuse.
static int open_memory(int thread, int mode) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", thread);
    return open(path, mode | O_CLOEXEC);
}

// A string of another process, in pieces within a page: what follows its end may not be there.
bool ingot_view_read_text(int thread, unsigned long long address, char *text) {
    int memory = open_memory(thread, O_RDONLY);
    bool has_end = false;
    if (memory < 0) return false;
    for (size_t length = 0; length < PATH_MAX && !has_end;) {
        size_t size = 256 - (address + length) % 256;
        if (size > PATH_MAX - length) size = PATH_MAX - length;
        if (pread(memory, text + length, size, (off_t)(address + length)) != (ssize_t)size) break;
        has_end = memchr(text + length, 0, size) != NULL;
        length += size;
    }
    close(memory);
    return has_end;
}

long ingot_view_write(int thread, unsigned long long address, const void *bytes, size_t size) {
    int memory = open_memory(thread, O_RDWR);
    if (memory < 0) return -EFAULT;
    ssize_t written = pwrite(memory, bytes, size, (off_t)address);
    close(memory);
    return written == (ssize_t)size ? 0 : -EFAULT;
}

long ingot_view_read(int thread, unsigned long long address, void *bytes, size_t size) {
    int memory = open_memory(thread, O_RDONLY);
    if (memory < 0) return -EFAULT;
    ssize_t length = pread(memory, bytes, size, (off_t)address);
    close(memory);
    return length == (ssize_t)size ? 0 : -EFAULT;
}

static long set_times(const struct seccomp_notif *call, unsigned long long address, const char *path, int flags) {
    struct timespec times[2];
    if (address && ingot_view_read((int)call->pid, address, times, sizeof times)) return -EFAULT;
    return utimensat(AT_FDCWD, path, address ? times : NULL, flags & AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

// The directory of a name inside the caller's root, or -errno; no link in the tree leads out of it.
static int open_parent(int thread, int directory, const char *name) {
    char place[64], parent[PATH_MAX];
    const char *end = strrchr(name, '/');
    snprintf(parent, sizeof parent, "%.*s", end ? (int)(end - name) : 0, name);
    if (*name == '/') snprintf(place, sizeof place, "/proc/%d/root", thread);
    else if (directory == AT_FDCWD) snprintf(place, sizeof place, "/proc/%d/cwd", thread);
    else snprintf(place, sizeof place, "/proc/%d/fd/%d", thread, directory);
    int start = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (start < 0) return -errno;
    int opened = ingot_openat2(start, *parent ? parent : ".", O_PATH | O_DIRECTORY, 0, INGOT_RESOLVE_IN_ROOT);
    close(start);
    return opened;
}

// A file that was made without a name, and gets one when it is complete.
static long link_to(const struct seccomp_notif *call, int directory, unsigned long long address, const char *path) {
    char name[PATH_MAX];
    if (!ingot_view_read_text((int)call->pid, address, name)) return -EFAULT;
    int parent = open_parent((int)call->pid, directory, name);
    if (parent < 0) return parent;
    const char *end = strrchr(name, '/');
    long result = linkat(AT_FDCWD, path, parent, end ? end + 1 : name, AT_SYMLINK_FOLLOW) ? -errno : 0;
    close(parent);
    return result;
}

// A link of the kernel's has no attributes of its own.
static long use_attribute(const struct seccomp_notif *call, const struct ingot_view_call *form, const char *path,
                          const char *name) {
    static char value[XATTR_SIZE_MAX];
    unsigned long long buffer = form->buffer < 0 ? 0 : call->data.args[form->buffer];
    size_t size = form->size < 0 ? 0 : (size_t)call->data.args[form->size];
    ssize_t length;
    if (size > sizeof value) size = sizeof value;
    switch (form->kind) {
        case INGOT_VIEW_REMOVE: return removexattr(path, name) ? -errno : 0;
        case INGOT_VIEW_SET:
            if (size && ingot_view_read((int)call->pid, buffer, value, size)) return -EFAULT;
            return setxattr(path, name, value, size, (int)call->data.args[4]) ? -errno : 0;
        case INGOT_VIEW_GET: length = getxattr(path, name, value, size); break;
        default: length = listxattr(path, value, size);
    }
    if (length < 0) return -errno;
    if (size && length > 0 && ingot_view_write((int)call->pid, buffer, value, (size_t)length)) return -EFAULT;
    return length;
}

long ingot_view_change(const struct seccomp_notif *call, const struct ingot_view_call *form, const char *path, int flags) {
    unsigned long long extra = form->extra < 0 ? 0 : call->data.args[form->extra];
    unsigned long long buffer = form->buffer < 0 ? 0 : call->data.args[form->buffer];
    char name[PATH_MAX] = "";
    // What a process has open is its own; the rest belongs to all of the container.
    bool is_own = !strncmp(path, "/proc/", 6) && strstr(path, "/fd/");
    if (!is_own && form->kind != INGOT_VIEW_GET && form->kind != INGOT_VIEW_LIST) return -EPERM;
    switch (form->kind) {
        case INGOT_VIEW_MODE: return chmod(path, (mode_t)extra) ? -errno : 0;
        case INGOT_VIEW_OWNER:
            return fchownat(AT_FDCWD, path, (uid_t)extra, (gid_t)buffer, flags & AT_SYMLINK_NOFOLLOW) ? -errno : 0;
        case INGOT_VIEW_HARD_LINK: return link_to(call, (int)extra, buffer, path);
        case INGOT_VIEW_TIMES: return set_times(call, buffer, path, flags);
        default:
            if (flags & AT_SYMLINK_NOFOLLOW) return -EOPNOTSUPP;
            if (form->extra >= 0 && !ingot_view_read_text((int)call->pid, extra, name)) return -EFAULT;
            return use_attribute(call, form, path, name);
    }
}
