#include "kernels.h"

EXPORTED int32_t agenttrace_interface(void);

EXPORTED int32_t agenttrace_interface(void) { return INTERFACE; }
