/* SPDX-License-Identifier: MIT */
/*
 * bytes.h — a cursor over captured bytes, big-endian, that never reads what is not there.
 *
 * It knows two ends: how many bytes the capture holds, and how many the enclosing header says there are. What lies
 * beyond the second contradicts the lengths; what lies beyond the first only was cut. The first error sticks: every
 * later request fails too, so it is enough to look once, at the end.
 */
#ifndef TW_BYTES_H
#define TW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tw_bytes_error {
    TW_BYTES_OK,
    TW_BYTES_CUT,    /* within the stated length, but not captured */
    TW_BYTES_BEYOND, /* beyond the stated length, captured or not */
};

struct tw_bytes {
    const uint8_t *data;
    size_t pos;      /* may lie beyond either end; reading there is what fails */
    size_t captured; /* bytes at data */
    size_t limit;    /* bytes that there are by the lengths in headers; may be more or less than captured */
    enum tw_bytes_error error;
};

/* A cursor at the first of `captured` bytes; these are all there are, until `limit` is set to something else. */
static inline struct tw_bytes tw_bytes_init(const uint8_t *data, size_t captured) {
    return (struct tw_bytes){.data = data, .captured = captured, .limit = captured};
}

/* Whether the next n bytes are there; if not, the error is set. */
static inline bool tw_bytes_need(struct tw_bytes *b, size_t n) {
    if (__builtin_expect(b->error == TW_BYTES_OK && b->pos + n <= b->limit && b->pos + n <= b->captured, 1)) {
        return true;
    }
    if (b->error == TW_BYTES_OK) {
        b->error = b->pos + n > b->limit ? TW_BYTES_BEYOND : TW_BYTES_CUT;
    }
    return false;
}

/* The next n bytes, without moving; NULL and the error where they are not there. */
static inline const uint8_t *tw_bytes_peek(struct tw_bytes *b, size_t n) {
    return tw_bytes_need(b, n) ? b->data + b->pos : NULL;
}

/* The next n bytes, and move behind them; NULL, the error, and no move where they are not there. */
static inline const uint8_t *tw_bytes_take(struct tw_bytes *b, size_t n) {
    const uint8_t *here = tw_bytes_peek(b, n);
    if (here) {
        b->pos += n;
    }
    return here;
}

/* Move n bytes on without looking: whether they are there is asked with what follows them. */
static inline void tw_bytes_skip(struct tw_bytes *b, size_t n) {
    b->pos += n;
}

/* How many bytes from here on are both captured and within the stated length; no error. */
static inline size_t tw_bytes_left(const struct tw_bytes *b) {
    size_t end = b->captured < b->limit ? b->captured : b->limit;
    return b->pos < end ? end - b->pos : 0;
}

/* The unsigned number at p, which holds enough bytes. */
static inline uint16_t tw_be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t tw_be24(const uint8_t *p) {
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t tw_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#endif
