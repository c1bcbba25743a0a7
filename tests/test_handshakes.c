/* SPDX-License-Identifier: MIT */
#include "handshakes.h"

#include "suites.h"

enum { SIZE = 192 * 100, LONG = 1000 };

static uint8_t bytes[LONG];

static uint32_t put(struct tw_handshakes *store, tw_ref ref, uint32_t len) {
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(ref * 31 + i);
    struct tw_handshake handshake = {.ref = ref};
    handshake.entry.caplen = len & 0xffffff;
    return tw_handshakes_put(store, &handshake, bytes, len);
}

static void check(struct tw_handshakes *store, uint32_t number, tw_ref ref, uint32_t len) {
    const struct tw_handshake *handshake = tw_handshakes_get(store, number);
    ck_assert(handshake != NULL);
    ck_assert_uint_eq(handshake->ref, ref);
    ck_assert_uint_eq(handshake->entry.caplen, len);
    const uint8_t *kept = tw_handshakes_bytes(store, number);
    for (uint32_t i = 0; i < len; i++)
        ck_assert_uint_eq(kept[i], (uint8_t)(ref * 31 + i));
}

static const uint32_t lengths[] = {0,   1,   54,  74,  140, 141, 142, 143, 144, 145,
                                   146, 147, 148, 149, 150, 191, 192, 300, LONG};

START_TEST(packets_of_every_length_are_kept_whole) {
    struct tw_handshakes *store = tw_handshakes_create(SIZE);
    uint32_t number[sizeof(lengths) / sizeof(lengths[0])];
    size_t n = sizeof(lengths) / sizeof(lengths[0]);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_ne(number[i] = put(store, i + 1, lengths[i]), 0);
    for (size_t i = 0; i < n; i++)
        check(store, number[i], i + 1, lengths[i]);
    ck_assert_uint_eq(tw_handshakes_count(store), n);
    tw_handshakes_destroy(store);
}
END_TEST

START_TEST(a_full_store_takes_no_more_until_one_is_forgotten) {
    struct tw_handshakes *store = tw_handshakes_create(SIZE);
    uint32_t n = 0;
    while (put(store, n + 1, 60))
        n++;
    ck_assert_uint_eq(n, 100);
    ck_assert_uint_le(tw_handshakes_memory(store), SIZE);
    tw_handshakes_take(store, 17);
    ck_assert(tw_handshakes_get(store, 17) == NULL);
    ck_assert_uint_eq(put(store, 1000, 300), 0); /* needs more than one cell */
    ck_assert_uint_eq(put(store, 1001, 60), 17);
    check(store, 17, 1001, 60);
    ck_assert_uint_eq(tw_handshakes_count(store), 100);
    tw_handshakes_destroy(store);
}
END_TEST

START_TEST(a_long_packet_gives_all_its_room_back) {
    struct tw_handshakes *store = tw_handshakes_create(SIZE);
    for (tw_ref ref = 1; ref <= 1000; ref++) {
        uint32_t number = put(store, ref, LONG);
        ck_assert_uint_ne(number, 0);
        tw_handshakes_take(store, number);
    }
    ck_assert_uint_eq(tw_handshakes_count(store), 0);
    tw_handshakes_destroy(store);
}
END_TEST

START_TEST(what_is_not_the_first_cell_of_a_packet_has_no_number) {
    struct tw_handshakes *store = tw_handshakes_create(SIZE);
    uint32_t first = put(store, 1, LONG);
    for (uint32_t number = 0; number <= tw_handshakes_highest(store); number++)
        ck_assert((tw_handshakes_get(store, number) != NULL) == (number == first));
    tw_handshakes_destroy(store);
}
END_TEST

Suite *suite_handshakes(void) {
    Suite *suite = suite_create("handshakes");
    TCase *tcase = tcase_create("handshakes");
    tcase_add_test(tcase, packets_of_every_length_are_kept_whole);
    tcase_add_test(tcase, a_full_store_takes_no_more_until_one_is_forgotten);
    tcase_add_test(tcase, a_long_packet_gives_all_its_room_back);
    tcase_add_test(tcase, what_is_not_the_first_cell_of_a_packet_has_no_number);
    suite_add_tcase(suite, tcase);
    return suite;
}
