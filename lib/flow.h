/* SPDX-License-Identifier: MIT */
/*
 * flow.h — one conversation: who, how far it has come, and what each side has sent.
 *
 * Plain data; it lives in the flow table, in parts by how often they are needed, so that a million flows fit in 256 MB
 * and a packet touches two cache lines of its flow:
 *
 *   tw_flow         every packet: 192 bytes, the first line and one for each side
 *   tw_flow_rest    its first packet and its end: 40 bytes
 *   tw_flow_more    what does not fit, of few flows
 *   tw_stall        those whose window once fell, or that are extracted
 *
 * Small counters go round when they are full, and tw_flow_more counts how often. What is the same for many flows is
 * kept once and numbered: scopes, shapes of packets (shape.h), skews of the clock (skew.h).
 */
#ifndef TW_FLOW_H
#define TW_FLOW_H

#include "detect.h"
#include "ring.h"
#include "settings.h"
#include "tcpstate.h"
#include "timers.h"
#include "window.h"

/* What is counted of a side. */
enum tw_flow_counter {
    TW_COUNT_PACKETS,
    TW_COUNT_BYTES, /* on the wire */
    TW_COUNT_PAYLOAD,
    TW_COUNT_WIDE,                   /* those before are counted in 32 bits, this one in 16: */
    TW_COUNT_UNSAID = TW_COUNT_WIDE, /* segments that said nothing about the window: the others are considered */
    TW_COUNT_SYNS,                   /* and in 8 bits */
    TW_COUNT_FULL,                   /* segments that filled the window that they were sent into */
    TW_COUNTERS,
};

/* What one side has sent. */
struct tw_flow_side {
    uint32_t count[TW_COUNT_WIDE]; /* to be read with tw_flowtable_sum, as are those of the next and of tcp */
    uint16_t unsaid;
    uint8_t ttl;                     /* of its first packet */
    uint8_t last_skew;               /* of its last packet, by number */
    tw_time first_clock, last_clock; /* of its first and its last packet */
    struct tw_window window;
    union {
        struct tw_tcp_side tcp;
        uint16_t icmp; /* with has_icmp, of side A: type << 8 | code of the flow's first packet */
    };
};

enum { TW_SHAPES_PER_SIDE = 2 };

struct tw_flow {
    union {
        uint32_t addr[2]; /* IPv4: as in the key */
        struct {
            uint32_t pair; /* IPv6: number of its addresses */
            uint32_t hash; /* and the hash of the key */
        };
    };
    union {
        uint16_t port[2]; /* this and the next as in the key */
        uint32_t ports;
    };
    union {
        struct {
            uint8_t ip_version, proto; /* ip_version 0: the slot is free */
        };
        uint16_t kind;
    };
    uint8_t state;         /* enum tw_flow_state */
    uint8_t spoken : 2;    /* a bit for each side that has sent something */
    uint8_t initiator : 1; /* which end of the key is A */
    uint8_t has_stall : 1;
    uint8_t has_icmp : 1;
    uint8_t has_win_init : 2; /* a bit for each side */
    uint32_t next;            /* in the bucket */
    uint32_t more; /* with has_stall, number of its struct tw_stall; else of its struct tw_flow_more, or 0: none */
    tw_ref last_entry;
    struct tw_edge edge[TW_SIDE_COUNT];
    uint8_t shape[TW_SIDE_COUNT][TW_SHAPES_PER_SIDE]; /* the first ones of each side's packets, by number; 0: none */
    uint8_t first_skew[TW_SIDE_COUNT];                /* of its first packet, by number */
    struct tw_timer_mark timer;                       /* of the slot: stays when the flow ends */
    uint8_t has_macs : 2;                             /* a bit for each side; and */
    uint8_t has_other_macs : 2;                       /* than the other side: in tw_flow_more */
    /* Who sent the last packet. Not among the bits behind `state`: they are read with it as one right after this is
       written. */
    uint8_t last_side : 1;

