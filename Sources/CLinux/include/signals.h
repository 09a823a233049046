#pragma once

/// A pipe that gets one byte, the signal's number, for each signal caught: its read end or -errno.
int ingot_signals_open(void);

/// Catches a signal from now on, unless it is ignored (nohup). 0 or -errno.
int ingot_signals_catch(int number);

/// Ends this process by the signal, as if it had never been caught.
void ingot_signals_die(int number);
