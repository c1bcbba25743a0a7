/* SPDX-License-Identifier: MIT */
/*
 * What packets do to their flows, from the first byte to the lines in the files: episodes, alarms, states.
 */
#include "tracker.h"

#include "anomaly.h"

#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "suites.h"

enum { SYN = TW_TCP_SYN, ACK = TW_TCP_ACK, FIN = TW_TCP_FIN, RST = TW_TCP_RST };

/*
 * A's handshake with B, both with a window scale of 7 (clients of option value + 1), at 0, 1 and 2 ms; then 100 and
 * 500 are next.
 */
#define OPENED                                                                                                         \
    {0, TW_A, SYN, 99, 0, 64000, .scale = 8}, {1, TW_B, SYN | ACK, 499, 100, 64000, .scale = 8}, {                     \
        2, TW_A, ACK, 100, 500, 500                                                                                    \
    }

static void low_below_1460(struct tw_settings *s) {
    s->detect.threshold = 1460;
}
static void rearm_at_5000(struct tw_settings *s) {
    s->detect.threshold = 1460;
    s->detect.rearm = 5000;
}
static void three_segments(struct tw_settings *s) {
    s->detect.min_segments = 3;
}
static void half_a_second(struct tw_settings *s) {
    s->detect.min_duration = 500 * TW_MS;
}
static void five_packets(struct tw_settings *s) {
    s->detect.min_packets = 5;
}
static void cooldown_10_s(struct tw_settings *s) {
    s->detect.cooldown = 10 * TW_SECOND;
}
static void raw(struct tw_settings *s) {
    s->detect.window = TW_WINDOW_RAW;
}
static void raw_below_300(struct tw_settings *s) {
    raw(s);
    s->detect.threshold = 300;
}
static void assume_2(struct tw_settings *s) {
    s->detect.assume_scale = 2;
    s->detect.threshold = 300;
}
static void half_a_second_and_two_segments(struct tw_settings *s) {
    half_a_second(s);
    s->detect.min_segments = 2;
}

