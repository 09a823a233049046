// The calls that the view of the kernel's files answers, carried out outside the chroot for the process inside.
//
// A process whose memory this one may not read, since it has become another user, is left to itself: it finds the
// empty directories of the tree.
#include "kernel_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool read_place(pid_t thread, const char *name, char *place) {
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/%s", (int)thread, name);
    ssize_t length = readlink(link, place, PATH_MAX - 1);
    if (length <= 0) return false;
    place[length] = 0;
    return true;
}

static int process_of(pid_t thread) {
    char path[64], line[256];
    int process = thread;
    snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Tgid: %d", &process) == 1) break;
    if (file) fclose(file);
    return process;
}

// A relative path is the kernel's only from the root itself, where walks through a whole tree come along.
static bool is_at_root(pid_t thread, int directory, const char *root) {
    char name[32], place[PATH_MAX];
    snprintf(name, sizeof name, directory == AT_FDCWD ? "cwd" : "fd/%d", directory);
    return read_place(thread, name, place) && !strcmp(place, root);
}

static bool may_be_shown(const char *path) {
    static const char *const beginnings[] = {"/proc", "/sys", "/dev", "/etc/mtab", "//", "/.", "proc", "sys", "./"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (!strncmp(path, beginnings[i], strlen(beginnings[i]))) return true;
    return false;
}

// The descriptor that the caller gets, or -errno.
static long open_for(int listener, const struct seccomp_notif *call, const char *path, int flags, unsigned mode) {
    struct stat info;
    // sysfs is read-only in every build.
    if (!strncmp(path, "/sys", 4) && (flags & O_ACCMODE) != O_RDONLY) return -EROFS;
    // A pipe without its other end would hold this process up, and with it all others.
    int extra = O_CLOEXEC | O_NOCTTY | (!stat(path, &info) && S_ISFIFO(info.st_mode) ? O_NONBLOCK : 0);
    // No descriptor that is only a place can be handed over.
    if (flags & O_PATH) flags = (flags & (O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW)) | O_RDONLY | O_NONBLOCK;
    int opened = open(path, flags | extra, mode);
    if (opened < 0) return -errno;
    if (extra & ~flags & O_NONBLOCK) fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) & ~O_NONBLOCK);
    struct seccomp_notif_addfd request = {
        .id = call->id, .srcfd = (unsigned)opened, .newfd_flags = (unsigned)(flags & O_CLOEXEC)};
    long given = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &request);
    long result = given < 0 ? -errno : given;
    close(opened);
    return result;
}

static long read_link(const struct seccomp_notif *call, const char *path, const char *root, int process,
                      unsigned long long buffer, size_t size) {
    char text[PATH_MAX];
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length < 0) return -errno;
    text[length] = 0;
    if (!strcmp(path, "/proc/self")) snprintf(text, sizeof text, "%d", process);
    if (!strcmp(path, "/proc/thread-self")) snprintf(text, sizeof text, "%d/task/%d", process, (int)call->pid);
    // Names of files are told from this process's root.
    size_t depth = strlen(root);
    if (!strncmp(text, root, depth) && (!text[depth] || text[depth] == '/')) memmove(text, text + depth, strlen(text + depth) + 1);
    if (!*text) strcpy(text, "/");
    if (strlen(text) < size) size = strlen(text);
    long error = ingot_view_write(call->pid, buffer, text, size);
    return error ? error : (long)size;
}

static long carry_out(int listener, const struct seccomp_notif *call, const struct ingot_view_call *form,
                      const char *path, const char *root, int process, int flags) {
    const __u64 *arguments = call->data.args;
    unsigned extra = form->extra < 0 ? 0 : (unsigned)arguments[form->extra];
    unsigned long long buffer = form->buffer < 0 ? 0 : arguments[form->buffer];
    union {
        struct stat status;
        struct statx extended;
        struct statfs filesystem;
    } found;
    long result;
    size_t size;
    memset(&found, 0, sizeof found);
    switch (form->kind) {
        case INGOT_VIEW_OPEN: return open_for(listener, call, path, flags, extra);
        case INGOT_VIEW_ACCESS: return faccessat(AT_FDCWD, path, (int)extra, flags & AT_SYMLINK_NOFOLLOW) ? -errno : 0;
        case INGOT_VIEW_LINK:
            return read_link(call, path, root, process, buffer, (size_t)arguments[form->size]);
        case INGOT_VIEW_STAT:
            result = syscall(SYS_newfstatat, AT_FDCWD, path, &found.status, flags & AT_SYMLINK_NOFOLLOW);
            size = sizeof found.status;
            break;
        case INGOT_VIEW_STATX:
            result = syscall(SYS_statx, AT_FDCWD, path, flags & ~AT_EMPTY_PATH, extra, &found.extended);
            size = sizeof found.extended;
            break;
        case INGOT_VIEW_STATFS:
            result = statfs(path, &found.filesystem);
            size = sizeof found.filesystem;
            break;
        default: return ingot_view_change(call, form, path, flags);
    }
    if (result) return -errno;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id)) return -ENOENT;
    return ingot_view_write(call->pid, buffer, &found, size);
}

void ingot_view_answer(int listener, const struct seccomp_notif *call, struct seccomp_notif_resp *answer) {
    const struct ingot_view_call *form = ingot_view_calls;
    char path[PATH_MAX + 1], root[PATH_MAX], mapped[PATH_MAX];
    pid_t thread = (pid_t)call->pid;
    while (form->number != call->data.nr) form++;
    answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (!ingot_view_read_text(thread, call->data.args[form->path], path + 1) || !may_be_shown(path + 1)) return;
    if (!read_place(thread, "root", root) || !strcmp(root, "/")) return;
    const char *given = path + 1;
    if (*given != '/') {
        int directory = form->directory < 0 ? AT_FDCWD : (int)call->data.args[form->directory];
        if (!is_at_root(thread, directory, root)) return;
        *path = '/';
        given = path;
    }
    int flags = form->fixed_flags | (form->flags < 0 ? 0 : (int)call->data.args[form->flags]);
    // What gives a name to a file without one says that it follows; a link of the kernel's has no second name.
    if (form->kind == INGOT_VIEW_HARD_LINK && !(flags & AT_SYMLINK_FOLLOW)) return;
    // A name with a slash behind it is what the link leads to.
    bool follows = given[strlen(given) - 1] == '/' || !(flags & (form->kind == INGOT_VIEW_OPEN ? O_NOFOLLOW : AT_SYMLINK_NOFOLLOW));
    int process = process_of(thread);
    if (!ingot_view_map(given, follows, thread, process, root, mapped)) return;
    long result = carry_out(listener, call, form, mapped, root, process, flags);
    answer->flags = 0;
    if (result < 0) answer->error = (int)result;
    else answer->val = result;
    return;
}
