/* SPDX-License-Identifier: MIT */
#include "extract.h"

#include <stdlib.h>

#include "elders.h"
#include "err.h"
#include "handshakes.h"
#include "outfiles.h"
#include "pool.h"
#include "rate.h"
#include "writer.h"

/* One extraction, from its first alarm until all that it has to write is written. */
struct extraction {
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
    struct tw_handshakes *handshakes;
    struct tw_elders one_sided, two_sided; /* handshakes by the silence of their flows, these and those */
    uint64_t kept, search_at;              /* handshakes ever kept; from how many on one-sided ones are looked for */
    struct tw_outfiles files;
    struct tw_pool pool;
    struct tw_rate rate;
    uint32_t oldest, newest; /* of those that wait */
    uint64_t serials;
    size_t budget; /* bytes that one packet may move */
    struct tw_extract_stats stats;
};

enum {
    ALL_SIDES = 1 << TW_A | 1 << TW_B,
    STEP = 1 << 20, /* a millisecond or so of copying */
    SEARCH_SHARE = 16,
    FINISH_SECONDS = 5, /* for the writer to take what waits at the end */
};

static struct extraction *at(const struct tw_extract *x, uint32_t number) {
    return tw_pool_get(&x->pool, number);
}

static uint32_t number_of(const struct tw_extract *x, const struct extraction *e) {
    return (uint32_t)((size_t)((const unsigned char *)e - x->pool.memory) / sizeof *e);
}

static struct tw_flow_extraction *state_of(const struct tw_extract *x, const struct tw_flow *flow) {
    struct tw_stall *stall = tw_flowtable_find_stall(x->table, flow);
    return stall ? &stall->extraction : NULL;
}

static struct extraction *current(const struct tw_extract *x, const struct tw_flow *flow) {
    struct tw_flow_extraction *state = state_of(x, flow);
    return state && state->current ? at(x, state->current) : NULL;
}

bool tw_extract_is_selecting(const struct tw_extract *x) {
    return x->selection.n_flows;
}

static bool is_limited(const struct tw_extract *x) {
    return x->settings.extract.max_bytes && !tw_extract_is_selecting(x);
}

static void leave(void *owner, tw_ref ref, const struct tw_ring_entry *entry);

struct tw_extract *tw_extract_create(const struct tw_extract_options *options) {
    struct tw_extract *x = calloc(1, sizeof *x);
    if (!x) {
        return NULL;
    }
    x->settings = *options->settings;
    if (options->selection) {
        x->selection = *options->selection;
    }
    x->table = options->table;
    x->writer = options->writer;
    x->budget = options->in_steps ? STEP : SIZE_MAX;
    tw_outfiles_init(&x->files, &options->settings->pcap, options->writer, options->next_pcap);
    x->ring = tw_ring_create(x->settings.ring.size, options->fetch, leave, x);
    x->handshakes = tw_handshakes_create(x->settings.ring.handshakes);
    /* twice the flows: those of flows that live, and those that only write what is left */
    uint32_t max = x->settings.flow.max < UINT32_MAX / 2 ? 2 * x->settings.flow.max : UINT32_MAX - 1;
    if (!x->ring || !x->handshakes || tw_pool_init(&x->pool, sizeof(struct extraction), max)) {
        tw_extract_destroy(x);
        return NULL;
    }
    return x;
}

void tw_extract_destroy(struct tw_extract *x) {
    if (x) {
        tw_ring_destroy(x->ring);
        tw_handshakes_destroy(x->handshakes);
        tw_elders_fini(&x->one_sided);
        tw_elders_fini(&x->two_sided);
        tw_pool_fini(&x->pool);
        free(x);
    }
}

struct tw_ring *tw_extract_ring(struct tw_extract *x) {
    return x->ring;
}

uint8_t tw_extract_source(struct tw_extract *x, int dlt, uint32_t snaplen) {
    return tw_outfiles_source(&x->files, dlt, snaplen);
}

/* The extractions that wait, in the order in which they began to. */

