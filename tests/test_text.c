/* SPDX-License-Identifier: MIT */
/*
 * Text: numbers, times and addresses against what printf, strftime and inet_ntop make of them, and names made harmless.
 */
#include "text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suites.h"

static struct tw_text text = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&text);
}

/* The text so far, as a string; empties it. */
static const char *taken(void) {
    static char copy[4096];
    ck_assert(!text.failed && text.len < sizeof(copy));
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    tw_text_clear(&text);
    return copy;
}

static const uint64_t numbers[] = {0,
                                   1,
                                   9,
                                   10,
                                   11,
                                   99,
                                   100,
                                   101,
                                   999,
                                   1000,
                                   4294967295,
                                   4294967296,
                                   INT64_MAX,
                                   (uint64_t)INT64_MAX + 1,
                                   UINT64_C(0x0123456789abcdef),
                                   UINT64_C(0xfedcba9876543210),
                                   UINT64_MAX - 1,
                                   UINT64_MAX};

/* On both sides of every power of ten and of two. */
START_TEST(every_length_of_number_is_as_printf_writes_it) {
    char want[64];
    for (uint64_t base = 2; base <= 10; base += 8) {
        for (uint64_t power = 1;; power *= base) {
            for (uint64_t n = power - 1; n <= power; n++) {
                snprintf(want, sizeof(want), "%" PRIu64 " %" PRIx64, n, n);
                tw_text_u64(&text, n);
                tw_text_char(&text, ' ');
                tw_text_hex(&text, n, 0);
                ck_assert_str_eq(taken(), want);
            }
            if (power > UINT64_MAX / base)
                break;
        }
    }
}
END_TEST

START_TEST(numbers_are_as_printf_writes_them) {
    char want[128];
    uint64_t n = numbers[_i];
    snprintf(want, sizeof(want), "%" PRIu64 " %" PRId64 " %" PRIx64 " %04" PRIx64 " %016" PRIx64, n, (int64_t)n, n, n,
             n);
    tw_text_u64(&text, n);
    tw_text_char(&text, ' ');
    tw_text_i64(&text, (int64_t)n);
    tw_text_char(&text, ' ');
    tw_text_hex(&text, n, 0);
    tw_text_char(&text, ' ');
    tw_text_hex(&text, n, 4);
    tw_text_char(&text, ' ');
    tw_text_hex(&text, n, 16);
    ck_assert_str_eq(taken(), want);
}
END_TEST

static const struct {
    const char *name;
    uint64_t numerator, denominator;
    const char *want;
} ratios[] = {
    {"undefined", 5, 0, "0"},
    {"zero", 0, 7, "0.000000"},
    {"one", 7, 7, "1.000000"},
    {"third", 1, 3, "0.333333"},
    {"two thirds are rounded up", 2, 3, "0.666667"},
    {"half of the last digit goes to the even one below", 1, 2000000, "0.000000"},
    {"half of the last digit goes to the even one above", 3, 2000000, "0.000002"},
    {"half to even in wide numbers", (UINT64_C(1) << 62) / 2000000 * 3, (UINT64_C(1) << 62) / 2000000 * 2000000,
     "0.000002"},
    {"less than half goes down", 1, 2000001, "0.000000"},
    {"carry into the whole", 9999999, 10000000, "1.000000"},
    {"above one", 5902, 36, "163.944444"},
    {"largest by one", UINT64_MAX, 1, "18446744073709551615.000000"},
    {"largest by itself", UINT64_MAX, UINT64_MAX, "1.000000"},
    {"one by the largest", 1, UINT64_MAX, "0.000000"},
    {"last denominator of the narrow division", 1, UINT64_MAX / 4000000, "0.000000"},
    {"half of the largest", UINT64_MAX / 2, UINT64_MAX, "0.500000"},
};

START_TEST(a_ratio_has_six_decimals_rounded_half_to_even) {
    tw_text_ratio(&text, ratios[_i].numerator, ratios[_i].denominator);
    ck_assert_msg(strcmp(taken(), ratios[_i].want) == 0, "%s", ratios[_i].name);
}
END_TEST

START_TEST(narrow_and_wide_division_agree) {
    srand(20091118);
    for (int i = 0; i < 20000; i++) {
        uint64_t numerator = (uint64_t)rand() << (rand() % 30), denominator = ((uint64_t)rand() << (rand() % 14)) + 1;
        unsigned __int128 twice =
            ((unsigned __int128)numerator * 2000000 + denominator) / ((unsigned __int128)denominator * 2);
        char want[64];
        snprintf(want, sizeof(want), "%" PRIu64 ".%06" PRIu64, (uint64_t)(twice / 1000000),
                 (uint64_t)(twice % 1000000));
        tw_text_ratio(&text, numerator, denominator);
        ck_assert_str_eq(taken(), want);
    }
}
END_TEST

