/* SPDX-License-Identifier: MIT */
#include "rate.h"

#include "suites.h"

#define START (1000 * TW_SECOND)

/* 1000 at START, then 1 a second later. */
static const struct sum_case {
    const char *name;
    tw_time after;
    uint64_t sum;
} sum_cases[] = {
    {"at once", TW_SECOND, 1001},
    {"almost ten seconds later", 10 * TW_SECOND - 1, 1001},
    {"ten seconds later", 10 * TW_SECOND, 1},
    {"almost eleven seconds later", 11 * TW_SECOND - 1, 1},
    {"eleven seconds later", 11 * TW_SECOND, 0},
    {"a year later", 365 * 86400 * TW_SECOND, 0},
};

START_TEST(what_is_older_than_ten_seconds_is_forgotten) {
    struct tw_rate rate = {0};
    tw_rate_add(&rate, START, 1000);
    tw_rate_add(&rate, START + TW_SECOND, 1);
    ck_assert_msg(tw_rate_sum(&rate, START + sum_cases[_i].after) == sum_cases[_i].sum, "%s", sum_cases[_i].name);
}
END_TEST

START_TEST(a_steady_stream_has_a_steady_sum) {
    struct tw_rate rate = {0};
    for (int i = 0; i < 5000; i++) {
        tw_rate_add(&rate, START + i * 100 * TW_MS, 7);
        ck_assert_uint_eq(tw_rate_sum(&rate, START + i * 100 * TW_MS), 7 * (uint64_t)(i < 100 ? i + 1 : 100));
    }
}
END_TEST

Suite *suite_rate(void) {
    Suite *suite = suite_create("rate");
    TCase *tcase = tcase_create("rate");
    tcase_add_loop_test(tcase, what_is_older_than_ten_seconds_is_forgotten, 0,
                        sizeof(sum_cases) / sizeof(sum_cases[0]));
    tcase_add_test(tcase, a_steady_stream_has_a_steady_sum);
    suite_add_tcase(suite, tcase);
    return suite;
}
