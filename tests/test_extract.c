/* SPDX-License-Identifier: MIT */
/*
 * Which packets of a flow are written, in which order, into which files, and that written and lost add up.
 */
#include "extract.h"

#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "suites.h"

enum { SYN = TW_TCP_SYN, ACK = TW_TCP_ACK, FIN = TW_TCP_FIN, RST = TW_TCP_RST, MIB = 1 << 20 };

/*
 * One conversation, which alarms twice: 1 SYN, 2 SYN-ACK, 3 ACK, 4 and 5 data of B, 6 alarm of A, 7 its end, 8 data of B,
 * 9 just within extract.after, 10 behind it, 11 second alarm of A, 12 its end, 13 alarm of B, 14 its end, 15 of A.
 */
static const struct segment story[] = {
    {0, TW_A, SYN, 99, 0, 64000, .scale = 8},
    {1, TW_B, SYN | ACK, 499, 100, 64000, .scale = 8},
    {2, TW_A, ACK, 100, 500, 500},
    {1000, TW_B, ACK, 500, 100, 500, .len = 100},
    {2000, TW_B, ACK, 600, 100, 500, .len = 100},
    {2100, TW_A, ACK, 100, 700, 0},
    {3000, TW_A, ACK, 100, 700, 500},
    {3100, TW_B, ACK, 700, 100, 500, .len = 100},
    {33000, TW_A, ACK, 100, 800, 500},
    {33001, TW_B, ACK, 800, 100, 500, .len = 100},
    {40000, TW_A, ACK, 100, 900, 0},
    {40100, TW_A, ACK, 100, 900, 500},
    {40200, TW_B, ACK, 900, 100, 0},
    {40300, TW_B, ACK, 900, 100, 500},
    {40400, TW_A, ACK, 100, 900, 500},
};

static void alarmed(struct scenario *s) {
    s->settings.extract.direction = TW_EXTRACT_ALARMED;
}
static void opposite(struct scenario *s) {
    s->settings.extract.direction = TW_EXTRACT_OPPOSITE;
}
static void before_none(struct scenario *s) {
    s->settings.extract.before_none = true;
}
static void before_200_ms(struct scenario *s) {
    s->settings.extract.before = 200 * TW_MS;
}
static void until_the_end(struct scenario *s) {
    s->settings.extract.after = 0;
}
static void max_bytes(struct scenario *s) {
    s->settings.extract.max_bytes = 44 + 44 + 40 + 140 + 1;
}
static void max_bytes_exactly(struct scenario *s) {
    s->settings.extract.max_bytes = 44 + 44 + 40 + 140;
}
static void invert(struct scenario *s) {
    s->settings.extract.invert = true;
}
static void packets_2_to_6(struct scenario *s) {
    s->selection.packets = (struct tw_range){2, 6};
}
static const struct tw_range second_only = {2, 2}, first_only = {1, 1};
static void flow_2(struct scenario *s) {
    s->selection.flows = &second_only;
    s->selection.n_flows = 1;
}
static void flow_1_packets_2_to_6(struct scenario *s) {
    packets_2_to_6(s);
    s->selection.flows = &first_only;
    s->selection.n_flows = 1;
}
static void tiny_files(struct scenario *s) {
    s->settings.pcap.max_packets = 4;
}

static const struct story_case {
    const char *name;
    void (*tune)(struct scenario *scenario);
    const char *serials;
    unsigned files;
    int before, alarms; /* of the first extract_end; -1: there is none */
} story_cases[] = {
    {"from the SYN on; the second alarm goes on where the first stopped", NULL, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
     1, 5, 1},
    {"until the flow ends", until_the_end, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 1, 5, 3},
    {"the alarmed side and the handshake, both sides from B's alarm on", alarmed, "1 2 3 6 7 9 11 12 13 14 15", 1, 3,
     1},
    {"the opposite side and the handshake, both from B's alarm on", opposite, "1 2 4 5 8 10 13 14 15", 1, 4, 1},
    {"without what was before, the alarm's packet first", before_none, "6 7 8 9 11 12 13 14 15", 1, 0, 1},
    {"with what was up to 200 ms before, and the handshake", before_200_ms, "1 2 5 6 7 8 9 11 12 13 14 15", 1, 3, 1},
    {"the packet that reaches the limit is the last", max_bytes, "1 2 3 4 5", 1, 5, 1},
    {"the packet that reaches the limit exactly is the last", max_bytes_exactly, "1 2 3 4", 1, 4, 1},
    {"inverted, a flow that alarmed is not written", invert, "", 0, -1, -1},
    {"only packets 2 to 6 of it", packets_2_to_6, "2 3 4 5 6", 1, 4, 1},
    {"another flow was selected", flow_2, "", 0, -1, -1},
    {"selected, and packets 2 to 6 of it", flow_1_packets_2_to_6, "2 3 4 5 6", 1, 4, 3},
    {"in files of four packets", tiny_files, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 4, 5, 1},
};

