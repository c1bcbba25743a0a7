/* SPDX-License-Identifier: MIT */
/*
 * The ring against a plain model of it: a list of what was put, from which the oldest are taken off.
 */
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suites.h"

enum { BIGGEST = 262144 };

static uint8_t packet[BIGGEST];

/* What is known of an entry that was put; its bytes are all `fill`. */
struct shadow {
    tw_ref ref;
    tw_time clock;
    uint32_t caplen, flow;
    uint8_t flags, fill;
    bool shown; /* to the leave function */
};

struct model {
    struct tw_ring *ring;
    struct shadow *put;
    size_t n, oldest; /* put[oldest..n) are still there */
    size_t shown;
    bool wrong;
};

static void on_leave(void *owner, tw_ref ref, const struct tw_ring_entry *entry) {
    struct model *model = owner;
    struct tw_ring_packet fetched;
    ck_assert(tw_ring_fetch(model->ring, entry, &fetched));
    const uint8_t *bytes = fetched.bytes;
    size_t i = model->oldest;
    while (i < model->n && model->put[i].ref != ref)
        i++;
    bool good = i < model->n && !model->put[i].shown && (entry->flags & TW_RING_WATCHED) != 0 &&
                entry->caplen == model->put[i].caplen && (entry->caplen == 0 || bytes[0] == model->put[i].fill);
    model->wrong |= !good;
    if (i < model->n)
        model->put[i].shown = true;
    model->shown++;
}

static void model_init(struct model *model, size_t size, size_t puts) {
    memset(model, 0, sizeof(*model));
    model->ring = tw_ring_create(size, NULL, &(struct tw_ring_owner){model, on_leave, NULL});
    model->put = calloc(puts, sizeof(*model->put));
    ck_assert(model->ring != NULL && model->put != NULL);
}

static void model_fini(struct model *model) {
    tw_ring_destroy(model->ring);
    free(model->put);
}

static void model_drop(struct model *model, bool (*leaves)(const struct shadow *, int64_t), int64_t limit) {
    for (; model->oldest < model->n && leaves(&model->put[model->oldest], limit); model->oldest++) {
        bool watched = (model->put[model->oldest].flags & TW_RING_WATCHED) != 0;
        model->wrong |= watched != model->put[model->oldest].shown;
    }
}

static bool is_below(const struct shadow *shadow, int64_t limit) {
    return shadow->ref < (tw_ref)limit;
}
static bool is_before(const struct shadow *shadow, int64_t limit) {
    return shadow->clock < limit;
}

static tw_ref model_put(struct model *model, uint32_t caplen, uint8_t flags, tw_time clock) {
    uint8_t fill = (uint8_t)(model->n * 7 + 1);
    memset(packet, fill, caplen);
    struct tw_ring_entry entry = {.time = clock + 5, .clock = clock, .whose = (uint32_t)model->n, .link = 99};
    entry.caplen = caplen & 0x7ffff;
    entry.flags = flags & 0x1f;
    entry.wirelen = caplen + 1;
    tw_ref bound = tw_ring_tail_after(model->ring, caplen);
    tw_ref ref = tw_ring_put(model->ring, &entry, packet);
    model_drop(model, is_below, (int64_t)bound);
    model->put[model->n] = (struct shadow){ref, clock, caplen, (uint32_t)model->n, flags, fill, false};
    model->n++;
    return ref;
}

static void model_age(struct model *model, tw_time clock) {
    tw_ring_age(model->ring, clock);
    model_drop(model, is_before, clock);
}

