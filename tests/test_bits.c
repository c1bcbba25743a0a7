/* SPDX-License-Identifier: MIT */
/*
 * The bits of the flow table's columns, in words.
 */
#include "bits.h"

#include <string.h>

#include "event.h"
#include "suites.h"

static struct tw_text out = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&out);
}

static const struct {
    const char *name, *column, *text;
    bool is_good;
    uint64_t value;
} numbers[] = {
    {"hexadecimal", "flowStat", "0x0402000000004000", true, 0x0402000000004000},
    {"upper case", "flowStat", "0XAB", true, 0xab},
    {"decimal", "tcpWinStat", "71", true, 0x47},
    {"nothing set", "tcpWinStat", "0x00", true, 0},
    {"the largest of 64 bits", "flowStat", "0xffffffffffffffff", true, UINT64_MAX},
    {"one past 64 bits", "flowStat", "0x10000000000000000", false, 0},
    {"the largest of 8 bits", "tcpStatesAFlags", "0xff", true, 0xff},
    {"one past 8 bits", "tcpStatesAFlags", "0x100", false, 0},
    {"no digit", "flowStat", "0x", false, 0},
    {"nothing", "flowStat", "", false, 0},
    {"a sign", "flowStat", "-1", false, 0},
    {"a blank", "flowStat", " 1", false, 0},
    {"something behind it", "flowStat", "0x1g", false, 0},
    {"a letter without 0x", "flowStat", "ab", false, 0},
};

START_TEST(a_value_is_a_number_that_fits_its_column) {
    uint64_t value = 77;
    bool is_good = tw_bits_parse(tw_bits_find(numbers[_i].column), numbers[_i].text, &value);
    ck_assert_msg(is_good == numbers[_i].is_good, "%s", numbers[_i].name);
    ck_assert_msg(value == (is_good ? numbers[_i].value : 77), "%s: %llu", numbers[_i].name, (unsigned long long)value);
}
END_TEST

START_TEST(each_set_bit_has_its_line_in_order) {
    tw_bits_explain(&out, tw_bits_find("flowStat"), UINT64_C(0x8402000000004001) & ~UINT64_C(0x0400000000000000));
    tw_text_char(&out, '\0');
    ck_assert_str_eq(out.data, "flowStat=0x8002000000004001\n"
                               "  bit  0  0x0000000000000001  B direction (did not initiate)\n"
                               "  bit 14  0x0000000000004000  IPv4 flow\n"
                               "  bit 49  0x0002000000000000  alarm, its packets are extracted\n"
                               "  bit 63  0x8000000000000000  length above the maximum\n");
}
END_TEST

START_TEST(a_value_without_bits_says_so) {
    tw_bits_explain(&out, tw_bits_find("tcpWinStat"), 0);
    tw_text_char(&out, '\0');
    ck_assert_str_eq(out.data, "tcpWinStat=0x00\n  no bit is set\n");
}
END_TEST

START_TEST(a_bit_without_a_meaning_is_shown_all_the_same) {
    tw_bits_json(&out, tw_bits_find("tcpStatesAFlags"), 0x60);
    tw_text_char(&out, '\0');
    ck_assert_str_eq(out.data, "[\"(no meaning)\",\"reset from sender\"]");
}
END_TEST

/* What the engine calls its bits and what they are called here must be the same thing. */
static const struct {
    unsigned bit;
    const char *text;
} window_bits[] = {
    {TW_STAT_LOW, "low segment seen"},
    {TW_STAT_ZERO, "zero window seen"},
    {TW_STAT_ALARM, "alarm"},
    {TW_STAT_SUPPRESSED, "alarm suppressed"},
    {TW_STAT_SCALE_UNKNOWN, "scale unknown"},
    {TW_STAT_SCALE_ABOVE_14, "scale above 14"},
    {TW_STAT_WINDOW_FULL, "window full seen"},
    {TW_STAT_OPEN_AT_END, "episode open at end of flow"},
};

START_TEST(the_window_bits_are_those_of_the_engine) {
    const struct tw_bits_field *field = tw_bits_find("tcpWinStat");
    ck_assert_str_eq(tw_bits_text(field, (unsigned)__builtin_ctz(window_bits[_i].bit)), window_bits[_i].text);
}
END_TEST

START_TEST(other_columns_are_not_of_bits) {
    ck_assert_ptr_null(tw_bits_find("flowInd"));
    ck_assert_ptr_null(tw_bits_find("flowstat"));
    ck_assert_str_eq(tw_bits_at(2)->name, "tcpWinStat");
    ck_assert_ptr_null(tw_bits_at(3));
}
END_TEST

Suite *suite_bits(void) {
    Suite *suite = suite_create("bits");
    TCase *tc = tcase_create("bits");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, a_value_is_a_number_that_fits_its_column, 0, sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_test(tc, each_set_bit_has_its_line_in_order);
    tcase_add_test(tc, a_value_without_bits_says_so);
    tcase_add_test(tc, a_bit_without_a_meaning_is_shown_all_the_same);
    tcase_add_loop_test(tc, the_window_bits_are_those_of_the_engine, 0, sizeof(window_bits) / sizeof(window_bits[0]));
    tcase_add_test(tc, other_columns_are_not_of_bits);
    suite_add_tcase(suite, tc);
    return suite;
}
