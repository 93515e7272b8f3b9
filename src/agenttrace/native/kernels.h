/* What the kernels share. Each is called through ctypes, holds no state, and never writes beyond what it is given. */
#ifndef AGENTTRACE_KERNELS_H
#define AGENTTRACE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

/* As INTERFACE in __init__.py: a library that was built for other calls is not used. */
#define INTERFACE 3

#endif
