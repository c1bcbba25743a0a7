/* SPDX-License-Identifier: MIT */
#include "drain.h"

#include "err.h"
#include "writer.h"

/* The extractions that wait, in the order in which they began to. */

static void wait_begin(struct tw_extract *x, struct tw_extraction *e) {
    if (e->is_waiting) {
        return;
    }
    e->is_waiting = true;
    e->older = x->newest;
    e->newer = 0;
    *(x->newest ? &tw_extraction_at(x, x->newest)->newer : &x->oldest) = tw_extraction_number(x, e);
    x->newest = tw_extraction_number(x, e);
}

static void wait_end(struct tw_extract *x, struct tw_extraction *e) {
    if (e->is_waiting) {
        *(e->older ? &tw_extraction_at(x, e->older)->newer : &x->oldest) = e->newer;
        *(e->newer ? &tw_extraction_at(x, e->newer)->older : &x->newest) = e->older;
        e->is_waiting = false;
    }
}

/* The flow that is extracted, while it lives: its slot may have become another one. */
static struct tw_flow *flow_of(const struct tw_extract *x, const struct tw_extraction *e) {
    struct tw_flow *flow = e->flow ? tw_flowtable_get(x->table, e->flow) : NULL;
    return flow && tw_flowtable_index(x->table, flow) == e->id.index ? flow : NULL;
}

/* What is wanted. */

static bool is_in_range(const struct tw_extract *x, uint64_t number) {
    const struct tw_range *range = &x->selection.packets;
    return !range->last || (number >= range->first && number <= range->last);
}

bool tw_drain_wants(const struct tw_extract *x, const struct tw_extraction *e, tw_ref ref,
                    const struct tw_ring_entry *entry) {
    if (!is_in_range(x, e->next_packet)) {
        return false;
    }
    if (entry->flags & TW_RING_SYN) {
        return true; /* without both SYNs no tool can scale the window */
    }
    uint8_t side = (uint8_t)(1 << tw_ring_side(entry));
    uint8_t sides = ref < e->sides_from ? e->sides_before : e->sides;
    return (sides & side) && (ref >= e->since_until || entry->clock >= e->since);
}

/* The end. */

void tw_drain_conclude(struct tw_extract *x, struct tw_extraction *e) {
    struct tw_extract_event event = {.time = e->end_time,
                                     .flow = e->id,
                                     .extraction = tw_extraction_number(x, e),
                                     .alarms = e->alarms,
                                     .was_alarmed = e->alarm_at};
    for (int why = 0; why < TW_LOST_COUNT; why++) {
        event.lost[why] = e->lost[why];
    }
    tw_outfiles_end(&x->files, e->serial);
    (void)tw_writer_extract_end(x->writer, &event);
    wait_end(x, e);
    e->serial = 0;
    tw_pool_put(&x->pool, tw_extraction_number(x, e));
}

/* Writing. */

static int write_packet(struct tw_extract *x, struct tw_extraction *e, uint8_t source, struct tw_writer_packet *packet,
                        tw_ref ref, tw_time clock) {
    packet->extraction = tw_extraction_number(x, e);
    packet->before = !e->alarm_at || ref < e->alarm_at;
    int err = tw_outfiles_packet(&x->files, e->serial, e->id.index, source, packet, clock);
    if (err) {
        return err;
    }
    tw_rate_add(&x->rate, clock, packet->caplen);
    struct tw_flow *flow = flow_of(x, e);
    if (flow) {
        struct tw_flow_extraction *state = tw_extraction_state(x, flow);
        state->written += packet->caplen;
        e->is_full =
            x->settings.extract.max_bytes && !x->selection.n_flows && state->written >= x->settings.extract.max_bytes;
    }
    return 0;
}

static int write_fetched(struct tw_extract *x, struct tw_extraction *e, const struct tw_ring_entry *entry, tw_ref ref,
                         const struct tw_ring_packet *fetched, tw_time clock) {
    if (!fetched) {
        tw_extraction_lose(x, e, tw_ring_is_in_file(x->ring) ? TW_LOST_WRITE : TW_LOST_OVERRUN, 1);
        return 0;
    }
    struct tw_writer_packet packet = {
        .time = fetched->time, .caplen = entry->caplen, .wirelen = fetched->wirelen, .bytes = fetched->bytes};
    return write_packet(x, e, entry->source, &packet, ref, clock);
}

/*
 * Where the bytes stay in files, the writer's thread is to fetch them, but for a packet whose time names a file. One
 * that it then finds lost has counted for all limits.
 */
