#pragma once
#include <stdbool.h>

// The session: the process the user started ("outer"), PID 1 of a fresh mount and PID namespace ("init"), and the
// engine, which is this same program again with its original arguments. All of outer and init is single-threaded C,
// run by a constructor before any Swift thread exists.

/// The ids of a user namespace, as `/proc/PID/uid_map` has them: lines of inside, outside, count.
struct ingot_identities {
    const char *_Nonnull users, *_Nonnull groups;
    // newuidmap and newgidmap by path; without them the maps are written directly.
    const char *_Nullable user_tool, *_Nullable group_tool;
};

/// How far a session has come when it was refused.
enum ingot_session_stage {
    INGOT_STAGE_USER = 1,    // no user namespace
    INGOT_STAGE_MAP,         // no ids in it
    INGOT_STAGE_NAMESPACES,  // no mount or PID namespace
    INGOT_STAGE_MOUNT,       // no mounts in it
};

/// 0 if this process may create a session's namespaces, else -errno. Tries it in a child.
int ingot_session_probe(const struct ingot_identities *_Nullable identities, int *_Nonnull stage);

/// Makes this process, which has one thread, root of a user namespace with these ids: 0 or -errno.
int ingot_enter_user_namespace(const struct ingot_identities *_Nonnull identities, int is_quiet, int *_Nonnull stage);

/// Replaces this process by the outer of a new session, with the same arguments; only returns (-errno) on failure.
int ingot_session_enter(const struct ingot_identities *_Nullable identities);

/// The same for a session without any namespace, in which nothing can be mounted.
int ingot_session_enter_without_mounts(void);

/// 0 if processes in a chroot can be shown the kernel's files without a mount (`kernel_view.c`), else -errno. Tried in a child.
int ingot_view_probe(void);

/// The name of the process that shows them; it ends with the last one that sees them.
#define INGOT_VIEW_NAME "ingot-view"

/// Whether this process is the engine of a session without mounts.
int ingot_session_has_no_mounts(void);

/// The descriptor on which the engine tells init of its temporary trees, or -1 outside a session.
int ingot_session_descriptor(void);

/// Writes one record and its newline to init: `+PATH` and `-PATH` for trees, `!` for the terminal. 0 or -errno.
int ingot_session_send(const char *_Nonnull record, unsigned long length);
