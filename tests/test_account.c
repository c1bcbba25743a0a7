/* SPDX-License-Identifier: MIT */
/*
 * What packets add to a flow, and what its record then says: also what does not fit into the small parts of a flow.
 */
#include "account.h"

#include <string.h>

#include "flowrecord.h"
#include "suites.h"

enum { CHAIN = TW_LAYER_ETHERNET << 10 | TW_LAYER_IPV4 << 5 | TW_LAYER_TCP };

static const struct tw_moment start = {1000 * TW_SECOND, 1000 * TW_SECOND};

static struct tw_packet packet_of(enum tw_side side) {
    static const uint8_t macs[TW_SIDE_COUNT][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    struct tw_packet packet = {.status = TW_PACKET_TCP,
                               .ip_version = 4,
                               .proto = 6,
                               .ttl = (uint8_t)(60 + side),
                               .payload = 100,
                               .has = TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW,
                               .flags = TW_TCP_ACK,
                               .window = 500,
                               .has_macs = true,
                               .layers = CHAIN};
    memcpy(packet.smac, macs[side], sizeof packet.smac);
    memcpy(packet.dmac, macs[tw_other_side(side)], sizeof packet.dmac);
    return packet;
}

static struct tw_flowtable *table;
static struct tw_flow *flow;

static void set_up(void) {
    static const struct tw_flow_settings settings = {.max = 10};
    static const struct tw_hash_key secret = {1, 2};
    struct tw_flowkey key = {.ip_version = 4, .proto = 6, .port = {1, 2}};
    struct tw_scope scope = {0};
    table = tw_flowtable_create(&settings, &secret);
    flow = tw_flowtable_add(table, tw_flowtable_hash(table, &key, &scope), &key, &scope);
}

static void tear_down(void) {
    tw_flowtable_destroy(table);
}

static void take(enum tw_side side, const struct tw_packet *packet, struct tw_moment moment) {
    tw_account_packet(table, flow, side, packet, moment, 1000);
    tw_account_segment(table, flow, side, packet);
}

static struct tw_flow_record record(void) {
    struct tw_flow_record ret;
    tw_flowrecord_make(table, flow, TW_END_EXIT, &ret);
    return ret;
}

START_TEST(a_plain_flow_needs_no_more) {
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        struct tw_packet packet = packet_of((enum tw_side)side);
        for (int i = 0; i < 3; i++)
            take((enum tw_side)side, &packet, (struct tw_moment){start.clock + i, start.time + i});
    }
    struct tw_flow_record got = record();
    ck_assert(tw_flowtable_find_more(table, flow) == NULL);
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        const struct tw_direction_record *d = &got.side[side];
        struct tw_packet packet = packet_of((enum tw_side)side);
        ck_assert_uint_eq(d->packets, 3);
        ck_assert_uint_eq(d->bytes, 3000);
        ck_assert_uint_eq(d->payload, 300);
        ck_assert_int_eq(d->first, start.time);
        ck_assert_int_eq(d->last, start.time + 2);
        ck_assert_int_eq(d->duration, 2);
        ck_assert_uint_eq(d->ttl, packet.ttl);
        ck_assert_int_eq(d->win_init, 500);
        ck_assert_uint_eq(d->layers[0], CHAIN);
        ck_assert_uint_eq(d->layers[1], 0);
        ck_assert(d->has_macs && !memcmp(d->smac, packet.smac, 6) && !memcmp(d->dmac, packet.dmac, 6));
    }
}
END_TEST

static const struct counter_case {
    enum tw_flow_counter counter;
    uint32_t step;
    unsigned n;
} counter_cases[] = {
    {TW_COUNT_PACKETS, UINT32_MAX, 5}, {TW_COUNT_BYTES, 3000000000, 7}, {TW_COUNT_PAYLOAD, 1 << 31, 2},
    {TW_COUNT_UNSAID, 1, 70000},       {TW_COUNT_SYNS, 1, 1000},        {TW_COUNT_FULL, 1, 256},
};

