/* SPDX-License-Identifier: MIT */
#include "window.h"

static void settle(struct tw_window *own, const struct tw_window *other, bool is_none) {
    bool is_known = own->offered && (own->sent_synack || other->offered);
    own->scale = is_none ? TW_SCALE_NONE : is_known ? TW_SCALE_KNOWN : TW_SCALE_UNKNOWN;
}

static bool declines(const struct tw_window *side) {
    return side->offer_seen && !side->offered;
}

void tw_window_syn(struct tw_window *own, struct tw_window *other, const struct tw_packet *packet) {
    int offer = packet->window_scale > TW_WINDOW_SHIFT_MAX ? TW_WINDOW_SHIFT_MAX : packet->window_scale;
    own->offer_seen = true;
    own->offered = offer >= 0;
    own->sent_synack |= (packet->flags & TW_TCP_ACK) != 0;
    own->above_14 |= packet->window_scale > TW_WINDOW_SHIFT_MAX;
    own->offer = (unsigned)offer & 15;

    bool is_none = (own->sent_synack && !own->offered) || (other->sent_synack && !other->offered) ||
                   (!own->sent_synack && !other->sent_synack && (declines(own) || declines(other)));
    settle(own, other, is_none);
    settle(other, own, is_none);
}