static void play(struct scenario *s, const struct segment *segment, size_t n) {
    scenario_open(s);
    for (size_t i = 0; i < n; i++)
        scenario_feed(s, &segment[i]);
    scenario_close(s);
}

enum { STORIES = sizeof(story_cases) / sizeof(story_cases[0]) };

/* Each story with its packets in the ring, and with packets that stay where they are. */
START_TEST(what_is_asked_for_is_written) {
    const struct story_case *c = &story_cases[_i % STORIES];
    struct scenario s;
    scenario_init(&s);
    s.stays = _i >= STORIES;
    if (c->tune)
        c->tune(&s);
    play(&s, story, sizeof(story) / sizeof(story[0]));
    ck_assert_msg(strcmp(scenario_serials(&s, 0), c->serials) == 0, "%s:\n  wanted %s\n  got    %s", c->name,
                  c->serials, scenario_serials(&s, 0));
    ck_assert_msg(s.n_files == c->files, "%s: %d files", c->name, (int)s.n_files);
    if (c->before >= 0) {
        ck_assert_msg(atoi(scenario_value(&s, "extract_end", 0, "packets_before")) == c->before, "%s: before", c->name);
        ck_assert_msg(atoi(scenario_value(&s, "extract_end", 0, "alarms")) == c->alarms, "%s: alarms", c->name);
    } else {
        ck_assert_str_eq(scenario_value(&s, "extract_end", 0, "alarms"), "?");
    }
    ck_assert_uint_eq(s.report.extract.lost[TW_LOST_OVERRUN] + s.report.extract.lost[TW_LOST_QUEUE], 0);
    scenario_fini(&s);
}
END_TEST

/* Packet 1 would have named the file, 2 does; 4 and 15 are for the writer's thread to fetch. */
START_TEST(what_cannot_be_fetched_is_lost_as_not_written) {
    struct scenario s;
    scenario_init(&s);
    until_the_end(&s);
    s.stays = true;
    s.refused = UINT64_C(1) << 1 | UINT64_C(1) << 4 | UINT64_C(1) << 15;
    play(&s, story, sizeof(story) / sizeof(story[0]));
    ck_assert_str_eq(scenario_serials(&s, 0), "2 3 5 6 7 8 9 10 11 12 13 14");
    ck_assert_str_eq(scenario_value(&s, "extract_end", 0, "packets_written"), "12");
    ck_assert_str_eq(scenario_value(&s, "extract_end", 0, "packets_lost"), "{\"overrun\":0,\"queue\":0,\"write\":3}");
    ck_assert_uint_eq(s.report.extract.lost[TW_LOST_WRITE], 1); /* the writer counts the others */
    scenario_fini(&s);
}
END_TEST

START_TEST(inverted_a_flow_without_alarm_is_written_at_its_end) {
    struct scenario s;
    scenario_init(&s);
    invert(&s);
    play(&s, story, 5);
    ck_assert_str_eq(scenario_serials(&s, 0), "1 2 3 4 5");
    ck_assert_str_eq(scenario_value(&s, "extract_end", 0, "packets_before"), "0");
    scenario_fini(&s);
}
END_TEST

/* A flow of which the ring of 1 MiB has lost the middle, then an alarm. */
static void play_long(struct scenario *s, uint32_t n_data, uint32_t len) {
    s->settings.ring.size = MIB;
    scenario_open(s);
    for (int i = 0; i < 3; i++)
        scenario_feed(s, &story[i]);
    for (uint32_t i = 0; i < n_data; i++)
        scenario_feed(s, &(struct segment){3 + i / 10, TW_B, ACK, 500 + i * len, 100, 500, .len = len});
    scenario_feed(s, &(struct segment){5000, TW_A, ACK, 100, 500 + n_data * len, 0});
    scenario_feed(s, &(struct segment){6000, TW_A, ACK, 100, 500 + n_data * len, 500});
    scenario_close(s);
}

