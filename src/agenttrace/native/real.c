#include "real.h"

/* Powers of ten that are doubles exactly. A number of two doubles that are exact is rounded once: then it is the
nearest (Clinger, How to read floating point numbers accurately, 1990). */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { LARGEST_POWER = 22, MOST_DIGITS = 18 };

static const uint64_t largest_exact = (uint64_t)1 << 53;

int real_of(const uint8_t *begin, const uint8_t *end, double *value) {
    const uint8_t *at = begin;
    const int negative = at < end && *at == '-';
    uint64_t digits = 0;
    int count = 0, behind = 0, point = 0;
    for (at += negative; at < end; at++) {
        if (*at == '.' && !point) {
            point = 1;
            continue;
        }
        if (*at < '0' || *at > '9' || ++count > MOST_DIGITS)
            return 0;
        digits = digits * 10 + (uint64_t)(*at - '0');
        behind += point;
    }
    if (!count || digits > largest_exact || behind > LARGEST_POWER)
        return 0;
    const double found = (double)digits / powers[behind];
    *value = negative ? -found : found;
    return 1;
}
