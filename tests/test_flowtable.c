/* SPDX-License-Identifier: MIT */
/*
 * The flow table against a plain array.
 */
#include "flowtable.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "suites.h"

enum { MAX = 40, KEYS = 200 };

static const struct tw_hash_key secret = {7, 9};
static struct tw_flow_settings settings = {.max = MAX, .vlan = true, .interface = true};

/* What is known of the flow of a key; index 0: not in the table. */
struct shadow {
    uint64_t index, last;
    bool two_sided;
};

struct model {
    struct tw_flowtable *table;
    struct shadow shadow[KEYS];
    uint64_t added, clock;
};

/* Every third key is one of IPv6. */
static struct tw_flowkey key_of(uint32_t n) {
    struct tw_flowkey key = {.ip_version = 4, .proto = 6, .port = {1, (uint16_t)(n / 2)}};
    if (n % 3 == 0) {
        key.ip_version = 6;
        key.addr[1].bytes[15] = (uint8_t)n;
    }
    return key;
}

/* Every second key differs from its neighbour by the VLAN only. */
static struct tw_scope scope_of(uint32_t n) {
    return (struct tw_scope){.n_vlans = n % 2, .vlan = {(uint16_t)(n % 5)}};
}

static struct tw_flow *find(struct model *model, uint32_t n) {
    struct tw_flowkey key = key_of(n);
    struct tw_scope scope = scope_of(n);
    return tw_flowtable_find(model->table, tw_flowtable_hash(model->table, &key, &scope), &key, &scope, 0);
}

static void take_out(struct model *model, struct tw_flow *flow) {
    struct tw_flowkey key;
    tw_flowtable_key(model->table, flow, &key);
    uint32_t hash = tw_flowtable_hash(model->table, &key, tw_flowtable_scope(model->table, flow));
    tw_flowtable_remove(model->table, flow, hash);
}

/* The longest silent of the one-sided, or else of all. */
static struct shadow *expected_victim(struct model *model) {
    struct shadow *victim = NULL;
    for (int pass = 0; pass < 2 && !victim; pass++) {
        for (int i = 0; i < KEYS; i++) {
            struct shadow *s = &model->shadow[i];
            if (s->index && (pass || !s->two_sided) && (!victim || s->last < victim->last))
                victim = s;
        }
    }
    return victim;
}

static void evict(struct model *model) {
    struct tw_flow *flow = tw_flowtable_victim(model->table);
    struct shadow *expected = expected_victim(model);
    ck_assert(flow != NULL && expected != NULL);
    ck_assert_uint_eq(tw_flowtable_index(model->table, flow), expected->index);
    take_out(model, flow);
    expected->index = 0;
}

static void packet(struct model *model, uint32_t n, enum tw_side side) {
    struct tw_flow *flow = find(model, n);
    ck_assert((flow != NULL) == (model->shadow[n].index != 0));
    if (!flow) {
        if (tw_flowtable_active(model->table) == MAX)
            evict(model);
        struct tw_flowkey key = key_of(n);
        struct tw_scope scope = scope_of(n);
        flow = tw_flowtable_add(model->table, tw_flowtable_hash(model->table, &key, &scope), &key, &scope);
        ck_assert(flow != NULL);
        model->shadow[n] = (struct shadow){.index = ++model->added};
    }
    ck_assert_uint_eq(tw_flowtable_index(model->table, flow), model->shadow[n].index);
    ck_assert_uint_eq(tw_flowtable_scope(model->table, flow)->n_vlans, n % 2);
    bool is_new = !flow->spoken, was_two_sided = tw_flow_is_two_sided(flow);
    flow->spoken = (flow->spoken | 1u << side) & TW_ALL_SIDES;
    flow->last_entry = model->shadow[n].last = ++model->clock;
    model->shadow[n].two_sided = tw_flow_is_two_sided(flow);
    if (model->shadow[n].two_sided && !was_two_sided && !is_new)
        tw_flowtable_leave_line(model->table);
    if (!model->shadow[n].two_sided)
        tw_flowtable_line_up(model->table, flow, is_new);
}

