/* SPDX-License-Identifier: MIT */
#include "window.h"

#include "suites.h"

enum { NO_OPTION = -1, NOT_SEEN = -2, CUT = -3 };

static struct tw_packet segment(uint32_t seq, uint32_t ack, uint16_t window, uint32_t payload) {
    return (struct tw_packet){.status = TW_PACKET_TCP,
                              .has = TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW | TW_HAS_OPTIONS,
                              .flags = TW_TCP_ACK,
                              .window_scale = NO_OPTION,
                              .seq = seq,
                              .ack = ack,
                              .window = window,
                              .payload = payload};
}

/* A side: its window and its edge. */
struct side {
    struct tw_window window;
    struct tw_edge edge;
};

static void feed(struct side *side, const struct tw_packet *packet, int assume_scale) {
    tw_window_feed(&side->window, &side->edge, packet, assume_scale);
}

static void offer(struct tw_window pair[TW_SIDE_COUNT], enum tw_side side, uint8_t flags, int scale) {
    struct tw_packet syn = segment(1000, 0, 65535, 0);
    syn.flags = flags;
    syn.window_scale = (int16_t)scale;
    if (scale != NOT_SEEN)
        tw_window_syn(&pair[side], &pair[tw_other_side(side)], &syn);
}

/* The scale that follows from what each side has offered, in the order of the columns. */
static const struct scale_case {
    const char *name;
    int syn_a, syn_b, synack_b;
    enum tw_scale a, b;
    uint8_t shift_a, shift_b;
} scale_cases[] = {
    {"nothing was seen", NOT_SEEN, NOT_SEEN, NOT_SEEN, TW_SCALE_UNKNOWN, TW_SCALE_UNKNOWN, 0, 0},
    {"both have offered", 7, NOT_SEEN, 2, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 7, 2},
    {"both have offered, one of them 0", 0, NOT_SEEN, 9, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 0, 9},
    {"the SYN-ACK came without the option", 7, NOT_SEEN, NO_OPTION, TW_SCALE_NONE, TW_SCALE_NONE, 0, 0},
    {"only a SYN-ACK without the option was seen", NOT_SEEN, NOT_SEEN, NO_OPTION, TW_SCALE_NONE, TW_SCALE_NONE, 0, 0},
    {"only a SYN without the option was seen", NO_OPTION, NOT_SEEN, NOT_SEEN, TW_SCALE_NONE, TW_SCALE_NONE, 0, 0},
    {"only a SYN with the option was seen", 7, NOT_SEEN, NOT_SEEN, TW_SCALE_UNKNOWN, TW_SCALE_UNKNOWN, 0, 0},
    {"only a SYN-ACK with the option was seen", NOT_SEEN, NOT_SEEN, 5, TW_SCALE_UNKNOWN, TW_SCALE_KNOWN, 0, 5},
    {"the SYN-ACK offers what the SYN did not", NO_OPTION, NOT_SEEN, 5, TW_SCALE_UNKNOWN, TW_SCALE_KNOWN, 0, 5},
    {"both opened at once, with the option", 3, 4, NOT_SEEN, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 3, 4},
    {"both opened at once, one without", 3, NO_OPTION, NOT_SEEN, TW_SCALE_NONE, TW_SCALE_NONE, 0, 0},
    {"both opened at once and answered", 3, 4, 4, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 3, 4},
    {"the largest shift", 14, NOT_SEEN, 14, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 14, 14},
    {"a shift above the largest counts as 14", 15, NOT_SEEN, 255, TW_SCALE_KNOWN, TW_SCALE_KNOWN, 14, 14},
};

START_TEST(the_scale_follows_from_both_syns) {
    const struct scale_case *c = &scale_cases[_i];
    struct tw_window pair[TW_SIDE_COUNT] = {0};
    offer(pair, TW_A, TW_TCP_SYN, c->syn_a);
    offer(pair, TW_B, TW_TCP_SYN, c->syn_b);
    offer(pair, TW_B, TW_TCP_SYN | TW_TCP_ACK, c->synack_b);

    ck_assert_msg(pair[TW_A].scale == c->a && pair[TW_B].scale == c->b, "%s: scale %d %d", c->name, pair[TW_A].scale,
                  pair[TW_B].scale);
    ck_assert_msg(tw_window_shift(&pair[TW_A]) == c->shift_a && tw_window_shift(&pair[TW_B]) == c->shift_b,
                  "%s: shift %d %d", c->name, tw_window_shift(&pair[TW_A]), tw_window_shift(&pair[TW_B]));
    ck_assert_msg(pair[TW_A].above_14 == (c->syn_a > 14), "%s: above 14", c->name);
}
END_TEST

