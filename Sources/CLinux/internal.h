#pragma once
// Shared by the C files of this target; not seen by Swift.
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/// The command line this process was started with, as the constructor saw it.
extern char **ingot_saved_arguments;

/// What the outer must put back before the engine starts.
struct ingot_session_start {
    char **arguments;      // the engine's argv
    const char *program;   // the engine's executable
    sigset_t mask;         // signal mask the user's process had
    bool has_own_users;    // the session has a user namespace of its own
    bool shares_processes; // the session has no PID namespace of its own
    bool has_no_mounts;    // nor any other namespace: its hooks have a chroot and nothing else
};

/// Entry points by argv[0]; each gives the exit status of the process.
int ingot_session_outer(char **arguments);
int ingot_session_init(int control, const struct ingot_session_start *start);
/// Ends this process by a signal, without a second core file.
void ingot_die_by(int signal_number);
/// Kills and reaps every process below this one, which is a subreaper; the status of one child is kept.
void ingot_end_descendants(pid_t child, int *child_status);
int ingot_hook_main(int argc, char **argv);
int ingot_node_main(int argc, char **argv);

/// Goes on in a child, to which, with its descendants, the kernel's files are shown in any chroot: 0 or -errno.
///
/// This process ends as the child does.
int ingot_view_start(void);

/// Paths the engine registered: a growing list, newest last.
struct ingot_paths {
    char **items;
    unsigned long count, capacity;
    char *partial;
    unsigned long partial_length, partial_capacity;
    int wants_terminal;  // a record `!` came
};
void ingot_paths_feed(struct ingot_paths *paths, const char *bytes, unsigned long length);
/// Unmounts everything at and below each path and removes the trees, newest first.
void ingot_paths_remove_all(struct ingot_paths *paths, const char *who);

/// Makes the six calls of the fsync family return 0 without effect, for this process and its descendants.
int ingot_suppress_sync(void);

/// The inodes with several names that a walk has met: open addressing, inode 0 marks an empty slot.
struct ingot_link_set {
    struct {
        dev_t device;
        ino_t inode;
    } *slots;
    size_t used, capacity;
};
/// True at the first meeting, and always for what has one name. Without memory every meeting is the first.
bool ingot_is_first_link(struct ingot_link_set *set, const struct stat *info);
