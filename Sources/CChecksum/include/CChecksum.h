#ifndef INGOT_CCHECKSUM_H
#define INGOT_CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether this processor has an instruction for CRC-32C. Asks it each time: the caller remembers.
bool ingot_crc32c_is_fast(void);

// Goes on from a sum, with nothing inverted before or after. Only where ingot_crc32c_is_fast().
uint32_t ingot_crc32c_update(uint32_t sum, const void *bytes, size_t count);

#endif
