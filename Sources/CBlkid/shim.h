#pragma once
#include <blkid/blkid.h>

// Declared for _GNU_SOURCE only, which Swift's module of the C library does not set.
int memfd_create(const char *name, unsigned int flags);
