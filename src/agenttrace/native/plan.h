/* What is wanted of documents: a tree of members and elements, made once and used for any number of texts. */
#ifndef AGENTTRACE_PLAN_H
#define AGENTTRACE_PLAN_H

#include "tags.h"

enum { NOBODY = -1, NAMELESS = -1 };

/* INTEGER: integers, in texts too. NUMBERS: lists of unsigned ones. REAL: doubles. */
enum { INTEGER = 1, NUMBERS = 2, REAL = 3 };

/* Of a node its members lie one after the other, as their parent says: all in one array. */
typedef struct {
    int32_t first, members; /* the members of an object that are wanted */
    int32_t element;        /* what is wanted of the elements of an array; NOBODY: nothing */
    int32_t tagged;         /* 1: an element whose first member, the first of those wanted, is its tag */
    int32_t numeric;        /* what is wanted as numbers, see above */
    int32_t name, length;   /* in `names`: what it is called in its parent; NAMELESS: it is an element, or a document */
} Node;

typedef struct {
    Node *nodes;
    uint8_t *names;
    Tags **tags; /* of each node, null where it has none */
    int32_t count;
} Plan;

#endif
