/* SPDX-License-Identifier: MIT */
/*
 * Tallies of extractions, by handle.
 */
#include "tally.h"

#include "suites.h"

START_TEST(a_tally_is_made_once_and_found_by_its_handle) {
    struct tw_tallies tallies = {NULL, 0};
    ck_assert(tw_tally_find(&tallies, 0) == NULL);
    struct tw_tally *first = tw_tally_get(&tallies, 0);
    ck_assert_ptr_nonnull(first);
    first->packets = 7;
    ck_assert_ptr_nonnull(tw_tally_get(&tallies, 100000));
    ck_assert_ptr_eq(tw_tally_get(&tallies, 0), first);
    ck_assert_ptr_eq(tw_tally_find(&tallies, 0), first);
    ck_assert_uint_eq(first->packets, 7);
    ck_assert(tw_tally_find(&tallies, 1) == NULL);
    ck_assert(tw_tally_find(&tallies, UINT32_MAX) == NULL);
    tw_tally_fini(&tallies);
}
END_TEST

START_TEST(a_handle_that_is_used_again_begins_at_nothing) {
    struct tw_tallies tallies = {NULL, 0};
    tw_tally_get(&tallies, 3)->packets = 7;
    tw_tally_add_file(tw_tally_get(&tallies, 3), "a");
    tw_tally_drop(&tallies, 3);
    tw_tally_drop(&tallies, 4);
    tw_tally_drop(&tallies, 400);
    ck_assert(tw_tally_find(&tallies, 3) == NULL);
    ck_assert_uint_eq(tw_tally_get(&tallies, 3)->packets, 0);
    ck_assert_uint_eq(tw_tally_get(&tallies, 3)->n_files, 0);
    tw_tally_fini(&tallies);
}
END_TEST

START_TEST(files_are_listed_in_order_and_not_twice_in_a_row) {
    struct tw_tallies tallies = {NULL, 0};
    struct tw_tally *tally = tw_tally_get(&tallies, 1);
    char name[] = "a";
    tw_tally_add_file(tally, name);
    tw_tally_add_file(tally, "a");
    name[0] = 'x';
    tw_tally_add_file(tally, "b");
    ck_assert_uint_eq(tally->n_files, 2);
    ck_assert_str_eq(tally->files[0], "a");
    ck_assert_str_eq(tally->files[1], "b");
    tw_tally_fini(&tallies);
}
END_TEST

Suite *suite_tally(void) {
    Suite *suite = suite_create("tally");
    TCase *tc = tcase_create("tally");
    tcase_add_test(tc, a_tally_is_made_once_and_found_by_its_handle);
    tcase_add_test(tc, a_handle_that_is_used_again_begins_at_nothing);
    tcase_add_test(tc, files_are_listed_in_order_and_not_twice_in_a_row);
    suite_add_tcase(suite, tc);
    return suite;
}
