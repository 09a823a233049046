#include "internal.h"

#include <stdlib.h>

static bool insert(struct ingot_link_set *set, dev_t device, ino_t inode) {
    for (size_t slot = (size_t)inode * 0x9E3779B97F4A7C15u & (set->capacity - 1);; slot = (slot + 1) & (set->capacity - 1)) {
        if (set->slots[slot].inode == inode && set->slots[slot].device == device) return false;
        if (set->slots[slot].inode) continue;
        set->slots[slot].inode = inode;
        set->slots[slot].device = device;
        set->used++;
        return true;
    }
}

bool ingot_is_first_link(struct ingot_link_set *set, const struct stat *info) {
    if (info->st_nlink < 2 || S_ISDIR(info->st_mode)) return true;
    if (set->used * 2 >= set->capacity) {
        struct ingot_link_set grown = {.capacity = set->capacity ? set->capacity * 2 : 1024};
        grown.slots = calloc(grown.capacity, sizeof *grown.slots);
        if (!grown.slots) return true;
        for (size_t i = 0; i < set->capacity; i++)
            if (set->slots[i].inode) insert(&grown, set->slots[i].device, set->slots[i].inode);
        free(set->slots);
        *set = grown;
    }
    return insert(set, info->st_dev, info->st_ino);
}
