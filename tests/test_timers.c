/* SPDX-License-Identifier: MIT */
/*
 * The timers against a plain list that is searched for the earliest.
 */
#include "timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suites.h"

enum { SLOTS = 50, MANY = 20000, EVENTS_MAX = 4000 };

/* The owner of slots: it knows when each is due, and moves that without telling as long as it only moves away. */
static struct slot {
    struct tw_timer_mark mark;
    bool is_set;
    struct tw_timer timer;
} slots[MANY + 1];

static bool due(void *context, uint32_t slot, tw_time *ret, struct tw_timer_mark **mark) {
    struct slot *own = (struct slot *)context + slot;
    *mark = &own->mark;
    *ret = own->timer.when;
    return own->is_set;
}

static uint64_t tag(void *context, uint32_t slot) {
    return ((const struct slot *)context)[slot].timer.tag;
}

static void prefetch(void *context, uint32_t slot) {
    (void)context, (void)slot;
}

static struct tw_timers *create(void) {
    memset(slots, 0, sizeof slots);
    struct tw_timers *timers = tw_timers_create(&(struct tw_timers_owner){slots, due, tag, prefetch});
    ck_assert(timers != NULL);
    return timers;
}

static void set(struct tw_timers *timers, uint32_t slot, tw_time when, uint64_t own_tag) {
    struct slot *own = &slots[slot];
    bool is_later = own->is_set && when >= own->timer.when && own_tag == own->timer.tag;
    own->is_set = true;
    own->timer = (struct tw_timer){when, TW_TIMER_SLOT, slot, own_tag};
    if (!is_later)
        tw_timers_set(timers, slot, &own->mark, when);
}

/* The next timer that is really due: one that comes too early is set again. */
static bool pop(struct tw_timers *timers, tw_time until, struct tw_timer *ret) {
    while (tw_timers_pop(timers, until, ret)) {
        struct slot *own = &slots[ret->kind == TW_TIMER_SLOT ? ret->slot : 0];
        if (ret->kind != TW_TIMER_SLOT)
            return true;
        if (own->is_set && own->timer.when == ret->when && own->timer.tag == ret->tag) {
            own->is_set = false;
            return true;
        }
        if (own->is_set)
            tw_timers_set(timers, ret->slot, &own->mark, own->timer.when);
    }
    return false;
}

#define MINUTE (60 * TW_SECOND)
#define YEAR   (365 * 24 * 60 * MINUTE)

/* What should be pending. */
struct model {
    struct tw_timer pending[EVENTS_MAX + SLOTS];
    size_t n;
};

static bool is_earlier(const struct tw_timer *a, const struct tw_timer *b) {
    if (a->when != b->when)
        return a->when < b->when;
    return a->kind != b->kind ? a->kind < b->kind : a->tag < b->tag;
}

static bool model_pop(struct model *model, tw_time until, struct tw_timer *ret) {
    size_t best = model->n;
    for (size_t i = 0; i < model->n; i++) {
        if (model->pending[i].when <= until &&
            (best == model->n || is_earlier(&model->pending[i], &model->pending[best])))
            best = i;
    }
    if (best == model->n)
        return false;
    *ret = model->pending[best];
    model->pending[best] = model->pending[--model->n];
    return true;
}

static void model_unset(struct model *model, uint32_t slot) {
    for (size_t i = 0; i < model->n; i++) {
        if (model->pending[i].kind == TW_TIMER_SLOT && model->pending[i].slot == slot) {
            model->pending[i] = model->pending[--model->n];
            return;
        }
    }
}

/* How far ahead timers are set: within one bucket, within the wheel, beyond its horizon, years. */
static const tw_time reaches[] = {TW_MS, TW_SECOND, 10 * MINUTE, 60 * MINUTE, 3 * YEAR};

static tw_time some_time(unsigned *seed, tw_time now) {
    tw_time reach = reaches[(size_t)rand_r(seed) % (sizeof(reaches) / sizeof(reaches[0]))];
    return now + (tw_time)((double)rand_r(seed) / RAND_MAX * (double)reach) - (rand_r(seed) % 8 == 0 ? TW_MS : 0);
}

static void change(struct tw_timers *timers, struct model *model, unsigned *seed, tw_time now, uint64_t own_tag) {
    uint32_t slot = 1 + (uint32_t)rand_r(seed) % SLOTS;
    struct tw_timer timer = {some_time(seed, now), (uint32_t)rand_r(seed) % 3, slot, own_tag};
    switch (rand_r(seed) % 4) {
    case 0:
        if (model->n >= EVENTS_MAX)
            return;
        ck_assert_int_eq(tw_timers_push(timers, &timer), 0);
        break;
    case 1:
        slots[slot].is_set = false;
        model_unset(model, slot);
        return;
    default:
        timer.kind = TW_TIMER_SLOT;
        set(timers, slot, timer.when, own_tag);
        model_unset(model, slot);
    }
    model->pending[model->n++] = timer;
}

