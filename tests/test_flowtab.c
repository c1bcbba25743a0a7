/* SPDX-License-Identifier: MIT */
/*
 * Flow tables read back: columns chosen by name, rows aligned, rows as JSON.
 */
#include "flowtab.h"

#include <stdio.h>
#include <string.h>

#include "check_json.h"
#include "flowlog.h"
#include "suites.h"

static struct flowtab tab;
static struct tw_text out = TW_TEXT_INIT;
static char line[4096];
static char *field[FLOWTAB_COLUMNS_MAX];

static void setup(void) {
    flowtab_init(&tab);
}

static void teardown(void) {
    flowtab_fini(&tab);
    tw_text_fini(&out);
}

static void split(const char *text) {
    snprintf(line, sizeof(line), "%s", text);
    ck_assert_uint_eq(flowtab_split(line, field, FLOWTAB_COLUMNS_MAX), tab.n);
}

static const char *result(void) {
    tw_text_char(&out, '\0');
    ck_assert(!out.failed);
    return out.data;
}

static const char header[] = "%dir\tflowInd\tflowStat\tvlanID\tsrcIP\tduration\ttcpWinScale";

START_TEST(numbers_stay_numbers_and_the_bits_are_spelled_out) {
    ck_assert_ptr_null(flowtab_header(&tab, header, "all"));
    split("B\t36\t0x0402000000000001\t7\t10.0.0.1\t0.500000000\tnone");
    flowtab_json(&out, &tab, field);
    ck_assert_str_eq(
        result(), "{\"dir\":\"B\",\"flowInd\":36,\"flowStat\":\"0x0402000000000001\",\"flowStat_bits\":[\"B direction "
                  "(did not initiate)\",\"alarm, its packets are extracted\",\"IPv4 packet\"],\"vlanID\":\"7\","
                  "\"srcIP\":\"10.0.0.1\",\"duration\":0.500000000,\"tcpWinScale\":\"none\"}\n");
}
END_TEST

static const struct {
    const char *name, *value, *json;
} values[] = {
    {"zero", "0", "0"},
    {"a negative ratio", "-0.5", "-0.5"},
    {"a word", "unknown", "\"unknown\""},
    {"a leading zero", "007", "\"007\""},
    {"a point without digits", "1.", "\"1.\""},
    {"a point in front", ".5", "\".5\""},
    {"two points", "1.2.3", "\"1.2.3\""},
    {"a minus sign alone", "-", "null"},
    {"two minus signs", "--1", "\"--1\""},
    {"an exponent", "1e5", "\"1e5\""},
    {"nothing", "", "\"\""},
    {"a quote", "\"", "\"\\\"\""},
};

START_TEST(a_value_becomes_the_json_that_it_looks_like) {
    char want[64];
    ck_assert_ptr_null(flowtab_header(&tab, "%pktAsm", "all"));
    split(values[_i].value);
    flowtab_json(&out, &tab, field);
    snprintf(want, sizeof(want), "{\"pktAsm\":%s}\n", values[_i].json);
    ck_assert_msg(strcmp(result(), want) == 0, "%s: %s", values[_i].name, out.data);
}
END_TEST

START_TEST(what_could_command_a_terminal_is_escaped) {
    ck_assert_ptr_null(flowtab_header(&tab, "%srcIPOrg\te\033vil", "all"));
    split("\033[2J\t1");
    flowtab_json(&out, &tab, field);
    flowtab_keep(&tab, field);
    flowtab_show(&out, &tab);
    ck_assert_ptr_null(strchr(result(), '\033'));
    ck_assert_ptr_nonnull(strstr(out.data, "\\x1b[2J"));
}
END_TEST

START_TEST(columns_come_in_the_order_in_which_they_were_asked_for) {
    ck_assert_ptr_null(flowtab_header(&tab, header, "srcIP,dir"));
    split("A\t1\t0x1\t-\t10.0.0.1\t0\t7");
    flowtab_json(&out, &tab, field);
    ck_assert_str_eq(result(), "{\"srcIP\":\"10.0.0.1\",\"dir\":\"A\"}\n");
}
END_TEST

static const struct {
    const char *name, *columns, *missing;
} unknown[] = {
    {"another name", "dir,nothing,srcIP", "nothing,srcIP"},
    {"the beginning of a name", "flow", "flow"},
    {"more than a name", "dirx", "dirx"},
    {"an empty one", "dir,", ""},
};

