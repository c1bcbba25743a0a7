/* SPDX-License-Identifier: MIT */
#include "flowtable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t buckets_for(uint32_t max) {
    uint64_t n = 64;
    while (n < max) {
        n *= 2;
    }
    return n;
}

/* The pools that hold as many items as there may be flows: all but the buckets. */
static const struct {
    size_t at, item; /* where it stands in the table; bytes of an item */
} pools[] = {
    {offsetof(struct tw_flowtable, flows), sizeof(struct tw_flow)},
    {offsetof(struct tw_flowtable, rests), sizeof(struct tw_flow_rest)},
    {offsetof(struct tw_flowtable, mores), sizeof(struct tw_flow_more)},
    {offsetof(struct tw_flowtable, stalls), sizeof(struct tw_stall)},
    {offsetof(struct tw_flowtable, pairs), 2 * sizeof(struct tw_addr)},
    {offsetof(struct tw_flowtable, scopes), sizeof(struct tw_scope_slot)},
};

enum { N_POOLS = sizeof pools / sizeof pools[0] };

static struct tw_pool *pool_of(struct tw_flowtable *table, int i) {
    return (struct tw_pool *)(void *)((unsigned char *)table + pools[i].at);
}

static int init_pools(struct tw_flowtable *table, uint32_t max) {
    int err = 0;
    for (int i = 0; i < N_POOLS && !err; i++) {
        err = tw_pool_init(pool_of(table, i), pools[i].item, max);
    }
    return err;
}

static int grow_pools(struct tw_flowtable *table, uint32_t max) {
    int err = 0;
    for (int i = 0; i < N_POOLS && !err; i++) {
        err = tw_pool_grow(pool_of(table, i), max);
    }
    return err;
}

struct tw_flowtable *tw_flowtable_create(const struct tw_flow_settings *settings, const struct tw_hash_key *secret) {
    struct tw_flowtable *table = calloc(1, sizeof *table);
    if (!table) {
        return NULL;
    }
    table->settings = *settings;
    tw_factors_init(&table->factors, secret);
    uint64_t n_buckets = buckets_for(settings->max);
    table->mask = n_buckets - 1;
    if (n_buckets > UINT32_MAX || init_pools(table, settings->max) ||
        tw_pool_init(&table->buckets, sizeof(uint32_t), (uint32_t)n_buckets)) {
        tw_flowtable_destroy(table);
        return NULL;
    }
    return table;
}

void tw_flowtable_destroy(struct tw_flowtable *table) {
    if (!table) {
        return;
    }
    for (int i = 0; i < N_POOLS; i++) {
        tw_pool_fini(pool_of(table, i));
    }
    tw_pool_fini(&table->buckets);
    tw_lineup_fini(&table->one_sided);
    tw_elders_fini(&table->elders);
    free(table);
}

/* The hash by which a flow is found now. */
static uint32_t hash_of(const struct tw_flowtable *table, const struct tw_flow *flow) {
    struct tw_flowkey key;
    tw_flowtable_key(table, flow, &key);
    return tw_flowtable_hash(table, &key, tw_flowtable_scope(table, flow));
}

/* Put every flow into its bucket, of which none has any yet. */
static void fill_buckets(struct tw_flowtable *table) {
    for (uint32_t slot = 1; slot <= table->flows.touched; slot++) {
        struct tw_flow *flow = tw_flowtable_get(table, slot);
        if (flow) {
            uint32_t hash = hash_of(table, flow), *bucket = tw_flowtable_bucket(table, hash);
            if (flow->ip_version != 4) {
                flow->hash = hash;
            }
            flow->next = *bucket;
            *bucket = slot;
        }
    }
}

/* More buckets, and every flow in its new one. */
static int spread(struct tw_flowtable *table, uint64_t n_buckets) {
    struct tw_pool buckets;
    if (n_buckets > UINT32_MAX || tw_pool_init(&buckets, sizeof(uint32_t), (uint32_t)n_buckets)) {
        return -ENOMEM;
    }
    tw_pool_fini(&table->buckets);
    table->buckets = buckets;
    table->mask = n_buckets - 1;
    fill_buckets(table);
    return 0;
}

int tw_flowtable_grow(struct tw_flowtable *table, uint32_t max) {
    int err = grow_pools(table, max);
    if (!err && buckets_for(max) > table->mask + 1) {
        err = spread(table, buckets_for(max));
    }
    return err;
}

void tw_flowtable_configure(struct tw_flowtable *table, const struct tw_flow_settings *settings) {
    const struct tw_flow_settings *old = &table->settings;
    bool is_other_key =
        old->vlan != settings->vlan || old->tunnel != settings->tunnel || old->interface != settings->interface;
    table->settings = *settings;
    if (is_other_key) {
        memset(table->buckets.memory, 0, (table->mask + 1) * sizeof(uint32_t));
        fill_buckets(table);
    }
}

/* Scopes: few in practice, shared by many flows, so each is kept once and counted. */