static const struct episode_case {
    const char *name;
    void (*tune)(struct tw_settings *settings);
    struct segment segment[16];
    const char *events; /* extract_end included */
} episode_cases[] = {
    {"a zero window alarms once per episode",
     NULL,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {110, TW_A, ACK, 100, 600, 0},
      {200, TW_A, ACK, 100, 600, 5},
      {300, TW_A, ACK, 100, 700, 0},
      {400, TW_A, ACK, 100, 700, 1}},
     "alarm 100 A, end 200 A window, alarm 300 A, end 400 A window, extract 400"},
    {"an episode that is open at the end of the capture ends with it",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {900, TW_B, ACK, 600, 100, 50}},
     "alarm 100 A, end 900 A exit, extract 900"},
    {"a stall into silence lasts until the flow ends",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {700000, TW_A, SYN, 9, 0, 64000, .flow = 1}},
     "alarm 100 A, end 610100 A flow_end, extract 100"},
    {"a RST with window 0 does not alarm", NULL, {OPENED, {100, TW_A, RST | ACK, 100, 500, 0}}, ""},
    {"a SYN with window 0 does not alarm", NULL, {{0, TW_A, SYN, 99, 0, 0}, {1, TW_B, SYN | ACK, 499, 100, 0}}, ""},
    {"a FIN with window 0 does not alarm", NULL, {OPENED, {100, TW_A, FIN | ACK, 100, 500, 0}}, ""},
    {"a segment without ACK does not alarm", NULL, {OPENED, {100, TW_A, 0, 100, 0, 0}}, ""},
    {"the last ACK with window 0 after both FINs does not alarm",
     NULL,
     {OPENED,
      {100, TW_B, FIN | ACK, 500, 100, 500},
      {101, TW_A, FIN | ACK, 100, 501, 500},
      {102, TW_A, ACK, 101, 501, 0}},
     ""},
    {"a window of 0 after the sender's FIN does not alarm",
     NULL,
     {OPENED, {100, TW_B, FIN | ACK, 500, 100, 500, .len = 5}, {101, TW_A, ACK, 100, 506, 0}},
     ""},
    {"a reordered old ACK with window 0 does not alarm",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 700, 500}, {110, TW_A, ACK, 100, 600, 0}},
     ""},
    {"an ACK with window 0 and an old seq does not alarm",
     NULL,
     {OPENED, {100, TW_A, ACK, 110, 700, 500}, {110, TW_A, ACK, 100, 800, 0}},
     ""},
    {"after more than a second nothing is reordered",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 700, 500}, {1101, TW_A, ACK, 100, 600, 0}},
     "alarm 1101 A, end 1101 A exit, extract 1101"},
    {"nothing alarms after a RST", NULL, {OPENED, {100, TW_B, RST, 500, 0, 0}, {101, TW_A, ACK, 100, 500, 0}}, ""},
    {"a RST of the stalled side ends the episode",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {200, TW_A, RST, 100, 0, 0}},
     "alarm 100 A, end 200 A reset, extract 200"},
    {"a RST of the other side ends the episode",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {200, TW_B, RST, 600, 0, 0}},
     "alarm 100 A, end 200 A reset, extract 200"},
    {"a stray RST ends nothing",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {200, TW_B, RST, 599, 0, 0}, {300, TW_A, ACK, 100, 600, 9}},
     "alarm 100 A, end 300 A window, extract 300"},
    {"a FIN of the sender ends the episode",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {200, TW_B, FIN | ACK, 600, 100, 500}},
     "alarm 100 A, end 200 A fin, extract 200"},
    {"a FIN of the stalled side does not end its episode",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {200, TW_A, FIN | ACK, 100, 600, 0}, {300, TW_A, ACK, 101, 600, 7}},
     "alarm 100 A, end 300 A window, extract 300"},
    {"both sides can stall at the same time",
     NULL,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {150, TW_B, ACK, 600, 100, 0},
      {200, TW_A, ACK, 100, 600, 3},
      {250, TW_B, ACK, 600, 100, 3}},
     "alarm 100 A, alarm 150 B, end 200 A window, end 250 B window, extract 250"},
    {"a small window of a known scale is wide",
     low_below_1460,
     {OPENED, {100, TW_A, ACK, 100, 600, 12}, {200, TW_A, ACK, 100, 600, 11}, {300, TW_A, ACK, 100, 600, 12}},
     "alarm 200 A, end 300 A window, extract 300"},
    {"without the option the window is as it stands",
     low_below_1460,
     {{0, TW_A, SYN, 99, 0, 64000, .scale = 8},
      {1, TW_B, SYN | ACK, 499, 100, 64000},
      {2, TW_A, ACK, 100, 500, 1459},
      {3, TW_A, ACK, 100, 500, 1460}},
     "alarm 2 A, end 3 A window, extract 3"},
    {"from the middle only a raw 0 is low",
     low_below_1460,
     {{0, TW_A, ACK, 100, 500, 1}, {1, TW_A, ACK, 100, 500, 0}, {2, TW_A, ACK, 100, 500, 1}},
     "alarm 1 A, end 2 A window, extract 2"},
    {"from the middle an assumed scale is used",
     assume_2,
     {{0, TW_A, ACK, 100, 500, 75}, {1, TW_A, ACK, 100, 500, 74}, {2, TW_A, ACK, 100, 500, 75}},
     "alarm 1 A, end 2 A window, extract 2"},
    {"between threshold and rearm nothing changes",
     rearm_at_5000,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 11},
      {200, TW_A, ACK, 100, 600, 39},
      {300, TW_A, ACK, 100, 600, 11},
      {400, TW_A, ACK, 100, 600, 40},
      {500, TW_A, ACK, 100, 600, 39}},
     "alarm 100 A, end 400 A window, extract 500"},
    {"it takes as many low segments as is said",
     three_segments,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {200, TW_A, ACK, 100, 600, 0},
      {300, TW_A, ACK, 100, 600, 9},
      {400, TW_A, ACK, 100, 600, 0},
      {500, TW_A, ACK, 100, 600, 0},
      {600, TW_A, ACK, 100, 600, 0}},
     "alarm 600 A, end 600 A exit, extract 600"},
    {"an alarm that waits for its duration comes at that moment",
     half_a_second,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {5000, TW_A, SYN, 9, 0, 64000, .flow = 1}, {6000, TW_A, ACK, 100, 600, 9}},
     "alarm 600 A, end 6000 A window, extract 6000"},
    {"an episode shorter than the duration does not alarm",
     half_a_second,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {599, TW_A, ACK, 100, 600, 9}, {5000, TW_A, ACK, 100, 600, 9}},
     ""},
    {"the duration is that of the episode and not of an earlier one",
     half_a_second,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {200, TW_A, ACK, 100, 600, 9},
      {300, TW_A, ACK, 100, 600, 0},
      {700, TW_A, ACK, 100, 600, 0},
      {790, TW_A, ACK, 100, 600, 9}},
     ""},
    {"a segment that meets the last condition after the duration alarms at its own time",
     half_a_second_and_two_segments,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {900, TW_A, ACK, 100, 600, 0}},
     "alarm 900 A, end 900 A exit, extract 900"},
    {"it takes as many segments of the direction as is said",
     five_packets,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {200, TW_B, ACK, 600, 100, 0},
      {300, TW_A, ACK, 100, 600, 0},
      {400, TW_A, ACK, 100, 600, 0}},
     "alarm 400 A, end 400 A exit, extract 400"},
    {"within the cooldown the second alarm is suppressed and extraction goes on",
     cooldown_10_s,
     {OPENED,
      {100, TW_A, ACK, 100, 600, 0},
      {200, TW_A, ACK, 100, 600, 9},
      {10100, TW_A, ACK, 100, 600, 0},
      {10200, TW_A, ACK, 100, 600, 9},
      {10300, TW_A, ACK, 100, 600, 0},
      {10400, TW_A, ACK, 100, 600, 9}},
     "alarm 100 A, end 200 A window, alarm 10300 A, end 10400 A window, extract 10400"},
    {"raw mode judges every segment, whatever its flags",
     raw,
     {{0, TW_A, SYN, 99, 0, 0, .scale = 8}, {1, TW_A, RST, 99, 0, 7}},
     "alarm 0 A, end 1 A window, extract 1"},
    {"raw mode knows no scale",
     raw_below_300,
     {OPENED, {100, TW_A, ACK, 100, 600, 299}, {200, TW_A, ACK, 100, 600, 300}},
     "alarm 100 A, end 200 A window, extract 200"},
    {"raw mode alarms for a RST, which then ends the episode",
     raw,
     {OPENED, {100, TW_A, RST, 100, 0, 0}},
     "alarm 100 A, end 100 A reset, extract 100"},
    {"a segment seen once more does not begin a second episode",
     NULL,
     {OPENED, {100, TW_A, ACK, 100, 600, 0}, {100, TW_A, ACK, 100, 600, 0}},
     "alarm 100 A, end 100 A exit, extract 100"},
};

