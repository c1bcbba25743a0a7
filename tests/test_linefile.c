/* SPDX-License-Identifier: MIT */
/*
 * Files of lines: appended to, and never left with a part of a line.
 */
#include "linefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "suites.h"

static struct folder folder;
static struct tw_linefile file;

static void setup(void) {
    folder_init(&folder);
    tw_linefile_init(&file);
}

static void teardown(void) {
    close(file.fd);
    tw_linefile_fini(&file);
    folder_fini(&folder);
}

static int attach(void) {
    return tw_linefile_attach(&file, openat(folder.fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static bool file_is(const char *want) {
    char *text = folder_read(&folder, "log", NULL);
    bool same = strcmp(text, want) == 0;
    free(text);
    return same;
}

START_TEST(lines_get_into_the_file_with_the_flush) {
    uint64_t lost = 9;
    ck_assert_int_eq(attach(), 0);
    tw_text_str(&file.text, "one\ntwo\n");
    ck_assert(file_is(""));
    ck_assert_int_eq(tw_linefile_flush(&file, &lost), 0);
    ck_assert(file_is("one\ntwo\n"));
    ck_assert_uint_eq(lost, 0);
    ck_assert_uint_eq(file.size, 8);
    ck_assert_uint_eq(file.text.len, 0);
    ck_assert_int_eq(tw_linefile_flush(&file, &lost), 0);
    ck_assert(file_is("one\ntwo\n"));
}
END_TEST

static const struct {
    const char *name, *before, *after;
} left[] = {
    {"an empty file", "", "new\n"},
    {"whole lines stay", "one\ntwo\n", "one\ntwo\nnew\n"},
    {"a line that a killed run did not finish is cut off", "one\ntw", "one\nnew\n"},
    {"nothing but such a line", "tw", "new\n"},
};

START_TEST(an_earlier_file_is_appended_to) {
    uint64_t lost;
    folder_write(&folder, "log", left[_i].before, strlen(left[_i].before));
    ck_assert_int_eq(attach(), 0);
    tw_text_str(&file.text, "new\n");
    ck_assert_int_eq(tw_linefile_flush(&file, &lost), 0);
    ck_assert_msg(file_is(left[_i].after), "%s", left[_i].name);
}
END_TEST

START_TEST(an_unfinished_line_of_any_length_is_found) {
    static char text[20000];
    uint64_t lost;
    for (size_t len = 1; len < sizeof(text) - 10; len += 1021) {
        memset(text, 'x', sizeof(text));
        memcpy(text, "one\n", 4);
        folder_write(&folder, "log", text, 4 + len);
        ck_assert_int_eq(attach(), 0);
        tw_text_str(&file.text, "new\n");
        ck_assert_int_eq(tw_linefile_flush(&file, &lost), 0);
        ck_assert_msg(file_is("one\nnew\n"), "%zu bytes", len);
        close(file.fd);
    }
}
END_TEST

static const struct {
    const char *name;
    size_t limit;
    const char *want;
    uint64_t want_lost;
} full[] = {
    {"no room at all", 0, "", 3},
    {"one byte short of a line", 3, "", 3},
    {"one line just fits", 4, "one\n", 2},
    {"a part of the last line", 10, "one\ntwo\n", 1},
    {"all fits", 14, "one\ntwo\nthree\n", 0},
};

START_TEST(a_full_disk_leaves_whole_lines_and_counts_the_others) {
    uint64_t lost;
    ck_assert_int_eq(attach(), 0);
    tw_text_str(&file.text, "one\ntwo\nthree\n");
    folder_limit_files(full[_i].limit);
    int err = tw_linefile_flush(&file, &lost);
    folder_limit_files(SIZE_MAX);
    ck_assert_msg(err == (full[_i].want_lost == 0 ? 0 : -EFBIG), "%s: %d", full[_i].name, err);
    ck_assert_msg(file_is(full[_i].want), "%s", full[_i].name);
    ck_assert_msg(lost == full[_i].want_lost, "%s: %d lost", full[_i].name, (int)lost);
}
END_TEST

START_TEST(a_removed_file_and_none_at_all_lose_the_lines) {
    uint64_t lost;
    tw_text_str(&file.text, "one\ntwo\n");
    ck_assert_int_eq(tw_linefile_flush(&file, &lost), -EBADF);
    ck_assert_uint_eq(lost, 2);
    ck_assert_int_eq(attach(), 0);
    ck_assert_int_eq(unlinkat(folder.fd, "log", 0), 0);
    tw_text_str(&file.text, "one\n");
    ck_assert_int_eq(tw_linefile_flush(&file, &lost), -ENOENT);
    ck_assert_uint_eq(lost, 1);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_linefile(void) {
    Suite *suite = suite_create("linefile");
    TCase *tc = tcase_create("lines");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, lines_get_into_the_file_with_the_flush);
    tcase_add_loop_test(tc, an_earlier_file_is_appended_to, 0, N(left));
    tcase_add_test(tc, an_unfinished_line_of_any_length_is_found);
    tcase_add_loop_test(tc, a_full_disk_leaves_whole_lines_and_counts_the_others, 0, N(full));
    tcase_add_test(tc, a_removed_file_and_none_at_all_lose_the_lines);
    suite_add_tcase(suite, tc);
    return suite;
}