START_TEST(the_handshake_outlives_the_ring_and_losses_add_up) {
    struct scenario s;
    scenario_init(&s);
    play_long(&s, 3000, 1000);
    uint64_t lost = s.report.extract.lost[TW_LOST_OVERRUN];
    ck_assert_uint_gt(lost, 1000);
    ck_assert_uint_eq(s.n_written + lost, 3005);
    ck_assert_uint_eq(s.written[0].serial, 1);
    ck_assert_uint_eq(s.written[1].serial, 2);
    for (size_t i = 2; i < s.n_written; i++)
        ck_assert_uint_eq(s.written[i].serial, 3005 - s.n_written + i + 1);
    ck_assert_uint_eq((unsigned)atoi(scenario_value(&s, "extract_end", 0, "packets_before")), s.n_written - 2);
    ck_assert_uint_eq((unsigned)atoi(scenario_value(&s, "extract_end", 0, "packets_written")), s.n_written);
    ck_assert_uint_eq((unsigned)atoi(scenario_value(&s, "extract_end", 0, "overrun")), lost);
    ck_assert_uint_eq(s.report.ring.handshakes_kept, 2);
    scenario_fini(&s);
}
END_TEST

START_TEST(packets_are_numbered_though_the_ring_has_lost_the_middle) {
    struct scenario s;
    scenario_init(&s);
    s.selection.packets = (struct tw_range){2, 3004};
    play_long(&s, 3000, 1000);
    ck_assert_uint_eq(s.written[0].serial, 2);
    ck_assert_uint_eq(s.written[s.n_written - 1].serial, 3004);
    scenario_fini(&s);
}
END_TEST

START_TEST(each_flow_has_its_file_and_at_most_64_are_open) {
    struct scenario s;
    scenario_init(&s);
    s.settings.pcap.split = TW_SPLIT_FLOW;
    scenario_open(&s);
    for (int round = 0; round < 2; round++) {
        for (uint32_t flow = 0; flow < 70; flow++)
            scenario_feed(&s, &(struct segment){1 + 100 * round, TW_A, ACK, 100, 500, 0, .flow = flow});
    }
    scenario_close(&s);
    ck_assert_uint_eq(s.n_written, 140);
    ck_assert_uint_eq(s.n_files, 140); /* each finds its own finished, since the others have been written since */
    for (size_t i = 0; i < s.n_written; i++)
        ck_assert_uint_eq(s.written[i].flow, i % 70);
    scenario_fini(&s);
}
END_TEST

START_TEST(above_the_rate_no_new_extraction_begins) {
    struct scenario s;
    scenario_init(&s);
    s.settings.extract.max_rate = 1000;
    scenario_open(&s);
    for (uint32_t flow = 0; flow < 20; flow++)
        scenario_feed(&s, &(struct segment){1, TW_A, ACK, 100, 500, 0, .len = 1000, .flow = flow});
    scenario_feed(&s, &(struct segment){20000, TW_A, ACK, 100, 500, 0, .len = 1000, .flow = 20});
    scenario_close(&s);
    ck_assert_uint_eq(s.report.alarms.total, 21);
    ck_assert_uint_eq(s.report.extract.skipped, 10);
    ck_assert_uint_eq(s.report.extract.flows, 11);
    ck_assert_uint_eq(s.n_written, 11);
    ck_assert_str_eq(scenario_value(&s, "alarm", 15, "pcap"), "null");
    scenario_fini(&s);
}
END_TEST

START_TEST(a_ring_bounded_in_time_forgets_what_is_older) {
    struct scenario s;
    scenario_init(&s);
    s.settings.ring.max_age = 1500 * TW_MS;
    play(&s, story, 8);
    ck_assert_str_eq(scenario_serials(&s, 0), "1 2 4 5 6 7 8");
    ck_assert_uint_eq(s.report.extract.lost[TW_LOST_OVERRUN], 1);
    scenario_fini(&s);
}
END_TEST

