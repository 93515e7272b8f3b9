/* The grammar of JSON, strictly: RFC 8259 and UTF-8, nothing besides. */
#ifndef AGENTTRACE_JSON_TEXT_H
#define AGENTTRACE_JSON_TEXT_H

#include "kernels.h"

typedef enum {
    KIND_NULL,
    KIND_FALSE,
    KIND_TRUE,
    KIND_INTEGER, /* as JSON writes it; fits 64 bits */
    KIND_NUMBER,  /* any other number */
    KIND_TEXT,    /* stands as it is between its quotes */
    KIND_ESCAPED, /* has escapes */
    KIND_OBJECT,
    KIND_ARRAY,
    KIND_DIGITS, /* a text that is an integer of 64 bits */
    KIND_LONG,   /* a number of which the double was wanted, and is not found easily */
} Kind;

/* A text and how far it is read. Whatever moves `at` leaves it at `end` at most. */
typedef struct {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
} Reader;

/* Blanks but for the end of a line: a document stands on one. */
static inline void pass_blanks(Reader *reader) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* Whether the next byte is this one, which is then passed. */
static inline int pass_byte(Reader *reader, uint8_t byte) {
    if (reader->at == reader->end || *reader->at != byte)
        return 0;
    reader->at++;
    return 1;
}

/* Each passes one value that begins at `at`, and returns its kind; -1 where that is none. */
int pass_string(Reader *reader); /* behind its opening quote; `at` is then behind the closing one */
int pass_number(Reader *reader);
int pass_word(Reader *reader); /* null, true, false */

/* The number that these bytes are, if they are an integer of 64 bits as JSON writes it: 1, or 0. */
int integer_of(const uint8_t *begin, const uint8_t *end, int64_t *value);

#endif
