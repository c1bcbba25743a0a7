/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <netinet/in.h>

/* The chain. */

static void append(struct tw_extract *x, struct tw_extraction *e, struct tw_ring_entry *entry, tw_ref ref) {
    struct tw_ring_entry *before = e->cursor ? tw_ring_get(x->ring, e->newest) : NULL;
    if (e->is_full) {
        return;
    }
    tw_ring_renumber(entry, tw_extraction_number(x, e));
    entry->flags |= TW_RING_PENDING;
    entry->link = 0;
    if (before) {
        before->link = (uint32_t)(ref - e->newest);
    } else {
        e->cursor = ref;
    }
    e->newest = ref;
}

void tw_chain_link(struct tw_extract *x, struct tw_flow *flow, tw_ref ref) {
    struct tw_extraction *e = tw_extraction_of(x, flow);
    if (e) {
        append(x, e, tw_ring_get(x->ring, ref), ref);
    }
}

/* What a turn of the chain found. */
struct found {
    uint64_t packets[TW_SIDE_COUNT], syns[TW_SIDE_COUNT];
    tw_time oldest_clock;
};

static void count_found(struct found *found, int side, bool is_syn) {
    found->packets[side]++;
    found->syns[side] += is_syn;
}

/* Turn the chain round, from the newest entry down to the first that is not dealt with; the cursor is at the oldest. */
static void turn_chain(struct tw_extract *x, struct tw_extraction *e, const struct tw_flow *flow, tw_ref done,
                       struct found *found) {
    tw_ref ref = flow->last_entry;
    struct tw_ring_entry *entry;
    while (ref > done && (entry = tw_ring_get(x->ring, ref))) {
        uint32_t distance = entry->link;
        entry->link = e->cursor ? (uint32_t)(e->cursor - ref) : 0;
        tw_ring_renumber(entry, tw_extraction_number(x, e));
        entry->flags |= TW_RING_PENDING;
        count_found(found, tw_ring_side(entry), entry->flags & TW_RING_SYN);
        found->oldest_clock = entry->clock;
        if (!e->cursor) {
            e->newest = ref;
        }
        e->cursor = ref;
        if (!distance) {
            break;
        }
        ref -= distance;
    }
}

static void find_aside(struct tw_extract *x, struct tw_extraction *e, const struct tw_flow *flow, tw_ref done,
                       struct found *found) {
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        uint32_t number = tw_flow_aside(tw_flowtable_rest(x->table, flow), (enum tw_side)side);
        const struct tw_handshake *h = number ? tw_handshakes_get(x->handshakes, number) : NULL;
        if (h && h->ref > done) {
            e->aside |= (uint8_t)(1 << side);
            count_found(found, side, true);
        }
    }
}

/* Segments with SYN; other protocols have none. */
static uint64_t count_syns(const struct tw_extract *x, const struct tw_flow *flow, enum tw_side side) {
    return flow->proto == IPPROTO_TCP ? tw_flowtable_sum(x->table, flow, side, TW_COUNT_SYNS) : 0;
}

/*
 * How many packets had left the ring before the extraction began, as far as their side was wanted. With extract.before
 * the ring may have lost packets from before that time as well; nobody knows how many, so they are all counted when it
 * reaches less far.
 */
static uint64_t count_missing(const struct tw_extract *x, const struct tw_extraction *e, const struct tw_flow *flow,
                              const struct tw_flow_extraction *state, const struct found *found) {
    uint64_t missing = 0;
    bool reaches = e->since_until && found->oldest_clock < e->since;
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        uint64_t packets =
            tw_flowtable_sum(x->table, flow, side, TW_COUNT_PACKETS) - state->done_packets[side] - found->packets[side];
        uint64_t syns = count_syns(x, flow, side) - state->done_syns[side] - found->syns[side];
        bool is_wanted_side = e->sides_before & 1 << side;
        missing += is_wanted_side && !reaches ? packets : syns;
    }
    return missing;
}

/* Everything of the flow up to now is dealt with, but for its last packet where that one is `raising`. */
void tw_chain_done(const struct tw_extract *x, const struct tw_flow *flow, struct tw_flow_extraction *state,
                   tw_ref raising) {
    state->done = raising ? raising - 1 : flow->last_entry;
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        state->done_packets[side] = tw_flowtable_sum(x->table, flow, side, TW_COUNT_PACKETS);
        state->done_syns[side] = count_syns(x, flow, side);
    }
    struct tw_ring_entry *entry = raising ? tw_ring_get(x->ring, raising) : NULL;
    if (entry) {
        enum tw_side side = tw_ring_side(entry);
        state->done_packets[side]--;
        state->done_syns[side] -= entry->flags & TW_RING_SYN ? 1 : 0;
    }
}

void tw_chain_take(struct tw_extract *x, struct tw_extraction *e, const struct tw_flow *flow,
                   const struct tw_flow_extraction *state) {
    struct found found = {.oldest_clock = tw_flow_last_clock(flow)};
    turn_chain(x, e, flow, state->done, &found);
    e->next_packet = 1 + tw_flowtable_packets(x->table, flow) - found.packets[TW_A] - found.packets[TW_B];
    e->gap.at = 1 + state->done_packets[TW_A] + state->done_packets[TW_B];
    e->gap.end = e->next_packet;
    find_aside(x, e, flow, state->done, &found);
    e->gap.missing = count_missing(x, e, flow, state, &found);
}