START_TEST(the_last_syn_of_a_side_is_what_counts) {
    struct tw_window pair[TW_SIDE_COUNT] = {0};
    offer(pair, TW_A, TW_TCP_SYN, 7);
    offer(pair, TW_A, TW_TCP_SYN, 2);
    offer(pair, TW_B, TW_TCP_SYN | TW_TCP_ACK, 1);
    ck_assert_int_eq(tw_window_shift(&pair[TW_A]), 2);
    offer(pair, TW_B, TW_TCP_SYN | TW_TCP_ACK, NO_OPTION);
    ck_assert_int_eq(pair[TW_A].scale, TW_SCALE_NONE);
    ck_assert_int_eq(tw_window_shift(&pair[TW_B]), 0);
}
END_TEST

/* A receiver that has acknowledged `ack` and was never wider than `window`; seq of what is sent to it is relative. */
static const struct accept_case {
    const char *name;
    uint32_t ack;
    uint16_t window;
    int32_t seq;
    uint32_t length;
    bool accepted;
} accept_cases[] = {
    {"a segment at the left edge", 5000, 100, 0, 0, true},
    {"the last byte that was acknowledged, without data", 5000, 100, -1, 0, false},
    {"old data that reaches the left edge", 5000, 100, -10, 10, true},
    {"old data that ends before the left edge", 5000, 100, -10, 9, false},
    {"a segment at the right edge", 5000, 100, 100, 0, true},
    {"a segment beyond the right edge", 5000, 100, 101, 0, false},
    {"a window of 0 counts as 1", 5000, 0, 1, 0, true},
    {"beyond a window of 0", 5000, 0, 2, 0, false},
    {"across the wrap of sequence numbers", 0xfffffff0, 100, 100, 0, true},
    {"beyond the wrap of sequence numbers", 0xfffffff0, 100, 101, 0, false},
    {"old data across the wrap", 5, 100, -10, 10, true},
    {"half the space away", 5000, 65535, INT32_MIN, 0, false},
};

START_TEST(a_segment_is_accepted_within_the_widest_window) {
    const struct accept_case *c = &accept_cases[_i];
    struct side own = {.window = {.scale = TW_SCALE_NONE}};
    struct tw_packet ack = segment(1, c->ack, c->window, 0);
    feed(&own, &ack, -1);
    ck_assert_msg(tw_window_accepts(&own.edge, c->ack + (uint32_t)c->seq, c->length) == c->accepted, "%s", c->name);
}
END_TEST

START_TEST(everything_is_accepted_before_the_receiver_has_spoken) {
    struct tw_edge edge = {0};
    ck_assert(tw_window_accepts(&edge, 0xdeadbeef, 0));
}
END_TEST

START_TEST(the_widest_window_does_not_shrink) {
    struct side own = {.window = {.scale = TW_SCALE_KNOWN, .offer = 3}};
    struct tw_packet wide = segment(1, 5000, 100, 0), narrow = segment(1, 5000, 0, 0);
    feed(&own, &wide, -1);
    feed(&own, &narrow, -1);
    ck_assert_uint_eq(tw_edge_effective(&own.edge), 0);
    ck_assert(tw_window_accepts(&own.edge, 5800, 0));
    ck_assert(!tw_window_accepts(&own.edge, 5801, 0));
}
END_TEST

START_TEST(an_unknown_scale_is_taken_for_14_when_segments_are_accepted) {
    struct side own = {0};
    struct tw_packet ack = segment(1, 5000, 2, 0);
    feed(&own, &ack, -1);
    ck_assert(!tw_edge_has(&own.edge, TW_EDGE_HAS_EFFECTIVE));
    ck_assert_uint_eq(tw_edge_effective(&own.edge), 2);
    ck_assert(tw_window_accepts(&own.edge, 5000 + (2 << 14), 0));
    ck_assert(!tw_window_accepts(&own.edge, 5001 + (2 << 14), 0));
}
END_TEST

START_TEST(an_assumed_scale_stands_in_for_an_unknown_one_only) {
    struct side unknown = {0}, none = {.window = {.scale = TW_SCALE_NONE}};
    struct side known = {.window = {.scale = TW_SCALE_KNOWN, .offer = 2}};
    struct tw_packet ack = segment(1, 5000, 10, 0);
    feed(&unknown, &ack, 4);
    feed(&none, &ack, 4);
    feed(&known, &ack, 4);
    ck_assert(tw_edge_has(&unknown.edge, TW_EDGE_HAS_EFFECTIVE));
    ck_assert(tw_edge_has(&none.edge, TW_EDGE_HAS_EFFECTIVE) && tw_edge_has(&known.edge, TW_EDGE_HAS_EFFECTIVE));
    ck_assert_uint_eq(tw_edge_effective(&unknown.edge), 160);
    ck_assert_uint_eq(tw_edge_effective(&none.edge), 10);
    ck_assert_uint_eq(tw_edge_effective(&known.edge), 40);
    ck_assert_int_eq(unknown.window.scale, TW_SCALE_UNKNOWN);
}
END_TEST

