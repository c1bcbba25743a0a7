/* SPDX-License-Identifier: MIT */
#include "anomaly.h"

#include "seq.h"

enum { FAST_OPEN_MAX = 65536 }; /* bytes that a SYN may have carried without our having seen them all */

/* Whether it acknowledges the other side's SYN, alone or with data of a fast open (RFC 7413). */
static bool answers_syn(const struct tw_tcp_side *other, uint32_t ack) {
    return !other->has_syn || ack - other->syn_seq - 1 <= FAST_OPEN_MAX;
}

static uint8_t judge_syn(enum tw_flow_state state, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                         const struct tw_packet *packet) {
    uint8_t bits = packet->wire_flags & (TW_TCP_FIN | TW_TCP_RST) ? TW_ANOMALY_OPENING : 0;
    bool has_ack = packet->wire_flags & TW_TCP_ACK;
    if (has_ack && !answers_syn(other, packet->ack)) {
        bits |= TW_ANOMALY_OPENING;
    }
    bool is_again =
        has_ack ? own->has_synack && own->synack_ack == packet->ack : own->has_syn && own->syn_seq == packet->seq;
    bool is_late = state == TW_FLOW_ESTABLISHED || state == TW_FLOW_CLOSING;
    bool is_first = has_ack ? !own->has_synack : !own->has_syn; /* captured out of order, perhaps */
    return is_late && !is_again && !is_first ? bits | TW_ANOMALY_FLAGS : bits;
}

/* The first thing that the side of a SYN gets back acknowledges it, or is a RST. */
static bool is_half_open(const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                         const struct tw_packet *packet) {
    return other->has_syn && !own->has_syn && !own->has_synack && packet->wire_flags & TW_TCP_ACK &&
           !tw_seq_after(packet->ack, other->syn_seq);
}

/* Whether its data, or another FIN, reach beyond the FIN that the side has sent. */
static bool is_beyond_fin(const struct tw_tcp_side *own, const struct tw_packet *packet) {
    bool is_fin = packet->wire_flags & TW_TCP_FIN;
    return own->has_fin && (packet->payload || is_fin) &&
           tw_seq_after(packet->seq + packet->payload + is_fin, own->fin_end - !is_fin);
}

/* After both sides have closed: the last ACK and the FIN may be sent again. */
static bool is_late(const struct tw_tcp_side *own, const struct tw_packet *packet) {
    bool is_fin_again = packet->wire_flags & TW_TCP_FIN && packet->seq + packet->payload + 1 == own->fin_end;
    return !is_fin_again && (packet->payload || packet->wire_flags & TW_TCP_FIN);
}

uint8_t tw_anomaly_judge(enum tw_flow_state state, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                         const struct tw_packet *packet) {
    if (packet->wire_flags & TW_TCP_SYN) {
        return judge_syn(state, own, other, packet);
    }
    if (packet->wire_flags & TW_TCP_RST) {
        return packet->wire_flags & TW_TCP_FIN ? TW_ANOMALY_FLAGS : 0;
    }
    if (state == TW_FLOW_RESET) {
        return TW_ANOMALY_AFTER_RESET;
    }
    uint8_t bits = state == TW_FLOW_CLOSED && is_late(own, packet) ? TW_ANOMALY_AFTER_CLOSE : 0;
    if (!(packet->wire_flags & TW_TCP_ACK)) {
        bits |= state == TW_FLOW_OPENING ? TW_ANOMALY_OPENING : TW_ANOMALY_FLAGS;
    }
    if (state == TW_FLOW_OPENING && is_half_open(own, other, packet)) {
        bits |= TW_ANOMALY_OPENING;
    }
    return is_beyond_fin(own, packet) ? bits | TW_ANOMALY_CLOSING : bits;
}

/* It asked for a connection, or tried what comes back on a segment that belongs to none, and nothing ever passed. */
static bool is_scan(uint8_t bits, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                    bool was_established) {
    bool has_asked = own->has_syn && !own->has_synack;
    bool has_probed = bits & TW_ANOMALY_OPENING && !own->has_syn && !own->has_synack;
    return !was_established && (has_asked || has_probed) && !other->has_syn;
}

uint8_t tw_anomaly_conclude(uint8_t bits, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                            bool was_established, bool has_payload) {
    bool is_closed = own->has_fin && other->has_fin;
    if (own->sent_rst) {
        bits |= TW_ANOMALY_RESET;
        bits |= was_established && !is_closed ? TW_ANOMALY_CLOSING : 0;
    }
    return !has_payload && is_scan(bits, own, other, was_established) ? bits | TW_ANOMALY_SCAN : bits;
}