/* Of a ring that has lost the story's third packet when the alarm comes, and the handshake, which is kept aside. */
static const struct lost_case {
    const char *name;
    struct tw_range packets;
    uint64_t max_bytes, lost;
    const char *serials;
} lost_cases[] = {
    {"packets before it", {1, 2}, 0, 0, "1 2"},
    {"up to it", {2, 3}, 0, 1, "2"},
    {"it alone", {3, 3}, 0, 1, ""},
    {"from it on", {3, 5}, 0, 1, "4 5"},
    {"packets after it", {4, 6}, 0, 0, "4 5 6"},
    {"bytes for one packet", {0, 0}, 1, 0, "1"},
    {"bytes for the handshake", {0, 0}, 44 + 44, 0, "1 2"},
    {"bytes for one packet more", {0, 0}, 44 + 44 + 1, 1, "1 2 4"},
};

START_TEST(what_the_ring_has_lost_counts_where_it_would_have_been_written) {
    const struct lost_case *c = &lost_cases[_i];
    struct scenario s;
    scenario_init(&s);
    s.settings.ring.max_age = 1500 * TW_MS;
    s.settings.extract.max_bytes = c->max_bytes;
    s.selection.packets = c->packets;
    play(&s, story, 8);
    ck_assert_msg(!strcmp(scenario_serials(&s, 0), c->serials), "%s: written %s", c->name, scenario_serials(&s, 0));
    ck_assert_msg(s.report.extract.lost[TW_LOST_OVERRUN] == c->lost, "%s: lost %d", c->name,
                  (int)s.report.extract.lost[TW_LOST_OVERRUN]);
    scenario_fini(&s);
}
END_TEST

/* Take settings over as a reload does. */
static void change(struct scenario *s) {
    struct tw_engine_change *change = NULL;
    ck_assert_int_eq(tw_engine_prepare(s->engine, &s->settings, &change), 0);
    tw_engine_commit(s->engine, change);
}

START_TEST(changes_of_all_sizes_between_any_two_packets_change_nothing) {
    struct scenario plain, s;
    scenario_init(&plain);
    play(&plain, story, sizeof(story) / sizeof(story[0]));
    scenario_init(&s);
    scenario_open(&s);
    for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
        scenario_feed(&s, &story[i]);
        s.settings.ring.size = (i % 3 + 1) * MIB;
        s.settings.ring.handshakes = (i % 2 + 1) * MIB;
        s.settings.flow.max = (i % 4 + 1) * 1000000;
        change(&s);
    }
    scenario_close(&s);
    ck_assert_str_eq(scenario_serials(&s, 0), scenario_serials(&plain, 0));
    ck_assert_str_eq(s.alarms, plain.alarms);
    ck_assert_str_eq(s.flows, plain.flows);
    scenario_fini(&plain);
    scenario_fini(&s);
}
END_TEST

START_TEST(a_smaller_ring_keeps_the_newest_and_the_handshake) {
    struct scenario s;
    uint32_t n = 3000, len = 1000;
    scenario_init(&s);
    s.settings.ring.size = 8 * MIB;
    scenario_open(&s);
    for (int i = 0; i < 3; i++)
        scenario_feed(&s, &story[i]);
    for (uint32_t i = 0; i < n; i++)
        scenario_feed(&s, &(struct segment){3 + i / 10, TW_B, ACK, 500 + i * len, 100, 500, .len = len});
    s.settings.ring.size = MIB;
    change(&s);
    s.settings.ring.size = 4 * MIB;
    change(&s);
    scenario_feed(&s, &(struct segment){5000, TW_A, ACK, 100, 500 + n * len, 0});
    scenario_feed(&s, &(struct segment){6000, TW_A, ACK, 100, 500 + n * len, 500});
    scenario_close(&s);
    uint64_t lost = s.report.extract.lost[TW_LOST_OVERRUN];
    ck_assert_uint_gt(s.n_written, 600);
    ck_assert_uint_lt(s.n_written, 1100);
    ck_assert_uint_eq(s.n_written + lost, n + 5);
    ck_assert_uint_eq(s.written[0].serial, 1);
    ck_assert_uint_eq(s.written[1].serial, 2);
    for (size_t i = 2; i < s.n_written; i++)
        ck_assert_uint_eq(s.written[i].serial, n + 5 - s.n_written + i + 1);
    scenario_fini(&s);
}
END_TEST

