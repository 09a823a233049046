// What the engine registered with init, and its removal when the engine no longer can.
#include "internal.h"
#include "include/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static int grow(void **items, unsigned long *capacity, unsigned long needed, size_t size) {
    if (needed <= *capacity) return 1;
    unsigned long wanted = needed * 2 + 16;
    void *grown = realloc(*items, wanted * size);
    if (!grown) return 0;
    *items = grown;
    *capacity = wanted;
    return 1;
}

static void take_record(struct ingot_paths *paths, const char *record) {
    if (record[0] == '+' && record[1] == '/') {
        if (!grow((void **)&paths->items, &paths->capacity, paths->count + 1, sizeof *paths->items)) return;
        char *copy = strdup(record + 1);
        if (copy) paths->items[paths->count++] = copy;
        return;
    }
    if (record[0] == '!') paths->wants_terminal = 1;
    if (record[0] != '-') return;
    for (unsigned long i = paths->count; i-- > 0;) {
        if (strcmp(paths->items[i], record + 1)) continue;
        free(paths->items[i]);
        memmove(paths->items + i, paths->items + i + 1, (--paths->count - i) * sizeof *paths->items);
        return;
    }
}

void ingot_paths_feed(struct ingot_paths *paths, const char *bytes, unsigned long length) {
    for (unsigned long i = 0; i < length; i++) {
        if (!grow((void **)&paths->partial, &paths->partial_capacity, paths->partial_length + 1, 1)) return;
        if (bytes[i] != '\n') {
            paths->partial[paths->partial_length++] = bytes[i];
            continue;
        }
        paths->partial[paths->partial_length] = 0;
        paths->partial_length = 0;
        take_record(paths, paths->partial);
    }
}

// The fifth field of a mountinfo line, its octal escapes undone in place.
static char *mount_point(char *line) {
    char *field = line;
    for (int skip = 0; skip < 4; skip++) {
        field = strchr(field, ' ');
        if (!field) return NULL;
        field++;
    }
    field[strcspn(field, " ")] = 0;
    char *out = field;
    for (const char *in = field; *in;) {
        if (in[0] == '\\' && in[1] && in[2] && in[3]) {
            *out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
            in += 4;
        } else {
            *out++ = *in++;
        }
    }
    *out = 0;
    return field;
}

// Unmounts everything at or below `path`, newest mount first. The number of mounts left.
static int unmount_below(const char *path) {
    size_t length = strlen(path), size = 0;
    struct ingot_paths points = {0};
    char *line = NULL;
    FILE *table = fopen("/proc/self/mountinfo", "re");
    if (!table) return -1;
    while (getline(&line, &size, table) > 0) {
        char *point = mount_point(line);
        if (!point || strncmp(point, path, length) || (point[length] && point[length] != '/')) continue;
        if (!grow((void **)&points.items, &points.capacity, points.count + 1, sizeof *points.items)) break;
        char *copy = strdup(point);
        if (copy) points.items[points.count++] = copy;
    }
    free(line);
    fclose(table);
    int left = (int)points.count;
    while (points.count > 0) {
        char *point = points.items[--points.count];
        if (umount2(point, UMOUNT_NOFOLLOW)) umount2(point, UMOUNT_NOFOLLOW | MNT_DETACH);
        free(point);
    }
    free(points.items);
    return left;
}

void ingot_paths_remove_all(struct ingot_paths *paths, const char *who) {
    while (paths->count > 0) {
        char *path = paths->items[--paths->count], where[4096];
        int left = -1;
        // The table is read again until it is clean: the unmounts of one round may uncover mounts beneath them.
        for (int round = 0; round < 64 && left != 0; round++) left = unmount_below(path);
        if (left != 0) {
            dprintf(2, "%s: did not remove '%s': something is still mounted there\n", who, path);
        } else {
            int error = ingot_remove_tree(path, where, sizeof where);
            if (error < 0 && error != -ENOENT)
                dprintf(2, "%s: cannot remove '%s': %s\n", who, where, strerror(-error));
        }
        free(path);
    }
}
