/* SPDX-License-Identifier: MIT */
/*
 * Values out of a JSON document by their path.
 */
#include "jsonread.h"

#include <stdlib.h>
#include <string.h>

#include "suites.h"

static const char document[] =
    "{ \"a\":1,\"interval\": {\"list\":[{\"x\":1},\"}\\\"]\"], \"x\" : 42,\"s\":\"a\\\"b\\u00e9\\n\\\\\","
    "\"yes\":true,\"no\":false,\"none\":null,\"f\":3.9} ,\"x\":2}\n";

/* In a block of just its size, so that a sanitizer sees a read beyond it. */
static bool find(const char *text, size_t len, const char *path, struct tw_text *ret) {
    struct jsonread value;
    char *copy = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    bool found = jsonread_find(copy, len, path, &value);
    if (found)
        tw_text_bytes(ret, value.at, value.len);
    tw_text_char(ret, '\0');
    free(copy);
    return found;
}

static const struct {
    const char *path, *value; /* NULL: not there */
} paths[] = {
    {"a", "1"},
    {"x", "2"},
    {"interval.x", "42"},
    {"interval.none", "null"},
    {"interval.list", "[{\"x\":1},\"}\\\"]\"]"},
    {"interval.f", "3.9"},
    {"interval", NULL},
    {"b", NULL},
    {"interval.a", NULL},
    {"a.x", NULL},
    {"interval.list.x", NULL},
    {"", NULL},
};

START_TEST(a_path_leads_to_its_value_only) {
    struct tw_text found = TW_TEXT_INIT;
    bool is_found = find(document, strlen(document), paths[_i].path, &found);
    if (strcmp(paths[_i].path, "interval") == 0)
        ck_assert(is_found && found.data[0] == '{' && found.data[found.len - 2] == '}');
    else
        ck_assert_msg(is_found == (paths[_i].value != NULL) && (!is_found || strcmp(found.data, paths[_i].value) == 0),
                      "%s: %s", paths[_i].path, found.data);
    tw_text_fini(&found);
}
END_TEST

START_TEST(a_document_that_breaks_off_is_not_read_beyond_its_end) {
    for (size_t len = 0; len < strlen(document); len++) {
        struct tw_text found = TW_TEXT_INIT;
        ck_assert_msg(!find(document, len, "nothing.here", &found), "%zu bytes", len);
        find(document, len, "interval.s", &found);
        tw_text_fini(&found);
    }
}
END_TEST

START_TEST(a_string_is_given_without_its_escapes) {
    struct jsonread value;
    struct tw_text text = TW_TEXT_INIT;
    ck_assert(jsonread_find(document, strlen(document), "interval.s", &value));
    ck_assert(jsonread_string(&value, &text));
    tw_text_char(&text, '\0');
    ck_assert_str_eq(text.data, "a\"b\xc3\xa9\n\\");
    ck_assert(jsonread_find(document, strlen(document), "interval.x", &value));
    ck_assert(!jsonread_string(&value, &text));
    tw_text_fini(&text);
}
END_TEST

static const struct {
    const char *text;
    bool is_number;
    uint64_t value;
} numbers[] = {
    {"0", true, 0},
    {"3.9", true, 3},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"-1", false, 0},
    {"1x", false, 0},
    {"", false, 0},
    {"null", false, 0},
    {"\"1\"", false, 0},
};

START_TEST(a_number_is_read_up_to_the_largest) {
    struct jsonread value = {numbers[_i].text, strlen(numbers[_i].text)};
    uint64_t number = 7;
    ck_assert_msg(jsonread_u64(&value, &number) == numbers[_i].is_number, "%s", numbers[_i].text);
    ck_assert_uint_eq(number, numbers[_i].is_number ? numbers[_i].value : 7);
}
END_TEST

START_TEST(only_true_is_true) {
    struct jsonread value;
    ck_assert(jsonread_find(document, strlen(document), "interval.yes", &value) && jsonread_is_true(&value));
    ck_assert(jsonread_find(document, strlen(document), "interval.no", &value) && !jsonread_is_true(&value));
    ck_assert(jsonread_find(document, strlen(document), "interval.none", &value) && !jsonread_is_true(&value));
}
END_TEST

Suite *suite_jsonread(void) {
    Suite *suite = suite_create("jsonread");
    TCase *tc = tcase_create("jsonread");
    tcase_add_loop_test(tc, a_path_leads_to_its_value_only, 0, sizeof(paths) / sizeof(paths[0]));
    tcase_add_test(tc, a_document_that_breaks_off_is_not_read_beyond_its_end);
    tcase_add_test(tc, a_string_is_given_without_its_escapes);
    tcase_add_loop_test(tc, a_number_is_read_up_to_the_largest, 0, sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_test(tc, only_true_is_true);
    suite_add_tcase(suite, tc);
    return suite;
}