/* Every reference becomes another, in the same order. */
static void move_references(struct model *model) {
    const uint64_t by = 1000000;
    tw_flowtable_compact_line(model->table);
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(model->table); slot++) {
        struct tw_flow *flow = tw_flowtable_get(model->table, slot);
        if (flow)
            flow->last_entry += by;
    }
    tw_flowtable_line_up_again(model->table);
    model->clock += by;
    for (int n = 0; n < KEYS; n++)
        model->shadow[n].last += by;
}

/* What the key depends on, and the references that order the flows, may change while they live. */
static void shake(struct model *model, unsigned *seed) {
    if (rand_r(seed) % 2)
        move_references(model);
    if (rand_r(seed) % 2)
        ck_assert_int_eq(tw_flowtable_grow(model->table, MAX + (uint32_t)rand_r(seed) % 1000), 0);
    struct tw_flow_settings other = settings;
    other.interface = rand_r(seed) % 2;
    tw_flowtable_configure(model->table, &other);
}

START_TEST(the_table_does_what_an_array_does) {
    unsigned seed = (unsigned)time(NULL) + (unsigned)_i;
    printf("flowtable: seed %u\n", seed);
    struct model model = {.table = tw_flowtable_create(&settings, &secret)};
    for (int i = 0; i < 50000; i++) {
        uint32_t n = (uint32_t)rand_r(&seed) % (i / 1000 % 2 ? KEYS : MAX);
        if (i % 1777 == 0)
            shake(&model, &seed);
        if (rand_r(&seed) % 20) {
            packet(&model, n, rand_r(&seed) % 3 ? TW_A : TW_B);
        } else if (find(&model, n)) {
            take_out(&model, find(&model, n));
            model.shadow[n].index = 0;
        }
    }
    while (tw_flowtable_active(model.table))
        evict(&model);
    ck_assert(tw_flowtable_victim(model.table) == NULL);
    tw_flowtable_destroy(model.table);
}
END_TEST

START_TEST(a_full_table_takes_no_more) {
    struct model model = {.table = tw_flowtable_create(&settings, &secret)};
    for (uint32_t n = 0; n < MAX; n++)
        packet(&model, n, TW_A);
    struct tw_flowkey key = key_of(MAX);
    struct tw_scope scope = scope_of(MAX);
    ck_assert(tw_flowtable_add(model.table, 1, &key, &scope) == NULL);
    ck_assert_uint_eq(tw_flowtable_slots(model.table), MAX);
    tw_flowtable_destroy(model.table);
}
END_TEST

START_TEST(a_flow_has_one_stall_record_which_goes_with_it) {
    struct model model = {.table = tw_flowtable_create(&settings, &secret)};
    packet(&model, 0, TW_A);
    struct tw_flow *flow = find(&model, 0);
    ck_assert(tw_flowtable_find_stall(model.table, flow) == NULL);
    struct tw_stall *stall = tw_flowtable_stall(model.table, flow);
    ck_assert(stall != NULL && tw_flowtable_stall(model.table, flow) == stall);
    ck_assert(tw_flowtable_find_stall(model.table, flow) == stall);
    stall->detect[TW_A].low = 5;
    take_out(&model, flow);
    model.shadow[0].index = 0;
    packet(&model, 1, TW_A);
    ck_assert_uint_eq(tw_flowtable_stall(model.table, find(&model, 1))->detect[TW_A].low, 0);
    tw_flowtable_destroy(model.table);
}
END_TEST

