/* SPDX-License-Identifier: MIT */
/*
 * seq.h — serial arithmetic on 32-bit sequence numbers (RFC 9293 3.4, RFC 1982).
 */
#ifndef TW_SEQ_H
#define TW_SEQ_H

#include <stdint.h>

/* a - b: positive when a is later, meaningful for numbers less than 2^31 apart. */
static inline int32_t tw_seq_diff(uint32_t a, uint32_t b) {
    return (int32_t)(a - b);
}

static inline int tw_seq_after(uint32_t a, uint32_t b) {
    return tw_seq_diff(a, b) > 0;
}

static inline int tw_seq_at_or_after(uint32_t a, uint32_t b) {
    return tw_seq_diff(a, b) >= 0;
}

#endif
