/* SPDX-License-Identifier: MIT */
/*
 * tcpopt.h — the options of a TCP header, one by one (RFC 9293 3.1).
 *
 * The list ends at its end-of-list option, at its last byte, or at the first option whose length is not possible:
 * what comes before that counts all the same.
 */
#ifndef TW_TCPOPT_H
#define TW_TCPOPT_H

#include "bytes.h"

/* The kinds of options that are looked for. */
enum { TW_TCPOPT_END = 0, TW_TCPOPT_NOP = 1, TW_TCPOPT_WINDOW_SCALE = 3 };

struct tw_tcpopt {
    uint8_t kind;
    uint8_t n;            /* bytes of value, kind and length not counted */
    const uint8_t *value; /* in the caller's bytes */
};

/*
 * The next option that is more than padding.
 *
 *   options   a cursor over the options alone; moves behind the one returned
 *   ret       set only with true
 *
 * Returns false at the end of the list, whatever ends it.
 */
bool tw_tcpopt_next(struct tw_bytes *options, struct tw_tcpopt *ret);

/*
 * The shift that a SYN offers for its sender's windows, 0 to 255, or -1 where there is none (RFC 7323 2.2; which
 * values are allowed is the caller's business). Of several, the last counts.
 *
 *   options   len bytes behind the fixed header
 */
int tw_tcpopt_window_scale(const uint8_t *options, size_t len);

#endif
