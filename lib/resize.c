/* SPDX-License-Identifier: MIT */
#include "resize.h"

#include <errno.h>
#include <stdlib.h>

#include "keep.h"

enum { LARGEST = 262144 + 64, SPARE = 4096 };

/* An entry that moved; they stand in the order of their references, old and new. */
struct tw_moved {
    tw_ref from, to;
};

static const struct tw_ring_fetch *fetch_of(const struct tw_extract *x) {
    return tw_ring_is_in_file(x->ring) ? &x->fetch : NULL;
}

int tw_resize_init(struct tw_resize *ret, const struct tw_extract *x, const struct tw_ring_settings *settings) {
    *ret = (struct tw_resize){0};
    bool ok = true;
    if (settings->size != x->settings.ring.size) {
        struct tw_ring_stats stats;
        tw_ring_stats(x->ring, &stats);
        ret->room = stats.packets + SPARE;
        ret->moved = calloc(ret->room, sizeof *ret->moved);
        struct tw_ring_owner owner = tw_keep_owner((struct tw_extract *)(uintptr_t)x);
        ret->ring = tw_ring_create(settings->size, fetch_of(x), &owner);
        ok = ret->moved && ret->ring;
    }
    if (settings->handshakes != x->settings.ring.handshakes) {
        ret->handshakes = tw_handshakes_create(settings->handshakes);
        ok = ok && ret->handshakes;
    }
    if (!ok) {
        tw_resize_fini(ret);
        return -ENOMEM;
    }
    return 0;
}

void tw_resize_fini(struct tw_resize *resize) {
    tw_ring_destroy(resize->ring);
    tw_handshakes_destroy(resize->handshakes);
    free(resize->moved);
    *resize = (struct tw_resize){0};
}

/* References. */

struct map {
    const struct tw_moved *moved;
    size_t n;
    tw_ref end; /* above all new references */
};

/* Number of the first entry that moved from `ref` or above. */
static size_t find(const struct map *map, tw_ref ref) {
    size_t low = 0, high = map->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (map->moved[middle].from < ref) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The new reference of an entry; the old one when it has not moved: it is known to be gone. */
static tw_ref moved_to(const struct map *map, tw_ref ref) {
    size_t n = find(map, ref);
    return n < map->n && map->moved[n].from == ref ? map->moved[n].to : ref;
}

/* A bound: what was at or above it, and what below, is so again. */
static tw_ref bound(const struct map *map, tw_ref ref) {
    size_t n = find(map, ref);
    return !ref ? 0 : n < map->n ? map->moved[n].to : map->end;
}

/* Entries. */

static size_t copy_entries(const struct tw_ring *from, struct tw_ring *to, struct tw_moved *moved) {
    size_t n = 0;
    for (tw_ref ref = tw_ring_first(from); ref; ref = tw_ring_next(from, ref)) {
        const struct tw_ring_entry *entry = tw_ring_get((struct tw_ring *)(uintptr_t)from, ref);
        struct tw_ring_packet packet = {0};
        if (!tw_ring_is_in_file(from)) {
            (void)tw_ring_fetch(from, entry, &packet);
        }
        moved[n++] = (struct tw_moved){ref, tw_ring_put(to, entry, packet.bytes)};
    }
    return n;
}

/* The chains: each link as far as the entry that it leads to has moved too. */
static void link_entries(struct tw_ring *from, struct tw_ring *to, const struct map *map) {
    for (size_t i = 0; i < map->n; i++) {
        const struct tw_ring_entry *old = tw_ring_get(from, map->moved[i].from);
        bool is_forward = old->flags & TW_RING_PENDING;
        tw_ref target = is_forward ? map->moved[i].from + old->link : map->moved[i].from - old->link;
        size_t n = find(map, target);
        if (old->link && n < map->n && map->moved[n].from == target) {
            tw_ref here = map->moved[i].to, there = map->moved[n].to;
            tw_ring_get(to, here)->link = (uint32_t)(there > here ? there - here : here - there);
        }
    }
}

static void move_flow(const struct tw_extract *x, struct tw_flow *flow, const struct map *map) {
    struct tw_stall *stall = tw_flowtable_find_stall(x->table, flow);
    struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
    flow->last_entry = moved_to(map, flow->last_entry);
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        if (!rest->side[side].is_aside) {
            tw_ref ref = tw_ring_whole(x->ring, rest->side[side].handshake);
            tw_flow_set_handshake(rest, (enum tw_side)side, moved_to(map, ref));
        }
    }
    if (stall && stall->extraction.done) {
        size_t n = find(map, stall->extraction.done + 1); /* the first that is not done */
        stall->extraction.done = n ? map->moved[n - 1].to : stall->extraction.done;
    }
}

