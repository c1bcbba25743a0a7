/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include "suites.h"

#define S(seconds) ((tw_time)(seconds)*TW_SECOND)

enum { BASE = 1000000 };

enum what { END, PACKET, BUSY, SILENT };

/* A packet's time, or what the monotonic clock shows; and the clock after it. In milliseconds after BASE seconds. */
struct step {
    enum what what;
    int64_t at, clock;
};

static const struct walk {
    const char *name;
    struct step step[10];
    unsigned jumps;
} walks[] = {
    {"it follows the packets", {{PACKET, 0, 0}, {PACKET, 10, 10}, {PACKET, 900000, 900000}}, 0},
    {"a second behind is simultaneous", {{PACKET, 5000, 5000}, {PACKET, 4000, 5000}, {PACKET, 5001, 5001}}, 0},
    {"a millisecond more is a clock that was set back",
     {{PACKET, 5000, 5000}, {PACKET, 3999, 5000}, {PACKET, 4000, 5001}, {PACKET, 5000, 6001}},
     1},
    {"after a step back reordering is still reordering",
     {{PACKET, 5000, 5000}, {PACKET, 1000, 5000}, {PACKET, 900, 5000}, {PACKET, 1010, 5010}},
     1},
    {"two steps back", {{PACKET, 9000, 9000}, {PACKET, 5000, 9000}, {PACKET, 1000, 9000}, {PACKET, 1500, 9500}}, 2},
    {"in a file a step forward is just time", {{PACKET, 0, 0}, {PACKET, 86400000, 86400000}}, 0},
    {"live, time goes on in silence",
     {{PACKET, 0, 0}, {BUSY, 700000, 0}, {SILENT, 700500, 500}, {SILENT, 760000, 60000}},
     0},
    {"live, time does not go on while packets wait", {{PACKET, 0, 0}, {BUSY, 700000, 0}, {BUSY, 700500, 0}}, 0},
    {"live, a step forward that the monotonic clock does not confirm is undone",
     {{PACKET, 0, 0}, {BUSY, 700000, 0}, {SILENT, 700100, 100}, {PACKET, 3600000, 100}, {PACKET, 3600050, 150}},
     1},
    {"live, a step forward that it confirms is time",
     {{PACKET, 0, 0}, {BUSY, 700000, 0}, {SILENT, 760000, 60000}, {PACKET, 60010, 60010}},
     0},
    {"live, a step back is undone as in a file",
     {{PACKET, 3600000, 3600000}, {BUSY, 700000, 3600000}, {PACKET, 10, 3600000}, {PACKET, 20, 3600010}},
     1},
    {"live, a second ahead is no step", {{PACKET, 0, 0}, {BUSY, 700000, 0}, {PACKET, 1000, 1000}}, 0},
    {"live, a backlog catches up without a step",
     {{PACKET, 0, 0}, {BUSY, 700000, 0}, {BUSY, 705000, 0}, {PACKET, 4000, 4000}, {PACKET, 5000, 5000}},
     0},
    {"nothing happens before the first packet", {{SILENT, 5, -BASE *INT64_C(1000)}, {PACKET, 3, 3}}, 0},
};

START_TEST(the_clock_goes_with_the_packets_and_never_back) {
    const struct walk *walk = &walks[_i];
    struct tw_clock clock = {0};
    for (const struct step *step = walk->step; step->what != END; step++) {
        if (step->what == PACKET)
            ck_assert_int_eq(tw_clock_feed(&clock, S(BASE) + step->at * TW_MS), clock.now);
        else
            tw_clock_tick(&clock, step->at * TW_MS, step->what == SILENT);
        ck_assert_msg(clock.now == S(BASE) + step->clock * TW_MS, "%s: step %d: %lld ms", walk->name,
                      (int)(step - walk->step), (long long)((clock.now - S(BASE)) / TW_MS));
    }
    ck_assert_msg(clock.jumps == walk->jumps, "%s: %u jumps", walk->name, (unsigned)clock.jumps);
}
END_TEST

START_TEST(the_two_clocks_may_drift_apart_slowly) {
    struct tw_clock clock = {0};
    tw_clock_feed(&clock, S(BASE));
    tw_clock_tick(&clock, 0, false);
    for (int i = 1; i <= 100000; i++) { /* packets' time runs 1 % faster than the monotonic clock, for half an hour */
        tw_clock_feed(&clock, S(BASE) + i * 20 * TW_MS + i * 200 * TW_US);
        tw_clock_tick(&clock, i * 20 * TW_MS, false);
    }
    ck_assert_int_eq(clock.now, S(BASE) + 100000 * (20 * TW_MS + 200 * TW_US));
}
END_TEST

static const tw_time damaged[] = {
    INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1, 0, -1, INT64_C(9000000000000000000)};

START_TEST(damaged_times_neither_overflow_nor_stop_it) {
    size_t n = sizeof(damaged) / sizeof(damaged[0]);
    struct tw_clock clock = {0};
    tw_time before = 0;
    if (_i)
        before = tw_clock_feed(&clock, S(BASE));
    for (size_t i = 0; i < n * n; i++) {
        tw_clock_feed(&clock, damaged[i % n]);
        tw_time now = tw_clock_feed(&clock, damaged[i / n]);
        ck_assert_int_ge(now, before);
        ck_assert_int_le(now, INT64_MAX - 30 * S(31536000));
        before = now;
    }
}
END_TEST

START_TEST(after_damaged_times_it_goes_on) {
    struct tw_clock clock = {0};
    tw_clock_feed(&clock, S(BASE));
    tw_clock_feed(&clock, INT64_MAX);
    tw_clock_feed(&clock, INT64_MIN);
    tw_time now = tw_clock_feed(&clock, S(BASE) + 5);
    ck_assert_int_eq(tw_clock_feed(&clock, S(BASE) + 105), now + 100);
}
END_TEST

Suite *suite_clock(void) {
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_loop_test(tcase, the_clock_goes_with_the_packets_and_never_back, 0, sizeof(walks) / sizeof(walks[0]));
    tcase_add_test(tcase, the_two_clocks_may_drift_apart_slowly);
    tcase_add_loop_test(tcase, damaged_times_neither_overflow_nor_stop_it, 0, 2);
    tcase_add_test(tcase, after_damaged_times_it_goes_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
