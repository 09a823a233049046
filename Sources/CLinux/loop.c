#include "include/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOP_MAJOR 7
#define LOOP_NAME_SIZE 32

// /dev/loopN, made first where no devtmpfs makes it (containers).
static int open_device(int number, int flags) {
    char path[LOOP_NAME_SIZE];
    snprintf(path, sizeof path, "/dev/loop%d", number);
    int device = open(path, flags | O_CLOEXEC);
    if (device >= 0 || errno != ENOENT) return device < 0 ? -errno : device;
    if (mknod(path, S_IFBLK | 0660, makedev(LOOP_MAJOR, (unsigned)number)) && errno != EEXIST) return -errno;
    device = open(path, flags | O_CLOEXEC);
    return device < 0 ? -errno : device;
}

int ingot_loop_attach(const struct ingot_loop_request *request, int *number) {
    struct loop_config config = {
        .fd = (unsigned)request->backing,
        .block_size = request->sector_size,
        .info = {
            .lo_offset = request->offset,
            .lo_sizelimit = request->size,
            .lo_flags = LO_FLAGS_AUTOCLEAR | (request->read_only ? LO_FLAGS_READ_ONLY : 0)
                | (request->direct_io ? LO_FLAGS_DIRECT_IO : 0),
        },
    };
    snprintf((char *)config.info.lo_file_name, sizeof config.info.lo_file_name, "%s", request->name);
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -errno;
    int result = -EBUSY;
    // Between GET_FREE and CONFIGURE another process may take the device: then the next one.
    for (int attempt = 0; attempt < 64 && result == -EBUSY; attempt++) {
        *number = ioctl(control, LOOP_CTL_GET_FREE);
        result = *number < 0 ? -errno : open_device(*number, request->read_only ? O_RDONLY : O_RDWR);
        if (result < 0 || !ioctl(result, LOOP_CONFIGURE, &config)) break;
        int error = errno;
        close(result);
        result = -error;
    }
    close(control);
    return result;
}

int ingot_loop_clear(int descriptor) {
    return ioctl(descriptor, LOOP_CLR_FD) && errno != ENXIO ? -errno : 0;
}

int ingot_loop_shows(int number, uint64_t device, uint64_t inode, uint64_t offset) {
    struct loop_info64 info;
    int descriptor = open_device(number, O_RDONLY);
    if (descriptor < 0) return descriptor == -ENXIO || descriptor == -ENODEV ? 0 : descriptor;
    int failed = ioctl(descriptor, LOOP_GET_STATUS64, &info), error = errno;
    close(descriptor);
    if (failed) return error == ENXIO ? 0 : -error;
    return info.lo_device == device && info.lo_inode == inode && info.lo_offset == offset;
}

int ingot_loop_open(int number, uint64_t device, uint64_t inode, uint64_t offset) {
    int descriptor = open_device(number, O_RDWR);
    if (descriptor < 0) return descriptor;
    // Looked at while it is held open: it cannot become another's between.
    int shows = ingot_loop_shows(number, device, inode, offset);
    if (shows == 1) return descriptor;
    close(descriptor);
    return shows < 0 ? shows : -ENXIO;
}

int ingot_loop_keep(int descriptor) {
    struct loop_info64 info;
    if (ioctl(descriptor, LOOP_GET_STATUS64, &info)) return -errno;
    info.lo_flags &= ~(unsigned)LO_FLAGS_AUTOCLEAR;
    return ioctl(descriptor, LOOP_SET_STATUS64, &info) ? -errno : 0;
}