static void play(struct scenario *s, const struct segment *segment, size_t n) {
    scenario_open(s);
    for (size_t i = 0; i < n && (segment[i].ms || segment[i].seq); i++)
        scenario_feed(s, &segment[i]);
    scenario_close(s);
}

START_TEST(episodes_begin_alarm_and_end) {
    const struct episode_case *c = &episode_cases[_i];
    struct scenario s;
    scenario_init(&s);
    if (c->tune)
        c->tune(&s.settings);
    play(&s, c->segment, 16);
    ck_assert_msg(strcmp(scenario_events(&s), c->events) == 0, "%s:\n  wanted %s\n  got    %s", c->name, c->events,
                  scenario_events(&s));
    scenario_fini(&s);
}
END_TEST

#define EPISODE_CASES (int)(sizeof(episode_cases) / sizeof(episode_cases[0]))

static void sum(uint64_t *hash, const struct episode_case *c, uint8_t key, const struct tw_settings *settings) {
    struct scenario s;
    scenario_init(&s);
    s.key = key;
    s.settings = *settings;
    play(&s, c->segment, 16);
    *hash = s.bytes_hash;
    scenario_fini(&s);
}

START_TEST(the_same_packets_give_the_same_files_whatever_the_key) {
    struct scenario s;
    scenario_init(&s);
    if (episode_cases[_i].tune)
        episode_cases[_i].tune(&s.settings);
    uint64_t first, again, other;
    sum(&first, &episode_cases[_i], 0, &s.settings);
    sum(&again, &episode_cases[_i], 0, &s.settings);
    sum(&other, &episode_cases[_i], 0xa5, &s.settings);
    ck_assert_uint_eq(first, again);
    ck_assert_uint_eq(first, other);
    scenario_fini(&s);
}
END_TEST

