#pragma once
// Kernel calls, structures and constants that Swift cannot reach. Every wrapper returns a result or -errno, never errno.
int ingot_clinux_version(void);
