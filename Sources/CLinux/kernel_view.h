#pragma once
// Between the filter and the answers of the view of the kernel's files.
#include <stdbool.h>
#include <stddef.h>

struct seccomp_notif;
struct seccomp_notif_resp;

enum ingot_view_kind {
    INGOT_VIEW_OPEN,
    INGOT_VIEW_STAT,
    INGOT_VIEW_STATX,
    INGOT_VIEW_ACCESS,
    INGOT_VIEW_LINK,
    INGOT_VIEW_STATFS,
    INGOT_VIEW_MODE,
    INGOT_VIEW_OWNER,
    INGOT_VIEW_TIMES,
    INGOT_VIEW_HARD_LINK,
    INGOT_VIEW_GET,
    INGOT_VIEW_LIST,
    INGOT_VIEW_SET,
    INGOT_VIEW_REMOVE,
};

/// A call that names a file: the places of its arguments, -1 for what it does not have.
struct ingot_view_call {
    int number;
    enum ingot_view_kind kind;
    signed char directory, path, flags, extra, buffer, size;
    int fixed_flags;
};

extern const struct ingot_view_call ingot_view_calls[];
extern const unsigned ingot_view_call_count;

/// Carries a call out, or leaves it to the caller.
void ingot_view_answer(int listener, const struct seccomp_notif *call, struct seccomp_notif_resp *answer);
/// What this process reads instead of `path` for thread `thread`, whose root it is: false if the call is not ours.
bool ingot_view_map(const char *path, bool follows, int thread, int process, const char *root, char *mapped);
/// Makes a change; the result of the call or -errno.
long ingot_view_change(
    const struct seccomp_notif *call, const struct ingot_view_call *form, const char *path, int flags);

// Memory of another process; false or -EFAULT where it may not be read or written.

/// A string of less than PATH_MAX bytes.
bool ingot_view_read_text(int thread, unsigned long long address, char *text);
long ingot_view_read(int thread, unsigned long long address, void *bytes, size_t size);
long ingot_view_write(int thread, unsigned long long address, const void *bytes, size_t size);
