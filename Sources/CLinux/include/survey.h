#pragma once
#include <stdint.h>

enum ingot_survey_event {
    INGOT_SURVEY_ENTER,      // a directory, before what is in it
    INGOT_SURVEY_LEAVE,      // the same, after it
    INGOT_SURVEY_ENTRY,      // anything else
    INGOT_SURVEY_SEGMENT,    // a part with data of the file with holes told last
    INGOT_SURVEY_ATTRIBUTE,  // an extended attribute of what was told last
};

struct ingot_survey_entry {
    enum ingot_survey_event event;
    uint32_t mode;
    uint64_t inode;
    uint64_t size;       // st_size; of a segment or an attribute its length
    uint64_t offset;     // of a segment
    uint64_t allocated;  // bytes on disk
    uint32_t name_length;
    uint32_t stored;     // of an attribute: bytes of its value in an ext4 filesystem
    int is_another_name;  // of an inode that was told before
    int has_holes;
    const char *_Nullable path;
    const char *_Nullable name;
};

typedef void (*ingot_survey_visitor)(const struct ingot_survey_entry *_Nonnull entry, void *_Nullable context);

/// Tells of everything in a tree on one filesystem, in one walk: 0 or -errno, the path of a failure in `where`.
int ingot_survey_tree(
    const char *_Nonnull path, ingot_survey_visitor _Nonnull visitor, void *_Nullable context, char *_Nonnull where,
    unsigned long where_size);
