#pragma once
#include <stdbool.h>
#include <stdint.h>

struct ingot_loop_request {
    int backing;                       // an open descriptor of the file
    const char *_Nonnull name;         // shown by losetup
    uint64_t offset, size;             // the window, in bytes
    uint32_t sector_size;
    bool read_only, direct_io;
};

/// Attaches a free loop device with autoclear: the open descriptor, or -errno. `number` becomes N of /dev/loopN.
int ingot_loop_attach(const struct ingot_loop_request *_Nonnull request, int *_Nonnull number);

/// Asks the kernel to let go of the backing file as soon as the last user closes the device. 0 or -errno.
int ingot_loop_clear(int descriptor);

/// 1 if /dev/loopN shows the window of `offset` bytes into the file (device, inode), 0 if it does not, or -errno.
int ingot_loop_shows(int number, uint64_t device, uint64_t inode, uint64_t offset);

/// Opens /dev/loopN if it shows that window: the descriptor; -ENXIO if it shows something else, or another -errno.
int ingot_loop_open(int number, uint64_t device, uint64_t inode, uint64_t offset);

/// Takes autoclear back: the device stays attached when its last user closes it. 0 or -errno.
int ingot_loop_keep(int descriptor);