    struct tw_flow_side side[TW_SIDE_COUNT];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct tw_flow) == 3 * 64, "a flow is three cache lines");

struct tw_flow_rest {
    uint64_t index : 48;
    uint64_t ethertype : 16;
    uint8_t macs[TW_SIDE_COUNT][6]; /* of the link's ends that A, and B, are behind, by the first packet with any */
    struct tw_flow_rest_side {
        uint32_t handshake : 31; /* its last SYN that has all its options: the lower bits of where it is in the ring; */
        uint32_t is_aside : 1;   /*   or the number of what is kept aside; 0 of these: there is none */
        uint16_t handshake_number; /* which packet of the flow that was, from 1; stops at what fits */
        uint16_t win_init;         /* first raw window; flow->has_win_init */
    } side[TW_SIDE_COUNT];
    uint32_t scope; /* number; 0: the empty one */
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct tw_flow_rest) == 40, "the rest of a flow is 40 bytes");

/* What few flows need. */
struct tw_flow_more {
    struct tw_flow_more_side {
        uint32_t rounds[TW_COUNTERS];       /* of the counters */
        uint32_t no_segment;                /* packets of TCP that are none: later fragments; stops at what fits */
        tw_time first_skew, last_skew;      /* with TW_SKEW_ODD */
        uint64_t flow_stat;                 /* bits that packets of other shapes have set */
        uint8_t chains[TW_CHAINS_PER_SIDE]; /* with has_chains: those of all its packets, by number (layers.h) */
        bool has_chains;
        uint8_t smac[6], dmac[6];
    } side[TW_SIDE_COUNT];
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
    uint32_t more; /* number of its struct tw_flow_more; 0: none */
    struct tw_detect detect[TW_SIDE_COUNT];
    struct tw_flow_extraction extraction;
};

/* The clock at its last packet. */
static inline tw_time tw_flow_last_clock(const struct tw_flow *flow) {
    return flow->side[flow->last_side].last_clock;
}

/* Whether both sides have sent something. */
static inline bool tw_flow_is_two_sided(const struct tw_flow *flow) {
    return flow->spoken == TW_ALL_SIDES;
}

static inline bool tw_flow_has_spoken(const struct tw_flow *flow, enum tw_side side) {
    return flow->spoken & 1 << side;
}

/* The side that a packet is from, given which end of the key sent it. */
static inline enum tw_side tw_flow_side_of(const struct tw_flow *flow, int key_end) {
    return (enum tw_side)(key_end ^ flow->initiator);
}

/* The number of the side's handshake among those kept aside; 0: it is in the ring, if anywhere. */
static inline uint32_t tw_flow_aside(const struct tw_flow_rest *rest, enum tw_side side) {
    return rest->side[side].is_aside ? rest->side[side].handshake : 0;
}

/* 0: there is none any more. */
static inline void tw_flow_set_aside(struct tw_flow_rest *rest, enum tw_side side, uint32_t number) {
    rest->side[side].is_aside = true;
    rest->side[side].handshake = number & INT32_MAX;
}

/* Whether the side's handshake stands here in the ring; all that the ring holds at a time differs in 31 bits. */
static inline bool tw_flow_is_handshake(const struct tw_flow_rest *rest, enum tw_side side, tw_ref ref) {
    return !rest->side[side].is_aside && rest->side[side].handshake == (ref & INT32_MAX);
}

static inline void tw_flow_set_handshake(struct tw_flow_rest *rest, enum tw_side side, tw_ref ref) {
    rest->side[side].is_aside = false;
    rest->side[side].handshake = ref & INT32_MAX;
}

/*
 * Who began the flow, by its first packet: its sender, but the receiver of a SYN-ACK, and of a packet without SYN from a
 * port below 1024 and below the destination's. Returns the side that the packet is from.
 */
enum tw_side tw_flow_first_side(const struct tw_packet *packet);

#endif