static uint32_t *scope_bucket(struct tw_flowtable *table, const struct tw_scope *scope) {
    uint32_t mix = scope->ifindex * 31u + scope->n_vlans + scope->n_vnis * 7u;
    mix += scope->n_vlans ? scope->vlan[0] * 131u + scope->vlan[scope->n_vlans - 1] * 17u : 0;
    mix += scope->n_vnis ? scope->vni[scope->n_vnis - 1] * 1031u : 0;
    return &table->scope_bucket[(mix * 2654435761u) >> 24];
}

static uint32_t scope_take(struct tw_flowtable *table, const struct tw_scope *scope) {
    static const struct tw_flow_settings everything = {.vlan = true, .tunnel = true, .interface = true};
    if (tw_scope_is_empty(scope)) {
        return 0;
    }
    uint32_t *bucket = scope_bucket(table, scope);
    for (uint32_t n = *bucket; n; n = tw_flowtable_scope_at(table, n)->next) {
        if (tw_scope_equal(&everything, &tw_flowtable_scope_at(table, n)->scope, scope)) {
            tw_flowtable_scope_at(table, n)->users++;
            return n;
        }
    }
    uint32_t number = tw_pool_take(&table->scopes);
    struct tw_scope_slot *slot = tw_flowtable_scope_at(table, number);
    slot->scope = (struct tw_scope){.n_vlans = scope->n_vlans, .n_vnis = scope->n_vnis, .ifindex = scope->ifindex};
    memcpy(slot->scope.vlan, scope->vlan, scope->n_vlans * sizeof *scope->vlan);
    memcpy(slot->scope.vni, scope->vni, scope->n_vnis * sizeof *scope->vni);
    slot->users = 1;
    slot->next = *bucket;
    *bucket = number;
    return number;
}

static void scope_put(struct tw_flowtable *table, uint32_t number) {
    if (!number || --tw_flowtable_scope_at(table, number)->users) {
        return;
    }
    uint32_t *link = scope_bucket(table, &tw_flowtable_scope_at(table, number)->scope);
    while (*link != number) {
        link = &tw_flowtable_scope_at(table, *link)->next;
    }
    *link = tw_flowtable_scope_at(table, number)->next;
    tw_pool_put(&table->scopes, number);
}

/* Who has to go. */

static uint64_t last_entry(const void *table, uint32_t slot) {
    const struct tw_flow *flow = tw_flowtable_get(table, slot);
    return flow ? flow->last_entry : 0;
}

static uint64_t last_of_one_sided(const void *table, uint32_t slot) {
    const struct tw_flow *flow = tw_flowtable_get(table, slot);
    return flow && !tw_flow_is_two_sided(flow) ? flow->last_entry : 0;
}

static void prefetch_flow(const void *table, uint32_t slot) {
    __builtin_prefetch(tw_flowtable_at(table, slot));
}

static struct tw_lineup_owner owner_of(const struct tw_flowtable *table) {
    return (struct tw_lineup_owner){table, last_of_one_sided, prefetch_flow};
}

void tw_flowtable_line_up(struct tw_flowtable *table, const struct tw_flow *flow, bool is_new) {
    struct tw_lineup_owner owner = owner_of(table);
    tw_lineup_add(&table->one_sided, &owner, tw_flowtable_slot(table, flow), flow->last_entry, is_new);
}

void tw_flowtable_leave_line(struct tw_flowtable *table) {
    struct tw_lineup_owner owner = owner_of(table);
    tw_lineup_leave(&table->one_sided, &owner);
}

void tw_flowtable_compact_line(struct tw_flowtable *table) {
    struct tw_lineup_owner owner = owner_of(table);
    tw_lineup_compact(&table->one_sided, &owner);
}

void tw_flowtable_line_up_again(struct tw_flowtable *table) {
    struct tw_lineup_owner owner = owner_of(table);
    tw_lineup_rank_again(&table->one_sided, &owner);
}

struct tw_flow *tw_flowtable_victim(struct tw_flowtable *table) {
    struct tw_lineup_owner owner = owner_of(table);
    uint32_t slot = tw_lineup_take(&table->one_sided, &owner);
    if (!slot) {
        slot = tw_elders_take(&table->elders, table->flows.touched, last_entry, table);
    }
    return slot ? tw_flowtable_at(table, slot) : NULL;
}

/* Flows. */

static void set_key(struct tw_flowtable *table, struct tw_flow *flow, uint32_t hash, const struct tw_flowkey *key) {
    flow->ports = key->half[8];
    flow->kind = key->kind;
    if (key->ip_version == 4) {
        flow->addr[0] = key->half[0];
        flow->addr[1] = key->half[4];
    } else {
        flow->pair = tw_pool_take(&table->pairs);
        flow->hash = hash;
        memcpy(tw_pool_get(&table->pairs, flow->pair), key->addr, sizeof key->addr);
    }
}

