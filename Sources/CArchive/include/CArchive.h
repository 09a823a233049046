#pragma once
#include <archive.h>
#include <archive_entry.h>
// What an archive holds besides contents; Swift's module of the C library leaves it out.
#include <sys/xattr.h>

// The entry points of libarchive that Ingot calls.
//
// They are looked up at run time and not linked: libarchive brings libxml2, ICU and the C++ library along, which cost
// every start of the program about 2 ms and 30 MB of mappings, and a build starts it hundreds of times.
#define INGOT_ARCHIVE_FUNCTIONS(F)           \
    F(archive_write_new)                     \
    F(archive_write_free)                    \
    F(archive_write_set_format_pax)          \
    F(archive_write_set_format_cpio_newc)    \
    F(archive_write_set_bytes_per_block)     \
    F(archive_write_set_bytes_in_last_block) \
    F(archive_write_set_format_option)       \
    F(archive_write_open)                    \
    F(archive_write_header)                  \
    F(archive_write_data)                    \
    F(archive_write_finish_entry)            \
    F(archive_write_close)                   \
    F(archive_write_fail)                    \
    F(archive_errno)                         \
    F(archive_error_string)                  \
    F(archive_entry_new)                     \
    F(archive_entry_free)                    \
    F(archive_entry_clear)                   \
    F(archive_entry_copy_pathname)           \
    F(archive_entry_copy_symlink)            \
    F(archive_entry_copy_hardlink)           \
    F(archive_entry_set_mode)                \
    F(archive_entry_set_uid)                 \
    F(archive_entry_set_gid)                 \
    F(archive_entry_set_mtime)               \
    F(archive_entry_set_size)                \
    F(archive_entry_set_ino64)               \
    F(archive_entry_set_nlink)               \
    F(archive_entry_set_rdev)                \
    F(archive_entry_xattr_add_entry)         \
    F(archive_entry_acl_add_entry)           \
    F(archive_entry_sparse_add_entry)

struct ingot_archive {
#define INGOT_ARCHIVE_FIELD(name) __typeof__(&name) name;
    INGOT_ARCHIVE_FUNCTIONS(INGOT_ARCHIVE_FIELD)
#undef INGOT_ARCHIVE_FIELD
};

// The functions, or NULL and why in *error. Loads once; may be called from any thread.
const struct ingot_archive *ingot_archive_load(const char **error);
