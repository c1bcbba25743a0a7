/* SPDX-License-Identifier: MIT */
/*
 * window.h — the receive window of one side of a connection, as its own segments advertise it.
 *
 * Which segments say something about the window is decided by the rule by which the other side would update its send
 * window (RFC 9293 3.10.7.4), with the names of that rule: WL1 and WL2 are seq and ack of the last segment that was
 * considered. How far the advertised value is shifted follows from the options of both SYNs (RFC 7323 2.2).
 *
 * "Receiver" below is the side that a segment is sent to. Plain data, zero at first; no clock, no allocation.
 */
#ifndef TW_WINDOW_H
#define TW_WINDOW_H

#include "event.h"
#include "packet.h"
#include "seq.h"

enum { TW_WINDOW_SHIFT_MAX = 14 /* RFC 7323 2.3 */ };

/* No segment is reordered for so long; after a gap in the capture the serial tests could err for gigabytes. */
#define TW_WINDOW_REORDERING TW_SECOND

struct tw_window {
    tw_time considered_at; /* clock at the last considered segment; with it and all down to `effective`: has_wl */
    uint32_t wl1, wl2;
    uint32_t effective; /* bytes; has_effective */
    uint32_t widest;    /* largest so far, at least 1; shift 14 while the scale is unknown */
    uint32_t told;      /* the WL2 that was last among what the side has acknowledged (tcpstate.h) */
    bool has_wl : 1;
    bool has_effective : 1; /* a shift is in use */
    bool offer_seen : 1;    /* a SYN of this side was captured with all its options: */
    bool offered : 1;       /*   it had the window scale option */
    bool sent_synack : 1;   /*   it was a SYN-ACK */
    bool above_14 : 1;      /* a larger shift was offered than RFC 7323 allows */
    uint8_t offer;          /* the option's value, at most 14 */
    uint8_t scale;          /* enum tw_scale */
    uint8_t shift;          /* with TW_SCALE_KNOWN; else 0 */
};

/*
 * Whether the receiver could take a segment of `length` (its payload, and one for FIN) at `seq`: RFC 9293 3.10.7.4,
 * in serial arithmetic, with the widest window it has ever advertised. Always, when it has not been considered yet.
 */
static inline bool tw_window_accepts(const struct tw_window *receiver, uint32_t seq, uint32_t length) {
    return !receiver->has_wl || (tw_seq_at_or_after(seq + length, receiver->wl2) &&
                                 tw_seq_at_or_after(receiver->wl2 + receiver->widest, seq));
}

/*
 * Whether a segment of `own`'s side that has all the flags for it would update the send window of the receiver: newer
 * than the last considered one, or there is none, or that is more than a second ago.
 */
static inline bool tw_window_is_update(const struct tw_window *own, const struct tw_window *receiver,
                                       const struct tw_packet *packet, tw_time clock) {
    if (!own->has_wl || clock - own->considered_at > TW_WINDOW_REORDERING) {
        return true;
    }
    if (!tw_window_accepts(receiver, packet->seq, packet->payload)) {
        return false;
    }
    return tw_seq_after(packet->seq, own->wl1) ||
           (packet->seq == own->wl1 && tw_seq_at_or_after(packet->ack, own->wl2));
}

/*
 * Consider a segment of this side. `assume_scale` (-1: none) is the shift that stands in for an unknown scale.
 */
static inline void tw_window_feed(struct tw_window *own, const struct tw_packet *packet, int assume_scale,
                                  tw_time clock) {
    own->wl1 = packet->seq;
    own->wl2 = packet->ack;
    own->considered_at = clock;
    bool is_unknown = own->scale == TW_SCALE_UNKNOWN;
    uint8_t shift = is_unknown && assume_scale >= 0 ? (uint8_t)assume_scale : own->shift;
    own->effective = (uint32_t)packet->window << shift;
    own->has_effective = !is_unknown || assume_scale >= 0;
    uint32_t at_most = is_unknown ? (uint32_t)packet->window << TW_WINDOW_SHIFT_MAX : own->effective;
    if (!own->has_wl) {
        own->has_wl = true;
        own->widest = 1;
    }
    if (at_most > own->widest) {
        own->widest = at_most;
    }
}

/* Take the options of a SYN or SYN-ACK of side `from` that was captured whole, and settle the scale of both sides. */
void tw_window_syn(struct tw_window pair[TW_SIDE_COUNT], enum tw_side from, const struct tw_packet *packet);

/*
 * Whether the other side's segment, without SYN, FIN and RST, asks whether the window has opened: zero or one byte just
 * before WL2 (Linux), or one byte at WL2 (RFC 9293 3.8.6.1).
 */
static inline bool tw_window_is_probe(const struct tw_window *own, const struct tw_packet *packet) {
    return own->has_wl &&
           ((packet->seq == own->wl2 - 1 && packet->payload <= 1) || (packet->seq == own->wl2 && packet->payload == 1));
}

/* Whether the other side's data ends exactly at the edge of the window. */
static inline bool tw_window_is_filled(const struct tw_window *own, const struct tw_packet *packet) {
    return own->has_wl && own->has_effective && packet->payload &&
           packet->seq + packet->payload == own->wl2 + own->effective;
}

#endif
