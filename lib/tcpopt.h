/* SPDX-License-Identifier: MIT */
/*
 * tcpopt.h — the options of a TCP header (RFC 9293 3.1).
 *
 * The list ends at its end-of-list option, at its last byte, or at the first option whose length is not possible:
 * what comes before that counts all the same.
 */
#ifndef TW_TCPOPT_H
#define TW_TCPOPT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The shift that a SYN offers for its sender's windows, 0 to 255, or -1 where there is none (RFC 7323 2.2; which
 * values are allowed is the caller's business). Of several, the last counts.
 *
 *   options   len bytes behind the fixed header
 */
int tw_tcpopt_window_scale(const uint8_t *options, size_t len);

#endif