static void move_extraction(struct tw_extraction *e, const struct map *map) {
    e->cursor = moved_to(map, e->cursor);
    e->newest = moved_to(map, e->newest);
    e->alarm_at = bound(map, e->alarm_at);
    e->sides_from = bound(map, e->sides_from);
    e->since_until = bound(map, e->since_until);
}

static void move_ring(struct tw_resize *resize, struct tw_extract *x, size_t size) {
    tw_ring_shrink(x->ring, size > 2 * LARGEST ? size - LARGEST : size / 2); /* what the end of the memory may waste */
    struct tw_ring_stats stats;
    tw_ring_stats(x->ring, &stats);
    if (stats.packets > resize->room) {
        tw_ring_shrink(x->ring, 0);
    }
    tw_ring_begin_at(resize->ring, tw_ring_head(x->ring));
    struct map map = {resize->moved, copy_entries(x->ring, resize->ring, resize->moved), 0};
    map.end = tw_ring_head(resize->ring);
    link_entries(x->ring, resize->ring, &map);
    tw_flowtable_compact_line(x->table);
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(x->table); slot++) {
        struct tw_flow *flow = tw_flowtable_get(x->table, slot);
        if (flow) {
            move_flow(x, flow, &map);
        }
    }
    tw_flowtable_line_up_again(x->table);
    for (uint32_t number = 1; number <= x->pool.touched; number++) {
        if (tw_extraction_at(x, number)->serial) {
            move_extraction(tw_extraction_at(x, number), &map);
        }
    }
    struct tw_ring *old = x->ring;
    x->ring = resize->ring;
    resize->ring = old;
}

/* Handshakes. */

static void move_handshakes(struct tw_resize *resize, struct tw_extract *x) {
    bool is_in_file = tw_ring_is_in_file(x->ring);
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(x->table); slot++) {
        struct tw_flow *flow = tw_flowtable_get(x->table, slot);
        for (int side = 0; flow && side < TW_SIDE_COUNT; side++) {
            struct tw_flow_rest *rest = tw_flowtable_rest(x->table, flow);
            uint32_t number = tw_flow_aside(rest, (enum tw_side)side);
            const struct tw_handshake *h = number ? tw_handshakes_get(x->handshakes, number) : NULL;
            const uint8_t *bytes = h && !is_in_file ? tw_handshakes_bytes(x->handshakes, number) : NULL;
            uint32_t to = h ? tw_handshakes_put(resize->handshakes, h, bytes, bytes ? h->entry.caplen : 0) : 0;
            x->stats.handshakes_lost += h && !to;
            if (number && !to) {
                tw_keep_forget(x, flow, (enum tw_side)side);
            }
            if (number) { /* else the word is a reference into the ring */
                tw_flow_set_aside(rest, (enum tw_side)side, to);
            }
        }
    }
    struct tw_handshakes *old = x->handshakes;
    x->handshakes = resize->handshakes;
    resize->handshakes = old;
    tw_elders_fini(&x->one_sided);
    tw_elders_fini(&x->two_sided);
}

void tw_resize_commit(struct tw_resize *resize, struct tw_extract *x) {
    if (resize->ring) {
        struct tw_ring_stats stats;
        tw_ring_stats(resize->ring, &stats);
        move_ring(resize, x, stats.size);
    }
    if (resize->handshakes) {
        move_handshakes(resize, x);
    }
    tw_resize_fini(resize);
}