static bool entry_is_intact(struct model *model, const struct shadow *shadow) {
    struct tw_ring_entry *entry = tw_ring_get(model->ring, shadow->ref);
    if (entry == NULL || entry->caplen != shadow->caplen || entry->clock != shadow->clock || entry->link != 0 ||
        entry->whose != shadow->flow || entry->flags != shadow->flags || entry->wirelen != shadow->caplen + 1 ||
        entry->time != shadow->clock + 5)
        return false;
    struct tw_ring_packet fetched;
    ck_assert(tw_ring_fetch(model->ring, entry, &fetched));
    const uint8_t *bytes = fetched.bytes;
    return shadow->caplen == 0 || (bytes[0] == shadow->fill && bytes[shadow->caplen - 1] == shadow->fill &&
                                   memcmp(bytes, bytes + 1, shadow->caplen - 1) == 0);
}

/* The invariant: just the entries of the model are there, each intact, and the sums are theirs. */
static bool ring_is_valid(struct model *model) {
    struct tw_ring_stats stats;
    tw_ring_stats(model->ring, &stats);
    size_t used = 0;
    for (size_t i = model->oldest; i < model->n; i++) {
        if (!entry_is_intact(model, &model->put[i]))
            return false;
        used += tw_ring_cost(model->ring, model->put[i].caplen);
    }
    for (size_t i = 0; i < model->oldest; i++) {
        if (tw_ring_get(model->ring, model->put[i].ref) != NULL)
            return false;
    }
    size_t there = model->n - model->oldest;
    tw_time span = there > 0 ? model->put[model->n - 1].clock - model->put[model->oldest].clock : 0;
    return !model->wrong && stats.packets == there && stats.used == used && used <= stats.size && stats.span == span;
}

START_TEST(what_was_put_is_there_with_an_own_copy_of_its_bytes) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 3);
    tw_ref first = model_put(&model, 60, 0, 10);
    tw_ref second = model_put(&model, 0, 0, 20);
    tw_ref third = model_put(&model, 1514, TW_RING_SYN, 30);
    memset(packet, 0, sizeof(packet));
    ck_assert(0 < first && first < second && second < third);
    ck_assert(ring_is_valid(&model));
    ck_assert_uint_eq((third - first) * 8, tw_ring_cost(model.ring, 60) + tw_ring_cost(model.ring, 0));
    model_fini(&model);
}
END_TEST

START_TEST(references_that_were_never_given_are_not_there) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 1);
    ck_assert(tw_ring_get(model.ring, 0) == NULL);
    ck_assert(tw_ring_get(model.ring, 1) == NULL);
    tw_ref ref = model_put(&model, 60, 0, 10);
    ck_assert(tw_ring_get(model.ring, 0) == NULL);
    ck_assert(tw_ring_get(model.ring, ref + tw_ring_cost(model.ring, 60) / 8) == NULL);
    ck_assert(tw_ring_get(model.ring, UINT64_MAX) == NULL);
    model_fini(&model);
}
END_TEST

static const struct {
    const char *name;
    uint32_t caplen;
    size_t want;
} costs[] = {
    {"no bytes: the entry alone", 0, 32},    {"one byte is padded to eight", 1, 40},
    {"eight bytes need no padding", 8, 40},  {"nine bytes need sixteen", 9, 48},
    {"the largest packet", BIGGEST, 262176},
};

START_TEST(an_entry_costs_32_bytes_and_the_padded_packet) {
    struct tw_ring *ring = tw_ring_create(TW_RING_MIN_SIZE, NULL, NULL);
    size_t cost = tw_ring_cost(ring, costs[_i].caplen);
    tw_ring_destroy(ring);
    ck_assert_msg(cost == costs[_i].want, "%s: %zu", costs[_i].name, cost);
}
END_TEST

START_TEST(a_full_ring_holds_to_the_last_byte_and_then_drops_the_oldest) {
    struct model model;
    const size_t fits = TW_RING_MIN_SIZE / 64;
    model_init(&model, TW_RING_MIN_SIZE, fits + 1);
    for (size_t i = 0; i < fits; i++)
        model_put(&model, 32, 0, (tw_time)i);
    ck_assert(ring_is_valid(&model));
    ck_assert_uint_eq(model.oldest, 0);
    const struct tw_ring_entry *first = tw_ring_get(model.ring, model.put[0].ref);
    tw_ref ref = model_put(&model, 32, 0, (tw_time)fits);
    ck_assert_ptr_eq(tw_ring_get(model.ring, ref), first);
    ck_assert(ring_is_valid(&model));
    ck_assert_uint_eq(model.oldest, 1);
    model_fini(&model);
}
END_TEST

