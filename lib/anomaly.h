/* SPDX-License-Identifier: MIT */
/*
 * anomaly.h — what is odd about how one side opened, used and ended a TCP connection: the column tcpStatesAFlags.
 *
 * Pure: it reads what tcpstate.h remembers and answers bits, which the caller keeps, a byte for each side. Benevolent: a
 * connection seen from the middle, only one of its ways, a segment sent again, or one that the capture lost, is not odd.
 */
#ifndef TW_ANOMALY_H
#define TW_ANOMALY_H

#include "tcpstate.h"

/* Bits of tcpStatesAFlags, by Tranalyzer's numbers. */
enum {
    TW_ANOMALY_OPENING = 0x01,     /* it was not opened as RFC 9293 3.5 has it */
    TW_ANOMALY_CLOSING = 0x02,     /* nor closed as 3.6 has it: reset, or data beyond the FIN */
    TW_ANOMALY_FLAGS = 0x04,       /* flags that no segment of an established connection has */
    TW_ANOMALY_AFTER_CLOSE = 0x08, /* a packet after both sides had closed */
    TW_ANOMALY_AFTER_RESET = 0x10, /* a packet after a reset */
    TW_ANOMALY_RESET = 0x40,       /* it has sent a RST */
    TW_ANOMALY_SCAN = 0x80,        /* it asked and never used: a scan, perhaps */
};

/* Whether a segment cannot be odd: nearly every one is plain. */
static inline bool tw_anomaly_is_plain(enum tw_flow_state state, const struct tw_packet *packet) {
    return state == TW_FLOW_ESTABLISHED &&
           (packet->wire_flags & (TW_TCP_SYN | TW_TCP_FIN | TW_TCP_RST | TW_TCP_ACK)) == TW_TCP_ACK;
}

/*
 * What is odd about a segment that has its flags (TW_HAS_FLAGS), judged by what came before it.
 *
 *   own, other  its sender and the side that it is sent to, as they were before it
 *
 * Returns bits to be kept for the sender. Cost O(1).
 */
uint8_t tw_anomaly_judge(enum tw_flow_state state, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                         const struct tw_packet *packet);

/*
 * What is odd about one side when the flow ends.
 *
 *   bits             what tw_anomaly_judge() gave for its segments
 *   was_established  a segment with ACK and without SYN and RST was seen, of either side
 *   has_payload      either side has sent payload
 *
 * Returns the column's value.
 */
uint8_t tw_anomaly_conclude(uint8_t bits, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                            bool was_established, bool has_payload);

#endif
