#pragma once

/// Runs `root`/`name` without arguments and without output: by chroot into `root`, or where it is if that is not allowed.
/// 1 if it ended with status 0, else 0.
int ingot_runs_in_root(const char *_Nonnull root, const char *_Nonnull name);

/// The same in a user namespace with a binfmt_misc of its own (Linux 6.7), in which `registration` is the only entry.
int ingot_runs_by_interpreter(
    const char *_Nonnull root, const char *_Nonnull name, const char *_Nonnull registration);

/// Mounts this user namespace's own binfmt_misc on `directory` and registers a format with it: 0 or -errno.
int ingot_register_format(const char *_Nonnull directory, const char *_Nonnull registration);