START_TEST(a_column_that_is_not_there_is_named) {
    const char *problem = flowtab_header(&tab, header, unknown[_i].columns);
    ck_assert_msg(problem != NULL && strcmp(problem, unknown[_i].missing) == 0, "%s: %s", unknown[_i].name, problem);
}
END_TEST

START_TEST(a_file_without_a_header_is_refused) {
    ck_assert_str_eq(flowtab_header(&tab, "dir\tflowInd", NULL), "there is no header line that begins with %");
}
END_TEST

START_TEST(numbers_stand_right_and_texts_left) {
    ck_assert_ptr_null(flowtab_header(&tab, header, "srcIP,flowInd,dir"));
    split("A\t1\t0x1\t-\t2001:db8::1\t0\t7");
    ck_assert(!flowtab_keep(&tab, field));
    split("B\t100200300\t0x1\t-\t::1\t0\t7");
    ck_assert(!flowtab_keep(&tab, field));
    flowtab_show(&out, &tab);
    ck_assert_str_eq(result(), "srcIP          flowInd  dir\n"
                               "2001:db8::1          1  A\n"
                               "::1          100200300  B\n");
}
END_TEST

START_TEST(a_later_block_is_not_narrower_and_has_no_names) {
    ck_assert_ptr_null(flowtab_header(&tab, "%flowInd\tdir", "all"));
    split("123456789\tA");
    flowtab_keep(&tab, field);
    flowtab_show(&out, &tab);
    split("1\tB");
    flowtab_keep(&tab, field);
    flowtab_show(&out, &tab);
    ck_assert_str_eq(result(), "  flowInd  dir\n123456789  A\n        1  B\n");
}
END_TEST

START_TEST(a_block_is_full_with_its_last_row) {
    ck_assert_ptr_null(flowtab_header(&tab, "%dir", "all"));
    for (int row = 2; row < FLOWTAB_BLOCK; row++) { /* the names are the first row */
        split("A");
        ck_assert_msg(!flowtab_keep(&tab, field), "row %d", row);
    }
    split("A");
    ck_assert(flowtab_keep(&tab, field));
}
END_TEST

START_TEST(a_table_of_ours_is_valid_json_with_the_usual_columns_there) {
    struct tw_flow_record record = {.id = {.index = 1, .ip_version = 4, .proto = 6}, .side[TW_A] = {.packets = 1}};
    struct tw_text table = TW_TEXT_INIT;
    tw_flowlog_header(&table);
    tw_flowlog_record(&table, NULL, &record);
    char *end = memchr(table.data, '\n', table.len);
    *end = '\0';
    ck_assert_ptr_null(flowtab_header(&tab, table.data, NULL));
    ck_assert_uint_eq(tab.n_chosen, 13);
    ck_assert_ptr_null(flowtab_header(&tab, table.data, "all"));
    table.data[table.len - 1] = '\0';
    split(end + 1);
    flowtab_json(&out, &tab, field);
    tw_text_fini(&table);
    ck_assert_msg(check_json_line(out.data, out.len), "%s", result());
}
END_TEST

Suite *suite_flowtab(void) {
    Suite *suite = suite_create("flowtab");
    TCase *tc = tcase_create("flowtab");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, numbers_stay_numbers_and_the_bits_are_spelled_out);
    tcase_add_loop_test(tc, a_value_becomes_the_json_that_it_looks_like, 0, sizeof(values) / sizeof(values[0]));
    tcase_add_test(tc, what_could_command_a_terminal_is_escaped);
    tcase_add_test(tc, columns_come_in_the_order_in_which_they_were_asked_for);
    tcase_add_loop_test(tc, a_column_that_is_not_there_is_named, 0, sizeof(unknown) / sizeof(unknown[0]));
    tcase_add_test(tc, a_file_without_a_header_is_refused);
    tcase_add_test(tc, numbers_stand_right_and_texts_left);
    tcase_add_test(tc, a_later_block_is_not_narrower_and_has_no_names);
    tcase_add_test(tc, a_block_is_full_with_its_last_row);
    tcase_add_test(tc, a_table_of_ours_is_valid_json_with_the_usual_columns_there);
    suite_add_tcase(suite, tc);
    return suite;
}
