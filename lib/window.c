/* SPDX-License-Identifier: MIT */
#include "window.h"

#include "seq.h"

enum { SHIFT_MAX = 14 /* RFC 7323 2.3 */ };

/* No segment is reordered for so long; after a gap in the capture the serial tests could err for gigabytes. */
static const tw_time reordering_max = TW_SECOND;

bool tw_window_accepts(const struct tw_window *receiver, uint32_t seq, uint32_t length) {
    return !receiver->has_wl || (tw_seq_at_or_after(seq + length, receiver->wl2) &&
                                 tw_seq_at_or_after(receiver->wl2 + receiver->widest, seq));
}

bool tw_window_is_update(const struct tw_window *own, const struct tw_window *receiver, const struct tw_packet *packet,
                         tw_time clock) {
    if (!own->has_wl || clock - own->considered_at > reordering_max) {
        return true;
    }
    if (!tw_window_accepts(receiver, packet->seq, packet->payload)) {
        return false;
    }
    return tw_seq_after(packet->seq, own->wl1) ||
           (packet->seq == own->wl1 && tw_seq_at_or_after(packet->ack, own->wl2));
}

void tw_window_feed(struct tw_window *own, const struct tw_packet *packet, int assume_scale, tw_time clock) {
    own->wl1 = packet->seq;
    own->wl2 = packet->ack;
    own->considered_at = clock;
    bool is_unknown = own->scale == TW_SCALE_UNKNOWN;
    uint8_t shift = is_unknown && assume_scale >= 0 ? (uint8_t)assume_scale : own->shift;
    own->effective = (uint32_t)packet->window << shift;
    own->has_effective = !is_unknown || assume_scale >= 0;
    uint32_t at_most = is_unknown ? (uint32_t)packet->window << SHIFT_MAX : own->effective;
    if (!own->has_wl) {
        own->has_wl = true;
        own->widest = 1;
    }
    if (at_most > own->widest) {
        own->widest = at_most;
    }
}

static void settle(struct tw_window *own, const struct tw_window *other, bool is_none) {
    bool is_known = own->offered && (own->sent_synack || other->offered);
    own->scale = is_none ? TW_SCALE_NONE : is_known ? TW_SCALE_KNOWN : TW_SCALE_UNKNOWN;
    own->shift = own->scale == TW_SCALE_KNOWN ? own->offer : 0;
}

static bool declines(const struct tw_window *side) {
    return side->offer_seen && !side->offered;
}

void tw_window_syn(struct tw_window pair[TW_SIDE_COUNT], enum tw_side from, const struct tw_packet *packet) {
    struct tw_window *own = &pair[from];
    own->offer_seen = true;
    own->offered = packet->window_scale >= 0;
    own->sent_synack |= (packet->flags & TW_TCP_ACK) != 0;
    own->above_14 |= packet->window_scale > SHIFT_MAX;
    own->offer = packet->window_scale > SHIFT_MAX ? SHIFT_MAX : (uint8_t)packet->window_scale;

    const struct tw_window *a = &pair[TW_A], *b = &pair[TW_B];
    bool is_none = (a->sent_synack && !a->offered) || (b->sent_synack && !b->offered) ||
                   (!a->sent_synack && !b->sent_synack && (declines(a) || declines(b)));
    settle(&pair[TW_A], b, is_none);
    settle(&pair[TW_B], a, is_none);
}

bool tw_window_is_probe(const struct tw_window *own, const struct tw_packet *packet) {
    return own->has_wl &&
           ((packet->seq == own->wl2 - 1 && packet->payload <= 1) || (packet->seq == own->wl2 && packet->payload == 1));
}

bool tw_window_is_filled(const struct tw_window *own, const struct tw_packet *packet) {
    return own->has_wl && own->has_effective && packet->payload &&
           packet->seq + packet->payload == own->wl2 + own->effective;
}