/* All slots, free ones and others' among them, and with keys that have no flow. */
START_TEST(no_guess_leads_astray) {
    static const struct tw_scope none;
    struct tw_flowtable *table = tw_flowtable_create(&settings, &secret);
    for (uint32_t n = 0; n < 2 * MAX; n += 2) {
        struct tw_flowkey key = key_of(n);
        uint32_t hash = tw_flowtable_hash(table, &key, &none);
        struct tw_flow *flow = tw_flowtable_add(table, hash, &key, &none);
        ck_assert_ptr_nonnull(flow);
        if (n % 8 == 0)
            tw_flowtable_remove(table, flow, hash);
    }
    for (uint32_t n = 0; n < 2 * MAX; n += 2) {
        struct tw_flowkey key = key_of(n);
        uint32_t hash = tw_flowtable_hash(table, &key, &none);
        struct tw_flow *flow = tw_flowtable_find(table, hash, &key, &none, 0);
        ck_assert_int_eq(flow != NULL, n % 8 != 0);
        for (uint32_t guess = 1; guess <= tw_flowtable_slots(table); guess++) {
            ck_assert_ptr_eq(tw_flowtable_find(table, hash, &key, &none, guess), flow);
            ck_assert_ptr_eq(tw_flowtable_find(table, hash, &key, NULL, guess), flow);
        }
    }
    tw_flowtable_destroy(table);
}
END_TEST

/* The same ends in a VLAN and without one, which may be said by the empty scope or by none. */
START_TEST(no_scope_is_the_empty_one) {
    static const struct tw_scope none, tagged = {.n_vlans = 1, .vlan = {7}};
    struct tw_flowtable *table = tw_flowtable_create(&settings, &secret);
    struct tw_flowkey key = key_of(1);
    uint32_t hash = tw_flowtable_hash(table, &key, NULL), tagged_hash = tw_flowtable_hash(table, &key, &tagged);
    ck_assert_uint_eq(tw_flowtable_hash(table, &key, &none), hash);
    struct tw_flow *of_vlan = tw_flowtable_add(table, tagged_hash, &key, &tagged);
    ck_assert_ptr_null(tw_flowtable_find(table, hash, &key, NULL, tw_flowtable_slot(table, of_vlan)));
    struct tw_flow *flow = tw_flowtable_add(table, hash, &key, &none);
    for (uint32_t guess = 0; guess <= tw_flowtable_slots(table); guess++) {
        ck_assert_ptr_eq(tw_flowtable_find(table, hash, &key, NULL, guess), flow);
        ck_assert_ptr_eq(tw_flowtable_find(table, hash, &key, &none, guess), flow);
        ck_assert_ptr_eq(tw_flowtable_find(table, tagged_hash, &key, &tagged, guess), of_vlan);
    }
    tw_flowtable_destroy(table);
}
END_TEST

START_TEST(a_free_slot_gives_no_flow) {
    struct model model = {.table = tw_flowtable_create(&settings, &secret)};
    packet(&model, 0, TW_A);
    uint32_t slot = tw_flowtable_slot(model.table, find(&model, 0));
    ck_assert(tw_flowtable_get(model.table, slot) == find(&model, 0));
    take_out(&model, find(&model, 0));
    ck_assert(tw_flowtable_get(model.table, slot) == NULL);
    ck_assert(tw_flowtable_get(model.table, 0) == NULL);
    tw_flowtable_destroy(model.table);
}
END_TEST

Suite *suite_flowtable(void) {
    Suite *suite = suite_create("flowtable");
    TCase *tcase = tcase_create("flowtable");
    tcase_add_loop_test(tcase, the_table_does_what_an_array_does, 0, 3);
    tcase_add_test(tcase, a_full_table_takes_no_more);
    tcase_add_test(tcase, a_flow_has_one_stall_record_which_goes_with_it);
    tcase_add_test(tcase, no_guess_leads_astray);
    tcase_add_test(tcase, no_scope_is_the_empty_one);
    tcase_add_test(tcase, a_free_slot_gives_no_flow);
    suite_add_tcase(suite, tcase);
    return suite;
}