/* The last considered segment was seq 1000, ack 5000, at 0 s; the receiver of this side's data stands at 1000, wide 500. */
static const struct update_case {
    const char *name;
    uint32_t seq, ack, payload;
    tw_time later;
    bool is_update;
} update_cases[] = {
    {"the same once more", 1000, 5000, 0, 0, true},
    {"a later ack", 1000, 5001, 0, 0, true},
    {"an earlier ack at the same seq", 1000, 4999, 0, 0, false},
    {"a later seq with an earlier ack", 1001, 4000, 0, 0, true},
    {"an earlier seq", 999, 6000, 1, 0, false},
    {"a later seq at the edge of what the receiver takes", 1500, 5000, 0, 0, true},
    {"a later seq beyond what the receiver takes", 1501, 5000, 0, 0, false},
    {"an earlier seq a second later", 999, 4000, 0, TW_SECOND, false},
    {"an earlier seq more than a second later", 999, 4000, 0, TW_SECOND + 1, true},
    {"one that is not acceptable more than a second later", 90000, 5000, 0, TW_SECOND + 1, true},
    {"and years later", 999, 4000, 0, INT64_C(100000000) * TW_SECOND, true},
};

START_TEST(a_window_is_updated_by_newer_segments) {
    const struct update_case *c = &update_cases[_i];
    struct side own = {.window = {.scale = TW_SCALE_NONE}}, receiver = {.window = {.scale = TW_SCALE_NONE}};
    struct tw_packet last = segment(1000, 5000, 0, 0), other = segment(5000, 1000, 500, 0);
    feed(&own, &last, -1);
    feed(&receiver, &other, -1);
    tw_window_grow_older(&own.window, c->later);
    struct tw_packet packet = segment(c->seq, c->ack, 0, c->payload);
    ck_assert_msg(tw_window_is_update(&own.window, &own.edge, &receiver.edge, &packet) == c->is_update, "%s", c->name);
}
END_TEST

/* The side has sent up to 0xfffffff0, and the other one takes 500 from there on. */
START_TEST(sequence_numbers_go_round) {
    struct side own = {.window = {.scale = TW_SCALE_NONE}}, receiver = {.window = {.scale = TW_SCALE_NONE}};
    struct tw_packet last = segment(0xfffffff0, 0xfffffffe, 0, 0), other = segment(0xfffffffe, 0xfffffff0, 500, 0);
    struct tw_packet later = segment(0x10, 0xfffffffe, 0, 0), before = segment(0xffffffef, 0x10, 0, 1);
    struct tw_packet later_ack = segment(0xfffffff0, 1, 0, 0), earlier_ack = segment(0xfffffff0, 0xfffffffd, 0, 0);
    feed(&own, &last, -1);
    feed(&receiver, &other, -1);
    ck_assert(tw_window_is_update(&own.window, &own.edge, &receiver.edge, &later));
    ck_assert(tw_window_is_update(&own.window, &own.edge, &receiver.edge, &later_ack));
    ck_assert(!tw_window_is_update(&own.window, &own.edge, &receiver.edge, &before));
    ck_assert(!tw_window_is_update(&own.window, &own.edge, &receiver.edge, &earlier_ack));
}
END_TEST

START_TEST(the_first_segment_is_always_an_update) {
    struct side own = {0}, receiver = {.window = {.scale = TW_SCALE_NONE}};
    struct tw_packet other = segment(5000, 1000, 1, 0), first = segment(70000, 1, 0, 0);
    feed(&receiver, &other, -1);
    ck_assert(tw_window_is_update(&own.window, &own.edge, &receiver.edge, &first));
}
END_TEST

/* The receiver has acknowledged 5000 and has a window of 10. */
static const struct sent_case {
    const char *name;
    uint32_t seq, payload;
    bool is_probe, is_filled;
} sent_cases[] = {
    {"nothing just before the edge, as Linux probes", 4999, 0, true, false},
    {"an old byte just before the edge", 4999, 1, true, false},
    {"two bytes from just before the edge", 4999, 2, false, false},
    {"one byte at the edge", 5000, 1, true, false},
    {"nothing at the edge", 5000, 0, false, false},
    {"two bytes at the edge", 5000, 2, false, false},
    {"one byte behind the edge", 5001, 1, false, false},
    {"two bytes before the edge", 4998, 1, false, false},
    {"data that fills the window", 5000, 10, false, true},
    {"the last of the data that fills the window", 5008, 2, false, true},
    {"one byte less", 5000, 9, false, false},
    {"one byte more", 5000, 11, false, false},
    {"nothing at the end of the window", 5010, 0, false, false},
};

