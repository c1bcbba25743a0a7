/* SPDX-License-Identifier: MIT */
#include "window.h"

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
    own->above_14 |= packet->window_scale > TW_WINDOW_SHIFT_MAX;
    own->offer = packet->window_scale > TW_WINDOW_SHIFT_MAX ? TW_WINDOW_SHIFT_MAX : (uint8_t)packet->window_scale;

    const struct tw_window *a = &pair[TW_A], *b = &pair[TW_B];
    bool is_none = (a->sent_synack && !a->offered) || (b->sent_synack && !b->offered) ||
                   (!a->sent_synack && !b->sent_synack && (declines(a) || declines(b)));
    settle(&pair[TW_A], b, is_none);
    settle(&pair[TW_B], a, is_none);
}