static void wait_begin(struct tw_extract *x, struct extraction *e) {
    if (e->is_waiting) {
        return;
    }
    e->is_waiting = true;
    e->older = x->newest;
    e->newer = 0;
    *(x->newest ? &at(x, x->newest)->newer : &x->oldest) = number_of(x, e);
    x->newest = number_of(x, e);
}

static void wait_end(struct tw_extract *x, struct extraction *e) {
    if (e->is_waiting) {
        *(e->older ? &at(x, e->older)->newer : &x->oldest) = e->newer;
        *(e->newer ? &at(x, e->newer)->older : &x->newest) = e->older;
        e->is_waiting = false;
    }
}

/* The flow that is extracted, while it lives: its slot may have become another one. */
static struct tw_flow *flow_of(const struct tw_extract *x, const struct extraction *e) {
    struct tw_flow *flow = e->flow ? tw_flowtable_get(x->table, e->flow) : NULL;
    return flow && flow->index == e->id.index ? flow : NULL;
}

static bool has_more(const struct extraction *e) {
    return e->cursor || e->aside;
}

static enum tw_side side_of(const struct tw_ring_entry *entry) {
    return entry->flags & TW_RING_SIDE_B ? TW_B : TW_A;
}

/* What is wanted. */

static bool is_in_range(const struct tw_extract *x, uint64_t number) {
    const struct tw_range *range = &x->selection.packets;
    return !range->last || (number >= range->first && number <= range->last);
}

static bool is_wanted(const struct tw_extract *x, const struct extraction *e, tw_ref ref,
                      const struct tw_ring_entry *entry) {
    if (!is_in_range(x, e->next_packet)) {
        return false;
    }
    if (entry->flags & TW_RING_SYN) {
        return true; /* without both SYNs no tool can scale the window */
    }
    uint8_t side = (uint8_t)(1 << side_of(entry));
    uint8_t sides = ref < e->sides_from ? e->sides_before : e->sides;
    return (sides & side) && (ref >= e->since_until || entry->clock >= e->since);
}

/* Losses. */

static void lose(struct tw_extract *x, struct extraction *e, enum tw_lost why, uint64_t n) {
    e->lost[why] += n;
    *(why == TW_LOST_QUEUE ? &x->stats.lost_queue : &x->stats.lost_overrun) += n;
}

/* The end. */

static void conclude(struct tw_extract *x, struct extraction *e) {
    struct tw_extract_event event = {.time = e->end_time,
                                     .flow = e->id,
                                     .extraction = number_of(x, e),
                                     .alarms = e->alarms,
                                     .was_alarmed = e->alarm_at};
    for (int why = 0; why < TW_LOST_COUNT; why++) {
        event.lost[why] = e->lost[why];
    }
    tw_outfiles_end(&x->files, e->serial);
    (void)tw_writer_extract_end(x->writer, &event);
    wait_end(x, e);
    e->serial = 0;
    tw_pool_put(&x->pool, number_of(x, e));
}

/* Writing. */

static int write_packet(struct tw_extract *x, struct extraction *e, uint8_t source, struct tw_writer_packet *packet,
                        tw_ref ref, tw_time clock) {
    packet->extraction = number_of(x, e);
    packet->before = !e->alarm_at || ref < e->alarm_at;
    int err = tw_outfiles_packet(&x->files, e->serial, e->id.index, source, packet, clock);
    if (err) {
        return err;
    }
    tw_rate_add(&x->rate, clock, packet->caplen);
    struct tw_flow *flow = flow_of(x, e);
    if (flow) {
        struct tw_flow_extraction *state = state_of(x, flow);
        state->written += packet->caplen;
        e->is_full = is_limited(x) && state->written >= x->settings.extract.max_bytes;
    }
    return 0;
}

/* A packet whose file does not hold it any more is lost as one that has left the ring. */
static int write_fetched(struct tw_extract *x, struct extraction *e, const struct tw_ring_entry *entry, tw_ref ref,
                         const struct tw_ring_packet *fetched, tw_time clock) {
    if (!fetched) {
        lose(x, e, TW_LOST_OVERRUN, 1);
        return 0;
    }
    struct tw_writer_packet packet = {
        .time = fetched->time, .caplen = entry->caplen, .wirelen = fetched->wirelen, .bytes = fetched->bytes};
    return write_packet(x, e, entry->source, &packet, ref, clock);
}