static const struct {
    uint64_t count;
    tw_time duration;
    const char *want;
} rates[] = {
    {10, 0, "0"},
    {10, -1, "0"},
    {10, 1, "10000000000.000000"},
    {1986, 27606923000, "71.938477"},
    {UINT64_MAX, TW_SECOND, "18446744073709551615.000000"},
    {18446744074, TW_SECOND, "18446744074.000000"}, /* one past what times 10^9 fits in 64 bits */
    {1, 3 * TW_SECOND, "0.333333"},
};

START_TEST(a_rate_is_exact_where_the_product_does_not_fit) {
    tw_text_rate(&text, rates[_i].count, rates[_i].duration);
    ck_assert_str_eq(taken(), rates[_i].want);
}
END_TEST

static const struct {
    tw_time t;
    const char *seconds, *rfc3339, *stamp;
} times[] = {
    {0, "0.000000000", "1970-01-01T00:00:00.000000000Z", "19700101T000000Z"},
    {1, "0.000000001", "1970-01-01T00:00:00.000000001Z", "19700101T000000Z"},
    {-1, "-0.000000001", "1969-12-31T23:59:59.999999999Z", "19691231T235959Z"},
    {1258544215037210000, "1258544215.037210000", "2009-11-18T11:36:55.037210000Z", "20091118T113655Z"},
    {951782399999999999, "951782399.999999999", "2000-02-28T23:59:59.999999999Z", "20000228T235959Z"},
    {951782400000000000, "951782400.000000000", "2000-02-29T00:00:00.000000000Z", "20000229T000000Z"},
    {4107542400000000000, "4107542400.000000000", "2100-03-01T00:00:00.000000000Z", "21000301T000000Z"},
    {INT64_MAX, "9223372036.854775807", "2262-04-11T23:47:16.854775807Z", "22620411T234716Z"},
    {INT64_MIN, "-9223372036.854775808", "1677-09-21T00:12:43.145224192Z", "16770921T001243Z"},
};

START_TEST(times_are_exact_from_the_first_to_the_last) {
    tw_text_seconds(&text, times[_i].t);
    ck_assert_str_eq(taken(), times[_i].seconds);
    tw_text_rfc3339(&text, times[_i].t);
    ck_assert_str_eq(taken(), times[_i].rfc3339);
    tw_text_stamp(&text, times[_i].t);
    ck_assert_str_eq(taken(), times[_i].stamp);
}
END_TEST

START_TEST(every_day_of_four_centuries_is_as_strftime_has_it) {
    for (time_t day = -106000; day < 106000; day++) {
        time_t t = day * 86400 + 86399;
        struct tm tm;
        char want[32];
        ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
        strftime(want, sizeof(want), "%Y%m%dT%H%M%SZ", &tm);
        tw_text_stamp(&text, (tw_time)t * TW_SECOND);
        ck_assert_str_eq(taken(), want);
    }
}
END_TEST

static const char *const addresses[] = {
    "0.0.0.0",
    "255.255.255.255",
    "10.9.100.99",
    "192.168.1.104",
    "::",
    "::1",
    "2001:db8::1:0:0:1",
    "::ffff:10.0.0.1",
    "fe80::200:86ff:fe05:80da",
    "2001:db8:1234:5678:9abc:def0:1234:5678",
};

START_TEST(addresses_are_as_inet_ntop_writes_them) {
    struct tw_addr addr = {{0}};
    int version = strchr(addresses[_i], ':') != NULL ? 6 : 4;
    ck_assert_int_eq(inet_pton(version == 4 ? AF_INET : AF_INET6, addresses[_i], addr.bytes), 1);
    tw_text_addr(&text, version, &addr);
    ck_assert_str_eq(taken(), addresses[_i]);
}
END_TEST

START_TEST(a_mac_is_six_pairs) {
    tw_text_mac(&text, (const uint8_t[6]){0x00, 0x1b, 0xff, 0x7f, 0x80, 0x09});
    ck_assert_str_eq(taken(), "00:1b:ff:7f:80:09");
}
END_TEST

