/* Step times: those of AffineSteps as `replay/steps.py` computes them, others as the caller does. */
#include "replay_run.h"

DecodeTimes decode_times(Run *run, int64_t sequences) {
    const Plan *plan = &run->plan;
    if (!plan->decode)
        return (DecodeTimes){plan->step_ns + plan->per_sequence_ns * (double)sequences, plan->per_context_ns, true};
    DecodeTimes *times = &run->decode_times[sequences];
    if (times->known) return *times;
    double found[2] = {0.0, 0.0};
    if (!plan->decode(sequences, found)) run->status = FAILED;
    *times = (DecodeTimes){found[0], found[1], true};
    return *times;
}

double prefill_ns(Run *run, double new_tokens, int64_t past_tokens) {
    const Plan *plan = &run->plan;
    if (!plan->prefill) {
        double reach = (double)past_tokens + new_tokens;
        return new_tokens * (plan->per_token_ns + plan->per_token_context_ns * reach);
    }
    double ns = 0.0;
    if (!plan->prefill(new_tokens, past_tokens, &ns)) run->status = FAILED;
    return ns;
}
