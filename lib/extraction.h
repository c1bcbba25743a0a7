/* SPDX-License-Identifier: MIT */
/*
 * extraction.h — what the parts of the extraction share; everybody else uses extract.h.
 *
 *      extract.c    when an extraction begins and ends
 *      chain.c      the entries of a flow in the ring: linked, turned round, counted when they are missing
 *      drain.c      along the chain: what is wanted, and into the files with it
 *      keep.c       handshakes that the ring loses
 */
#ifndef TW_EXTRACTION_H
#define TW_EXTRACTION_H

#include "elders.h"
#include "flowtable.h"
#include "handshakes.h"
#include "outfiles.h"
#include "pool.h"
#include "rate.h"
#include "ring.h"
#include "setup.h"

/* One extraction, from its first alarm until all that it has to write is written. */
struct tw_extraction {
    uint64_t serial; /* from 1, never again; 0: the place is free */
    uint32_t flow;   /* slot; 0: the flow has ended */
    struct tw_flow_id id;
    uint64_t alarms;
    tw_ref cursor, newest;       /* the entries still to be looked at; 0: none */
    tw_ref alarm_at;             /* entries below it are from before the first alarm */
    uint8_t sides, sides_before; /* wanted, a bit for each, from sides_from on, and before that */
    tw_ref sides_from;
    uint8_t aside; /* sides whose handshake, kept aside, is still to be written */
    tw_time since; /* entries below since_until are wanted from this clock on */
    tw_ref since_until;
    uint64_t next_packet; /* number in the flow of the packet at the cursor, from 1 */
    struct {
        uint64_t at, end; /* numbers of packets that had left the ring before it began: from here to before there */
        uint64_t missing; /* of these, still to be counted as lost, handshakes kept aside left out */
    } gap;
    uint64_t lost[TW_LOST_COUNT];
    bool is_full;   /* has reached extract.max_bytes */
    bool has_ended; /* and only writes what is left */
    tw_time end_time;
    uint32_t older, newer; /* among the extractions that have something to write */
    bool is_waiting;       /* is one of these */
};

struct tw_extract {
    struct tw_settings settings;
    struct tw_selection selection;
    struct tw_flowtable *table;
    struct tw_writer *writer;
    struct tw_ring *ring;
    struct tw_ring_fetch fetch; /* of the ring */
    struct tw_handshakes *handshakes;
    struct tw_elders one_sided, two_sided; /* handshakes by the silence of their flows, these and those */
    uint64_t kept, search_at;              /* handshakes ever kept; from how many on one-sided ones are looked for */
    struct tw_outfiles files;
    struct tw_pool pool;
    struct tw_rate rate;
    uint32_t oldest, newest; /* of those that wait */
    uint64_t serials;
    size_t budget; /* bytes that one packet may move */
    struct {
        uint64_t flows, skipped, lost[TW_LOST_COUNT], handshakes_lost;
    } stats;
};

static inline struct tw_extraction *tw_extraction_at(const struct tw_extract *x, uint32_t number) {
    return tw_pool_get(&x->pool, number);
}

static inline uint32_t tw_extraction_number(const struct tw_extract *x, const struct tw_extraction *e) {
    return (uint32_t)((size_t)((const unsigned char *)e - x->pool.memory) / sizeof *e);
}

/* What has become of the flow's packets so far; NULL: nothing. */
static inline struct tw_flow_extraction *tw_extraction_state(const struct tw_extract *x, const struct tw_flow *flow) {
    struct tw_stall *stall = tw_flowtable_find_stall(x->table, flow);
    return stall ? &stall->extraction : NULL;
}

/* The flow's extraction that is going on; NULL: none. */
static inline struct tw_extraction *tw_extraction_of(const struct tw_extract *x, const struct tw_flow *flow) {
    struct tw_flow_extraction *state = tw_extraction_state(x, flow);
    return state && state->current ? tw_extraction_at(x, state->current) : NULL;
}

/* Whether something is still to be written. */
static inline bool tw_extraction_has_more(const struct tw_extraction *e) {
    return e->cursor || e->aside;
}

/* Count packets that should have been written and were not. */
static inline void tw_extraction_lose(struct tw_extract *x, struct tw_extraction *e, enum tw_lost why, uint64_t n) {
    e->lost[why] += n;
    x->stats.lost[why] += n;
}

#endif
