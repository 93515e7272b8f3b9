#include "kernels.h"

EXPORTED int64_t agenttrace_walks(const int64_t *step, const int64_t *ends, int64_t walks, int64_t *length,
                                  int64_t *node);

/* From each end back over `step` to -1. Without `node` only how long each walk is; with it their nodes, each walk from its
start on, one behind the other. Returns how many nodes there are. */
EXPORTED int64_t agenttrace_walks(const int64_t *step, const int64_t *ends, int64_t walks, int64_t *length,
                                  int64_t *node) {
    int64_t all = 0;
    for (int64_t walk = 0; walk < walks; walk++) {
        if (!node) {
            length[walk] = 0;
            for (int64_t at = ends[walk]; at >= 0; at = step[at])
                length[walk]++;
        } else {
            int64_t place = all + length[walk];
            for (int64_t at = ends[walk]; at >= 0; at = step[at])
                node[--place] = at;
        }
        all += length[walk];
    }
    return all;
}
