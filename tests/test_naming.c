/* SPDX-License-Identifier: MIT */
/*
 * File names: made, read back, and not mistaken for those of others.
 */
#include "naming.h"

#include <string.h>

#include "err.h"
#include "suites.h"

#define NEW_YEAR_2024 (INT64_C(1704067200) * TW_SECOND)

static const struct {
    const char *what, *text;
    struct tw_name name;
} names[] = {
    {"evidence", "tcpwind-20240101T000000Z-000001.pcap", {TW_NAME_PCAP, NEW_YEAR_2024, 1, 0, false}},
    {"evidence being written", "tcpwind-20240101T000000Z-000001.pcap.part", {TW_NAME_PCAP, NEW_YEAR_2024, 1, 0, true}},
    {"evidence of a flow", "tcpwind-20240101T000000Z-000012-flow34.pcap", {TW_NAME_PCAP, NEW_YEAR_2024, 12, 34, false}},
    {"evidence of a flow being written",
     "tcpwind-20240101T000000Z-000012-flow34.pcap.part",
     {TW_NAME_PCAP, NEW_YEAR_2024, 12, 34, true}},
    {"rotated flow records", "tcpwind_flows-20240101T000000Z-000003.tsv", {TW_NAME_FLOWS, NEW_YEAR_2024, 3, 0, false}},
    {"rotated alarms", "tcpwind_alarms-20240101T000000Z-000004.jsonl", {TW_NAME_ALARMS, NEW_YEAR_2024, 4, 0, false}},
    {"the last number of six digits",
     "tcpwind-20240101T000000Z-999999.pcap",
     {TW_NAME_PCAP, NEW_YEAR_2024, 999999, 0, false}},
    {"a number of seven digits",
     "tcpwind-20240101T000000Z-1000000.pcap",
     {TW_NAME_PCAP, NEW_YEAR_2024, 1000000, 0, false}},
    {"the epoch", "tcpwind-19700101T000000Z-000001.pcap", {TW_NAME_PCAP, 0, 1, 0, false}},
    {"a second before the epoch", "tcpwind-19691231T235959Z-000001.pcap", {TW_NAME_PCAP, -TW_SECOND, 1, 0, false}},
    {"a leap day",
     "tcpwind-20240229T123456Z-000001.pcap",
     {TW_NAME_PCAP, INT64_C(1709210096) * TW_SECOND, 1, 0, false}},
    {"the day after a leap day of a century",
     "tcpwind-20000301T000000Z-000001.pcap",
     {TW_NAME_PCAP, INT64_C(951868800) * TW_SECOND, 1, 0, false}},
};

START_TEST(names_are_made_as_the_contract_says) {
    char made[TW_NAME_MAX];
    ck_assert_int_eq(tw_naming_make("tcpwind", &names[_i].name, made), 0);
    ck_assert_msg(strcmp(made, names[_i].text) == 0, "%s: %s", names[_i].what, made);
}
END_TEST

START_TEST(names_are_read_back) {
    struct tw_name got;
    const struct tw_name *want = &names[_i].name;
    ck_assert_msg(tw_naming_read("tcpwind", names[_i].text, &got), "%s", names[_i].what);
    ck_assert_msg(got.kind == want->kind && got.time == want->time && got.number == want->number &&
                      got.flow == want->flow && got.part == want->part,
                  "%s", names[_i].what);
}
END_TEST

START_TEST(parts_of_a_second_are_not_in_the_name) {
    char made[TW_NAME_MAX];
    struct tw_name name = {TW_NAME_PCAP, NEW_YEAR_2024 + TW_SECOND - 1, 1, 0, false};
    ck_assert_int_eq(tw_naming_make("p", &name, made), 0);
    ck_assert_str_eq(made, "p-20240101T000000Z-000001.pcap");
}
END_TEST

