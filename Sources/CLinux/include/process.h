#pragma once

/// A pipe with close-on-exec set from the start: `ends[0]` reads, `ends[1]` writes. 0 or -errno.
int ingot_pipe(int *_Nonnull ends);

/// A file in memory with these bytes, to be read from its start, with close-on-exec set. A descriptor or -errno.
int ingot_memory_file(const void *_Nonnull bytes, unsigned long size);

/// read(2), restarted after signals: the count, 0 at the end, or -errno.
long ingot_read(int descriptor, void *_Nonnull buffer, unsigned long size);

enum { INGOT_READY_FIRST = 1, INGOT_READY_SECOND = 2, INGOT_READY_EXIT = 4 };

/// Waits until one of two descriptors (or -1 for none) has something to read, or the process of `pidfd` has ended.
///
/// Gives the INGOT_READY bits, 0 when `timeout` (milliseconds, -1 for none) is over, or -errno.
int ingot_wait_output(int first, int second, int pidfd, int timeout);
