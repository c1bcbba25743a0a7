/* SPDX-License-Identifier: MIT */
/*
 * The layout of the report: columns, what is left out, lines that are wrapped.
 */
#include "sheet.h"

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

START_TEST(rows_have_columns) {
    const struct tw_sheet_row rows[] = {
        {"Packets", 5902, 0, TW_SHEET_COUNT, false},
        {"Bytes", 209315, 4993414, TW_SHEET_BYTES, false},
        {"Ring", 1048576, 2097152, TW_SHEET_MEMORY, false},
        {"Files", 1000, 0, TW_SHEET_PLAIN, false},
        {"Low", 7, 556, TW_SHEET_OF, false},
        {"Nothing", 0, 5, TW_SHEET_COUNT, false},
        {"Nothing, and that is said", 0, 5, TW_SHEET_COUNT, true},
    };
    TW_SHEET_ROWS(&text, rows);
    ck_text("  Packets                                             5902              5.90 k\n"
            "  Bytes                                             209315      4.19%   209 kB\n"
            "  Ring                                             1048576     50.00%   1.00 MiB\n"
            "  Files                                               1000\n"
            "  Low                                                    7      1.26%   of 556\n"
            "  Nothing, and that is said                              0      0.00%\n");
}
END_TEST

START_TEST(a_name_is_cut_at_the_width) {
    const struct tw_sheet_row row = {NULL, 7, 0, TW_SHEET_COUNT, true};
    tw_text_str(&text, "10.0.0.1 ");
    tw_sheet_numbers(&text, 0, &row);
    tw_sheet_name_column(&text, 0);
    tw_sheet_name(&text, 0, "Acme\tand \xc3\xa9tudes of many words");
    ck_assert_uint_eq(text.len, TW_SHEET_WIDTH + 1); /* a character of two bytes is one column */
    tw_text_str(&text, "\n");
    ck_assert(memcmp(text.data + 82, "Acme?and \xc3\xa9tudes of\n", 20) == 0);
}
END_TEST

START_TEST(bits_stand_in_words_and_are_wrapped) {
    tw_sheet_bits(&text, "tcpWinStat of all", "tcpWinStat", 0);
    ck_text("  tcpWinStat of all       0x00\n");
    tw_sheet_bits(&text, "tcpWinStat of all", "tcpWinStat", 0x81);
    ck_text("  tcpWinStat of all       0x81  low segment seen; episode open at end of flow\n");
    tw_sheet_bits(&text, "tcpWinStat of all", "tcpWinStat", 0xff);
    ck_text("  tcpWinStat of all       0xff  low segment seen; zero window seen; alarm; alarm suppressed;\n"
            "                          scale unknown; scale above 14; window full seen;\n"
            "                          episode open at end of flow\n");
}
END_TEST

START_TEST(periods_and_moments_are_exact_and_readable) {
    tw_sheet_period(&text, "Duration", 59 * TW_SECOND);
    ck_text("  Duration                59.000000000 s\n");
    tw_sheet_period(&text, "Duration", 60 * TW_SECOND + 1);
    ck_text("  Duration                60.000000001 s  (1 min)\n");
    tw_sheet_moment(&text, "First packet", 1258544215037210000);
    ck_text("  First packet            2009-11-18T11:36:55.037210000Z  (1258544215.037210000)\n");
}
END_TEST

Suite *suite_sheet(void) {
    Suite *suite = suite_create("sheet");
    TCase *tc = tcase_create("sheet");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, rows_have_columns);
    tcase_add_test(tc, a_name_is_cut_at_the_width);
    tcase_add_test(tc, bits_stand_in_words_and_are_wrapped);
    tcase_add_test(tc, periods_and_moments_are_exact_and_readable);
    suite_add_tcase(suite, tc);
    return suite;
}
