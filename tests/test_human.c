/* SPDX-License-Identifier: MIT */
/*
 * Human numbers, at the places where the unit changes.
 */
#include "human.h"

#include <string.h>

#include "suites.h"

static struct tw_text text = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&text);
}

static void ck_text(const char *want) {
    tw_text_char(&text, '\0');
    ck_assert(!text.failed);
    ck_assert_str_eq(text.data, want);
    tw_text_clear(&text);
}

static const struct {
    uint64_t value;
    const char *count, *bytes, *memory;
} sizes[] = {
    {0, "0", "0 B", "0 B"},
    {999, "999", "999 B", "999 B"},
    {1000, "1.00 k", "1.00 kB", "1000 B"},
    {1023, "1.02 k", "1.02 kB", "1023 B"},
    {1024, "1.02 k", "1.02 kB", "1.00 KiB"},
    {5902, "5.90 k", "5.90 kB", "5.76 KiB"},
    {999499, "999 k", "999 kB", "976 KiB"},
    {999500, "1.00 M", "1.00 MB", "976 KiB"},
    {4993414, "4.99 M", "4.99 MB", "4.76 MiB"},
    {268435456, "268 M", "268 MB", "256 MiB"},
    {UINT64_MAX, "18.4 E", "18.4 EB", "16.0 EiB"},
};

START_TEST(a_size_has_three_digits_and_a_unit) {
    tw_human_count(&text, sizes[_i].value);
    ck_text(sizes[_i].count);
    tw_human_bytes(&text, sizes[_i].value);
    ck_text(sizes[_i].bytes);
    tw_human_memory(&text, sizes[_i].value);
    ck_text(sizes[_i].memory);
}
END_TEST

static const struct {
    uint64_t count;
    tw_time duration;
    const char *want;
} rates[] = {
    {1, 0, "- "},
    {0, 1, "0 bit/s"},
    {1, 8 * TW_SECOND, "0.13 bit/s"},
    {1, 10 * TW_SECOND, "0.10 bit/s"},
    {1, 11 * TW_SECOND, "0.091 bit/s"},
    {264, 535246524497722000, "0.00000049 bit/s"},
    {1, INT64_C(1000000000) * TW_SECOND, "0.000000001 bit/s"},
    {39947312, 50276646078000, "795 bit/s"},
    {1, -1, "- "},
    {1, 1, "1.00 Gbit/s"},
    {UINT64_MAX, 1, "18446744074 Ebit/s"},
};

START_TEST(a_rate_has_a_unit) {
    tw_human_rate(&text, rates[_i].count, rates[_i].duration, "bit/s");
    if (rates[_i].duration <= 0)
        tw_text_char(&text, ' ');
    ck_text(rates[_i].want);
}
END_TEST

static const struct {
    tw_time duration;
    const char *want;
} durations[] = {
    {-1, "0 s"},
    {0, "0 s"},
    {1, "1 ns"},
    {999, "999 ns"},
    {1000, "1 us"},
    {250 * TW_MS, "250 ms"},
    {999999999, "1000 ms"},
    {TW_SECOND, "1 s"},
    {27606923000, "27.6 s"},
    {60 * TW_SECOND - 1, "60.0 s"},
    {60 * TW_SECOND, "1 min"},
    {3599 * TW_SECOND, "59 min 59 s"},
    {3600 * TW_SECOND, "1 h"},
    {50276646078000, "13 h 57 min 56 s"},
    {86400 * TW_SECOND - 1, "23 h 59 min 59 s"},
    {86400 * TW_SECOND, "1 d"},
    {93785 * TW_SECOND, "1 d 2 h"},
    {INT64_MAX, "106751 d 23 h"},
};

START_TEST(a_duration_is_as_exact_as_sensible) {
    tw_human_duration(&text, durations[_i].duration);
    ck_text(durations[_i].want);
}
END_TEST

START_TEST(a_share_has_two_decimals) {
    tw_human_percent(&text, 1, 36);
    ck_text("2.78%");
    tw_human_percent(&text, 36, 36);
    ck_text("100.00%");
    tw_human_percent(&text, 0, 36);
    ck_text("0.00%");
    tw_human_percent(&text, 1, 0);
    ck_text("-");
    tw_human_percent(&text, UINT64_MAX, UINT64_MAX);
    ck_text("100.00%");
}
END_TEST

START_TEST(a_quotient_has_two_decimals) {
    tw_human_quotient(&text, 5902, 72);
    ck_text("81.97");
    tw_human_quotient(&text, 1, 200);
    ck_text("0.01");
    tw_human_quotient(&text, 0, 7);
    ck_text("0.00");
    tw_human_quotient(&text, 1, 0);
    ck_text("-");
    tw_human_quotient(&text, UINT64_MAX, 1);
    ck_text("18446744073709551615.00");
}
END_TEST

Suite *suite_human(void) {
    Suite *suite = suite_create("human");
    TCase *tc = tcase_create("human");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, a_size_has_three_digits_and_a_unit, 0, sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tc, a_quotient_has_two_decimals);
    tcase_add_loop_test(tc, a_rate_has_a_unit, 0, sizeof(rates) / sizeof(rates[0]));
    tcase_add_loop_test(tc, a_duration_is_as_exact_as_sensible, 0, sizeof(durations) / sizeof(durations[0]));
    tcase_add_test(tc, a_share_has_two_decimals);
    suite_add_tcase(suite, tc);
    return suite;
}
