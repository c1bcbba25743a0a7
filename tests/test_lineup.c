/* SPDX-License-Identifier: MIT */
/*
 * Who was seen longest ago, against a search of all.
 */
#include "lineup.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ranks.h"
#include "suites.h"

static void prefetch(const void *context, uint32_t number) {
    (void)context, (void)number;
}

static void leave(struct tw_lineup *lineup, const struct tw_lineup_owner *owner, uint64_t *ranks, uint32_t n) {
    bool was_there = ranks[n];
    ranks[n] = 0;
    if (was_there)
        tw_lineup_leave(lineup, owner);
}

START_TEST(who_was_seen_longest_ago_is_taken) {
    unsigned seed = (unsigned)time(NULL) + (unsigned)_i;
    printf("lineup: seed %u\n", seed);
    uint64_t ranks[THINGS + 1] = {0}, clock = 0;
    struct tw_lineup lineup = {0};
    struct tw_lineup_owner owner = {ranks, rank_of, prefetch};
    for (int i = 0; i < 50000; i++) {
        uint32_t n = 1 + (uint32_t)rand_r(&seed) % THINGS, what = (uint32_t)rand_r(&seed) % 50;
        if (what > 5) {
            bool is_new = !ranks[n];
            tw_lineup_add(&lineup, &owner, n, ranks[n] = ++clock, is_new);
        } else if (what) {
            leave(&lineup, &owner, ranks, n);
        } else {
            uint32_t wanted = search(ranks);
            ck_assert_uint_eq(tw_lineup_take(&lineup, &owner), wanted);
            leave(&lineup, &owner, ranks, wanted);
        }
    }
    tw_lineup_fini(&lineup);
}
END_TEST

START_TEST(after_many_at_once_memory_is_given_back) {
    enum { MANY = 100000 };
    uint64_t *ranks = calloc(MANY + 1, sizeof *ranks);
    struct tw_lineup lineup = {0};
    struct tw_lineup_owner owner = {ranks, rank_of, prefetch};
    for (uint32_t n = 1; n <= MANY; n++)
        tw_lineup_add(&lineup, &owner, n, ranks[n] = n, true);
    size_t most = tw_lineup_memory(&lineup);
    for (uint32_t n = 1; n < MANY; n++)
        leave(&lineup, &owner, ranks, n);
    ck_assert_uint_lt(tw_lineup_memory(&lineup), most / 20);
    ck_assert_uint_eq(tw_lineup_take(&lineup, &owner), MANY);
    tw_lineup_fini(&lineup);
    free(ranks);
}
END_TEST

START_TEST(those_that_do_not_matter_take_no_memory) {
    uint64_t ranks[THINGS + 1] = {0};
    struct tw_lineup lineup = {0};
    struct tw_lineup_owner owner = {ranks, rank_of, prefetch};
    for (uint64_t rank = 1; rank < 1000000; rank++) {
        uint32_t n = 1 + (uint32_t)(rank % THINGS);
        bool is_new = !ranks[n];
        tw_lineup_add(&lineup, &owner, n, ranks[n] = rank, is_new);
    }
    ck_assert_uint_le(tw_lineup_memory(&lineup), 100000);
    tw_lineup_fini(&lineup);
    ck_assert_uint_eq(tw_lineup_take(&lineup, &owner), 0);
}
END_TEST

Suite *suite_lineup(void) {
    Suite *suite = suite_create("lineup");
    TCase *tcase = tcase_create("lineup");
    tcase_add_loop_test(tcase, who_was_seen_longest_ago_is_taken, 0, 3);
    tcase_add_test(tcase, after_many_at_once_memory_is_given_back);
    tcase_add_test(tcase, those_that_do_not_matter_take_no_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
