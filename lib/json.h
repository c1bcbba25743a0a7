/* SPDX-License-Identifier: MIT */
/*
 * json.h — JSON (RFC 8259) into a text, piece by piece.
 *
 * Commas come by themselves: the last byte of the text says whether one is due, so there is no state to keep. Who calls
 * sees to it that what is begun is ended and that a key is followed by its value.
 */
#ifndef TW_JSON_H
#define TW_JSON_H

#include "text.h"

void tw_json_begin_object(struct tw_text *out);
void tw_json_end_object(struct tw_text *out);
void tw_json_begin_array(struct tw_text *out);
void tw_json_end_array(struct tw_text *out);

/* The name of the next value; plain ASCII of our own, not escaped. */
void tw_json_key(struct tw_text *out, const char *key);

/*
 * A string; NULL: null. What could command a terminal or turn its text around (tw_text_is_plain) is escaped, a byte
 * that is not UTF-8 becomes U+FFFD: the line is valid and inert whatever a name holds.
 */
void tw_json_string(struct tw_text *out, const char *s);

void tw_json_null(struct tw_text *out);
void tw_json_bool(struct tw_text *out, bool value);
void tw_json_u64(struct tw_text *out, uint64_t value);
void tw_json_i64(struct tw_text *out, int64_t value);

/* Numbers made from integers: as tw_text_seconds(), tw_text_ratio() and tw_text_rate() write them. */
void tw_json_seconds(struct tw_text *out, tw_time t);
void tw_json_ratio(struct tw_text *out, uint64_t numerator, uint64_t denominator);
void tw_json_rate(struct tw_text *out, uint64_t count, tw_time duration);

/* A moment, as a string in RFC 3339. */
void tw_json_time(struct tw_text *out, tw_time t);

/* An address, as a string. */
void tw_json_addr(struct tw_text *out, int ip_version, const struct tw_addr *addr);

/* A key and its value. */
void tw_json_member_u64(struct tw_text *out, const char *key, uint64_t value);
void tw_json_member_string(struct tw_text *out, const char *key, const char *s);

#endif