static void compare(struct tw_timers *timers, struct model *model, tw_time until) {
    struct tw_timer got, wanted;
    while (model_pop(model, until, &wanted)) {
        ck_assert(pop(timers, until, &got));
        ck_assert_int_eq(got.when, wanted.when);
        ck_assert_uint_eq(got.kind, wanted.kind);
        ck_assert_uint_eq(got.slot, wanted.slot);
        ck_assert_uint_eq(got.tag, wanted.tag);
    }
    ck_assert(!pop(timers, until, &got));
}

START_TEST(random_timers_come_in_the_order_of_a_sorted_list) {
    unsigned seed = (unsigned)time(NULL) + (unsigned)_i;
    printf("timers: seed %u\n", seed);
    struct tw_timers *timers = create();
    struct model *model = calloc(1, sizeof *model);
    ck_assert(model != NULL);
    tw_time now = 1700000000 * TW_SECOND;
    for (uint64_t round = 1; round <= 5000; round++) {
        for (int i = rand_r(&seed) % 6; i > 0; i--)
            change(timers, model, &seed, now, round * 8 + (uint64_t)i);
        if (rand_r(&seed) % 50 == 0)
            now = some_time(&seed, now) + TW_MS;
        else
            now += rand_r(&seed) % (5 * TW_SECOND);
        compare(timers, model, now);
    }
    free(model);
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(a_timer_is_due_at_its_moment_and_not_before) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    set(timers, 1, 5 * MINUTE, 7);
    ck_assert(!pop(timers, 5 * MINUTE - 1, &timer));
    ck_assert(pop(timers, 5 * MINUTE, &timer));
    ck_assert_uint_eq(timer.slot, 1);
    ck_assert_uint_eq(timer.kind, TW_TIMER_SLOT);
    ck_assert(!pop(timers, YEAR, &timer));
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(at_one_moment_kinds_come_in_order_and_slots_last) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    set(timers, 2, MINUTE, 9);
    set(timers, 1, MINUTE, 8);
    tw_timers_push(timers, &(struct tw_timer){MINUTE, 1, 0, 5});
    tw_timers_push(timers, &(struct tw_timer){MINUTE, 0, 0, 6});
    uint64_t tags = 0;
    while (pop(timers, MINUTE, &timer))
        tags = tags * 10 + timer.tag;
    ck_assert_uint_eq(tags, 6589);
    tw_timers_destroy(timers);
}
END_TEST

/* First late, then early, and when that comes late again: the slot stands twice in its late bucket then. */
START_TEST(a_slot_that_was_brought_forward_and_set_back_comes_once) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    set(timers, 1, 10 * TW_SECOND, 1);
    set(timers, 1, 5 * TW_SECOND, 1);
    slots[1].timer.when = 10 * TW_SECOND; /* moved away without telling */
    ck_assert(!tw_timers_pop(timers, 9 * TW_SECOND, &timer));
    ck_assert(tw_timers_pop(timers, 20 * TW_SECOND, &timer));
    ck_assert_int_eq(timer.when, 10 * TW_SECOND);
    ck_assert(!tw_timers_pop(timers, MINUTE, &timer));
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(a_timer_set_while_others_are_served_takes_its_place_among_them) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    set(timers, 1, 1 * MINUTE, 1);
    set(timers, 2, 40 * MINUTE, 2);
    ck_assert(pop(timers, YEAR, &timer));
    ck_assert_uint_eq(timer.slot, 1);
    set(timers, 3, 20 * MINUTE, 3);
    ck_assert(pop(timers, YEAR, &timer));
    ck_assert_uint_eq(timer.slot, 3);
    ck_assert(pop(timers, YEAR, &timer));
    ck_assert_uint_eq(timer.slot, 2);
    tw_timers_destroy(timers);
}
END_TEST

/* All within so many nanoseconds: at one moment, in cells of their own, and across buckets, which are opened one by one. */
static const tw_time spans[] = {1, 10, 100 * 1000, 100 * TW_MS, TW_SECOND};

