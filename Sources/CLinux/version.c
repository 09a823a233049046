#include "CLinux.h"
int ingot_clinux_version(void) { return 1; }