/* A handshake that is still in the ring when the store for those kept aside is made anew must get there later. */
START_TEST(another_store_of_handshakes_forgets_none_in_the_ring) {
    struct scenario s;
    uint32_t n = 4000, len = 1000;
    scenario_init(&s);
    s.settings.ring.size = MIB;
    scenario_open(&s);
    for (int i = 0; i < 3; i++)
        scenario_feed(&s, &story[i]);
    s.settings.ring.handshakes *= 2;
    change(&s);
    for (uint32_t i = 0; i < n; i++)
        scenario_feed(&s, &(struct segment){3 + i / 10, TW_B, ACK, 500 + i * len, 100, 500, .len = len});
    scenario_feed(&s, &(struct segment){6000, TW_A, ACK, 100, 500 + n * len, 0});
    scenario_close(&s);
    ck_assert_uint_eq(s.written[0].serial, 1);
    ck_assert_uint_eq(s.written[1].serial, 2);
    ck_assert_uint_gt(s.written[2].serial, n / 2);
    ck_assert_uint_eq(s.report.ring.handshakes_lost, 0);
    scenario_fini(&s);
}
END_TEST

START_TEST(a_table_made_smaller_evicts_at_once) {
    struct scenario s;
    scenario_init(&s);
    scenario_open(&s);
    for (uint32_t i = 0; i < 20; i++)
        scenario_feed(&s, &(struct segment){(int64_t)i, TW_A, SYN, 99, 0, 64000, .scale = 8, .flow = i});
    s.settings.flow.max = 5;
    change(&s);
    struct tw_report report = {0};
    tw_engine_report(s.engine, &report);
    ck_assert_uint_eq(report.flows.active, 5);
    ck_assert_uint_eq(report.flows.ended[TW_END_EVICTED], 15);
    scenario_close(&s);
    scenario_fini(&s);
}
END_TEST

START_TEST(a_shorter_timeout_and_duration_hold_at_once) {
    struct scenario s;
    scenario_init(&s);
    s.settings.detect.min_duration = 100 * TW_SECOND;
    scenario_open(&s);
    for (int i = 0; i < 6; i++)
        scenario_feed(&s, &story[i]);
    s.settings.detect.min_duration = 500 * TW_MS;
    change(&s);
    scenario_feed(&s, &(struct segment){2900, TW_A, SYN, 5, 0, 500, .scale = 8, .flow = 1});
    s.settings.flow.timeout[TW_FLOW_ESTABLISHED] = TW_SECOND;
    change(&s);
    scenario_feed(&s, &(struct segment){4000, TW_A, SYN, 5, 0, 500, .scale = 8, .flow = 2});
    scenario_close(&s);
    ck_assert_str_eq(scenario_events(&s), "alarm 2600 A, end 3100 A flow_end, extract 2100");
    ck_assert_uint_eq(s.report.flows.ended[TW_END_TIMEOUT], 1);
    scenario_fini(&s);
}
END_TEST

Suite *suite_extract(void) {
    Suite *suite = suite_create("extract");
    TCase *tcase = tcase_create("extract");
    tcase_add_loop_test(tcase, what_is_asked_for_is_written, 0, 2 * STORIES);
    tcase_add_test(tcase, what_cannot_be_fetched_is_lost_as_not_written);
    tcase_add_test(tcase, inverted_a_flow_without_alarm_is_written_at_its_end);
    tcase_add_test(tcase, the_handshake_outlives_the_ring_and_losses_add_up);
    tcase_add_test(tcase, packets_are_numbered_though_the_ring_has_lost_the_middle);
    tcase_add_test(tcase, each_flow_has_its_file_and_at_most_64_are_open);
    tcase_add_test(tcase, above_the_rate_no_new_extraction_begins);
    tcase_add_test(tcase, a_ring_bounded_in_time_forgets_what_is_older);
    tcase_add_loop_test(tcase, what_the_ring_has_lost_counts_where_it_would_have_been_written, 0,
                        sizeof(lost_cases) / sizeof(lost_cases[0]));
    tcase_add_test(tcase, changes_of_all_sizes_between_any_two_packets_change_nothing);
    tcase_add_test(tcase, a_smaller_ring_keeps_the_newest_and_the_handshake);
    tcase_add_test(tcase, another_store_of_handshakes_forgets_none_in_the_ring);
    tcase_add_test(tcase, a_table_made_smaller_evicts_at_once);
    tcase_add_test(tcase, a_shorter_timeout_and_duration_hold_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
