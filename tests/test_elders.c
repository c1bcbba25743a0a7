/* SPDX-License-Identifier: MIT */
/*
 * Who is the eldest, against a search of all.
 */
#include "elders.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ranks.h"
#include "suites.h"

START_TEST(the_eldest_is_taken_while_others_grow_younger) {
    unsigned seed = (unsigned)time(NULL);
    printf("elders: seed %u\n", seed);
    uint64_t ranks[THINGS + 1] = {0}, clock = 0;
    struct tw_elders elders = {0};
    for (int i = 0; i < 20000; i++) {
        if (rand_r(&seed) % 3) {
            ranks[1 + (uint32_t)rand_r(&seed) % THINGS] = ++clock;
            continue;
        }
        uint32_t wanted = search(ranks);
        ck_assert_uint_eq(tw_elders_take(&elders, THINGS, rank_of, ranks), wanted);
        if (wanted)
            ranks[wanted] = rand_r(&seed) % 2 ? 0 : ++clock;
    }
    tw_elders_fini(&elders);
}
END_TEST

START_TEST(of_none_there_is_no_eldest) {
    uint64_t ranks[THINGS + 1] = {0};
    struct tw_elders elders = {0};
    ck_assert_uint_eq(tw_elders_take(&elders, THINGS, rank_of, ranks), 0);
    ck_assert_uint_eq(tw_elders_take(&elders, 0, rank_of, ranks), 0);
    tw_elders_fini(&elders);
}
END_TEST

Suite *suite_elders(void) {
    Suite *suite = suite_create("elders");
    TCase *tcase = tcase_create("elders");
    tcase_add_test(tcase, the_eldest_is_taken_while_others_grow_younger);
    tcase_add_test(tcase, of_none_there_is_no_eldest);
    suite_add_tcase(suite, tcase);
    return suite;
}
