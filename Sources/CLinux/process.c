#include "include/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

int ingot_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) ? -errno : 0; }

int ingot_memory_file(const void *bytes, unsigned long size) {
    int descriptor = memfd_create("ingot-input", MFD_CLOEXEC);
    if (descriptor < 0) return -errno;
    for (unsigned long done = 0; done < size;) {
        ssize_t length = write(descriptor, (const char *)bytes + done, size - done);
        if (length >= 0) {
            done += (unsigned long)length;
        } else if (errno != EINTR) {
            int code = errno;
            close(descriptor);
            return -code;
        }
    }
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

long ingot_read(int descriptor, void *buffer, unsigned long size) {
    for (;;) {
        ssize_t length = read(descriptor, buffer, size);
        if (length >= 0) return length;
        if (errno != EINTR) return -errno;
    }
}

int ingot_wait_output(int first, int second, int pidfd, int timeout) {
    struct pollfd watched[] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (poll(watched, 3, timeout) < 0) return errno == EINTR ? 0 : -errno;
    return (watched[0].revents ? INGOT_READY_FIRST : 0) | (watched[1].revents ? INGOT_READY_SECOND : 0)
        | (watched[2].revents ? INGOT_READY_EXIT : 0);
}
