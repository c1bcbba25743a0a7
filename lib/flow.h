/* SPDX-License-Identifier: MIT */
/*
 * flow.h — one conversation: who, how far it has come, and what each side has sent.
 *
 * Plain data; it lives in the flow table. What only flows have whose window once fell, or that are extracted, stands in
 * a record of its own (struct tw_stall), since most flows never need it.
 */
#ifndef TW_FLOW_H
#define TW_FLOW_H

#include <netinet/in.h>

#include "detect.h"
#include "event.h"
#include "flowkey.h"
#include "flowstat.h"
#include "layers.h"
#include "ring.h"
#include "settings.h"
#include "tcpstate.h"
#include "timers.h"
#include "window.h"

/* In place of a reference into the ring: the number of what is kept aside. */
#define TW_HANDSHAKE_ASIDE (UINT64_C(1) << 63)

/* What one side has sent, as far as every packet changes it: one cache line. */
struct tw_flow_side {
    uint64_t packets, bytes, payload; /* bytes on the wire */
    uint64_t considered;
    uint64_t flow_stat;
    tw_time last, last_clock;  /* of its last packet */
    uint32_t win_min, win_max; /* considered > 0 */
};

/* The rest of it: another. */
struct tw_flow_rest {
    tw_time first, first_clock; /* of its first packet */
    uint64_t handshake;         /* its last SYN that has all its options; see tw_flow_aside */
    uint32_t handshake_number;  /* which packet of the flow that was, from 1 */
    uint32_t syns;              /* segments with SYN */
    uint32_t no_segment;        /* packets of TCP that are none: later fragments; counted up to what fits */
    uint32_t full;              /* segments that filled the window; as far as that holds them, as the one above */
    uint32_t neighbour;         /* of a one-sided flow among those: here A has the older one, B the newer one */
    uint16_t win_init;          /* first raw window; flow->has_win_init */
    uint8_t chains[TW_CHAINS_PER_SIDE]; /* those of all its packets */
    uint8_t smac[6], dmac[6];
    bool has_macs;
    uint8_t ttl; /* of the first packet */
};

/* What has become of a flow's packets in extraction, over all the extractions of its life. */
struct tw_flow_extraction {
    uint32_t current;               /* the extraction that is going on; 0: none */
    uint8_t sides;                  /* wanted, a bit for each; stays for the flow's life */
    bool is_skipped, was_extracted; /* counted as such */
    bool has_ended_episode;
    tw_time episode_ended;      /* clock at the end of the last one */
    tw_time episode_ended_time; /* the same as a packet time */
    uint64_t written;           /* captured bytes */
    tw_ref done;                /* entries up to here are dealt with */
    uint64_t done_packets[TW_SIDE_COUNT], done_syns[TW_SIDE_COUNT];
};

struct tw_stall {
    struct tw_detect detect[TW_SIDE_COUNT];
    struct tw_flow_extraction extraction;
};

struct tw_flow {
    /* what finds it: the first cache line */
    struct tw_flowkey key;
    uint32_t next;                /* in the bucket */
    uint32_t stall;               /* number of its struct tw_stall; 0: none */
    uint8_t state;                /* enum tw_flow_state */
    uint8_t last_side;            /* who sent the last packet */
    uint8_t chain[TW_SIDE_COUNT]; /* the headers of each side's last packet, by their number (layers.h) */
    uint8_t initiator : 1;        /* which end of the key is A */
    uint8_t is_listed : 1;        /* among the one-sided flows */
    uint8_t has_win_init : 2;     /* a bit for each side */
    uint8_t has_icmp : 1;
    uint16_t ethertype;
    tw_ref last_entry;

    /* what every packet changes */
    struct tw_flow_side side[TW_SIDE_COUNT];
    struct tw_window window[TW_SIDE_COUNT];

    /* what few packets need */
    uint64_t index; /* from 1; 0: the slot is free */
    uint32_t hash;
    uint32_t scope;             /* number in the table of scopes; 0: the empty one */
    struct tw_timer_mark timer; /* of the slot: stays when the flow ends */
    uint16_t icmp;              /* type << 8 | code of its first packet, where it has them */
    struct tw_tcp_side tcp[TW_SIDE_COUNT];
    struct tw_flow_rest rest[TW_SIDE_COUNT];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct tw_flow) == 7 * 64, "a flow is seven cache lines");

/* The clock and the time at its last packet. */
static inline tw_time tw_flow_last_clock(const struct tw_flow *flow) {
    return flow->side[flow->last_side].last_clock;
}

