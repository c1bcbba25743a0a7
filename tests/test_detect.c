/* SPDX-License-Identifier: MIT */
#include "detect.h"

#include "suites.h"

static const struct verdict_case {
    const char *name;
    uint32_t threshold, rearm, window;
    enum tw_verdict verdict;
} verdict_cases[] = {
    {"a zero window", 1, 0, 0, TW_VERDICT_LOW},
    {"one byte", 1, 0, 1, TW_VERDICT_REARMED},
    {"just below the threshold", 1460, 0, 1459, TW_VERDICT_LOW},
    {"at the threshold, which is the rearm value too", 1460, 0, 1460, TW_VERDICT_REARMED},
    {"at the threshold, below rearm", 1460, 5000, 1460, TW_VERDICT_BETWEEN},
    {"just below rearm", 1460, 5000, 4999, TW_VERDICT_BETWEEN},
    {"at rearm", 1460, 5000, 5000, TW_VERDICT_REARMED},
    {"the widest of all", 1460, 5000, 65535u << 14, TW_VERDICT_REARMED},
    {"a threshold of 0 finds nothing", 0, 0, 0, TW_VERDICT_REARMED},
};

/* A width of so many bytes, as narrow a field as it takes. */
static uint32_t width_of(uint32_t bytes) {
    uint8_t shift = 0;
    while (bytes >> shift > UINT16_MAX)
        shift++;
    return tw_width_make((uint16_t)(bytes >> shift), shift);
}

START_TEST(a_window_is_low_between_or_rearmed) {
    const struct verdict_case *c = &verdict_cases[_i];
    struct tw_detect_settings settings = {.threshold = c->threshold, .rearm = c->rearm};
    struct tw_edge edge = {0};
    tw_edge_set(&edge, TW_EDGE_EFFECTIVE, width_of(c->window), TW_EDGE_HAS_EFFECTIVE);
    ck_assert_msg(tw_detect_raw(&settings, c->window) == c->verdict, "%s", c->name);
    ck_assert_msg(tw_detect_scaled(&settings, &edge) == c->verdict, "%s, scaled", c->name);
}
END_TEST

START_TEST(of_an_unknown_scale_only_zero_is_low) {
    struct tw_detect_settings settings = {.threshold = 1460, .rearm = 5000};
    struct tw_edge edge = {0};
    ck_assert_int_eq(tw_detect_scaled(&settings, &edge), TW_VERDICT_LOW);
    tw_edge_set(&edge, TW_EDGE_EFFECTIVE, 1, 0);
    ck_assert_int_eq(tw_detect_scaled(&settings, &edge), TW_VERDICT_REARMED);
}
END_TEST

START_TEST(an_episode_counts_what_it_holds) {
    struct tw_detect detect = {0};
    ck_assert(tw_detect_low(&detect, true, 100, 1100));
    ck_assert(!tw_detect_low(&detect, false, 150, 1150));
    ck_assert(!tw_detect_low(&detect, true, 170, 1170));
    ck_assert_uint_eq(detect.episode.low, 3);
    ck_assert_uint_eq(detect.episode.zero, 2);
    ck_assert_int_eq(detect.episode.start_clock, 100);
    ck_assert_int_eq(detect.episode.start_time, 1100);
    ck_assert_int_eq(tw_detect_end(&detect, 200), 100);

    ck_assert(tw_detect_low(&detect, false, 1000, 2000));
    ck_assert_uint_eq(detect.episode.low, 1);
    ck_assert_uint_eq(detect.episode.zero, 0);
    ck_assert_int_eq(tw_detect_end(&detect, 1030), 30);
    ck_assert_uint_eq(detect.episodes, 2);
    ck_assert_uint_eq(detect.low, 4);
    ck_assert_int_eq(detect.low_time, 130);
    ck_assert_int_eq(detect.low_max, 100);
}
END_TEST

START_TEST(an_episode_never_lasts_less_than_nothing) {
    struct tw_detect detect = {0};
    tw_detect_low(&detect, true, 100, 100);
    ck_assert_int_eq(tw_detect_end(&detect, 90), 0);
    ck_assert_int_eq(detect.low_time, 0);
}
END_TEST