START_TEST(probes_and_full_windows_are_recognised) {
    const struct sent_case *c = &sent_cases[_i];
    struct side own = {.window = {.scale = TW_SCALE_NONE}}, unknown = {0}, silent = {0};
    struct tw_packet ack = segment(1, 5000, 10, 0), packet = segment(c->seq, 1, 100, c->payload);
    feed(&own, &ack, -1);
    feed(&unknown, &ack, -1);
    ck_assert_msg(tw_window_is_probe(&own.edge, &packet) == c->is_probe, "%s: probe", c->name);
    ck_assert_msg(tw_window_is_filled(&own.edge, &packet) == c->is_filled, "%s: filled", c->name);
    ck_assert_msg(!tw_window_is_filled(&unknown.edge, &packet), "%s: filled, without a scale", c->name);
    ck_assert(!tw_window_is_probe(&silent.edge, &packet) && !tw_window_is_filled(&silent.edge, &packet));
}
END_TEST

START_TEST(of_the_windows_counted_the_smallest_and_the_largest_are_known) {
    static const struct {
        uint16_t window;
        uint8_t shift;
    } counted[] = {{100, 7}, {65535, 0}, {1, 14}, {50, 7}, {3, 14}};
    struct side own = {0};
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
        tw_window_count(&own.window, &own.edge, tw_width_make(counted[i].window, counted[i].shift));
    ck_assert_uint_eq(tw_width_bytes(own.window.least), 50 << 7);
    ck_assert_uint_eq(tw_width_bytes(tw_edge_width(&own.edge, TW_EDGE_MOST)), 65535);
}
END_TEST

START_TEST(what_an_edge_holds_does_not_touch_the_rest_of_it) {
    struct side own = {.window = {.scale = TW_SCALE_KNOWN, .offer = 14}};
    struct tw_packet widest = segment(1, 5000, 65535, 0), none = segment(2, 5000, 0, 0);
    feed(&own, &widest, -1);
    tw_window_count(&own.window, &own.edge, tw_edge_width(&own.edge, TW_EDGE_EFFECTIVE));
    feed(&own, &none, -1);
    tw_window_count(&own.window, &own.edge, tw_edge_width(&own.edge, TW_EDGE_EFFECTIVE));
    ck_assert_uint_eq(tw_edge_effective(&own.edge), 0);
    ck_assert_uint_eq(tw_width_bytes(tw_edge_width(&own.edge, TW_EDGE_WIDEST)), 65535u << 14);
    ck_assert_uint_eq(tw_width_bytes(tw_edge_width(&own.edge, TW_EDGE_MOST)), 65535u << 14);
    ck_assert_uint_eq(tw_width_bytes(own.window.least), 0);
    ck_assert(tw_edge_has(&own.edge, TW_EDGE_HAS_WL | TW_EDGE_HAS_EFFECTIVE | TW_EDGE_HAS_COUNTED));
}
END_TEST

Suite *suite_window(void) {
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    tcase_add_loop_test(tcase, the_scale_follows_from_both_syns, 0, sizeof(scale_cases) / sizeof(scale_cases[0]));
    tcase_add_test(tcase, the_last_syn_of_a_side_is_what_counts);
    tcase_add_loop_test(tcase, a_segment_is_accepted_within_the_widest_window, 0,
                        sizeof(accept_cases) / sizeof(accept_cases[0]));
    tcase_add_test(tcase, everything_is_accepted_before_the_receiver_has_spoken);
    tcase_add_test(tcase, the_widest_window_does_not_shrink);
    tcase_add_test(tcase, an_unknown_scale_is_taken_for_14_when_segments_are_accepted);
    tcase_add_test(tcase, an_assumed_scale_stands_in_for_an_unknown_one_only);
    tcase_add_loop_test(tcase, a_window_is_updated_by_newer_segments, 0,
                        sizeof(update_cases) / sizeof(update_cases[0]));
    tcase_add_test(tcase, sequence_numbers_go_round);
    tcase_add_test(tcase, the_first_segment_is_always_an_update);
    tcase_add_loop_test(tcase, probes_and_full_windows_are_recognised, 0, sizeof(sent_cases) / sizeof(sent_cases[0]));
    tcase_add_test(tcase, of_the_windows_counted_the_smallest_and_the_largest_are_known);
    tcase_add_test(tcase, what_an_edge_holds_does_not_touch_the_rest_of_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
