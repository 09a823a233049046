#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    INGOT_RESOLVE_IN_ROOT = 0x10,
    INGOT_RESOLVE_NO_XDEV = 0x01,
    INGOT_RESOLVE_NO_SYMLINKS = 0x04,
    INGOT_O_PATH = 010000000,
};

int ingot_mount(
    const char *_Nullable source, const char *_Nonnull target, const char *_Nullable type, unsigned long flags,
    const char *_Nullable options);
int ingot_unmount(const char *_Nonnull target);

/// Unmounts a mount with all that lie in it, at once, whether in use or not: 0 or -errno.
int ingot_unmount_together(const char *_Nonnull target);

/// Makes a mount, or it and all mounts below it, read-only in one step.
int ingot_mount_read_only(const char *_Nonnull target, bool recursive);

/// Writes all that is cached for the filesystem of `path`: 0 or -errno.
int ingot_sync_filesystem(const char *_Nonnull path);

/// Discards the unused blocks of the filesystem mounted at `path`: 0 with their number in `bytes`, or -errno.
int ingot_trim_filesystem(const char *_Nonnull path, uint64_t *_Nonnull bytes);

/// openat2(2): a descriptor or -errno.
int ingot_openat2(int directory, const char *_Nonnull path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// Makes a node in `directory` with the type and number of the device at `host_path`, and exactly `mode`.
int ingot_mirror_device(int directory, const char *_Nonnull name, const char *_Nonnull host_path, unsigned mode);

/// Makes a character device with exactly `mode`.
int ingot_make_character_device(
    int directory, const char *_Nonnull name, unsigned major_number, unsigned minor_number, unsigned mode);