START_TEST(a_counter_that_goes_round_loses_nothing) {
    const struct counter_case *c = &counter_cases[_i];
    tw_flowtable_count(table, flow, TW_A, c->counter, 17);
    for (unsigned i = 0; i < c->n; i++)
        tw_flowtable_count(table, flow, TW_B, c->counter, c->step);
    ck_assert_uint_eq(tw_flowtable_sum(table, flow, TW_A, c->counter), 17);
    ck_assert_uint_eq(tw_flowtable_sum(table, flow, TW_B, c->counter), (uint64_t)c->step * c->n);
    for (int other = 0; other < TW_COUNTERS; other++)
        ck_assert(other == (int)c->counter || !tw_flowtable_sum(table, flow, TW_B, (enum tw_flow_counter)other));
}
END_TEST

START_TEST(times_apart_from_the_clock_are_kept) {
    struct tw_packet packet = packet_of(TW_A);
    tw_skews_add(&table->skews, 500); /* a jump */
    take(TW_A, &packet, (struct tw_moment){1000, 900});
    take(TW_B, &packet, (struct tw_moment){2000, 1500});
    ck_assert_int_eq(tw_flowtable_last_time(table, flow), 1500);
    take(TW_B, &packet, (struct tw_moment){2000, 1400});
    ck_assert_int_eq(tw_flowtable_last_time(table, flow), 1400);
    struct tw_flow_record got = record();
    ck_assert_int_eq(got.side[TW_A].first, 900);
    ck_assert_int_eq(got.side[TW_A].last, 900);
    ck_assert_int_eq(got.side[TW_B].first, 1500);
    ck_assert_int_eq(got.side[TW_B].last, 1400);
    ck_assert_int_eq(got.side[TW_B].duration, 0);
    take(TW_A, &packet, (struct tw_moment){3000, 3000});
    ck_assert_int_eq(record().side[TW_A].last, 3000);
}
END_TEST

START_TEST(after_too_many_jumps_times_are_still_right) {
    struct tw_packet packet = packet_of(TW_A);
    for (tw_time skew = 1; skew < 300; skew++) {
        tw_skews_add(&table->skews, skew);
        take(TW_A, &packet, (struct tw_moment){5000, 5000 - skew});
        ck_assert_int_eq(record().side[TW_A].last, 5000 - skew);
    }
    ck_assert_int_eq(record().side[TW_A].first, 4999);
    ck_assert_uint_eq(tw_skews_number(&table->skews, 299), TW_SKEW_ODD);
}
END_TEST

START_TEST(times_as_far_apart_as_can_be_are_kept) {
    static const tw_time latest = INT64_C(8000000000000000000);
    struct tw_packet packet = packet_of(TW_A);
    take(TW_A, &packet, (struct tw_moment){latest, -latest});
    ck_assert_int_eq(record().side[TW_A].first, -latest);
    ck_assert_int_eq(record().side[TW_A].last, -latest);
    ck_assert_int_eq(record().side[TW_A].duration, 0);
}
END_TEST

START_TEST(each_side_may_go_its_own_way_on_the_link) {
    struct tw_packet a = packet_of(TW_A), b = packet_of(TW_B);
    b.smac[0] = b.dmac[0] = 0x12;
    take(TW_A, &a, start);
    take(TW_B, &b, start);
    struct tw_flow_record got = record();
    ck_assert(!memcmp(got.side[TW_A].smac, a.smac, 6) && !memcmp(got.side[TW_A].dmac, a.dmac, 6));
    ck_assert(!memcmp(got.side[TW_B].smac, b.smac, 6) && !memcmp(got.side[TW_B].dmac, b.dmac, 6));
}
END_TEST

START_TEST(one_side_may_have_no_addresses_of_the_link) {
    struct tw_packet a = packet_of(TW_A), b = packet_of(TW_B);
    a.has_macs = false;
    take(TW_A, &a, start);
    take(TW_B, &b, start);
    struct tw_flow_record got = record();
    ck_assert(!got.side[TW_A].has_macs && got.side[TW_B].has_macs);
    ck_assert(!memcmp(got.side[TW_B].smac, b.smac, 6) && !memcmp(got.side[TW_B].dmac, b.dmac, 6));
}
END_TEST

START_TEST(all_shapes_of_a_side_are_remembered) {
    uint64_t stat = 0;
    for (uint64_t i = 0; i < 12; i++) {
        struct tw_packet packet = packet_of(TW_A);
        packet.flow_stat = UINT64_C(1) << (i + 10);
        packet.layers = CHAIN + (i % 3) * 32;
        stat |= packet.flow_stat;
        take(TW_A, &packet, start);
        take(TW_A, &packet, start);
        struct tw_flow_record got = record();
        ck_assert_uint_eq(got.side[TW_A].flow_stat, stat);
        for (uint64_t chain = 0; chain < TW_CHAINS_PER_SIDE; chain++)
            ck_assert_uint_eq(got.side[TW_A].layers[chain], chain < 3 && chain <= i ? CHAIN + chain * 32 : 0);
    }
}
END_TEST