START_TEST(what_an_episode_holds_is_told) {
    static const struct segment segments[] = {
        OPENED,
        {90, TW_B, ACK, 500, 100, 500, .len = 100},
        {100, TW_A, ACK, 100, 600, 0},
        {300, TW_B, ACK, 599, 100, 500},            /* a probe as Linux sends it */
        {301, TW_A, ACK, 100, 600, 0},              /* and its answer */
        {700, TW_B, ACK, 600, 100, 500, .len = 1},  /* a probe as others send it */
        {1500, TW_B, ACK, 600, 100, 500, .len = 2}, /* none */
        {1600, TW_A, ACK, 100, 602, 1},
        {1610, TW_B, ACK, 602, 100, 500, .len = 128}, /* fills the window */
        {1620, TW_B, ACK, 729, 100, 500},             /* like a probe, but outside of an episode */
    };
    struct scenario s;
    scenario_init(&s);
    play(&s, segments, sizeof(segments) / sizeof(segments[0]));
    ck_assert_str_eq(scenario_events(&s), "alarm 100 A, end 1600 A window, extract 1620");
    ck_assert_str_eq(scenario_value(&s, "alarm", 0, "window"), "0");
    ck_assert_str_eq(scenario_value(&s, "alarm", 0, "low_segments"), "1");
    ck_assert_str_eq(scenario_value(&s, "alarm", 0, "probes"), "0");
    ck_assert_str_eq(scenario_value(&s, "alarm", 0, "pcap"), "p-20231114T221320Z-000001.pcap");
    ck_assert_str_eq(scenario_value(&s, "alarm_end", 0, "low_segments"), "2");
    ck_assert_str_eq(scenario_value(&s, "alarm_end", 0, "zero_segments"), "2");
    ck_assert_str_eq(scenario_value(&s, "alarm_end", 0, "probes"), "2");
    ck_assert_double_eq_tol(strtod(scenario_value(&s, "alarm_end", 0, "duration_s"), NULL), 1.5, 1e-9);
    ck_assert_str_eq(scenario_value(&s, "alarm_end", 0, "scale"), "7");

    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinProbes"), 2);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinFull"), 1);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinInit"), 64000);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinScale"), 7);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinMin"), 0);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinMax"), 64000);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinSegs"), 4);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinThCnt"), 2);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinZero"), 2);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinEpisodes"), 1);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinAlarms"), 1);
    ck_assert_double_eq_tol(scenario_column(&s, 1, TW_A, "tcpWinLowTime"), 1.5, 1e-9);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "tcpWinStat"), 0x01 | 0x02 | 0x04 | 0x40);
    ck_assert_double_eq(scenario_column(&s, 1, TW_B, "tcpWinThCnt"), 0);
    ck_assert_uint_eq(s.report.window.window_full, 1);
    ck_assert_uint_eq(s.report.window.low_segments, 2);
    ck_assert_uint_eq(s.report.window.episodes, 1);
    ck_assert_uint_eq(s.report.alarms.total, 1);
    scenario_fini(&s);
}
END_TEST