static int write_entry(struct tw_extract *x, struct extraction *e, tw_ref ref, const struct tw_ring_entry *entry,
                       tw_time clock) {
    struct tw_ring_packet packet;
    bool ok = tw_ring_fetch(x->ring, entry, &packet);
    return write_fetched(x, e, entry, ref, ok ? &packet : NULL, clock);
}

static int write_aside(struct tw_extract *x, struct extraction *e, uint32_t number, tw_time clock) {
    const struct tw_handshake *h = tw_handshakes_get(x->handshakes, number);
    struct tw_ring_packet packet = {.time = h->entry.time, .wirelen = h->entry.wirelen};
    bool ok;
    if (tw_ring_is_in_file(x->ring)) {
        ok = tw_ring_fetch(x->ring, &h->entry, &packet);
    } else {
        packet.bytes = tw_handshakes_bytes(x->handshakes, number);
        ok = packet.bytes;
    }
    return write_fetched(x, e, &h->entry, h->ref, ok ? &packet : NULL, clock);
}

/* The side whose handshake, among those still to be written, was sent first. */
static enum tw_side first_aside(const struct tw_extract *x, const struct extraction *e, const struct tw_flow *flow) {
    if (e->aside != ALL_SIDES) {
        return e->aside == 1 << TW_A ? TW_A : TW_B;
    }
    const struct tw_handshake *a = tw_handshakes_get(x->handshakes, flow->rest[TW_A].aside);
    const struct tw_handshake *b = tw_handshakes_get(x->handshakes, flow->rest[TW_B].aside);
    return !b || (a && a->ref < b->ref) ? TW_A : TW_B;
}

/* Returns whether all of them are dealt with. */
static bool pump_aside(struct tw_extract *x, struct extraction *e, tw_time clock) {
    const struct tw_flow *flow = flow_of(x, e);
    if (!flow) {
        lose(x, e, TW_LOST_QUEUE, (uint64_t)__builtin_popcount(e->aside)); /* they went with their flow */
        e->aside = 0;
    }
    while (e->aside && !e->is_full) {
        enum tw_side side = first_aside(x, e, flow);
        if (is_in_range(x, flow->rest[side].handshake_number) &&
            write_aside(x, e, flow->rest[side].aside, clock) == TW_EAGAIN) {
            return false;
        }
        e->aside &= (uint8_t) ~(1 << side);
    }
    return true;
}

static void step(struct extraction *e, const struct tw_ring_entry *entry) {
    e->cursor = entry->link ? e->cursor + entry->link : 0;
    e->next_packet++;
}

/* Go along the chain for about `budget` bytes, or until the writer has no room. */
static void pump_chain(struct tw_extract *x, struct extraction *e, size_t budget, tw_time clock) {
    size_t spent = 0;
    while (e->cursor && !e->is_full && spent < budget) {
        struct tw_ring_entry *entry = tw_ring_get(x->ring, e->cursor);
        if (is_wanted(x, e, e->cursor, entry) && write_entry(x, e, e->cursor, entry, clock) == TW_EAGAIN) {
            return;
        }
        spent += tw_ring_cost(x->ring, entry->caplen);
        entry->flags &= ~TW_RING_PENDING & 0xffu;
        entry->flow = e->flow;
        step(e, entry);
    }
}

static void pump_by(struct tw_extract *x, struct extraction *e, size_t budget, tw_time clock) {
    if (pump_aside(x, e, clock)) {
        pump_chain(x, e, budget, clock);
    }
    if (e->is_full) {
        e->cursor = 0;
        e->aside = 0;
    }
    if (has_more(e)) {
        wait_begin(x, e);
    } else {
        wait_end(x, e);
    }
}

static void pump(struct tw_extract *x, struct extraction *e, tw_time clock) {
    pump_by(x, e, x->budget, clock);
}

/* The chain. */

