/* SPDX-License-Identifier: MIT */
/* The texts of errors: every one of ours has its own, and those of the system are libc's. */
#include "err.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "suites.h"

static const struct {
    const char *name;
    int err;
    const char *text;
} cases[] = {
    {"success", 0, "no error"},
    {"the first of ours", TW_EAGAIN, "no room in the queue now"},
    {"the last of ours", TW_ENOFREE, "less of the disk is free than pcap.min_free wants"},
    {"one past the last of ours", TW_ENOFREE + 1, "unknown error"},
    {"one before the first of ours", TW_EAGAIN - 1, "unknown error"},
    {"an errno", -ENOSPC, "No space left on device"},
    {"an errno that does not exist", -900, "unknown error"},
    {"a positive number", ENOSPC, "unknown error"},
    {"the smallest number", INT_MIN, "unknown error"},
};

START_TEST(every_error_has_the_text_of_its_meaning) {
    const char *text = tw_strerror(cases[_i].err);
    ck_assert_msg(strcmp(text, cases[_i].text) == 0, "%s: \"%s\"", cases[_i].name, text);
}
END_TEST

START_TEST(no_two_of_ours_share_a_text) {
    for (int a = TW_EAGAIN; a < TW_ENOFREE; a++)
        for (int b = a + 1; b <= TW_ENOFREE; b++)
            ck_assert_str_ne(tw_strerror(a), tw_strerror(b));
}
END_TEST

Suite *suite_err(void) {
    Suite *suite = suite_create("err");
    TCase *texts = tcase_create("texts");
    tcase_add_loop_test(texts, every_error_has_the_text_of_its_meaning, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(texts, no_two_of_ours_share_a_text);
    suite_add_tcase(suite, texts);
    return suite;
}
