/* SPDX-License-Identifier: MIT */
/*
 * text.h — a growing buffer of text, and numbers into it without printf.
 *
 * Records are formatted by the million, so there are no formats to parse. A buffer that could not grow remembers it
 * (`failed`), and later appends do nothing: who uses it checks once at the end.
 */
#ifndef TW_TEXT_H
#define TW_TEXT_H

#include "types.h"

struct tw_text {
    char *data; /* len bytes, not NUL terminated; NULL at first */
    size_t len, room;
    bool failed; /* there was no memory; what follows the first failure is missing */
};

#define TW_TEXT_INIT                                                                                                   \
    { NULL, 0, 0, false }

/* Free the memory; the buffer is empty and usable again. */
void tw_text_fini(struct tw_text *text);

/* Empty it, keep the memory; clears `failed`. */
void tw_text_clear(struct tw_text *text);

void tw_text_bytes(struct tw_text *text, const void *bytes, size_t len);
void tw_text_again(struct tw_text *text, size_t at, size_t len); /* `len` bytes of its own, which begin at `at` */
static inline void tw_text_str(struct tw_text *text, const char *s);
static inline void tw_text_char(struct tw_text *text, char c);        /* each column has its separator: no call */
static inline void tw_text_u64(struct tw_text *text, uint64_t value); /* nor for a digit: half of its numbers */
void tw_text_i64(struct tw_text *text, int64_t value);

/* Lower-case hexadecimal, without 0x, at least `digits` digits, which are at most 16. */
void tw_text_hex(struct tw_text *text, uint64_t value, unsigned digits);

/* numerator / denominator with six decimals, rounded as printf does (half to even); "0" when the denominator is 0. */
void tw_text_ratio(struct tw_text *text, uint64_t numerator, uint64_t denominator);

/*
 * `count` per second of `duration`, as tw_text_ratio() writes it, exact for all counts; "0" when the duration is not
 * above 0.
 */
void tw_text_rate(struct tw_text *text, uint64_t count, tw_time duration);

/* "seconds.nanoseconds", nine decimals; a negative time has a minus sign. */
void tw_text_seconds(struct tw_text *text, tw_time t);

/* RFC 3339 in UTC with nine decimals: "2009-11-18T22:43:35.037210000Z". */
void tw_text_rfc3339(struct tw_text *text, tw_time t);

/* "YYYYMMDDTHHMMSSZ" in UTC, as file names have it. */
void tw_text_stamp(struct tw_text *text, tw_time t);

/* As inet_ntop(3) writes it; ip_version 4 or 6. */
void tw_text_addr(struct tw_text *text, int ip_version, const struct tw_addr *addr);

/* "aa:bb:cc:dd:ee:ff" */
void tw_text_mac(struct tw_text *text, const uint8_t mac[6]);

enum { TW_TEXT_INVALID = 0x110000 }; /* behind the last code point */

/*
 * The code point that a NUL-terminated string, not at its end, begins with (UTF-8, RFC 3629).
 * Returns its length in bytes; 1, with TW_TEXT_INVALID, where there is none.
 */
unsigned tw_text_decode(const char *s, uint32_t *ret_code);

/* Whether a code point can be shown as it is: no control, nothing that turns the direction or breaks the line. */
bool tw_text_is_plain(uint32_t code);

/* A string as a terminal and a table may have it: what is not plain, and the backslash, as \xNN for each byte. */
void tw_text_visible(struct tw_text *text, const char *s);

static inline void tw_text_str(struct tw_text *text, const char *s) {
    tw_text_bytes(text, s, __builtin_strlen(s));
}

/* For tw_text_char(): one that finds no room. By value: who takes a local variable's address has his stack watched. */
void tw_text_last_char(struct tw_text *text, char c);

/* For tw_text_u64(): a number of more than one digit, or of one. */
void tw_text_digits(struct tw_text *text, uint64_t value);

static inline void tw_text_char(struct tw_text *text, char c) {
    if (text->len < text->room && !text->failed) {
        text->data[text->len++] = c;
    } else {
        tw_text_last_char(text, c);
    }
}

static inline void tw_text_u64(struct tw_text *text, uint64_t value) {
    if (value < 10) {
        tw_text_char(text, (char)('0' + value));
    } else {
        tw_text_digits(text, value);
    }
}

#endif
