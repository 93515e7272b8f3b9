#include "plan.h"

#include <stdlib.h>
#include <string.h>

EXPORTED Plan *agenttrace_plan(const Node *nodes, int32_t count, const uint8_t *names, int32_t length);
EXPORTED void agenttrace_plan_free(Plan *plan);
EXPORTED int32_t agenttrace_tags(const Plan *plan, int32_t node);
EXPORTED const uint8_t *agenttrace_tag(const Plan *plan, int32_t node, int32_t number, int32_t *length);
EXPORTED void agenttrace_unwanted(Plan *plan, int32_t node, int32_t number);

EXPORTED void agenttrace_plan_free(Plan *plan) {
    for (int32_t i = 0; plan->tags && i < plan->count; i++)
        if (plan->tags[i])
            free_tags(plan->tags[i]);
    free(plan->tags);
    free(plan->names);
    free(plan->nodes);
    free(plan);
}

/* A plan as it is given; null where memory is out. */
EXPORTED Plan *agenttrace_plan(const Node *nodes, int32_t count, const uint8_t *names, int32_t length) {
    Plan *const plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->count = count;
    plan->nodes = malloc((size_t)count * sizeof *nodes);
    plan->names = malloc((size_t)length + 1);
    plan->tags = calloc((size_t)count, sizeof *plan->tags);
    int sound = plan->nodes && plan->names && plan->tags;
    for (int32_t i = 0; sound && i < count; i++)
        if (nodes[i].tagged)
            sound = (plan->tags[i] = calloc(1, sizeof(Tags))) != NULL;
    if (!sound) {
        agenttrace_plan_free(plan);
        return NULL;
    }
    memcpy(plan->nodes, nodes, (size_t)count * sizeof *nodes);
    memcpy(plan->names, names, (size_t)length);
    return plan;
}

/* How many tags are known of a node; none of one that has none. */
EXPORTED int32_t agenttrace_tags(const Plan *plan, int32_t node) {
    return plan->tags[node] ? plan->tags[node]->count : 0;
}

EXPORTED const uint8_t *agenttrace_tag(const Plan *plan, int32_t node, int32_t number, int32_t *length) {
    *length = plan->tags[node]->tags[number].length;
    return plan->tags[node]->tags[number].name;
}

/* From now on elements with this tag are passed over. */
EXPORTED void agenttrace_unwanted(Plan *plan, int32_t node, int32_t number) {
    plan->tags[node]->tags[number].wanted = 0;
}
