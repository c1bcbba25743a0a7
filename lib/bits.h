/* SPDX-License-Identifier: MIT */
/*
 * bits.h — what the bits of the flow table's columns mean. flowStat and tcpStatesAFlags have Tranalyzer's bits.
 */
#ifndef TW_BITS_H
#define TW_BITS_H

#include "text.h"

struct tw_bits_field {
    const char *name;         /* of the column */
    unsigned width;           /* in bits */
    const char *const *texts; /* `width` of them; NULL: the bit has no meaning */
};

/* The column with this name, or NULL when it is not one of bits. */
const struct tw_bits_field *tw_bits_find(const char *name);

/* All of them, in the order of the table, up to NULL. */
const struct tw_bits_field *tw_bits_at(size_t i);

/*
 * A value of the field as the table has it (0x and hexadecimal digits) or in decimal.
 * Returns false when it is something else or has more bits than the field, then *ret is untouched.
 */
bool tw_bits_parse(const struct tw_bits_field *field, const char *text, uint64_t *ret);

/* The text of a bit below the field's width, also of one without a meaning. */
const char *tw_bits_text(const struct tw_bits_field *field, unsigned bit);

/* Append a table for people: one line for each bit that is set. */
void tw_bits_explain(struct tw_text *out, const struct tw_bits_field *field, uint64_t value);

/* Append a JSON array with the texts of the bits that are set. */
void tw_bits_json(struct tw_text *out, const struct tw_bits_field *field, uint64_t value);

#endif
