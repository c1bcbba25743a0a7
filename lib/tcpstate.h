/* SPDX-License-Identifier: MIT */
/*
 * tcpstate.h — how far a connection has come: opening, established, closing, closed, reset.
 *
 * What a FIN or RST means is decided before (only an acceptable one counts); this only remembers. Benevolent towards
 * connections that are seen from the middle. Plain data, zero at first.
 */
#ifndef TW_TCPSTATE_H
#define TW_TCPSTATE_H

#include "packet.h"
#include "seq.h"
#include "settings.h"

struct tw_tcp_side {
    uint32_t syn_seq;    /* of its last SYN without ACK: has_syn */
    uint32_t synack_ack; /* what its last SYN-ACK acknowledged: has_synack */
    uint32_t fin_end;    /* sequence number behind its first FIN: has_fin */
    uint32_t max_ack;    /* largest it has acknowledged: has_ack */
    bool has_syn : 1;
    bool has_synack : 1;
    bool has_fin : 1;
    bool has_ack : 1;
    bool sent_other : 1; /* any segment that is no SYN without ACK */
    bool sent_rst : 1;
    uint8_t anomalies; /* what was odd about its segments (anomaly.h) */
    uint8_t syns;      /* the caller's: segments with SYN, */
    uint8_t full;      /*   and those that filled the window that they were sent into */
};

/*
 * Whether a segment with SYN begins another connection than the one that its addresses belong to.
 *
 *   own         its sender; other: the side that it is sent to
 *   is_silent   the sender has sent nothing yet in this flow
 *
 * A SYN belongs if it repeats the sender's own, if both sides open at once (RFC 9293 3.5), or if it was captured after the
 * SYN-ACK that answers it, fast open (RFC 7413) included. Nothing opens a closed or reset connection again.
 */
bool tw_tcp_begins_anew(enum tw_flow_state state, const struct tw_tcp_side *own, const struct tw_tcp_side *other,
                        bool is_silent, const struct tw_packet *packet);

/* Remember a SYN or SYN-ACK. */
void tw_tcp_syn(struct tw_tcp_side *own, const struct tw_packet *packet);

/* The side has acknowledged this much; tw_tcp_feed does it by itself. */
static inline void tw_tcp_ack(struct tw_tcp_side *own, uint32_t ack) {
    uint32_t before = own->has_ack ? own->max_ack : ack;
    own->has_ack = true;
    own->max_ack = tw_seq_after(ack, before) ? ack : before; /* always: data and acknowledgements come in turn */
}

/*
 * Take a segment without SYN and RST whose FIN, if it has one, was acceptable; returns the state after it.
 */
enum tw_flow_state tw_tcp_feed(enum tw_flow_state state, struct tw_tcp_side *own, struct tw_tcp_side *other,
                               const struct tw_packet *packet);

#endif
