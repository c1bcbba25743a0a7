/* SPDX-License-Identifier: MIT */
/*
 * jsonread.h — single values out of a JSON document, without making a tree of it.
 *
 * Made for the reports that tcpwind writes; of any other text it finds nothing, or something, but never reads beyond it.
 */
#ifndef JSONREAD_H
#define JSONREAD_H

#include "text.h"

struct jsonread {
    const char *at; /* the value's text, within the document */
    size_t len;
};

/*
 * The value at a path of member names with dots between them ("capture.dropped_kernel").
 * Returns false when there is none; then *ret is untouched.
 */
bool jsonread_find(const char *text, size_t len, const char *path, struct jsonread *ret);

/* A number that is not negative, its fraction cut off. Returns false when the value is something else. */
bool jsonread_u64(const struct jsonread *value, uint64_t *ret);

bool jsonread_is_true(const struct jsonread *value);

/* Append a string without its quotes and escapes. Returns false, having appended nothing, when the value is none. */
bool jsonread_string(const struct jsonread *value, struct tw_text *out);

#endif
