/* SPDX-License-Identifier: MIT */
#include "fragments.h"

#include "suites.h"

static const struct tw_hash_key secret = {1, 2};
static const tw_time now = 1000 * TW_SECOND;

static struct tw_datagram datagram(uint32_t id) {
    return (struct tw_datagram){.src = {{10, 0, 0, 1}}, .dst = {{10, 0, 0, 2}}, .id = id, .proto = 6, .ip_version = 4};
}

static void put(struct tw_fragments *fragments, uint32_t id, uint64_t flow, tw_time clock) {
    struct tw_datagram d = datagram(id);
    tw_fragments_put(fragments, &d, &(struct tw_fragment_owner){.flow = flow, .slot = 3, .side = TW_B}, clock);
}

/* The flow of a datagram; 0: unknown. */
static uint64_t flow_of(struct tw_fragments *fragments, struct tw_datagram d, tw_time clock) {
    const struct tw_fragment_owner *owner = tw_fragments_find(fragments, &d, clock);
    return owner ? owner->flow : 0;
}

START_TEST(a_later_fragment_is_known_for_30_s) {
    struct tw_fragments *fragments = tw_fragments_create(&secret);
    put(fragments, 5, 42, now);
    ck_assert_uint_eq(flow_of(fragments, datagram(5), now + 30 * TW_SECOND), 42);
    ck_assert_uint_eq(flow_of(fragments, datagram(5), now + 30 * TW_SECOND + 1), 0);
    ck_assert_uint_eq(flow_of(fragments, datagram(6), now), 0);
    tw_fragments_destroy(fragments);
}
END_TEST

START_TEST(every_part_of_a_datagram_counts) {
    struct tw_fragments *fragments = tw_fragments_create(&secret);
    put(fragments, 5, 42, now);
    struct tw_datagram other[5];
    for (int i = 0; i < 5; i++)
        other[i] = datagram(5);
    other[0].src.bytes[3] = 9;
    other[1].dst.bytes[3] = 9;
    other[2].id = 6;
    other[3].proto = 17;
    other[4].ip_version = 6;
    for (int i = 0; i < 5; i++)
        ck_assert_msg(flow_of(fragments, other[i], now) == 0, "%d", i);
    tw_fragments_destroy(fragments);
}
END_TEST

START_TEST(the_last_first_fragment_counts) {
    struct tw_fragments *fragments = tw_fragments_create(&secret);
    put(fragments, 5, 42, now);
    put(fragments, 5, 43, now + 20 * TW_SECOND);
    ck_assert_uint_eq(flow_of(fragments, datagram(5), now + 50 * TW_SECOND), 43);
    tw_fragments_destroy(fragments);
}
END_TEST

START_TEST(the_oldest_goes_when_there_are_too_many) {
    enum { BOUND = 1 << 16 };
    struct tw_fragments *fragments = tw_fragments_create(&secret);
    for (uint32_t id = 0; id < 3 * BOUND; id++) {
        put(fragments, id, id + 1, now);
        if (id % 3 == 0)
            put(fragments, id, id + 1, now); /* the place it had before is free of it */
    }
    ck_assert_uint_eq(flow_of(fragments, datagram(3 * BOUND - 1), now), 3 * BOUND);
    ck_assert_uint_eq(flow_of(fragments, datagram(2 * BOUND + BOUND / 2), now), 2 * BOUND + BOUND / 2 + 1);
    ck_assert_uint_eq(flow_of(fragments, datagram(2 * BOUND - 1), now), 0);
    tw_fragments_destroy(fragments);
}
END_TEST

Suite *suite_fragments(void) {
    Suite *suite = suite_create("fragments");
    TCase *tcase = tcase_create("fragments");
    tcase_add_test(tcase, a_later_fragment_is_known_for_30_s);
    tcase_add_test(tcase, every_part_of_a_datagram_counts);
    tcase_add_test(tcase, the_last_first_fragment_counts);
    tcase_add_test(tcase, the_oldest_goes_when_there_are_too_many);
    suite_add_tcase(suite, tcase);
    return suite;
}
