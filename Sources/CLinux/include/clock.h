#pragma once

/// A function of the shifted clock's machine code: its name, and where it begins in the code.
struct ingot_clock_symbol {
    const char *_Nonnull name;
    unsigned long offset;
};

/// What the first bytes of the code are: to be filled in by whoever makes a shared object of it.
struct ingot_clock_header {
    long shift;             // seconds that the time of day is ahead
    long errno_slot;        // from here to the word in which the loader has put `__errno_location`
    char path[256];         // of the shared object itself, the same in every root
    char draft[256];        // while it is written into a root
};

/// The machine code, which runs at any address that is equal to its own modulo 4096; its first bytes are the header.
const unsigned char *_Nonnull ingot_clock_code(unsigned long *_Nonnull size);

/// Its functions; the last has the name "". It is the only one where the machine's system calls are not written down.
const struct ingot_clock_symbol *_Nonnull ingot_clock_symbols(void);
