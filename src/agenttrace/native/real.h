/* Decimal numbers as doubles, where that is exact with one multiplication or division. */
#ifndef AGENTTRACE_REAL_H
#define AGENTTRACE_REAL_H

#include "kernels.h"

/* The double nearest to a number as JSON writes it: 1. 0 where it takes more than this, or is none. */
int real_of(const uint8_t *begin, const uint8_t *end, double *value);

#endif