static void append(struct tw_extract *x, struct extraction *e, struct tw_ring_entry *entry, tw_ref ref) {
    struct tw_ring_entry *before = e->cursor ? tw_ring_get(x->ring, e->newest) : NULL;
    if (e->is_full) {
        return;
    }
    entry->flow = number_of(x, e);
    entry->flags |= TW_RING_PENDING;
    entry->link = 0;
    if (before) {
        before->link = (uint32_t)(ref - e->newest);
    } else {
        e->cursor = ref;
    }
    e->newest = ref;
}

void tw_extract_link(struct tw_extract *x, struct tw_flow *flow, tw_ref ref) {
    struct tw_ring_entry *entry = tw_ring_get(x->ring, ref);
    struct extraction *e = current(x, flow);
    entry->flow = tw_flowtable_slot(x->table, flow);
    uint64_t distance = ref - flow->last_entry;
    entry->link = flow->last_entry && distance <= UINT32_MAX ? (uint32_t)distance : 0;
    flow->last_entry = ref;
    if (e) {
        append(x, e, entry, ref);
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
static void turn_chain(struct tw_extract *x, struct extraction *e, const struct tw_flow *flow, tw_ref done,
                       struct found *found) {
    tw_ref ref = flow->last_entry;
    struct tw_ring_entry *entry;
    while (ref > done && (entry = tw_ring_get(x->ring, ref))) {
        uint32_t distance = entry->link;
        entry->link = e->cursor ? (uint32_t)(e->cursor - ref) : 0;
        entry->flow = number_of(x, e);
        entry->flags |= TW_RING_PENDING;
        count_found(found, side_of(entry), entry->flags & TW_RING_SYN);
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

static void find_aside(struct tw_extract *x, struct extraction *e, const struct tw_flow *flow, tw_ref done,
                       struct found *found) {
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        const struct tw_handshake *h =
            flow->rest[side].aside ? tw_handshakes_get(x->handshakes, flow->rest[side].aside) : NULL;
        if (h && h->ref > done) {
            e->aside |= (uint8_t)(1 << side);
            count_found(found, side, true);
        }
    }
}

/*
 * Count what had left the ring before the extraction began, as far as it was wanted. With extract.before the ring may have
 * lost packets from before that time as well; nobody knows how many, so they are all counted when it reaches less far.
 */
static void count_missing(struct tw_extract *x, struct extraction *e, const struct tw_flow *flow,
                          const struct tw_flow_extraction *state, const struct found *found) {
    bool reaches = e->since_until && found->oldest_clock < e->since;
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        const struct tw_flow_side *s = &flow->side[side];
        uint64_t packets = s->packets - state->done_packets[side] - found->packets[side];
        uint64_t syns = flow->rest[side].syns - state->done_syns[side] - found->syns[side];
        bool is_wanted_side = e->sides_before & 1 << side;
        lose(x, e, TW_LOST_OVERRUN, is_wanted_side && !reaches ? packets : syns);
    }
}

/* Everything of the flow up to now is dealt with, but for its last packet where that one is `raising`. */
static void mark_done(const struct tw_extract *x, const struct tw_flow *flow, struct tw_flow_extraction *state,
                      tw_ref raising) {
    state->done = raising ? raising - 1 : flow->last_entry;
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        state->done_packets[side] = flow->side[side].packets;
        state->done_syns[side] = flow->rest[side].syns;
    }
    struct tw_ring_entry *entry = raising ? tw_ring_get(x->ring, raising) : NULL;
    if (entry) {
        enum tw_side side = side_of(entry);
        state->done_packets[side]--;
        state->done_syns[side] -= entry->flags & TW_RING_SYN ? 1 : 0;
    }
}

/* Begin an extraction; everything that is not dealt with becomes its chain. NULL: no place for it. */
static struct extraction *begin(struct tw_extract *x, struct tw_flow *flow, struct tw_flow_extraction *state,
                                tw_time since, tw_ref since_until) {
    uint32_t number = tw_pool_take(&x->pool);
    if (!number) {
        return NULL;
    }
    struct extraction *e = at(x, number);
    e->serial = ++x->serials;
    e->flow = tw_flowtable_slot(x->table, flow);
    tw_flow_name(flow, tw_flowtable_scope(x->table, flow), &e->id);
    e->sides = e->sides_before = state->sides;
    e->since = since;
    e->since_until = since_until;
    state->current = number;
    struct found found = {.oldest_clock = tw_flow_last_clock(flow)};
    turn_chain(x, e, flow, state->done, &found);
    e->next_packet =
        1 + flow->side[TW_A].packets + flow->side[TW_B].packets - found.packets[TW_A] - found.packets[TW_B];
    find_aside(x, e, flow, state->done, &found);
    count_missing(x, e, flow, state, &found);
    if (!state->was_extracted) {
        state->was_extracted = true;
        x->stats.flows++;
    }
    return e;
}

/* extract.max_rate: whether no new extraction may begin now. */
static bool is_too_fast(struct tw_extract *x, struct tw_flow_extraction *state, tw_time clock) {
    uint64_t max = x->settings.extract.max_rate;
    if (!max || tw_rate_sum(&x->rate, clock) <= max * TW_RATE_SECONDS) {
        return false;
    }
    x->stats.skipped += !state->is_skipped;
    state->is_skipped = true;
    return true;
}

static uint8_t wanted_sides(const struct tw_extract *x, enum tw_side side) {
    switch (x->settings.extract.direction) {
    case TW_EXTRACT_ALARMED:
        return (uint8_t)(1 << side);
    case TW_EXTRACT_OPPOSITE:
        return (uint8_t)(1 << tw_other_side(side));
    default:
        return ALL_SIDES;
    }
}

static struct extraction *begin_by_alarm(struct tw_extract *x, struct tw_flow *flow, const struct tw_stall *stall,
                                         struct tw_flow_extraction *state, enum tw_side side, tw_ref raising) {
    const struct tw_extract_settings *s = &x->settings.extract;
    tw_ref until = raising ? raising : flow->last_entry + 1;
    if (s->before_none) {
        mark_done(x, flow, state, raising);
    }
    if (!state->sides) {
        state->sides = wanted_sides(x, side);
    }
    if (s->before && !s->before_none) {
        return begin(x, flow, state, stall->detect[side].episode.start_clock - s->before, until);
    }
    return begin(x, flow, state, 0, 0);
}

void tw_extract_alarm(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, bool is_raised, tw_ref raising,
                      tw_time clock) {
    struct tw_stall *stall = tw_flowtable_stall(x->table, flow);
    struct tw_flow_extraction *state = &stall->extraction;
    struct extraction *e = current(x, flow);
    if (!x->writer || (!e && tw_extract_is_selecting(x))) {
        return;
    }
    tw_ref from = raising ? raising : flow->last_entry + 1;
    if (!tw_extract_is_selecting(x)) {
        if (x->settings.extract.invert || (is_limited(x) && state->written >= x->settings.extract.max_bytes)) {
            return;
        }
        if (!e && (is_too_fast(x, state, clock) || !(e = begin_by_alarm(x, flow, stall, state, side, raising)))) {
            return;
        }
        uint8_t sides = state->sides | wanted_sides(x, side);
        if (sides != state->sides) {
            e->sides_before = state->sides;
            e->sides_from = from;
            e->sides = state->sides = sides;
        }
    }
    if (!e->alarm_at) {
        e->alarm_at = from;
    }
    e->alarms += is_raised;
    pump(x, e, clock);
}

void tw_extract_flow(struct tw_extract *x, struct tw_flow *flow, tw_time clock, tw_time packet_time) {
    struct extraction *e = current(x, flow);
    if (!e) {
        return;
    }
    pump(x, e, clock);
    if (e->is_full) {
        tw_extract_end(x, flow, packet_time, clock);
    }
}

void tw_extract_end(struct tw_extract *x, struct tw_flow *flow, tw_time time, tw_time clock) {
    struct extraction *e = current(x, flow);
    if (!e) {
        return;
    }
    struct tw_flow_extraction *state = state_of(x, flow);
    pump(x, e, clock);
    mark_done(x, flow, state, 0);
    state->current = 0;
    e->has_ended = true;
    e->end_time = time;
    if (!has_more(e)) {
        conclude(x, e);
    }
}

static bool is_selected(const struct tw_extract *x, uint64_t index) {
    size_t low = 0, high = x->selection.n_flows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x->selection.flows[middle].last < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < x->selection.n_flows && x->selection.flows[low].first <= index;
}

void tw_extract_flow_begin(struct tw_extract *x, struct tw_flow *flow) {
    if (x->writer && tw_extract_is_selecting(x) && is_selected(x, flow->index)) {
        struct tw_flow_extraction *state = &tw_flowtable_stall(x->table, flow)->extraction;
        state->sides = ALL_SIDES;
        (void)begin(x, flow, state, 0, 0);
    }
}

static bool has_alarmed(const struct tw_extract *x, const struct tw_flow *flow) {
    const struct tw_stall *stall = tw_flowtable_find_stall(x->table, flow);
    return stall && (stall->detect[TW_A].alarms || stall->detect[TW_B].alarms);
}

static void forget_aside(struct tw_extract *x, struct tw_flow *flow, enum tw_side side) {
    struct extraction *e = current(x, flow);
    if (!flow->rest[side].aside) {
        return;
    }
    if (e && e->aside & 1 << side) {
        e->aside &= (uint8_t) ~(1 << side);
        lose(x, e, TW_LOST_QUEUE, 1);
    }
    tw_handshakes_take(x->handshakes, flow->rest[side].aside);
    flow->rest[side].aside = 0;
}

static void begin_inverted(struct tw_extract *x, struct tw_flow *flow, tw_time clock) {
    struct tw_flow_extraction *state = &tw_flowtable_stall(x->table, flow)->extraction;
    if (!is_too_fast(x, state, clock)) {
        state->sides = ALL_SIDES;
        (void)begin(x, flow, state, 0, 0);
    }
}

void tw_extract_flow_end(struct tw_extract *x, struct tw_flow *flow, tw_time clock) {
    if (x->writer && x->settings.extract.invert && !tw_extract_is_selecting(x) && !has_alarmed(x, flow)) {
        begin_inverted(x, flow, clock);
    }
    struct extraction *e = current(x, flow);
    if (e) {
        pump(x, e, clock);
    }
    forget_aside(x, flow, TW_A);
    forget_aside(x, flow, TW_B);
    if (e) {
        e->flow = 0; /* before the end, which may free it */
        tw_extract_end(x, flow, tw_flow_last_time(flow), clock);
    }
}

bool tw_extract_pump(struct tw_extract *x, size_t budget, tw_time clock) {
    uint32_t number = x->oldest, last = x->newest;
    while (number) {
        struct extraction *e = at(x, number);
        uint32_t newer = number == last ? 0 : e->newer;
        pump_by(x, e, budget, clock);
        if (e->has_ended && !has_more(e)) {
            conclude(x, e);
        }
        number = newer;
    }
    return x->oldest;
}

static void give_up(struct tw_extract *x, struct extraction *e) {
    for (; e->cursor;) {
        struct tw_ring_entry *entry = tw_ring_get(x->ring, e->cursor);
        lose(x, e, TW_LOST_QUEUE, is_wanted(x, e, e->cursor, entry));
        step(e, entry);
    }
}

void tw_extract_finish(struct tw_extract *x, tw_time clock) {
    tw_time left = FINISH_SECONDS * TW_SECOND;
    while (tw_extract_pump(x, SIZE_MAX, clock) && tw_writer_wait(x->writer, &left)) {
    }
    while (x->oldest) {
        struct extraction *e = at(x, x->oldest);
        give_up(x, e);
        conclude(x, e);
    }
}

/* Handshakes. */

/* How long the flow of a kept handshake has been silent, as a rank: its last entry; 0: none of this kind. */
static uint64_t silence_rank(const struct tw_extract *x, uint32_t number, bool is_two_sided) {
    const struct tw_handshake *h = tw_handshakes_get(x->handshakes, number);
    const struct tw_flow *flow = h ? tw_flowtable_get(x->table, h->entry.flow) : NULL;
    return flow && tw_flow_is_two_sided(flow) == is_two_sided ? flow->last_entry : 0;
}

static uint64_t one_sided_rank(const void *owner, uint32_t number) {
    return silence_rank(owner, number, false);
}

static uint64_t two_sided_rank(const void *owner, uint32_t number) {
    return silence_rank(owner, number, true);
}

/*
 * The handshake that goes first: of the longest silent flow that only one side has spoken in. Where there was none, the
 * search for one waits for some more packets that are put aside, since it looks at all of them.
 */
static uint32_t longest_silent(struct tw_extract *x) {
    uint32_t highest = tw_handshakes_highest(x->handshakes), number = 0;
    if (x->kept >= x->search_at) {
        number = tw_elders_take(&x->one_sided, highest, one_sided_rank, x);
        x->search_at = number ? x->kept : x->kept + highest / SEARCH_SHARE;
    }
    return number ? number : tw_elders_take(&x->two_sided, highest, two_sided_rank, x);
}

static bool drop_longest_silent(struct tw_extract *x) {
    uint32_t number = longest_silent(x);
    if (!number) {
        x->search_at = 0;
        number = longest_silent(x);
    }
    if (!number) {
        return false;
    }
    const struct tw_handshake *h = tw_handshakes_get(x->handshakes, number);
    forget_aside(x, tw_flowtable_get(x->table, h->entry.flow), side_of(&h->entry));
    x->stats.handshakes_lost++;
    return true;
}

static void keep_aside(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, tw_ref ref,
                       const struct tw_ring_entry *entry) {
    struct tw_handshake handshake = {*entry, ref};
    struct tw_ring_packet packet = {0};
    uint32_t number, len = 0;
    x->kept++;
    if (!tw_ring_is_in_file(x->ring)) {
        (void)tw_ring_fetch(x->ring, entry, &packet);
        len = entry->caplen;
    }
    while (!(number = tw_handshakes_put(x->handshakes, &handshake, packet.bytes, len)) && drop_longest_silent(x)) {
    }
    flow->rest[side].aside = number;
    x->stats.handshakes_lost += !number;
}

void tw_extract_handshake(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, tw_ref ref) {
    forget_aside(x, flow, side);
    flow->rest[side].handshake = ref;
    flow->rest[side].handshake_number = (uint32_t)(flow->side[TW_A].packets + flow->side[TW_B].packets);
}

/* An entry of an extraction leaves before the cursor has come to it. */
static void leave_pending(struct tw_extract *x, tw_ref ref, const struct tw_ring_entry *entry) {
    struct extraction *e = at(x, entry->flow);
    if (!e->serial || e->cursor != ref) {
        return; /* it had reached its limit */
    }
    if (is_wanted(x, e, ref, entry)) {
        lose(x, e, entry->flags & TW_RING_SYN ? TW_LOST_QUEUE : TW_LOST_OVERRUN, 1);
    }
    step(e, entry);
}

/* The ring's leave function: what is still to be written is counted, handshakes are kept aside. */
static void leave(void *owner, tw_ref ref, const struct tw_ring_entry *entry) {
    struct tw_extract *x = owner;
    if (entry->flags & TW_RING_PENDING) {
        leave_pending(x, ref, entry);
        return;
    }
    struct tw_flow *flow = entry->flow ? tw_flowtable_get(x->table, entry->flow) : NULL;
    enum tw_side side = side_of(entry);
    if (flow && flow->rest[side].handshake == ref) {
        keep_aside(x, flow, side, ref, entry);
    }
}

const char *tw_extract_pcap(const struct tw_extract *x, const struct tw_flow *flow) {
    const struct extraction *e = current(x, flow);
    return e ? tw_outfiles_name(&x->files, e->serial) : "";
}

void tw_extract_stats(const struct tw_extract *x, struct tw_extract_stats *ret) {
    *ret = x->stats;
    ret->handshakes_kept = tw_handshakes_count(x->handshakes);
}
