/* SPDX-License-Identifier: MIT */
#include "tcpstate.h"

/* Whether the SYN-ACK acknowledges exactly this SYN, with or without the data that it carries. */
static bool answers(const struct tw_tcp_side *synack_sender, const struct tw_packet *syn) {
    if (!synack_sender->has_synack) {
        return false;
    }
    uint32_t acknowledged = synack_sender->synack_ack - syn->seq;
    return acknowledged == 1 || acknowledged == 1 + syn->payload;
}

bool tw_tcp_begins_anew(enum tw_flow_state state, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                        bool is_silent, const struct tw_packet *packet) {
    if (state == TW_FLOW_CLOSED || state == TW_FLOW_RESET) {
        return true;
    }
    if (packet->flags & TW_TCP_ACK || (own->has_syn && own->syn_seq == packet->seq)) {
        return false;
    }
    return !(is_silent && (!other->sent_other || answers(other, packet)));
}

void tw_tcp_syn(struct tw_tcp_side *own, const struct tw_packet *packet) {
    if (packet->flags & TW_TCP_ACK) {
        own->has_synack = true;
        own->synack_ack = packet->ack;
    } else {
        own->has_syn = true;
        own->syn_seq = packet->seq;
    }
}

static bool fin_is_acknowledged(const struct tw_tcp_side *own, const struct tw_tcp_side *other) {
    return own->has_fin && other->has_ack && tw_seq_at_or_after(other->max_ack, own->fin_end);
}

enum tw_flow_state tw_tcp_feed(enum tw_flow_state state, struct tw_tcp_side *own, struct tw_tcp_side *other,
                               const struct tw_packet *packet) {
    if (packet->flags & TW_TCP_ACK) {
        if (state == TW_FLOW_OPENING) {
            state = TW_FLOW_ESTABLISHED;
        }
        tw_tcp_ack(own, packet->ack);
    }
    if (packet->flags & TW_TCP_FIN) {
        if (!own->has_fin) {
            own->has_fin = true;
            own->fin_end = packet->seq + packet->payload + 1;
        }
        if (state == TW_FLOW_OPENING || state == TW_FLOW_ESTABLISHED) {
            state = TW_FLOW_CLOSING;
        }
    }
    if (state == TW_FLOW_CLOSING && fin_is_acknowledged(own, other) && fin_is_acknowledged(other, own)) {
        state = TW_FLOW_CLOSED;
    }
    return state;
}