static int write_entry(struct tw_extract *x, struct tw_extraction *e, tw_ref ref, const struct tw_ring_entry *entry,
                       tw_time clock) {
    if (tw_ring_is_in_file(x->ring) && tw_outfiles_has(&x->files, e->serial, entry->source, entry->caplen, clock)) {
        struct tw_writer_packet packet = {.offset = entry->offset, .caplen = entry->caplen, .origin = entry->origin};
        return write_packet(x, e, entry->source, &packet, ref, clock);
    }
    struct tw_ring_packet packet;
    bool ok = tw_ring_fetch(x->ring, entry, &packet);
    return write_fetched(x, e, entry, ref, ok ? &packet : NULL, clock);
}

static int write_aside(struct tw_extract *x, struct tw_extraction *e, uint32_t number, tw_time clock) {
    const struct tw_handshake *h = tw_handshakes_get(x->handshakes, number);
    if (tw_ring_is_in_file(x->ring)) {
        return write_entry(x, e, h->ref, &h->entry, clock);
    }
    struct tw_ring_packet packet = {h->entry.time, h->entry.wirelen, tw_handshakes_bytes(x->handshakes, number)};
    return write_fetched(x, e, &h->entry, h->ref, packet.bytes ? &packet : NULL, clock);
}

/* The side whose handshake, among those still to be written, was sent first. */
static enum tw_side first_aside(const struct tw_extract *x, const struct tw_extraction *e, const struct tw_flow *flow) {
    if (e->aside != TW_ALL_SIDES) {
        return e->aside == 1 << TW_A ? TW_A : TW_B;
    }
    const struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
    const struct tw_handshake *a = tw_handshakes_get(x->handshakes, tw_flow_aside(rest, TW_A));
    const struct tw_handshake *b = tw_handshakes_get(x->handshakes, tw_flow_aside(rest, TW_B));
    return !b || (a && a->ref < b->ref) ? TW_A : TW_B;
}

/*
 * Come to the packet of this number: those before it that the ring had lost are counted, in their order among what is
 * written, so that none counts beyond the limit of bytes or outside the range of numbers.
 */
static void cross_gap(struct tw_extract *x, struct tw_extraction *e, uint64_t number) {
    const struct tw_range *range = &x->selection.packets;
    uint64_t first = range->last && range->first > e->gap.at ? range->first : e->gap.at;
    uint64_t end = range->last && range->last < number ? range->last + 1 : number;
    uint64_t n = end > first ? end - first : 0;
    n = n < e->gap.missing ? n : e->gap.missing;
    tw_extraction_lose(x, e, TW_LOST_OVERRUN, n);
    e->gap.missing -= n;
    e->gap.at = number;
}

/* Returns whether all of them are dealt with. */
static bool pump_aside(struct tw_extract *x, struct tw_extraction *e, tw_time clock) {
    const struct tw_flow *flow = flow_of(x, e);
    if (!flow) {
        tw_extraction_lose(x, e, TW_LOST_QUEUE, (uint64_t)__builtin_popcount(e->aside)); /* they went with their flow */
        e->aside = 0;
    }
    while (e->aside && !e->is_full) {
        enum tw_side side = first_aside(x, e, flow);
        const struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
        uint64_t number = rest->side[side].handshake_number;
        cross_gap(x, e, number);
        if (is_in_range(x, number) && write_aside(x, e, tw_flow_aside(rest, side), clock) == TW_EAGAIN) {
            return false;
        }
        e->gap.at = number + 1;
        e->aside &= (uint8_t) ~(1 << side);
    }
    if (!e->is_full) {
        cross_gap(x, e, e->gap.end);
    }
    return true;
}

void tw_drain_step(struct tw_extraction *e, const struct tw_ring_entry *entry) {
    e->cursor = entry->link ? e->cursor + entry->link : 0;
    e->next_packet++;
}

/* Go along the chain for about `budget` bytes, or until the writer has no room. */
static void pump_chain(struct tw_extract *x, struct tw_extraction *e, size_t budget, tw_time clock) {
    size_t spent = 0;
    while (e->cursor && !e->is_full && spent < budget) {
        struct tw_ring_entry *entry = tw_ring_get(x->ring, e->cursor);
        if (tw_drain_wants(x, e, e->cursor, entry) && write_entry(x, e, e->cursor, entry, clock) == TW_EAGAIN) {
            return;
        }
        spent += tw_ring_cost(x->ring, entry->caplen);
        entry->flags &= ~TW_RING_PENDING & 0xffu;
        tw_ring_renumber(entry, e->flow);
        tw_drain_step(e, entry);
    }
}

void tw_drain(struct tw_extract *x, struct tw_extraction *e, size_t budget, tw_time clock) {
    if (pump_aside(x, e, clock)) {
        pump_chain(x, e, budget, clock);
    }
    if (e->is_full) {
        e->cursor = 0;
        e->aside = 0;
    }
    if (tw_extraction_has_more(e)) {
        wait_begin(x, e);
    } else {
        wait_end(x, e);
    }
}