START_TEST(what_does_not_fit_the_description_is_marked) {
    for (uint64_t i = 0; i <= TW_CHAINS_PER_SIDE; i++) {
        struct tw_packet packet = packet_of(TW_A);
        packet.layers = CHAIN + i * 32;
        take(TW_A, &packet, start);
        bool is_marked = record().side[TW_A].flow_stat & TW_STAT_HEADERS_NOT_WHOLE;
        ck_assert_int_eq(is_marked, i == TW_CHAINS_PER_SIDE);
    }
    ck_assert_uint_eq(record().side[TW_A].layers[TW_CHAINS_PER_SIDE - 1], CHAIN + (TW_CHAINS_PER_SIDE - 1) * 32);
}
END_TEST

START_TEST(with_more_shapes_than_numbers_no_bit_is_lost) {
    uint64_t stat = 0;
    for (uint64_t i = 1; i < 600; i++) {
        struct tw_packet packet = packet_of(TW_A);
        packet.flow_stat = i << 10;
        stat |= packet.flow_stat;
        take(TW_A, &packet, start);
        ck_assert_uint_eq(record().side[TW_A].flow_stat, stat);
    }
    ck_assert_uint_eq(record().side[TW_A].layers[1], 0);
}
END_TEST

START_TEST(with_more_shapes_than_numbers_no_chain_is_lost) {
    struct tw_packet numbered = packet_of(TW_A), other = numbered;
    other.layers = CHAIN + 32;
    (void)tw_shapes_number(&table->shapes, numbered.layers, numbered.flow_stat);
    for (uint64_t i = 1; i < UINT8_MAX; i++)
        (void)tw_shapes_number(&table->shapes, CHAIN, i << 10);
    ck_assert_uint_eq(tw_shapes_number(&table->shapes, other.layers, other.flow_stat), 0);
    for (int i = 0; i < 3; i++) {
        take(TW_A, &other, start);
        take(TW_A, &numbered, start);
        ck_assert_uint_eq(record().side[TW_A].layers[0], other.layers);
        ck_assert_uint_eq(record().side[TW_A].layers[1], numbered.layers);
        ck_assert_uint_eq(record().side[TW_A].layers[2], 0);
    }
}
END_TEST

START_TEST(later_fragments_are_packets_and_no_segments) {
    struct tw_packet packet = packet_of(TW_A), fragment = packet;
    fragment.status = TW_PACKET_LATER_FRAGMENT;
    take(TW_A, &packet, start);
    tw_account_packet(table, flow, TW_A, &fragment, start, 1000);
    tw_account_no_segment(table, flow, TW_A, &fragment);
    ck_assert_uint_eq(record().side[TW_A].packets, 2);
    ck_assert_uint_eq(record().side[TW_A].segments, 1);
    ck_assert_uint_eq(record().side[TW_A].payload, 100);
}
END_TEST

Suite *suite_account(void) {
    Suite *suite = suite_create("account");
    TCase *tcase = tcase_create("account");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_plain_flow_needs_no_more);
    tcase_add_loop_test(tcase, a_counter_that_goes_round_loses_nothing, 0,
                        sizeof counter_cases / sizeof counter_cases[0]);
    tcase_add_test(tcase, times_apart_from_the_clock_are_kept);
    tcase_add_test(tcase, after_too_many_jumps_times_are_still_right);
    tcase_add_test(tcase, times_as_far_apart_as_can_be_are_kept);
    tcase_add_test(tcase, each_side_may_go_its_own_way_on_the_link);
    tcase_add_test(tcase, one_side_may_have_no_addresses_of_the_link);
    tcase_add_test(tcase, all_shapes_of_a_side_are_remembered);
    tcase_add_test(tcase, what_does_not_fit_the_description_is_marked);
    tcase_add_test(tcase, with_more_shapes_than_numbers_no_bit_is_lost);
    tcase_add_test(tcase, with_more_shapes_than_numbers_no_chain_is_lost);
    tcase_add_test(tcase, later_fragments_are_packets_and_no_segments);
    suite_add_tcase(suite, tcase);
    return suite;
}