void tw_flowtable_key(const struct tw_flowtable *table, const struct tw_flow *flow, struct tw_flowkey *ret) {
    *ret = (struct tw_flowkey){0};
    ret->half[8] = flow->ports;
    ret->kind = flow->kind;
    if (flow->ip_version == 4) {
        ret->half[0] = flow->addr[0];
        ret->half[4] = flow->addr[1];
    } else {
        memcpy(ret->addr, tw_pool_get(&table->pairs, flow->pair), sizeof ret->addr);
    }
}

struct tw_flow *tw_flowtable_add(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                 const struct tw_scope *scope) {
    struct tw_timer_mark timer = tw_flowtable_at(table, table->flows.free)->timer; /* item 0 is there, never used */
    uint32_t slot = tw_pool_take(&table->flows);
    if (!slot) {
        return NULL;
    }
    tw_pool_reach(&table->rests, slot);
    struct tw_flow *flow = tw_flowtable_at(table, slot);
    struct tw_flow_rest *rest = tw_flowtable_rest_at(table, slot);
    flow->timer = timer;
    uint32_t *bucket = tw_flowtable_bucket(table, hash);
    set_key(table, flow, hash, key);
    *rest = (struct tw_flow_rest){.side = {{.is_aside = true}, {.is_aside = true}}};
    rest->index = ++table->total & (UINT64_MAX >> 16);
    rest->scope = scope_take(table, scope);
    flow->next = *bucket;
    *bucket = slot;
    tw_flowtable_prefetch_slot(table, table->flows.free); /* that of the next flow */
    return flow;
}

static void free_parts(struct tw_flowtable *table, const struct tw_flow *flow) {
    struct tw_flow_rest *rest = tw_flowtable_rest(table, flow);
    uint32_t more = tw_flowtable_more_number(table, flow);
    if (flow->ip_version != 4) {
        tw_pool_put(&table->pairs, flow->pair);
    }
    if (more) {
        tw_pool_put(&table->mores, more);
    }
    if (flow->has_stall) {
        tw_pool_put(&table->stalls, flow->more);
    }
    scope_put(table, rest->scope);
    tw_flow_set_aside(rest, TW_A, 0);
    tw_flow_set_aside(rest, TW_B, 0);
}

void tw_flowtable_remove(struct tw_flowtable *table, struct tw_flow *flow, uint32_t hash) {
    uint32_t slot = tw_flowtable_slot(table, flow);
    uint32_t *link = tw_flowtable_bucket(table, hash);
    while (*link != slot) {
        link = &tw_flowtable_at(table, *link)->next;
    }
    *link = flow->next;
    free_parts(table, flow);
    bool was_lined_up = flow->spoken && !tw_flow_is_two_sided(flow);
    flow->kind = 0; /* marks the slot as free */
    tw_pool_put(&table->flows, slot);
    if (was_lined_up) {
        tw_flowtable_leave_line(table);
    }
}

struct tw_flow_more *tw_flowtable_more(struct tw_flowtable *table, struct tw_flow *flow) {
    uint32_t *number = flow->has_stall ? &tw_flowtable_find_stall(table, flow)->more : &flow->more;
    if (!*number) {
        *number = tw_pool_take(&table->mores);
    }
    return tw_pool_get(&table->mores, *number);
}

struct tw_stall *tw_flowtable_stall(struct tw_flowtable *table, struct tw_flow *flow) {
    if (!flow->has_stall) {
        uint32_t more = flow->more;
        flow->more = tw_pool_take(&table->stalls);
        flow->has_stall = true;
        tw_flowtable_find_stall(table, flow)->more = more;
    }
    return tw_flowtable_find_stall(table, flow);
}

/* What is told of a flow. */

void tw_flowtable_round(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                        enum tw_flow_counter counter) {
    tw_flowtable_more(table, flow)->side[side].rounds[counter]++;
}

tw_time tw_flowtable_first_time(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side) {
    uint8_t number = flow->first_skew[side];
    const struct tw_flow_more *more = tw_flowtable_find_more(table, flow);
    tw_time skew = number == TW_SKEW_ODD ? more->side[side].first_skew : table->skews.skew[number];
    return tw_skew_without(flow->side[side].first_clock, skew);
}

tw_time tw_flowtable_side_time(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side) {
    uint8_t number = flow->side[side].last_skew;
    const struct tw_flow_more *more = tw_flowtable_find_more(table, flow);
    tw_time skew = number == TW_SKEW_ODD ? more->side[side].last_skew : table->skews.skew[number];
    return tw_skew_without(flow->side[side].last_clock, skew);
}

uint32_t tw_flowtable_slots(const struct tw_flowtable *table) {
    return table->flows.touched;
}

uint32_t tw_flowtable_active(const struct tw_flowtable *table) {
    return table->flows.used;
}

size_t tw_flowtable_memory(const struct tw_flowtable *table) {
    return tw_pool_memory(&table->flows) + tw_pool_memory(&table->rests) + tw_pool_memory(&table->mores) +
           tw_pool_memory(&table->stalls) + tw_pool_memory(&table->pairs) + tw_pool_memory(&table->scopes) +
           tw_lineup_memory(&table->one_sided) + (table->mask + 1) * sizeof(uint32_t);
}
