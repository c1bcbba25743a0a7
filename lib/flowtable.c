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

struct tw_flowtable *tw_flowtable_create(const struct tw_flow_settings *settings, const struct tw_hash_key *secret) {
    struct tw_flowtable *table = calloc(1, sizeof *table);
    if (!table) {
        return NULL;
    }
    table->settings = *settings;
    tw_factors_init(&table->factors, secret);
    uint64_t n_buckets = buckets_for(settings->max);
    table->mask = n_buckets - 1;
    if (n_buckets > UINT32_MAX || tw_pool_init(&table->flows, sizeof(struct tw_flow), settings->max) ||
        tw_pool_init(&table->stalls, sizeof(struct tw_stall), settings->max) ||
        tw_pool_init(&table->scopes, sizeof(struct tw_scope_slot), settings->max) ||
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
    tw_pool_fini(&table->flows);
    tw_pool_fini(&table->stalls);
    tw_pool_fini(&table->scopes);
    tw_pool_fini(&table->buckets);
    tw_elders_fini(&table->elders);
    free(table);
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
    for (uint32_t slot = 1; slot <= table->flows.touched; slot++) {
        struct tw_flow *flow = tw_flowtable_at(table, slot);
        if (flow->index) {
            uint32_t *bucket = tw_flowtable_bucket(table, flow->hash);
            flow->next = *bucket;
            *bucket = slot;
        }
    }
    return 0;
}

int tw_flowtable_grow(struct tw_flowtable *table, uint32_t max) {
    int err = tw_pool_grow(&table->flows, max);
    err = err ? err : tw_pool_grow(&table->stalls, max);
    err = err ? err : tw_pool_grow(&table->scopes, max);
    if (!err && buckets_for(max) > table->mask + 1) {
        err = spread(table, buckets_for(max));
    }
    return err;
}

void tw_flowtable_configure(struct tw_flowtable *table, const struct tw_flow_settings *settings) {
    table->settings = *settings;
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

/* The list of the one-sided. */

static uint32_t *older(struct tw_flow *flow) {
    return &flow->rest[TW_A].neighbour;
}

static uint32_t *newer(struct tw_flow *flow) {
    return &flow->rest[TW_B].neighbour;
}

static void list_append(struct tw_flowtable *table, struct tw_flow *flow) {
    uint32_t slot = tw_flowtable_slot(table, flow);
    flow->is_listed = true;
    *older(flow) = table->newest;
    *newer(flow) = 0;
    *(table->newest ? newer(tw_flowtable_at(table, table->newest)) : &table->oldest) = slot;
    table->newest = slot;
}

static void list_remove(struct tw_flowtable *table, struct tw_flow *flow) {
    *(*older(flow) ? newer(tw_flowtable_at(table, *older(flow))) : &table->oldest) = *newer(flow);
    *(*newer(flow) ? older(tw_flowtable_at(table, *newer(flow))) : &table->newest) = *older(flow);
    flow->is_listed = false;
}

void tw_flowtable_move(struct tw_flowtable *table, struct tw_flow *flow) {
    list_remove(table, flow);
    if (!tw_flow_is_two_sided(flow)) {
        list_append(table, flow);
    }
}

struct tw_flow *tw_flowtable_add(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                 const struct tw_scope *scope) {
    struct tw_timer_mark timer = tw_flowtable_at(table, table->flows.free)->timer; /* item 0 is there, never used */
    uint32_t slot = tw_pool_take(&table->flows);
    if (!slot) {
        return NULL;
    }
    struct tw_flow *flow = tw_flowtable_at(table, slot);
    uint32_t *bucket = tw_flowtable_bucket(table, hash);
    flow->key = *key;
    flow->hash = hash;
    flow->timer = timer;
    flow->index = ++table->total;
    flow->scope = scope_take(table, scope);
    flow->next = *bucket;
    *bucket = slot;
    list_append(table, flow);
    tw_flowtable_prefetch_slot(table, table->flows.free, true); /* that of the next flow */
    return flow;
}

void tw_flowtable_remove(struct tw_flowtable *table, struct tw_flow *flow) {
    uint32_t slot = tw_flowtable_slot(table, flow);
    uint32_t *link = tw_flowtable_bucket(table, flow->hash);
    while (*link != slot) {
        link = &tw_flowtable_at(table, *link)->next;
    }
    *link = flow->next;
    if (flow->is_listed) {
        list_remove(table, flow);
    }
    scope_put(table, flow->scope);
    if (flow->stall) {
        tw_pool_put(&table->stalls, flow->stall);
    }
    flow->index = 0; /* marks the slot as free */
    tw_pool_put(&table->flows, slot);
}

static uint64_t last_entry(const void *owner, uint32_t slot) {
    const struct tw_flow *flow = tw_flowtable_get(owner, slot);
    return flow ? flow->last_entry : 0;
}

struct tw_flow *tw_flowtable_victim(struct tw_flowtable *table) {
    uint32_t slot = table->oldest;
    if (!slot) {
        slot = tw_elders_take(&table->elders, table->flows.touched, last_entry, table);
    }
    return slot ? tw_flowtable_at(table, slot) : NULL;
}

struct tw_stall *tw_flowtable_stall(struct tw_flowtable *table, struct tw_flow *flow) {
    if (!flow->stall) {
        flow->stall = tw_pool_take(&table->stalls);
    }
    return tw_pool_get(&table->stalls, flow->stall); /* there are as many as flows */
}

uint32_t tw_flowtable_slots(const struct tw_flowtable *table) {
    return table->flows.touched;
}

uint32_t tw_flowtable_count(const struct tw_flowtable *table) {
    return table->flows.used;
}

uint64_t tw_flowtable_total(const struct tw_flowtable *table) {
    return table->total;
}

size_t tw_flowtable_memory(const struct tw_flowtable *table) {
    return tw_pool_memory(&table->flows) + tw_pool_memory(&table->stalls) + tw_pool_memory(&table->scopes) +
           (table->mask + 1) * sizeof(uint32_t);
}
