#include "kernels.h"

EXPORTED void agenttrace_common(const uint64_t *numbers, const int64_t *one, const int64_t *other,
                                const int64_t *most, int64_t count, int64_t *same);

/* How many leading numbers are the same of two stretches each, that begin at `one` and at `other`; at most `most`. */
EXPORTED void agenttrace_common(const uint64_t *numbers, const int64_t *one, const int64_t *other,
                                const int64_t *most, int64_t count, int64_t *same) {
    for (int64_t i = 0; i < count; i++) {
        const uint64_t *const a = numbers + one[i], *const b = numbers + other[i];
        int64_t found = 0;
        while (found < most[i] && a[found] == b[found])
            found++;
        same[i] = found;
    }
}
