/* SPDX-License-Identifier: MIT */
#include "keep.h"

#include "drain.h"

enum { SEARCH_SHARE = 16 };

void tw_keep_forget(struct tw_extract *x, struct tw_flow *flow, enum tw_side side) {
    struct tw_extraction *e = tw_extraction_of(x, flow);
    struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
    if (!tw_flow_aside(rest, side)) {
        return;
    }
    if (e && e->aside & 1 << side) {
        e->aside &= (uint8_t) ~(1 << side);
        tw_extraction_lose(x, e, TW_LOST_QUEUE, 1);
    }
    tw_handshakes_take(x->handshakes, tw_flow_aside(rest, side));
    tw_flow_set_aside(rest, side, 0);
}

/* How long the flow of a kept handshake has been silent, as a rank: its last entry; 0: none of this kind. */
static uint64_t silence_rank(const struct tw_extract *x, uint32_t number, bool is_two_sided) {
    const struct tw_handshake *h = tw_handshakes_get(x->handshakes, number);
    const struct tw_flow *flow = h ? tw_flowtable_get(x->table, tw_ring_number(&h->entry)) : NULL;
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
    tw_keep_forget(x, tw_flowtable_get(x->table, tw_ring_number(&h->entry)), tw_ring_side(&h->entry));
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
    tw_flow_set_aside(tw_flowtable_rest(x->table, flow), side, number);
    x->stats.handshakes_lost += !number;
}

void tw_keep_handshake(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, tw_ref ref) {
    tw_keep_forget(x, flow, side);
    struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
    uint64_t number = tw_flowtable_packets(x->table, flow);
    tw_flow_set_handshake(rest, side, ref);
    rest->side[side].handshake_number = number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
}

/* An entry of an extraction leaves before the cursor has come to it. */
static void leave_pending(struct tw_extract *x, tw_ref ref, const struct tw_ring_entry *entry) {
    struct tw_extraction *e = tw_extraction_at(x, tw_ring_number(entry));
    if (!e->serial || e->cursor != ref) {
        return; /* it had reached its limit */
    }
    if (tw_drain_wants(x, e, ref, entry)) {
        tw_extraction_lose(x, e, entry->flags & TW_RING_SYN ? TW_LOST_QUEUE : TW_LOST_OVERRUN, 1);
    }
    tw_drain_step(e, entry);
}

static void on_leave(void *owner, tw_ref ref, const struct tw_ring_entry *entry) {
    struct tw_extract *x = owner;
    if (entry->flags & TW_RING_PENDING) {
        leave_pending(x, ref, entry);
        return;
    }
    enum tw_side side = tw_ring_side(entry);
    uint32_t slot = tw_ring_number(entry);
    if (slot && tw_flow_is_handshake(tw_flowtable_rest_at(x->table, slot), side, ref)) {
        keep_aside(x, tw_flowtable_at(x->table, slot), side, ref, entry);
    }
}

/* 3 % of the time on headers was spent waiting for this. */
static void on_soon(void *owner, const struct tw_ring_entry *entry) {
    const struct tw_extract *x = owner;
    if (!(entry->flags & TW_RING_PENDING)) {
        tw_flowtable_prefetch_rest(x->table, tw_ring_number(entry));
    }
}

struct tw_ring_owner tw_keep_owner(struct tw_extract *x) {
    return (struct tw_ring_owner){x, on_leave, on_soon};
}