static const struct {
    const char *name, *given, *want;
} names[] = {
    {"nothing", "", ""},
    {"plain", "faf-exercise.pcap", "faf-exercise.pcap"},
    {"UTF-8 stays", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x8c\x8a", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x8c\x8a"},
    {"terminal escape", "a\033[2Jb", "a\\x1b[2Jb"},
    {"tab and newline", "a\tb\n", "a\\x09b\\x0a"},
    {"delete", "\x7f", "\\x7f"},
    {"backslash, so that it can be read back", "a\\x1b", "a\\x5cx1b"},
    {"C1 control in UTF-8",
     "\xc2\x9b"
     "2J",
     "\\xc2\\x9b"
     "2J"},
    {"C1 control as a byte",
     "\x9b"
     "2J",
     "\\x9b"
     "2J"},
    {"last C1 control, and the first character behind", "\xc2\x9f\xc2\xa0", "\\xc2\\x9f\xc2\xa0"},
    {"text turned around",
     "\xe2\x80\xae"
     "fdp",
     "\\xe2\\x80\\xae"
     "fdp"},
    {"lead without continuation", "\xc3(", "\\xc3("},
    {"cut at the end", "\xe2\x82", "\\xe2\\x82"},
    {"overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
    {"surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"above the last code point", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"no lead at all", "\xff\xfe\x80", "\\xff\\xfe\\x80"},
};

START_TEST(a_name_cannot_command_a_terminal) {
    tw_text_visible(&text, names[_i].given);
    if (names[_i].given[0] != '\0')
        ck_assert_msg(strcmp(taken(), names[_i].want) == 0, "%s", names[_i].name);
    ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(it_grows_and_keeps_what_was_there) {
    for (int i = 0; i < 100000; i++)
        tw_text_bytes(&text, "0123456789", 10);
    ck_assert_uint_eq(text.len, 1000000);
    size_t wrong = 0; /* a million checks one by one take seconds */
    for (size_t i = 0; i < text.len; i++)
        wrong += text.data[i] != (char)('0' + i % 10);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(what_stands_there_is_copied_also_when_it_has_to_grow_for_that) {
    tw_text_str(&text, "0123456789");
    for (int i = 0; i < 16; i++)
        tw_text_again(&text, 0, text.len);
    tw_text_again(&text, 3, 4);
    tw_text_again(&text, 3, 0);
    ck_assert_uint_eq(text.len, 10 * 65536 + 4);
    size_t wrong = 0;
    for (size_t i = 0; i < 10 * 65536; i++)
        wrong += text.data[i] != (char)('0' + i % 10);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_int_eq(memcmp(text.data + 10 * 65536, "3456", 4), 0);
}
END_TEST

START_TEST(what_cannot_grow_says_so_and_stays_as_it_was) {
    tw_text_str(&text, "kept");
    tw_text_bytes(&text, "", SIZE_MAX / 2);
    ck_assert(text.failed);
    tw_text_str(&text, "missing");
    ck_assert_uint_eq(text.len, 4);
    tw_text_clear(&text);
    tw_text_str(&text, "again");
    ck_assert_str_eq(taken(), "again");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *suite_text(void) {
    Suite *suite = suite_create("text");
    TCase *tc = tcase_create("text");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, numbers_are_as_printf_writes_them, 0, COUNT(numbers));
    tcase_add_test(tc, every_length_of_number_is_as_printf_writes_it);
    tcase_add_loop_test(tc, a_ratio_has_six_decimals_rounded_half_to_even, 0, COUNT(ratios));
    tcase_add_test(tc, narrow_and_wide_division_agree);
    tcase_add_loop_test(tc, a_rate_is_exact_where_the_product_does_not_fit, 0, COUNT(rates));
    tcase_add_loop_test(tc, times_are_exact_from_the_first_to_the_last, 0, COUNT(times));
    tcase_add_test(tc, every_day_of_four_centuries_is_as_strftime_has_it);
    tcase_add_loop_test(tc, addresses_are_as_inet_ntop_writes_them, 0, COUNT(addresses));
    tcase_add_test(tc, a_mac_is_six_pairs);
    tcase_add_loop_test(tc, a_name_cannot_command_a_terminal, 0, COUNT(names));
    tcase_add_test(tc, it_grows_and_keeps_what_was_there);
    tcase_add_test(tc, what_stands_there_is_copied_also_when_it_has_to_grow_for_that);
    tcase_add_test(tc, what_cannot_grow_says_so_and_stays_as_it_was);
    suite_add_tcase(suite, tc);
    return suite;
}
