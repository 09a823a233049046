// CRC-32C by SSE 4.2: Swift has no way to the instruction without flags for a whole target, which older processors
// would not run.

#include "CChecksum.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <nmmintrin.h>
#include <string.h>

bool ingot_crc32c_is_fast(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) uint32_t ingot_crc32c_update(uint32_t sum, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    uint64_t wide = sum;
    for (; count >= 8; count -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    sum = (uint32_t)wide;
    for (; count > 0; count--, at++) sum = _mm_crc32_u8(sum, *at);
    return sum;
}

#else

bool ingot_crc32c_is_fast(void) { return false; }

uint32_t ingot_crc32c_update(uint32_t sum, const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return sum;
}

#endif
