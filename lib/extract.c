/* SPDX-License-Identifier: MIT */
#include "extract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "drain.h"
#include "flowrecord.h"
#include "keep.h"
#include "resize.h"
#include "writer.h"

enum {
    STEP = 1 << 20,     /* a millisecond or so of copying */
    FINISH_SECONDS = 5, /* for the writer to take what waits at the end */
};

bool tw_extract_is_selecting(const struct tw_extract *x) {
    return x->selection.n_flows;
}

static bool is_limited(const struct tw_extract *x) {
    return x->settings.extract.max_bytes && !tw_extract_is_selecting(x);
}

/* Twice the flows: those of flows that live, and those that only write what is left. */
static uint32_t extractions_for(const struct tw_settings *settings) {
    return settings->flow.max < UINT32_MAX / 2 ? 2 * settings->flow.max : UINT32_MAX - 1;
}

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
    if (options->fetch) {
        x->fetch = *options->fetch;
    }
    x->budget = options->in_steps ? STEP : SIZE_MAX;
    tw_outfiles_init(&x->files, &options->settings->pcap, options->writer, options->next_pcap);
    x->files.is_by_link_type = !options->in_steps;
    struct tw_ring_owner owner = tw_keep_owner(x);
    x->ring = tw_ring_create(x->settings.ring.size, options->fetch, &owner);
    x->handshakes = tw_handshakes_create(x->settings.ring.handshakes);
    if (!x->ring || !x->handshakes ||
        tw_pool_init(&x->pool, sizeof(struct tw_extraction), extractions_for(&x->settings))) {
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

static void pump(struct tw_extract *x, struct tw_extraction *e, tw_time clock) {
    tw_drain(x, e, x->budget, clock);
}

/* Begin an extraction; everything that is not dealt with becomes its chain. NULL: no place for it. */
static struct tw_extraction *begin(struct tw_extract *x, struct tw_flow *flow, struct tw_flow_extraction *state,
                                   tw_time since, tw_ref since_until) {
    uint32_t number = tw_pool_take(&x->pool);
    if (!number) {
        return NULL;
    }
    struct tw_extraction *e = tw_extraction_at(x, number);
    e->serial = ++x->serials;
    e->flow = tw_flowtable_slot(x->table, flow);
    tw_flowrecord_name(x->table, flow, &e->id);
    e->sides = e->sides_before = state->sides;
    e->since = since;
    e->since_until = since_until;
    state->current = number;
    tw_chain_take(x, e, flow, state);
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
        return TW_ALL_SIDES;
    }
}

