#pragma once

/// Runs `root`/`name` without arguments and without output: by chroot into `root`, or where it is if that is not allowed.
/// 1 if it ended with status 0, else 0.
int ingot_runs_in_root(const char *_Nonnull root, const char *_Nonnull name);
