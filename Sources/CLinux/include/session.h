#pragma once
#include <stdbool.h>

// The session: the process the user started ("outer"), PID 1 of a fresh mount and PID namespace ("init"), and the
// engine, which is this same program again with its original arguments. All of outer and init is single-threaded C,
// run by a constructor before any Swift thread exists.

/// 0 if this process may create mount and PID namespaces, else -errno. Tries it in a child.
int ingot_session_probe(void);

/// Replaces this process by the outer of a new session, with the same arguments; only returns (-errno) on failure.
int ingot_session_enter(void);

/// The descriptor on which the engine tells init of its temporary trees, or -1 outside a session.
int ingot_session_descriptor(void);

/// Writes one record and its newline to init: `+PATH` and `-PATH` for trees, `!` for the terminal. 0 or -errno.
int ingot_session_send(const char *_Nonnull record, unsigned long length);