static struct tw_extraction *begin_by_alarm(struct tw_extract *x, struct tw_flow *flow, const struct tw_stall *stall,
                                            struct tw_flow_extraction *state, enum tw_side side, tw_ref raising) {
    const struct tw_extract_settings *s = &x->settings.extract;
    tw_ref until = raising ? raising : flow->last_entry + 1;
    if (s->before_none) {
        tw_chain_done(x, flow, state, raising);
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
    struct tw_extraction *e = tw_extraction_of(x, flow);
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
    struct tw_extraction *e = tw_extraction_of(x, flow);
    if (!e) {
        return;
    }
    pump(x, e, clock);
    if (e->is_full) {
        tw_extract_end(x, flow, packet_time, clock);
    }
}

void tw_extract_end(struct tw_extract *x, struct tw_flow *flow, tw_time time, tw_time clock) {
    struct tw_extraction *e = tw_extraction_of(x, flow);
    if (!e) {
        return;
    }
    struct tw_flow_extraction *state = tw_extraction_state(x, flow);
    pump(x, e, clock);
    tw_chain_done(x, flow, state, 0);
    state->current = 0;
    e->has_ended = true;
    e->end_time = time;
    if (!tw_extraction_has_more(e)) {
        tw_drain_conclude(x, e);
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
    if (x->writer && tw_extract_is_selecting(x) && is_selected(x, tw_flowtable_index(x->table, flow))) {
        struct tw_flow_extraction *state = &tw_flowtable_stall(x->table, flow)->extraction;
        state->sides = TW_ALL_SIDES;
        (void)begin(x, flow, state, 0, 0);
    }
}

static bool has_alarmed(const struct tw_extract *x, const struct tw_flow *flow) {
    const struct tw_stall *stall = tw_flowtable_find_stall(x->table, flow);
    return stall && (stall->detect[TW_A].alarms || stall->detect[TW_B].alarms);
}

static void begin_inverted(struct tw_extract *x, struct tw_flow *flow, tw_time clock) {
    struct tw_flow_extraction *state = &tw_flowtable_stall(x->table, flow)->extraction;
    if (!is_too_fast(x, state, clock)) {
        state->sides = TW_ALL_SIDES;
        (void)begin(x, flow, state, 0, 0);
    }
}

void tw_extract_flow_end(struct tw_extract *x, struct tw_flow *flow, tw_time clock) {
    if (x->writer && x->settings.extract.invert && !tw_extract_is_selecting(x) && !has_alarmed(x, flow)) {
        begin_inverted(x, flow, clock);
    }
    struct tw_extraction *e = tw_extraction_of(x, flow);
    if (e) {
        pump(x, e, clock);
    }
    tw_keep_forget(x, flow, TW_A);
    tw_keep_forget(x, flow, TW_B);
    if (e) {
        e->flow = 0; /* before the end, which may free it */
        tw_extract_end(x, flow, tw_flowtable_last_time(x->table, flow), clock);
    }
}

bool tw_extract_pump(struct tw_extract *x, size_t budget, tw_time clock) {
    uint32_t number = x->oldest, last = x->newest;
    while (number) {
        struct tw_extraction *e = tw_extraction_at(x, number);
        uint32_t newer = number == last ? 0 : e->newer;
        tw_drain(x, e, budget, clock);
        if (e->has_ended && !tw_extraction_has_more(e)) {
            tw_drain_conclude(x, e);
        }
        number = newer;
    }
    tw_outfiles_age(&x->files, clock);
    return x->oldest;
}

static void give_up(struct tw_extract *x, struct tw_extraction *e) {
    for (; e->cursor;) {
        struct tw_ring_entry *entry = tw_ring_get(x->ring, e->cursor);
        tw_extraction_lose(x, e, TW_LOST_QUEUE, tw_drain_wants(x, e, e->cursor, entry));
        tw_drain_step(e, entry);
    }
}

void tw_extract_finish(struct tw_extract *x, tw_time clock) {
    tw_time left = FINISH_SECONDS * TW_SECOND;
    while (tw_extract_pump(x, SIZE_MAX, clock) && tw_writer_wait(x->writer, &left)) {
    }
    while (x->oldest) {
        struct tw_extraction *e = tw_extraction_at(x, x->oldest);
        give_up(x, e);
        tw_drain_conclude(x, e);
    }
}

const char *tw_extract_pcap(const struct tw_extract *x, const struct tw_flow *flow) {
    const struct tw_extraction *e = tw_extraction_of(x, flow);
    return e ? tw_outfiles_name(&x->files, e->serial) : "";
}

void tw_extract_report(const struct tw_extract *x, struct tw_report *ret) {
    ret->extract.flows = x->stats.flows;
    ret->extract.skipped = x->stats.skipped;
    ret->extract.open = tw_outfiles_latest(&x->files);
    memcpy(ret->extract.lost, x->stats.lost, sizeof ret->extract.lost);
    ret->ring.handshakes_kept = tw_handshakes_count(x->handshakes);
    ret->ring.handshakes_lost = x->stats.handshakes_lost;
}

void tw_extract_link(struct tw_extract *x, struct tw_flow *flow, tw_ref ref) {
    tw_chain_link(x, flow, ref);
}

void tw_extract_handshake(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, tw_ref ref) {
    tw_keep_handshake(x, flow, side, ref);
}

struct tw_extract_change {
    struct tw_settings settings;
    struct tw_resize resize;
};

int tw_extract_prepare(struct tw_extract *x, const struct tw_settings *settings, struct tw_extract_change **ret) {
    struct tw_extract_change *change = calloc(1, sizeof *change);
    if (!change || tw_pool_grow(&x->pool, extractions_for(settings)) ||
        tw_resize_init(&change->resize, x, &settings->ring)) {
        free(change);
        return -ENOMEM;
    }
    change->settings = *settings;
    *ret = change;
    return 0;
}

void tw_extract_commit(struct tw_extract *x, struct tw_extract_change *change) {
    tw_resize_commit(&change->resize, x);
    x->settings = change->settings;
    tw_outfiles_configure(&x->files, &x->settings.pcap, 0);
    free(change);
}

void tw_extract_cancel(struct tw_extract_change *change) {
    if (change) {
        tw_resize_fini(&change->resize);
        free(change);
    }
}

void tw_extract_cut(struct tw_extract *x, uint64_t next_pcap) {
    tw_outfiles_cut(&x->files);
    tw_outfiles_configure(&x->files, &x->settings.pcap, next_pcap);
}