START_TEST(very_many_slots_come_in_order) {
    struct tw_timers *timers = create();
    struct tw_timer timer, before = {0};
    unsigned seed = 7;
    uint32_t n = 0;
    for (uint32_t slot = 1; slot <= MANY; slot++) /* tags neither rise nor fall with the slots */
        set(timers, slot, MINUTE + (tw_time)rand_r(&seed) % spans[_i], slot * UINT64_C(7919) % 20011);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(tw_timers_push(timers, &(struct tw_timer){MINUTE + i * 10 * TW_MS, 1, 0, 1}), 0);
    for (tw_time now = MINUTE - TW_SECOND; now < MINUTE + 2 * TW_SECOND; now += 30 * TW_MS) {
        for (; pop(timers, now, &timer); n++) {
            ck_assert(is_earlier(&before, &timer) && timer.when <= now);
            before = timer;
        }
    }
    ck_assert_uint_eq(n, MANY + 100);
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(a_jump_of_a_century_is_fast_with_a_timer_behind_it) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    set(timers, 1, 100 * YEAR + 1, 1);
    set(timers, 2, 50 * YEAR, 2);
    set(timers, 3, MINUTE, 3);
    ck_assert(pop(timers, MINUTE, &timer));
    clock_t before = clock();
    ck_assert(pop(timers, 100 * YEAR, &timer));
    ck_assert_uint_eq(timer.slot, 2);
    ck_assert(!pop(timers, 100 * YEAR, &timer));
    ck_assert(pop(timers, 100 * YEAR + 1, &timer));
    ck_assert_uint_eq(timer.slot, 1);
    ck_assert_double_lt((double)(clock() - before) / CLOCKS_PER_SEC, 0.1);
    tw_timers_destroy(timers);
}
END_TEST

/* A slot that ends and begins again and again, as in a flood that evicts: what stands for it in the wheel is used again. */
START_TEST(a_slot_that_changes_hands_takes_no_more_memory) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    uint64_t early = 0;
    for (uint64_t i = 0; i < 1000000; i++) {
        slots[1].is_set = false;
        set(timers, 1, 2 * MINUTE + (tw_time)i * TW_US, i);
        early += pop(timers, (tw_time)i * TW_US, &timer);
    }
    ck_assert_uint_eq(early, 0); /* one check, since each one takes memory and time in libcheck */
    ck_assert_uint_lt(tw_timers_memory(timers), 100000);
    ck_assert(pop(timers, YEAR, &timer));
    ck_assert_uint_eq(timer.tag, 999999);
    ck_assert(!pop(timers, YEAR, &timer));
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(before_the_quiet_moment_nothing_is_due) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    ck_assert(!pop(timers, MINUTE, &timer));
    ck_assert_int_gt(timers->quiet_until, MINUTE);
    set(timers, 1, MINUTE + 5, 1);
    ck_assert_int_le(timers->quiet_until, MINUTE + 5);
    ck_assert(pop(timers, MINUTE + 5, &timer));
    tw_timers_push(timers, &(struct tw_timer){3 * MINUTE, 0, 0, 6});
    ck_assert(!pop(timers, 2 * MINUTE, &timer));
    ck_assert_int_le(timers->quiet_until, 3 * MINUTE);
    tw_timers_destroy(timers);
}
END_TEST

START_TEST(moving_a_timer_a_million_times_takes_no_more_memory) {
    struct tw_timers *timers = create();
    struct tw_timer timer;
    for (int i = 0; i < 1000000; i++)
        set(timers, 1, MINUTE + i * TW_MS, 1);
    ck_assert_uint_lt(tw_timers_memory(timers), 100000);
    ck_assert(pop(timers, YEAR, &timer));
    ck_assert_int_eq(timer.when, MINUTE + 999999 * TW_MS);
    ck_assert(!pop(timers, YEAR, &timer));
    tw_timers_destroy(timers);
}
END_TEST

Suite *suite_timers(void) {
    Suite *suite = suite_create("timers");
    TCase *tcase = tcase_create("timers");
    tcase_add_loop_test(tcase, random_timers_come_in_the_order_of_a_sorted_list, 0, 3);
    tcase_add_test(tcase, a_timer_is_due_at_its_moment_and_not_before);
    tcase_add_test(tcase, at_one_moment_kinds_come_in_order_and_slots_last);
    tcase_add_test(tcase, a_slot_that_was_brought_forward_and_set_back_comes_once);
    tcase_add_test(tcase, a_timer_set_while_others_are_served_takes_its_place_among_them);
    tcase_add_loop_test(tcase, very_many_slots_come_in_order, 0, (int)(sizeof(spans) / sizeof(spans[0])));
    tcase_add_test(tcase, a_jump_of_a_century_is_fast_with_a_timer_behind_it);
    tcase_add_test(tcase, a_slot_that_changes_hands_takes_no_more_memory);
    tcase_add_test(tcase, before_the_quiet_moment_nothing_is_due);
    tcase_add_test(tcase, moving_a_timer_a_million_times_takes_no_more_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