/* How flows come and go: number of flows, and by what they ended. */
static const struct life_case {
    const char *name;
    struct segment segment[12];
    unsigned total, closed, reset, timeout, replaced, evicted, exit, stray;
} life_cases[] = {
    {"a handshake that nobody answers ends after 120 s",
     {{0, TW_A, SYN, 99, 0, 1}, {120001, TW_A, SYN, 99, 0, 1}},
     2,
     0,
     0,
     1,
     0,
     0,
     1,
     0},
    {"a packet at exactly 120 s still belongs",
     {{0, TW_A, SYN, 99, 0, 1}, {120000, TW_A, SYN, 99, 0, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     0},
    {"an established flow ends after 610 s",
     {OPENED, {610002, TW_A, ACK, 100, 500, 1}, {1220003, TW_A, ACK, 100, 500, 1}},
     2,
     0,
     0,
     1,
     0,
     0,
     1,
     0},
    {"a closing flow ends after 120 s",
     {OPENED, {100, TW_A, FIN | ACK, 100, 500, 1}, {120101, TW_A, FIN | ACK, 100, 500, 1}},
     2,
     0,
     0,
     1,
     0,
     0,
     1,
     0},
    {"a closed flow ends after 10 s",
     {OPENED,
      {100, TW_A, FIN | ACK, 100, 500, 1},
      {101, TW_B, FIN | ACK, 500, 101, 1},
      {102, TW_A, ACK, 101, 501, 1},
      {10102, TW_A, ACK, 101, 501, 1},
      {20103, TW_A, ACK, 101, 501, 1}},
     2,
     1,
     0,
     0,
     0,
     0,
     1,
     0},
    {"a reset flow ends after 2 s",
     {OPENED, {100, TW_A, RST, 100, 500, 1}, {2100, TW_B, ACK, 500, 100, 1}, {4101, TW_B, ACK, 500, 100, 1}},
     2,
     0,
     1,
     0,
     0,
     0,
     1,
     0},
    {"a SYN repeated belongs to its flow", {OPENED, {100, TW_A, SYN, 99, 0, 1}}, 1, 0, 0, 0, 0, 0, 1, 0},
    {"another SYN on the same ports begins a new flow", {OPENED, {100, TW_A, SYN, 7777, 0, 1}}, 2, 0, 0, 0, 1, 0, 1, 0},
    {"a SYN on a closed flow begins a new one",
     {OPENED,
      {100, TW_A, FIN | ACK, 100, 500, 1},
      {101, TW_B, FIN | ACK, 500, 101, 1},
      {102, TW_A, ACK, 101, 501, 1},
      {103, TW_A, SYN, 99, 0, 1}},
     2,
     1,
     0,
     0,
     0,
     0,
     1,
     0},
    {"a SYN-ACK on a reset flow begins a new one",
     {OPENED, {100, TW_A, RST, 100, 500, 1}, {101, TW_B, SYN | ACK, 499, 100, 1}},
     2,
     0,
     1,
     0,
     0,
     0,
     1,
     0},
    {"both open at once in one flow",
     {{0, TW_A, SYN, 99, 0, 1},
      {1, TW_B, SYN, 499, 0, 1},
      {2, TW_A, SYN | ACK, 99, 500, 1},
      {3, TW_B, SYN | ACK, 499, 100, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     0},
    {"a SYN captured after its SYN-ACK belongs to it",
     {{0, TW_B, SYN | ACK, 499, 100, 1}, {0, TW_A, SYN, 99, 0, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     0},
    {"a stray RST does not reset",
     {OPENED, {3, TW_B, ACK, 500, 100, 1}, {4, TW_B, RST, 499, 0, 0}, {5, TW_B, ACK, 500, 100, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     1},
    {"a stray FIN does not close",
     {OPENED, {3, TW_B, ACK, 500, 100, 1}, {4, TW_B, FIN | ACK, 498, 0, 0}, {120005, TW_B, ACK, 500, 100, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     1},
    {"a RST at the edge of the window resets",
     {OPENED, {3, TW_B, ACK, 500, 100, 1}, {4, TW_A, RST, 228, 0, 0}},
     1,
     0,
     1,
     0,
     0,
     0,
     0,
     0},
    {"a RST beyond the edge of the window is stray",
     {OPENED, {3, TW_B, ACK, 500, 100, 1}, {4, TW_A, RST, 229, 0, 0}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     1},
    {"an acknowledgement half of all numbers ahead of the next counts like any that was later",
     {OPENED,
      {3, TW_B, ACK, 500, 0x80000064, 1},
      {4, TW_B, ACK, 501, 100, 1},
      {5, TW_A, FIN | ACK, 100, 500, 1},
      {6, TW_B, FIN | ACK, 501, 100, 1},
      {7, TW_A, ACK, 101, 502, 1}},
     1,
     1,
     0,
     0,
     0,
     0,
     0,
     0},
    {"after 3 GiB a FIN is not acknowledged before it is",
     {OPENED,
      {2, TW_B, ACK, 500, 100, 1},
      {3, TW_B, ACK, 400, 100, 1}, /* an old one */
      {3, TW_B, ACK, 500, 0x40000064, 1},
      {4, TW_B, ACK, 500, 0x80000064, 1},
      {5, TW_B, ACK, 500, 0xC0000064, 1},
      {6, TW_A, FIN | ACK, 0xC0000064, 500, 1},
      {7, TW_B, FIN | ACK, 500, 0xC0000064, 1},
      {8, TW_A, ACK, 0xC0000065, 501, 1}},
     1,
     0,
     0,
     0,
     0,
     0,
     1,
     0},
    {"a SYN with FIN and RST is a RST", {{0, TW_A, SYN | FIN | RST, 99, 0, 1}}, 1, 0, 1, 0, 0, 0, 0, 0},
};

START_TEST(flows_begin_and_end) {
    const struct life_case *c = &life_cases[_i];
    struct scenario s;
    scenario_init(&s);
    play(&s, c->segment, 12);
    const uint64_t *ended = s.report.flows.ended;
    ck_assert_msg(s.report.flows.total == c->total, "%s: %d flows", c->name, (int)s.report.flows.total);
    ck_assert_msg(s.report.flows.ended_closed == c->closed, "%s: closed", c->name);
    ck_assert_msg(s.report.flows.ended_reset == c->reset, "%s: reset", c->name);
    ck_assert_msg(ended[TW_END_TIMEOUT] == c->timeout, "%s: timeout", c->name);
    ck_assert_msg(ended[TW_END_REPLACED] == c->replaced, "%s: replaced", c->name);
    ck_assert_msg(ended[TW_END_EVICTED] == c->evicted, "%s: evicted", c->name);
    ck_assert_msg(ended[TW_END_EXIT] == c->exit, "%s: exit", c->name);
    ck_assert_msg(s.report.flows.stray == c->stray, "%s: stray", c->name);
    scenario_fini(&s);
}
END_TEST

START_TEST(fragments_belong_to_their_flow_and_are_no_segments) {
    static const struct segment segments[] = {
        OPENED,
        {10, TW_B, ACK, 500, 100, 500, .len = 64, .fragment = 77},
        {11, TW_B, .len = 64, .fragment = 77, .offset = 10, .seq = 1},
        {12, TW_B, .len = 64, .fragment = 78, .offset = 10, .seq = 1}, /* its first was not seen */
        {20, TW_A, ACK, 100, 564, 0},
        {30010, TW_B, .len = 8, .fragment = 77, .offset = 18, .seq = 1},
        {30011, TW_B, .len = 8, .fragment = 77, .offset = 18, .seq = 1}, /* too late */
    };
    struct scenario s;
    scenario_init(&s);
    play(&s, segments, sizeof(segments) / sizeof(segments[0]));
    ck_assert_str_eq(scenario_serials(&s, 0), "1 2 3 4 5 7 8");
    ck_assert_uint_eq(s.report.packets.fragments, 5);
    ck_assert_double_eq(scenario_column(&s, 1, TW_B, "pktsSnt"), 4);
    ck_assert_double_eq(scenario_column(&s, 1, TW_B, "tcpWinSegs"), 1);
    scenario_fini(&s);
}
END_TEST

START_TEST(when_the_table_is_full_the_one_sided_go_first) {
    struct scenario s;
    scenario_init(&s);
    s.settings.flow.max = 3;
    scenario_open(&s);
    static const struct segment opened[] = {OPENED};
    for (uint32_t flow = 0; flow < 2; flow++) {
        for (int i = 0; i < 3; i++) {
            struct segment g = opened[i];
            g.flow = flow;
            scenario_feed(&s, &g);
        }
    }
    for (uint32_t flow = 2; flow < 50; flow++)
        scenario_feed(&s, &(struct segment){10 + flow, TW_A, SYN, 5, 0, 1, .flow = flow});
    scenario_feed(&s, &(struct segment){1000, TW_A, ACK, 100, 500, 9, .flow = 0});
    scenario_feed(&s, &(struct segment){1000, TW_A, ACK, 100, 500, 9, .flow = 1});
    scenario_close(&s);
    ck_assert_uint_eq(s.report.flows.total, 50);
    ck_assert_uint_eq(s.report.flows.peak, 3);
    ck_assert_uint_eq(s.report.flows.ended[TW_END_EVICTED], 47);
    ck_assert_double_eq(scenario_column(&s, 1, TW_A, "pktsSnt"), 3);
    ck_assert_double_eq(scenario_column(&s, 2, TW_A, "pktsSnt"), 3);
    ck_assert_double_eq(scenario_column(&s, 30, TW_A, "pktsSnt"), 1);
    scenario_fini(&s);
}
END_TEST

/* A report while flows run tells of them what it would if they ended now. */
START_TEST(running_flows_are_in_the_report) {
    static const struct segment segments[] = {OPENED,
                                              {3, TW_A, ACK, 100, 500, 0},
                                              {4, TW_B, ACK, 500, 100, 9, .len = 10},
                                              {5, TW_B, RST, 510, 0, 0, .flow = 1}};
    struct scenario s;
    struct tw_report running = {0};
    scenario_init(&s);
    scenario_open(&s);
    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
        scenario_feed(&s, &segments[i]);
    }
    tw_engine_flush(s.engine);
    tw_engine_report(s.engine, &running);
    scenario_close(&s);
    ck_assert_uint_eq(running.flows.active, 2);
    ck_assert_uint_eq(running.flows.ipv4, 2);
    ck_assert_uint_eq(running.flows.side[TW_A], s.report.flows.side[TW_A]);
    ck_assert_uint_eq(running.bits.flow_stat, s.report.bits.flow_stat);
    ck_assert_uint_eq(running.bits.tcp_states, s.report.bits.tcp_states);
    ck_assert_uint_eq(running.bits.win_stat & ~TW_STAT_OPEN_AT_END, s.report.bits.win_stat & ~TW_STAT_OPEN_AT_END);
    ck_assert_uint_eq(running.bits.win_stat & TW_STAT_ALARM, TW_STAT_ALARM);
    ck_assert_uint_eq(running.bits.tcp_states & TW_ANOMALY_RESET, TW_ANOMALY_RESET);
    scenario_fini(&s);
}
END_TEST

START_TEST(two_engines_share_nothing) {
    struct scenario s[2];
    uint64_t alone, hash[2];
    const struct episode_case *c = &episode_cases[0];
    scenario_init(&s[0]);
    scenario_init(&s[1]);
    sum(&alone, c, 0, &s[0].settings);
    scenario_open(&s[0]);
    scenario_open(&s[1]);
    for (int i = 0; c->segment[i].ms || c->segment[i].seq; i++) {
        scenario_feed(&s[0], &c->segment[i]);
        scenario_feed(&s[1], &c->segment[i]);
    }
    for (int i = 0; i < 2; i++) {
        scenario_close(&s[i]);
        hash[i] = s[i].bytes_hash;
        scenario_fini(&s[i]);
    }
    ck_assert_uint_eq(hash[0], alone);
    ck_assert_uint_eq(hash[1], alone);
}
END_TEST

Suite *suite_tracker(void) {
    Suite *suite = suite_create("tracker");
    TCase *tcase = tcase_create("tracker");
    tcase_add_loop_test(tcase, episodes_begin_alarm_and_end, 0, EPISODE_CASES);
    tcase_add_loop_test(tcase, the_same_packets_give_the_same_files_whatever_the_key, 0, EPISODE_CASES);
    tcase_add_test(tcase, what_an_episode_holds_is_told);
    tcase_add_loop_test(tcase, flows_begin_and_end, 0, sizeof(life_cases) / sizeof(life_cases[0]));
    tcase_add_test(tcase, fragments_belong_to_their_flow_and_are_no_segments);
    tcase_add_test(tcase, when_the_table_is_full_the_one_sided_go_first);
    tcase_add_test(tcase, running_flows_are_in_the_report);
    tcase_add_test(tcase, two_engines_share_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
