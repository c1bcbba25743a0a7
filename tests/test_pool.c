/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include "suites.h"

START_TEST(items_come_zeroed_until_all_are_taken) {
    struct tw_pool pool;
    ck_assert_int_eq(tw_pool_init(&pool, 24, 3), 0);
    for (uint32_t n = 1; n <= 3; n++) {
        ck_assert_uint_eq(tw_pool_take(&pool), n);
        memset(tw_pool_get(&pool, n), 0xff, 24);
    }
    ck_assert_uint_eq(tw_pool_take(&pool), 0);
    ck_assert_uint_eq(pool.used, 3);
    tw_pool_put(&pool, 2);
    tw_pool_put(&pool, 1);
    static const uint8_t zeros[24];
    for (uint32_t n = 1; n <= 2; n++) {
        ck_assert_uint_eq(tw_pool_take(&pool), n);
        ck_assert_mem_eq(tw_pool_get(&pool, n), zeros, 24);
    }
    ck_assert_uint_eq(tw_pool_take(&pool), 0);
    ck_assert_uint_eq(tw_pool_memory(&pool), 72);
    tw_pool_fini(&pool);
}
END_TEST

START_TEST(a_large_bound_costs_nothing_until_it_is_needed) {
    struct tw_pool pool;
    ck_assert_int_eq(tw_pool_init(&pool, 1024, 1u << 30), 0);
    ck_assert_uint_eq(tw_pool_memory(&pool), 0);
    ck_assert_uint_eq(tw_pool_take(&pool), 1);
    ck_assert_uint_eq(tw_pool_memory(&pool), 1024);
    tw_pool_fini(&pool);
}
END_TEST

/* While a thread makes the next ones ready, too. */
START_TEST(items_keep_what_is_in_them_when_the_pool_grows) {
    enum { SIZE = 1024, FIRST = 8 << 10, LAST = 64 << 10 };
    struct tw_pool pool;
    ck_assert_int_eq(tw_pool_init(&pool, SIZE, FIRST), 0);
    for (uint32_t max = FIRST, n = 1; max <= LAST; max *= 2) {
        ck_assert_int_eq(tw_pool_grow(&pool, max), 0);
        for (; n <= max; n++) {
            ck_assert_uint_eq(tw_pool_take(&pool), n);
            memset(tw_pool_get(&pool, n), (int)(n % 251), SIZE);
        }
    }
    ck_assert_uint_eq(tw_pool_take(&pool), 0);
    for (uint32_t n = 1; n <= LAST; n++) {
        const unsigned char *item = tw_pool_get(&pool, n);
        ck_assert(item[0] == n % 251 && item[SIZE - 1] == n % 251);
    }
    tw_pool_fini(&pool);
}
END_TEST

START_TEST(items_by_another_pools_numbers_are_only_reached) {
    struct tw_pool pool;
    ck_assert_int_eq(tw_pool_init(&pool, 24, 1000), 0);
    tw_pool_reach(&pool, 7);
    tw_pool_reach(&pool, 3);
    ck_assert_uint_eq(tw_pool_memory(&pool), 7 * 24);
    tw_pool_fini(&pool);
}
END_TEST

START_TEST(a_bound_beyond_the_address_space_is_refused) {
    struct tw_pool pool;
    ck_assert_int_eq(tw_pool_init(&pool, (size_t)1 << 31, UINT32_MAX), -ENOMEM);
}
END_TEST

START_TEST(a_zeroed_pool_may_be_given_back) {
    struct tw_pool pool = {0};
    tw_pool_fini(&pool);
    ck_assert(pool.memory == NULL);
}
END_TEST

Suite *suite_pool(void) {
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    tcase_add_test(tcase, items_come_zeroed_until_all_are_taken);
    tcase_add_test(tcase, a_large_bound_costs_nothing_until_it_is_needed);
    tcase_add_test(tcase, items_keep_what_is_in_them_when_the_pool_grows);
    tcase_add_test(tcase, items_by_another_pools_numbers_are_only_reached);
    tcase_add_test(tcase, a_bound_beyond_the_address_space_is_refused);
    tcase_add_test(tcase, a_zeroed_pool_may_be_given_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