static const struct {
    const char *what, *text;
} foreign[] = {
    {"another prefix", "other-20240101T000000Z-000001.pcap"},
    {"a longer prefix", "tcpwind-lan-20240101T000000Z-000001.pcap"},
    {"nothing after the prefix", "tcpwind"},
    {"the live log", "tcpwind_flows.tsv"},
    {"the link to the current file", "tcpwind-current.pcap"},
    {"another ending", "tcpwind-20240101T000000Z-000001.pcapng"},
    {"something behind", "tcpwind-20240101T000000Z-000001.pcap.part.old"},
    {"five digits", "tcpwind-20240101T000000Z-00001.pcap"},
    {"a needless zero in the number", "tcpwind-20240101T000000Z-0000001.pcap"},
    {"number zero", "tcpwind-20240101T000000Z-000000.pcap"},
    {"a number that does not fit", "tcpwind-20240101T000000Z-99999999999999999999.pcap"},
    {"no Z", "tcpwind-20240101T000000-000001.pcap"},
    {"the 31st of June", "tcpwind-20240631T000000Z-000001.pcap"},
    {"the 29th of February of a common year", "tcpwind-20230229T000000Z-000001.pcap"},
    {"month 13", "tcpwind-20241301T000000Z-000001.pcap"},
    {"month 0", "tcpwind-20240001T000000Z-000001.pcap"},
    {"hour 24", "tcpwind-20240101T240000Z-000001.pcap"},
    {"a year that no time can say", "tcpwind-99990101T000000Z-000001.pcap"},
    {"flow 0", "tcpwind-20240101T000000Z-000001-flow0.pcap"},
    {"a flow with a needless zero", "tcpwind-20240101T000000Z-000001-flow01.pcap"},
    {"a flow without a number", "tcpwind-20240101T000000Z-000001-flow.pcap"},
    {"flow records with a flow", "tcpwind_flows-20240101T000000Z-000001-flow1.tsv"},
    {"flow records with the ending of evidence", "tcpwind_flows-20240101T000000Z-000001.pcap"},
};

START_TEST(names_of_others_are_not_read) {
    struct tw_name got = {.number = 77};
    ck_assert_msg(!tw_naming_read("tcpwind", foreign[_i].text, &got), "%s", foreign[_i].what);
    ck_assert_uint_eq(got.number, 77);
}
END_TEST

START_TEST(every_day_of_four_centuries_comes_back) {
    char made[TW_NAME_MAX];
    for (int64_t day = -36524; day < 36524 * 2; day++) {
        struct tw_name got, name = {TW_NAME_PCAP, day * 86400 * TW_SECOND + 3661 * TW_SECOND, 5, 0, false};
        ck_assert_int_eq(tw_naming_make("p", &name, made), 0);
        ck_assert_msg(tw_naming_read("p", made, &got) && got.time == name.time, "day %lld: %s", (long long)day, made);
    }
}
END_TEST

START_TEST(a_name_that_no_file_system_takes_is_refused) {
    char prefix[300], made[TW_NAME_MAX] = "before";
    struct tw_name name = {TW_NAME_PCAP, NEW_YEAR_2024, 1, 0, false};
    const size_t rest = strlen("-20240101T000000Z-000001.pcap.part");
    memset(prefix, 'p', sizeof(prefix));
    prefix[255 - rest + 1] = '\0';
    ck_assert_int_eq(tw_naming_make(prefix, &name, made), TW_ENAME);
    ck_assert_str_eq(made, "before");
    prefix[255 - rest] = '\0';
    ck_assert_int_eq(tw_naming_make(prefix, &name, made), 0);
    name.part = true;
    ck_assert_int_eq(tw_naming_make(prefix, &name, made), 0);
    ck_assert_uint_eq(strlen(made), 255);
}
END_TEST

START_TEST(fixed_names_are_prefix_and_suffix) {
    char made[TW_NAME_MAX];
    ck_assert_int_eq(tw_naming_fixed("tcpwind", "_flows.tsv", made), 0);
    ck_assert_str_eq(made, "tcpwind_flows.tsv");
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_naming(void) {
    Suite *suite = suite_create("naming");
    TCase *tc = tcase_create("names");
    tcase_add_loop_test(tc, names_are_made_as_the_contract_says, 0, N(names));
    tcase_add_loop_test(tc, names_are_read_back, 0, N(names));
    tcase_add_test(tc, parts_of_a_second_are_not_in_the_name);
    tcase_add_loop_test(tc, names_of_others_are_not_read, 0, N(foreign));
    tcase_add_test(tc, every_day_of_four_centuries_comes_back);
    tcase_add_test(tc, a_name_that_no_file_system_takes_is_refused);
    tcase_add_test(tc, fixed_names_are_prefix_and_suffix);
    suite_add_tcase(suite, tc);
    return suite;
}