static inline tw_time tw_flow_last_time(const struct tw_flow *flow) {
    return flow->side[flow->last_side].last;
}

/* The number of the side's handshake among those kept aside; 0: it is in the ring, if anywhere. */
static inline uint32_t tw_flow_aside(const struct tw_flow *flow, enum tw_side side) {
    uint64_t handshake = flow->rest[side].handshake;
    return handshake & TW_HANDSHAKE_ASIDE ? (uint32_t)handshake : 0;
}

static inline void tw_flow_set_aside(struct tw_flow *flow, enum tw_side side, uint32_t number) {
    flow->rest[side].handshake = number ? TW_HANDSHAKE_ASIDE | number : 0;
}

/* Count in one of the small counters, which stop when they are full. */
static inline void tw_flow_count(uint32_t *counter) {
    *counter += *counter != UINT32_MAX;
}

/* How many segments a side has sent. */
static inline uint64_t tw_flow_segments(const struct tw_flow *flow, enum tw_side side) {
    bool is_tcp = flow->key.proto == IPPROTO_TCP;
    return is_tcp ? flow->side[side].packets - flow->rest[side].no_segment : 0;
}

/* Whether both sides have sent something. */
static inline bool tw_flow_is_two_sided(const struct tw_flow *flow) {
    return flow->side[TW_A].packets && flow->side[TW_B].packets;
}

/* The side that a packet is from, given which end of the key sent it. */
static inline enum tw_side tw_flow_side_of(const struct tw_flow *flow, int key_end) {
    return (enum tw_side)(key_end ^ flow->initiator);
}

/*
 * Who began the flow, by its first packet: its sender, but the receiver of a SYN-ACK, and of a packet without SYN from a
 * port below 1024 and below the destination's. Returns the side that the packet is from.
 */
enum tw_side tw_flow_first_side(const struct tw_packet *packet);

/* For tw_flow_account(): what only the first packet of a side tells; and a packet with other headers than the one before. */
void tw_flow_begin_side(struct tw_flow_rest *rest, const struct tw_packet *packet, tw_time clock, tw_time packet_time);
void tw_flow_note_chain(struct tw_flow *flow, enum tw_side side, uint8_t chain);

/* Count a packet of the flow: bytes on the wire, times, addresses of its link. */
static inline void tw_flow_account(struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet,
                                   uint8_t chain, uint32_t wirelen, tw_time clock, tw_time packet_time) {
    struct tw_flow_side *s = &flow->side[side];
    if (!s->packets++) {
        tw_flow_begin_side(&flow->rest[side], packet, clock, packet_time);
    }
    if (flow->chain[side] != chain || !chain) {
        tw_flow_note_chain(flow, side, chain);
    }
    s->bytes += wirelen;
    s->flow_stat |= packet->flow_stat;
    s->last = packet_time;
    s->last_clock = clock;
    flow->last_side = (uint8_t)side;
}

/* Count what TCP says in it: payload, first window, SYN. */
static inline void tw_flow_segment(struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet) {
    flow->side[side].payload += packet->payload;
    if (!(flow->has_win_init & 1 << side) && packet->has & TW_HAS_WINDOW) {
        flow->has_win_init |= (uint8_t)(1 << side);
        flow->rest[side].win_init = packet->window;
    }
    if (packet->has & TW_HAS_FLAGS && packet->flags & TW_TCP_SYN) {
        flow->rest[side].syns++;
    }
}

/* Count what is no segment: another protocol, or a later fragment, whose payload the first one has told. */
void tw_flow_no_segment(struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet);

/* Count a considered segment of a window. */
static inline void tw_flow_considered(struct tw_flow *flow, enum tw_side side, uint32_t window) {
    struct tw_flow_side *s = &flow->side[side];
    if (!s->considered++) {
        s->win_min = s->win_max = window;
    } else if (window < s->win_min) {
        s->win_min = window;
    } else if (window > s->win_max) {
        s->win_max = window;
    }
}

/* How the outputs name the flow. */
void tw_flow_name(const struct tw_flow *flow, const struct tw_scope *scope, struct tw_flow_id *ret);

/* Add the bits of the flow's record to those seen, without making one; stall may be NULL. */
void tw_flow_gather(const struct tw_flow *flow, const struct tw_stall *stall, const struct tw_chains *chains,
                    enum tw_flow_end end, struct tw_seen_bits *seen);

/* The flow's record at its end; stall may be NULL. */
void tw_flow_record(const struct tw_flow *flow, const struct tw_stall *stall, const struct tw_scope *scope,
                    const struct tw_chains *chains, enum tw_flow_end end, struct tw_flow_record *ret);

#endif
