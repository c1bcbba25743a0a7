/* SPDX-License-Identifier: MIT */
/*
 * JSON: commas, escapes, numbers.
 */
#include "json.h"

#include <string.h>

#include "suites.h"

static struct tw_text text = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&text);
}

static void ck_text(const char *want, const char *name) {
    ck_assert_msg(!text.failed && text.len == strlen(want) && memcmp(text.data, want, text.len) == 0, "%s: %.*s", name,
                  (int)text.len, text.data);
    tw_text_clear(&text);
}

START_TEST(commas_stand_between_values_only) {
    tw_json_begin_object(&text);
    tw_json_key(&text, "empty");
    tw_json_begin_array(&text);
    tw_json_end_array(&text);
    tw_json_key(&text, "list");
    tw_json_begin_array(&text);
    tw_json_u64(&text, 1);
    tw_json_null(&text);
    tw_json_bool(&text, true);
    tw_json_begin_object(&text);
    tw_json_end_object(&text);
    tw_json_begin_array(&text);
    tw_json_string(&text, "ends in [");
    tw_json_string(&text, "");
    tw_json_end_array(&text);
    tw_json_end_array(&text);
    tw_json_member_u64(&text, "n", UINT64_MAX);
    tw_json_end_object(&text);
    ck_text("{\"empty\":[],\"list\":[1,null,true,{},[\"ends in [\",\"\"]],\"n\":18446744073709551615}", "nested");
}
END_TEST

START_TEST(lines_follow_each_other_without_commas) {
    for (int i = 0; i < 2; i++) {
        tw_json_begin_object(&text);
        tw_json_end_object(&text);
        tw_text_char(&text, '\n');
    }
    ck_text("{}\n{}\n", "two lines");
}
END_TEST

static const struct {
    const char *name, *given, *want;
} strings[] = {
    {"none", NULL, "null"},
    {"empty", "", "\"\""},
    {"plain", "eth0", "\"eth0\""},
    {"quote and backslash", "a\"b\\", "\"a\\\"b\\\\\""},
    {"controls", "\001\t\n\037 ", "\"\\u0001\\u0009\\u000a\\u001f \""},
    {"terminal escape", "\033[31m", "\"\\u001b[31m\""},
    {"delete", "~\x7f", "\"~\\u007f\""},
    {"C1 control", "\xc2\x80\xc2\x9b\xc2\xa0", "\"\\u0080\\u009b\xc2\xa0\""},
    {"turned around", "\xe2\x80\xae\xe2\x81\xa6", "\"\\u202e\\u2066\""},
    {"UTF-8", "Z\xc3\xbcrich \xf0\x9f\x8c\x8a", "\"Z\xc3\xbcrich \xf0\x9f\x8c\x8a\""},
    {"bad bytes",
     "\xff"
     "a\xc3",
     "\"\\ufffda\\ufffd\""},
    {"overlong quote", "\xc0\xa2", "\"\\ufffd\\ufffd\""},
};

START_TEST(a_string_is_valid_and_inert_whatever_it_holds) {
    tw_json_string(&text, strings[_i].given);
    ck_text(strings[_i].want, strings[_i].name);
}
END_TEST

START_TEST(numbers_are_made_from_integers) {
    struct tw_addr addr = {{10, 0, 0, 1}};
    tw_json_begin_array(&text);
    tw_json_i64(&text, INT64_MIN);
    tw_json_seconds(&text, 1234567890);
    tw_json_seconds(&text, -1);
    tw_json_ratio(&text, 4, 3);
    tw_json_ratio(&text, 4, 0);
    tw_json_rate(&text, 1, 4 * TW_SECOND);
    tw_json_time(&text, 0);
    tw_json_addr(&text, 4, &addr);
    tw_json_end_array(&text);
    ck_text("[-9223372036854775808,1.234567890,-0.000000001,1.333333,0,0.250000,\"1970-01-01T00:00:00.000000000Z\","
            "\"10.0.0.1\"]",
            "numbers");
}
END_TEST

Suite *suite_json(void) {
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, commas_stand_between_values_only);
    tcase_add_test(tc, lines_follow_each_other_without_commas);
    tcase_add_loop_test(tc, a_string_is_valid_and_inert_whatever_it_holds, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_test(tc, numbers_are_made_from_integers);
    suite_add_tcase(suite, tc);
    return suite;
}
