// The node recorder: argv[0] `ingot-node`. Makes an empty file that stands for a device, where no devices can be made.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// `TreeFormats/Tree/RecordedNode.swift` reads it.
#define ATTRIBUTE "user.ingot.node"

static int complain(const char *path) {
    dprintf(2, "mknod: %s: %s\n", path, strerror(errno));
    return 1;
}

int ingot_node_main(int argc, char **argv) {
    if (argc != 6 || (strcmp(argv[2], "c") && strcmp(argv[2], "b"))) {
        dprintf(2, "usage: ingot-node PATH c|b MAJOR MINOR MODE\n");
        return 2;
    }
    char text[64], *ends[3];
    unsigned long major = strtoul(argv[3], &ends[0], 0), minor = strtoul(argv[4], &ends[1], 0);
    unsigned long mode = strtoul(argv[5], &ends[2], 8);
    if (*ends[0] || *ends[1] || *ends[2] || major > 0xfff || minor > 0xfffff || mode > 07777) {
        errno = EINVAL;
        return complain(argv[1]);
    }
    int file = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return complain(argv[1]);
    int length = snprintf(text, sizeof text, "%s %lu:%lu", argv[2], major, minor);
    if (!fsetxattr(file, ATTRIBUTE, text, (size_t)length, 0) && !fchmod(file, (mode_t)mode)) return 0;
    complain(argv[1]);
    unlink(argv[1]);
    return 1;
}
