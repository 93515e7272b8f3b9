/* Whole numbers as Python reckons with them. */
#ifndef AGENTTRACE_REPLAY_NUMBERS_H
#define AGENTTRACE_REPLAY_NUMBERS_H

#include <stdint.h>

static inline int64_t least_of(int64_t one, int64_t other) { return one < other ? one : other; }

static inline int64_t most_of(int64_t one, int64_t other) { return one > other ? one : other; }

/* `//`; `by` is positive. */
static inline int64_t floor_div(int64_t number, int64_t by) {
    int64_t quotient = number / by;
    return quotient - (number % by < 0);
}

static inline int64_t ceil_div(int64_t number, int64_t by) { return -floor_div(-number, by); }

#endif
