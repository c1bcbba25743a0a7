/* SPDX-License-Identifier: MIT */
/*
 * How a running tcpwind is, judged by its last report.
 */
#include "verdict.h"

#include <string.h>

#include "suites.h"

#define REPORT(members) "{\"tcpwind\":\"0\",\"interval\":{\"duration_s\":60.0," members "\"line\":\"\"}}"

static const struct {
    const char *name, *json;
    int age_s;
    const char *reasons;
} cases[] = {
    {"all is well", REPORT("\"dropped_kernel\":0,\"interface_away\":false,\"trouble\":null,"), 59, ""},
    {"packets dropped by the kernel", REPORT("\"dropped_kernel\":1,"), 1,
     "1 packets dropped by the kernel: the capture's buffer was full (in the last 60 s)\n"},
    {"the interface is away", REPORT("\"interface_away\":true,"), 1,
     "the interface is away or down; tcpwind waits for it\n"},
    {"a trouble in words, made inert", REPORT("\"trouble\":\"disk full \\u001b[2J\","), 1, "disk full \\x1b[2J\n"},
    {"two troubles", REPORT("\"write_errors\":3,\"lost_packets\":2,"), 1,
     "2 packets of alarmed connections not written (in the last 60 s)\n3 errors while writing files (in the last 60 "
     "s)\n"},
    {"too many stalls", REPORT("\"skipped\":4,"), 1,
     "4 alarmed connections not extracted: extract.max_rate (in the last 60 s)\n"},
    {"drops before the last interval", "{\"capture\":{\"dropped_kernel\":5},\"interval\":{\"dropped_kernel\":0}}", 1,
     ""},
    {"a report that is almost old", REPORT(""), 179, ""},
    {"a report that is old", REPORT(""), 180, "the report is old (3 min): tcpwind runs, but does not report\n"},
    {"a clock that was set back", REPORT(""), -3600, ""},
    {"no intervals", "{\"interval\":{\"duration_s\":0.000}}", 100000, ""},
    {"nothing", "", 1, ""},
};

START_TEST(trouble_is_said_in_words) {
    struct tw_text reasons = TW_TEXT_INIT;
    bool is_well = verdict_judge(cases[_i].json, strlen(cases[_i].json), cases[_i].age_s * TW_SECOND, &reasons);
    tw_text_char(&reasons, '\0');
    ck_assert_msg(strcmp(reasons.data, cases[_i].reasons) == 0, "%s: %s", cases[_i].name, reasons.data);
    ck_assert_msg(is_well == (cases[_i].reasons[0] == '\0'), "%s", cases[_i].name);
    tw_text_fini(&reasons);
}
END_TEST

static const struct {
    int seconds;
    const char *text;
} periods[] = {
    {-5, "0 s"},           {0, "0 s"},    {59, "59 s"},           {60, "1 min"},  {61, "1 min 1 s"},
    {3599, "59 min 59 s"}, {3600, "1 h"}, {86399, "23 h 59 min"}, {86400, "1 d"}, {1040400, "12 d 1 h"},
};

START_TEST(a_period_has_its_two_largest_units) {
    struct tw_text text = TW_TEXT_INIT;
    verdict_period(&text, periods[_i].seconds * TW_SECOND);
    tw_text_char(&text, '\0');
    ck_assert_str_eq(text.data, periods[_i].text);
    tw_text_fini(&text);
}
END_TEST

Suite *suite_verdict(void) {
    Suite *suite = suite_create("verdict");
    TCase *tc = tcase_create("verdict");
    tcase_add_loop_test(tc, trouble_is_said_in_words, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tc, a_period_has_its_two_largest_units, 0, sizeof(periods) / sizeof(periods[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