/* Entries alone, as where the bytes stay in a file. */
enum { LAP = TW_RING_MIN_SIZE / 32, EVERY = 100 };

static struct {
    size_t soon, left, unannounced;
    uint32_t last_soon;
} seen;

static bool fetch_nothing(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    (void)context, (void)entry, (void)ret;
    return false;
}

static void see_soon(void *context, const struct tw_ring_entry *entry) {
    (void)context;
    seen.soon++;
    seen.last_soon = tw_ring_number(entry);
}

static void see_leave(void *context, tw_ref ref, const struct tw_ring_entry *entry) {
    (void)context, (void)ref;
    seen.left++;
    seen.unannounced += seen.last_soon < tw_ring_number(entry);
}

START_TEST(what_leaves_is_announced_where_the_bytes_stay_in_files) {
    struct tw_ring *ring = tw_ring_create(TW_RING_MIN_SIZE, &(struct tw_ring_fetch){fetch_nothing, NULL},
                                          &(struct tw_ring_owner){NULL, see_leave, see_soon});
    memset(&seen, 0, sizeof(seen));
    for (uint32_t i = 1; i <= 3 * LAP; i++) {
        struct tw_ring_entry entry = {
            .clock = i, .whose = tw_ring_whose(i, TW_B), .flags = i % EVERY ? 0 : TW_RING_SYN};
        entry.flags |= i % EVERY ? 0 : TW_RING_HANDSHAKE;
        tw_ring_put(ring, &entry, (const uint8_t *)"");
    }
    ck_assert_uint_eq(seen.left, 2 * LAP / EVERY);
    ck_assert_uint_le(seen.unannounced, 2); /* at the end of each lap one may be missed */
    ck_assert_uint_ge(seen.soon, seen.left - 2);
    tw_ring_destroy(ring);
}
END_TEST

START_TEST(the_largest_packets_go_round_and_at_least_two_stay) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 50);
    for (int i = 0; i < 50; i++) {
        model_put(&model, BIGGEST, TW_RING_PENDING, i);
        ck_assert(ring_is_valid(&model));
        ck_assert(i < 1 || model.n - model.oldest >= 2);
    }
    model_fini(&model);
}
END_TEST

START_TEST(a_ring_that_aged_empty_goes_on_wherever_it_stands) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 100);
    for (int i = 0; i < 90; i++) {
        model_put(&model, 100000 + (uint32_t)i * 1000, 0, i);
        ck_assert(ring_is_valid(&model));
        if (i % (1 + _i) == 0)
            model_age(&model, i + 1);
        ck_assert_msg(ring_is_valid(&model), "step %d", i);
    }
    model_fini(&model);
}
END_TEST

START_TEST(watched_entries_are_shown_before_they_leave_and_no_others) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 4);
    model_put(&model, 10, TW_RING_HANDSHAKE, 1);
    model_put(&model, 10, TW_RING_SYN, 2);
    model_put(&model, 10, TW_RING_PENDING, 3);
    model_age(&model, 3);
    ck_assert_uint_eq(model.shown, 1);
    model_age(&model, 4);
    ck_assert_uint_eq(model.shown, 2);
    ck_assert(ring_is_valid(&model));
    model_put(&model, 10, 0, 4);
    ck_assert(ring_is_valid(&model));
    model_fini(&model);
}
END_TEST