static const struct decide_case {
    const char *name;
    struct tw_detect_settings settings;
    int low;
    uint64_t segments;
    tw_time clock;
    enum tw_decision decision;
} decide_cases[] = {
    {"the first low segment", {.min_segments = 1, .min_packets = 1}, 1, 1, 0, TW_DECISION_ALARM},
    {"one low segment too few", {.min_segments = 3}, 2, 9, 50, TW_DECISION_NONE},
    {"enough low segments", {.min_segments = 3}, 3, 9, 50, TW_DECISION_ALARM},
    {"a nanosecond too short", {.min_duration = 100}, 1, 9, 99, TW_DECISION_NONE},
    {"long enough", {.min_duration = 100}, 1, 9, 100, TW_DECISION_ALARM},
    {"one packet too few", {.min_packets = 10}, 1, 9, 0, TW_DECISION_NONE},
    {"enough packets", {.min_packets = 10}, 1, 10, 0, TW_DECISION_ALARM},
    {"no episode", {.min_segments = 0}, 0, 10, 0, TW_DECISION_NONE},
};

START_TEST(an_alarm_is_raised_when_all_conditions_are_met) {
    const struct decide_case *c = &decide_cases[_i];
    struct tw_detect detect = {0};
    for (int i = 0; i < c->low; i++)
        tw_detect_low(&detect, true, 0, 0);
    enum tw_decision decision = tw_detect_decide(&c->settings, &detect, c->segments, c->clock);
    ck_assert_msg(decision == c->decision, "%s: %d", c->name, decision);
    ck_assert_msg(tw_detect_decide(&c->settings, &detect, c->segments, c->clock) == TW_DECISION_NONE, "%s: twice",
                  c->name);
    ck_assert_uint_eq(detect.alarms, decision == TW_DECISION_ALARM);
}
END_TEST

static enum tw_decision episode_at(struct tw_detect *detect, const struct tw_detect_settings *settings, tw_time clock) {
    tw_detect_low(detect, true, clock, clock);
    enum tw_decision decision = tw_detect_decide(settings, detect, 1, clock);
    tw_detect_end(detect, clock);
    return decision;
}

START_TEST(within_the_cooldown_an_alarm_is_suppressed) {
    struct tw_detect_settings settings = {.min_segments = 1, .cooldown = 100};
    struct tw_detect detect = {0};
    ck_assert_int_eq(episode_at(&detect, &settings, 50), TW_DECISION_ALARM);
    ck_assert_int_eq(episode_at(&detect, &settings, 60), TW_DECISION_SUPPRESSED);
    ck_assert(!detect.episode.alarmed && detect.episode.decided);
    ck_assert_int_eq(episode_at(&detect, &settings, 150), TW_DECISION_SUPPRESSED);
    ck_assert_int_eq(episode_at(&detect, &settings, 151), TW_DECISION_ALARM);
    ck_assert_int_eq(episode_at(&detect, &settings, 152), TW_DECISION_SUPPRESSED);
    ck_assert_uint_eq(detect.alarms, 2);
    ck_assert_uint_eq(detect.suppressed, 3);
}
END_TEST

START_TEST(a_suppressed_episode_does_not_alarm_later) {
    struct tw_detect_settings settings = {.min_segments = 1, .cooldown = 100};
    struct tw_detect detect = {0};
    episode_at(&detect, &settings, 0);
    tw_detect_low(&detect, true, 50, 50);
    ck_assert_int_eq(tw_detect_decide(&settings, &detect, 1, 50), TW_DECISION_SUPPRESSED);
    ck_assert_int_eq(tw_detect_decide(&settings, &detect, 1, 5000), TW_DECISION_NONE);
    ck_assert_uint_eq(detect.suppressed, 1);
}
END_TEST

Suite *suite_detect(void) {
    Suite *suite = suite_create("detect");
    TCase *tcase = tcase_create("detect");
    tcase_add_loop_test(tcase, a_window_is_low_between_or_rearmed, 0, sizeof(verdict_cases) / sizeof(verdict_cases[0]));
    tcase_add_test(tcase, of_an_unknown_scale_only_zero_is_low);
    tcase_add_test(tcase, an_episode_counts_what_it_holds);
    tcase_add_test(tcase, an_episode_never_lasts_less_than_nothing);
    tcase_add_loop_test(tcase, an_alarm_is_raised_when_all_conditions_are_met, 0,
                        sizeof(decide_cases) / sizeof(decide_cases[0]));
    tcase_add_test(tcase, within_the_cooldown_an_alarm_is_suppressed);
    tcase_add_test(tcase, a_suppressed_episode_does_not_alarm_later);
    suite_add_tcase(suite, tcase);
    return suite;
}
