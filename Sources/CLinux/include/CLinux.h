#pragma once
// Kernel calls, structures and constants that Swift cannot reach. Every wrapper returns a result or -errno, so that
// Swift never reads errno after code of its own may have run. GNU-only headers are included in the .c files only.
#include "clock.h"
#include "files.h"
#include "layers.h"
#include "loop.h"
#include "mounts.h"
#include "foreign.h"
#include "process.h"
#include "session.h"
#include "signals.h"
#include "survey.h"
#include "tree.h"
