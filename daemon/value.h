/* SPDX-License-Identifier: MIT */
/*
 * value.h — what stands behind a key, in the file or on the command line, before anything is known of the key.
 */
#ifndef VALUE_H
#define VALUE_H

#include "settings.h"

#include <stdio.h>

enum value_type { VALUE_INT, VALUE_FLOAT, VALUE_BOOL, VALUE_STRING, VALUE_LIST, VALUE_GROUP };

/* What stands behind a key, before anything is known of the key. */
struct value {
    enum value_type type;
    int64_t integer; /* VALUE_INT; VALUE_BOOL: 0 or 1 */
    double real;
    const char *string; /* borrowed */
    size_t n;           /* elements of a list, also more than fit here */
    int64_t list[TW_PORTS_MAX];
    bool is_mixed; /* a list with something that is no integer */
};

/*
 * Read a text of the command line: a string with or without quotes, numbers with or without L, lists with or without
 * brackets. Changes the text; the value borrows from it. What is no value of the wanted type becomes a string.
 *
 *   wanted  VALUE_STRING, VALUE_INT, VALUE_BOOL or VALUE_LIST
 */
void value_read(char *text, enum value_type wanted, struct value *ret);

/* Print for an error: long strings are cut. */
void value_print(const struct value *value, FILE *out);

/* Print a string in quotes, with escapes, so that it reads as the same. */
void value_print_string(const char *s, FILE *out);

#endif
