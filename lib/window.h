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

/*
 * How wide a window is: the field as sent in its lower 16 bits, and above them how far it is shifted. In 20 bits nothing
 * is lost.
 */
static inline uint32_t tw_width_make(uint16_t window, uint8_t shift) {
    return (uint32_t)shift << 16 | window;
}

static inline uint32_t tw_width_bytes(uint32_t width) {
    return (width & 0xffff) << (width >> 16);
}

/*
 * What segments of the other side are judged by: how far this one has acknowledged, and how wide it has opened. Three
 * widths and flags in one word, which is read and written as a whole: parts of it would have to wait for each other.
 */
struct tw_edge {
    uint32_t wl2;    /* TW_EDGE_HAS_WL */
    uint64_t widths; /* at TW_EDGE_...; and flags */
} __attribute__((packed, aligned(4)));

/* Where in the word. */
enum {
    TW_EDGE_EFFECTIVE = 0, /* TW_EDGE_HAS_EFFECTIVE */
    TW_EDGE_WIDEST = 20,   /* the largest so far; shift 14 while the scale is unknown */
    TW_EDGE_MOST = 40,     /* the largest of those counted: TW_EDGE_HAS_COUNTED */
    TW_EDGE_FLAGS = 60,
    TW_EDGE_HAS_WL = 1,        /* a segment was considered */
    TW_EDGE_HAS_EFFECTIVE = 2, /* a shift is in use */
    TW_EDGE_HAS_COUNTED = 4,
    TW_WIDTH_MASK = 0xfffff,
};

static inline uint32_t tw_edge_width(const struct tw_edge *edge, int which) {
    return edge->widths >> which & TW_WIDTH_MASK;
}

static inline bool tw_edge_has(const struct tw_edge *edge, unsigned flags) {
    return (edge->widths >> TW_EDGE_FLAGS & flags) == flags;
}

/* Bytes of the window that is in effect, as far as its scale is known. */
static inline uint32_t tw_edge_effective(const struct tw_edge *edge) {
    return tw_width_bytes(tw_edge_width(edge, TW_EDGE_EFFECTIVE));
}

static inline void tw_edge_set(struct tw_edge *edge, int which, uint32_t width, unsigned flags) {
    uint64_t rest = edge->widths & ~((uint64_t)TW_WIDTH_MASK << which);
    edge->widths = rest | (uint64_t)width << which | (uint64_t)flags << TW_EDGE_FLAGS;
}

/* The rest, for segments of its own. */
struct tw_window {
    uint32_t wl1; /* has_wl */
    uint32_t age; /* nanoseconds since the last considered segment, stopped at what fits: 4.3 s; kept by the caller */
    uint32_t least : 20;      /* width, the smallest of those counted: has_counted */
    uint32_t offer : 4;       /* the option's value, at most 14 */
    uint32_t scale : 2;       /* enum tw_scale */
    uint32_t offer_seen : 1;  /* a SYN of this side was captured with all its options: */
    uint32_t offered : 1;     /*   it had the window scale option */
    uint32_t sent_synack : 1; /*   it was a SYN-ACK */
    uint32_t above_14 : 1;    /* a larger shift was offered than RFC 7323 allows */
};

/* How far the side's window is shifted; 0 where that is not known, or it is not. */
static inline uint8_t tw_window_shift(const struct tw_window *own) {
    return own->scale == TW_SCALE_KNOWN ? (uint8_t)own->offer : 0;
}

