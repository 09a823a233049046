#pragma once
#include <parted/parted.h>

// The entry points of libparted that Ingot calls.
//
// They are looked up at run time and not linked. libparted's constructor, as Debian builds it, runs a shell with
// `dmidecode` to find out whether the host is a Macintosh; linked, every start of the program, of which a build has
// hundreds, would pay for that and for loading libdevmapper, libudev and libselinux.
#define INGOT_PARTED_FUNCTIONS(F)        \
    F(ped_exception_set_handler)         \
    F(ped_device_get)                    \
    F(ped_device_destroy)                \
    F(ped_disk_type_get)                 \
    F(ped_disk_new)                      \
    F(ped_disk_new_fresh)                \
    F(ped_disk_destroy)                  \
    F(ped_disk_set_flag)                 \
    F(ped_disk_is_flag_available)        \
    F(ped_disk_add_partition)            \
    F(ped_disk_commit_to_dev)            \
    F(ped_disk_next_partition)           \
    F(ped_partition_new)                 \
    F(ped_partition_destroy)             \
    F(ped_partition_set_flag)            \
    F(ped_partition_get_flag)            \
    F(ped_partition_is_flag_available)   \
    F(ped_partition_is_active)           \
    F(ped_geometry_new)                  \
    F(ped_geometry_destroy)              \
    F(ped_constraint_exact)              \
    F(ped_constraint_destroy)

struct ingot_parted {
#define INGOT_PARTED_FIELD(name) __typeof__(&name) name;
    INGOT_PARTED_FUNCTIONS(INGOT_PARTED_FIELD)
#undef INGOT_PARTED_FIELD
};

// The functions, or NULL and why in *error. Loads once; may be called from any thread.
const struct ingot_parted *ingot_parted_load(const char **error);