START_TEST(a_ring_without_a_leave_function_drops_in_silence) {
    struct tw_ring *ring = tw_ring_create(TW_RING_MIN_SIZE + 7, NULL, NULL);
    struct tw_ring_entry entry = {.flags = TW_RING_WATCHED, .caplen = BIGGEST};
    for (int i = 0; i < 10; i++)
        ck_assert_uint_ne(tw_ring_put(ring, &entry, packet), 0);
    struct tw_ring_stats stats;
    tw_ring_stats(ring, &stats);
    ck_assert_uint_eq(stats.size, TW_RING_MIN_SIZE);
    tw_ring_destroy(ring);
    tw_ring_destroy(NULL);
}
END_TEST

START_TEST(owner_changes_to_an_entry_stay) {
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE, 2);
    tw_ref ref = model_put(&model, 60, TW_RING_PENDING, 1);
    tw_ring_get(model.ring, ref)->link = 77;
    tw_ring_get(model.ring, ref)->flags &= (uint8_t)~TW_RING_PENDING;
    model_put(&model, 60, 0, 2);
    ck_assert_uint_eq(tw_ring_get(model.ring, ref)->link, 77);
    ck_assert_uint_eq(tw_ring_get(model.ring, ref)->caplen, 60);
    tw_ring_age(model.ring, 2);
    ck_assert_uint_eq(model.shown, 0);
    model_fini(&model);
}
END_TEST

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t random_caplen(uint64_t *state) {
    uint64_t r = next_random(state);
    switch (r % 8) {
    case 0:
        return (uint32_t)(r >> 8) % (BIGGEST + 1);
    case 1:
        return (uint32_t)(r >> 8) % 9;
    case 2:
        return BIGGEST;
    default:
        return (uint32_t)(r >> 8) % 9000;
    }
}

START_TEST(random_puts_and_agings_leave_it_valid) {
    uint64_t seed = (uint64_t)time(NULL) * 2654435761U + (uint64_t)_i + 1, state = seed;
    struct model model;
    model_init(&model, TW_RING_MIN_SIZE + next_random(&state) % TW_RING_MIN_SIZE, 2000);
    tw_time clock = 0;
    for (int i = 0; i < 2000; i++) {
        uint64_t r = next_random(&state);
        clock += (tw_time)(r % 3);
        if (r % 97 == 0)
            model_age(&model, clock - (tw_time)(r >> 32) % 200);
        model_put(&model, random_caplen(&state), (uint8_t)(r >> 40) & 0x0f, clock);
        ck_assert_msg(i % 20 != 0 || ring_is_valid(&model), "seed %llu, step %d", (unsigned long long)seed, i);
    }
    ck_assert_msg(ring_is_valid(&model) && model.oldest > 0, "seed %llu, end", (unsigned long long)seed);
    model_fini(&model);
}
END_TEST

Suite *suite_ring(void) {
    Suite *suite = suite_create("ring");
    TCase *tc = tcase_create("entries");
    tcase_add_test(tc, what_was_put_is_there_with_an_own_copy_of_its_bytes);
    tcase_add_test(tc, references_that_were_never_given_are_not_there);
    tcase_add_loop_test(tc, an_entry_costs_32_bytes_and_the_padded_packet, 0, (int)(sizeof(costs) / sizeof(costs[0])));
    tcase_add_test(tc, owner_changes_to_an_entry_stay);
    suite_add_tcase(suite, tc);
    tc = tcase_create("room");
    tcase_add_test(tc, a_full_ring_holds_to_the_last_byte_and_then_drops_the_oldest);
    tcase_add_test(tc, what_leaves_is_announced_where_the_bytes_stay_in_files);
    tcase_add_test(tc, the_largest_packets_go_round_and_at_least_two_stay);
    tcase_add_loop_test(tc, a_ring_that_aged_empty_goes_on_wherever_it_stands, 0, 10);
    tcase_add_test(tc, watched_entries_are_shown_before_they_leave_and_no_others);
    tcase_add_test(tc, a_ring_without_a_leave_function_drops_in_silence);
    tcase_add_loop_test(tc, random_puts_and_agings_leave_it_valid, 0, 5);
    suite_add_tcase(suite, tc);
    return suite;
}