/* Time has gone on since the side's packet before. */
static inline void tw_window_grow_older(struct tw_window *own, tw_time by) {
    uint64_t age = own->age + (uint64_t)by;
    own->age = age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

/*
 * Whether the receiver could take a segment of `length` (its payload, and one for FIN) at `seq`: RFC 9293 3.10.7.4,
 * in serial arithmetic, with the widest window it has ever advertised, at least 1. Always, when it has not been considered
 * yet.
 */
static inline bool tw_window_accepts(const struct tw_edge *receiver, uint32_t seq, uint32_t length) {
    uint32_t widest = tw_width_bytes(tw_edge_width(receiver, TW_EDGE_WIDEST));
    return !tw_edge_has(receiver, TW_EDGE_HAS_WL) || (tw_seq_at_or_after(seq + length, receiver->wl2) &&
                                                      tw_seq_at_or_after(receiver->wl2 + (widest ? widest : 1), seq));
}

/*
 * Whether a segment of `own`'s side, whose edge is `edge`, and that has all the flags for it, would update the send window
 * of the receiver: newer than the last considered one, or there is none, or that is more than a second ago.
 */
static inline bool tw_window_is_update(const struct tw_window *own, const struct tw_edge *edge,
                                       const struct tw_edge *receiver, const struct tw_packet *packet) {
    if (!tw_edge_has(edge, TW_EDGE_HAS_WL) || own->age > TW_WINDOW_REORDERING) {
        return true;
    }
    if (!tw_window_accepts(receiver, packet->seq, packet->payload)) {
        return false;
    }
    /* Later, or the same and ack is no older; as one comparison, since data and acknowledgements come in turn. */
    return tw_seq_diff(packet->seq, own->wl1) >= !tw_seq_at_or_after(packet->ack, edge->wl2);
}

/*
 * Consider a segment of this side. `assume_scale` (-1: none) is the shift that stands in for an unknown scale.
 */
static inline void tw_window_feed(struct tw_window *own, struct tw_edge *edge, const struct tw_packet *packet,
                                  int assume_scale) {
    bool is_unknown = own->scale == TW_SCALE_UNKNOWN;
    uint8_t shift = is_unknown && assume_scale >= 0 ? (uint8_t)assume_scale : tw_window_shift(own);
    uint32_t effective = tw_width_make(packet->window, shift);
    uint32_t at_most = is_unknown ? tw_width_make(packet->window, TW_WINDOW_SHIFT_MAX) : effective;
    uint32_t widest = tw_edge_width(edge, TW_EDGE_WIDEST);
    widest ^= (widest ^ at_most) & -(uint32_t)(tw_width_bytes(at_most) > tw_width_bytes(widest));
    uint64_t kept =
        edge->widths & ((uint64_t)TW_WIDTH_MASK << TW_EDGE_MOST | (uint64_t)TW_EDGE_HAS_COUNTED << TW_EDGE_FLAGS);
    uint64_t flags = TW_EDGE_HAS_WL | (!is_unknown || assume_scale >= 0 ? TW_EDGE_HAS_EFFECTIVE : 0);
    own->wl1 = packet->seq;
    own->age = 0;
    edge->wl2 = packet->ack;
    edge->widths = kept | flags << TW_EDGE_FLAGS | (uint64_t)widest << TW_EDGE_WIDEST | effective;
}

/* Count a width among the smallest and the largest. */
static inline void tw_window_count(struct tw_window *own, struct tw_edge *edge, uint32_t width) {
    uint32_t bytes = tw_width_bytes(width);
    bool is_first = !tw_edge_has(edge, TW_EDGE_HAS_COUNTED);
    if (is_first || bytes < tw_width_bytes(own->least)) {
        own->least = width & TW_WIDTH_MASK;
    }
    if (is_first || bytes > tw_width_bytes(tw_edge_width(edge, TW_EDGE_MOST))) {
        tw_edge_set(edge, TW_EDGE_MOST, width, TW_EDGE_HAS_COUNTED);
    }
}

/* Take the options of a SYN or SYN-ACK of `own`'s side that was captured whole, and settle the scale of both sides. */
void tw_window_syn(struct tw_window *own, struct tw_window *other, const struct tw_packet *packet);

/*
 * Whether the other side's segment, without SYN, FIN and RST, asks whether the window has opened: zero or one byte just
 * before WL2 (Linux), or one byte at WL2 (RFC 9293 3.8.6.1).
 */
static inline bool tw_window_is_probe(const struct tw_edge *receiver, const struct tw_packet *packet) {
    uint32_t wl2 = receiver->wl2;
    return tw_edge_has(receiver, TW_EDGE_HAS_WL) &&
           ((packet->seq == wl2 - 1 && packet->payload <= 1) || (packet->seq == wl2 && packet->payload == 1));
}

/* Whether the other side's data ends exactly at the edge of the window. The rarest is asked first. */
static inline bool tw_window_is_filled(const struct tw_edge *receiver, const struct tw_packet *packet) {
    return packet->seq + packet->payload == receiver->wl2 + tw_edge_effective(receiver) && packet->payload &&
           tw_edge_has(receiver, TW_EDGE_HAS_WL | TW_EDGE_HAS_EFFECTIVE);
}

#endif
