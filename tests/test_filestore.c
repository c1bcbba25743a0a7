/* SPDX-License-Identifier: MIT */
/*
 * Files of the output folder: never overwritten, never through a planted link, finished whole or not at all.
 */
#include "filestore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "pcapfile.h"
#include "suites.h"

static struct folder folder;

static void setup(void) {
    folder_init(&folder);
}
static void teardown(void) {
    folder_fini(&folder);
}

static bool file_is(const char *name, const char *want) {
    char *text = folder_read(&folder, name, NULL);
    bool same = strcmp(text, want) == 0;
    free(text);
    return same;
}

static mode_t mode_of(const char *name) {
    struct stat st = {0};
    fstatat(folder.fd, name, &st, AT_SYMLINK_NOFOLLOW);
    return st.st_mode;
}

START_TEST(a_file_is_begun_as_part_and_finished_under_its_name) {
    int fd = tw_filestore_begin(folder.fd, "f", 0640);
    ck_assert_int_ge(fd, 0);
    ck_assert(folder_has(&folder, "f.part") && !folder_has(&folder, "f"));
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    ck_assert_int_eq(tw_filestore_finish(folder.fd, fd, "f"), 0);
    ck_assert(file_is("f", "abc"));
    ck_assert_uint_eq(folder_count(&folder), 1);
    ck_assert_int_eq(close(fd), -1);
}
END_TEST

START_TEST(the_mode_is_the_one_asked_for_whatever_the_umask) {
    const mode_t masks[] = {0, 022, 077, 0777};
    mode_t before = umask(masks[_i]);
    int fd = tw_filestore_begin(folder.fd, "f", 0640);
    int replaced = tw_filestore_replace(folder.fd, "r", "x", 1, 0644);
    umask(before);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(mode_of("f.part"), S_IFREG | 0640);
    close(fd);
    ck_assert_int_eq(replaced, 0);
    ck_assert_uint_eq(mode_of("r"), S_IFREG | 0644);
}
END_TEST

START_TEST(a_finished_file_is_never_overwritten) {
    folder_write(&folder, "f", "old", 3);
    int fd = tw_filestore_begin(folder.fd, "f", 0640);
    ck_assert_int_eq(tw_filestore_finish(folder.fd, fd, "f"), -EEXIST);
    ck_assert(file_is("f", "old"));
    ck_assert(folder_has(&folder, "f.part"));
}
END_TEST

START_TEST(a_part_file_of_another_run_is_not_touched) {
    folder_write(&folder, "f.part", "old", 3);
    ck_assert_int_eq(tw_filestore_begin(folder.fd, "f", 0640), -EEXIST);
    ck_assert(file_is("f.part", "old"));
}
END_TEST

START_TEST(planted_symbolic_links_are_not_followed) {
    folder_write(&folder, "victim", "old", 3);
    ck_assert_int_eq(symlinkat("victim", folder.fd, "f.part"), 0);
    ck_assert_int_eq(symlinkat("victim", folder.fd, "log"), 0);
    ck_assert_int_eq(symlinkat("victim", folder.fd, "r"), 0);
    ck_assert_int_eq(symlinkat("victim", folder.fd, ".r.new"), 0);
    ck_assert_int_eq(tw_filestore_begin(folder.fd, "f", 0640), -EEXIST);
    ck_assert_int_eq(tw_filestore_open_log(folder.fd, "log", false, 0640), -ELOOP);
    ck_assert_int_eq(tw_filestore_recover(folder.fd, "f"), -ELOOP);
    ck_assert_int_eq(tw_filestore_replace(folder.fd, "r", "new", 3, 0640), 0);
    ck_assert(file_is("victim", "old"));
    ck_assert(file_is("r", "new") && S_ISREG(mode_of("r")));
}
END_TEST

START_TEST(a_fifo_in_the_place_of_a_log_does_not_block) {
    ck_assert_int_eq(mkfifoat(folder.fd, "log", 0600), 0);
    ck_assert_int_eq(tw_filestore_open_log(folder.fd, "log", true, 0640), -EINVAL);
}
END_TEST

START_TEST(a_log_is_made_kept_or_emptied) {
    int fd = tw_filestore_open_log(folder.fd, "log", true, 0640);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    close(fd);
    close(tw_filestore_open_log(folder.fd, "log", true, 0640));
    ck_assert(file_is("log", "abc"));
    close(tw_filestore_open_log(folder.fd, "log", false, 0640));
    ck_assert(file_is("log", ""));
    ck_assert_uint_eq(mode_of("log"), S_IFREG | 0640);
}
END_TEST

START_TEST(a_replaced_file_is_the_old_one_or_the_new_one) {
    static char big[100000];
    ck_assert_int_eq(tw_filestore_replace(folder.fd, "r", "one", 3, 0640), 0);
    folder_limit_files(50000);
    int err = tw_filestore_replace(folder.fd, "r", big, sizeof(big), 0640);
    folder_limit_files(SIZE_MAX);
    ck_assert_int_eq(err, -EFBIG);
    ck_assert(file_is("r", "one"));
    ck_assert_int_eq(tw_filestore_replace(folder.fd, "r", "two", 3, 0640), 0);
    ck_assert(file_is("r", "two"));
    ck_assert_uint_eq(folder_count(&folder), 1);
}
END_TEST

START_TEST(a_link_points_to_the_last_target_and_only_links_are_removed) {
    char target[16] = {0};
    ck_assert_int_eq(tw_filestore_link(folder.fd, "l", "one"), 0);
    ck_assert_int_eq(tw_filestore_link(folder.fd, "l", "two"), 0);
    ck_assert_int_eq(readlinkat(folder.fd, "l", target, sizeof(target)), 3);
    ck_assert_str_eq(target, "two");
    tw_filestore_unlink(folder.fd, "l");
    ck_assert_uint_eq(folder_count(&folder), 0);
    folder_write(&folder, "l", "file", 4);
    tw_filestore_unlink(folder.fd, "l");
    ck_assert(file_is("l", "file"));
}
END_TEST

START_TEST(a_discarded_file_is_gone) {
    tw_filestore_discard(folder.fd, tw_filestore_begin(folder.fd, "f", 0640), "f");
    ck_assert_uint_eq(folder_count(&folder), 0);
}
END_TEST

START_TEST(a_folder_that_was_removed_is_enoent) {
    int fd = tw_filestore_begin(folder.fd, "f", 0640);
    ck_assert_int_eq(unlinkat(folder.fd, "f.part", 0), 0);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(tw_filestore_finish(folder.fd, fd, "f"), -ENOENT);
    ck_assert_int_eq(tw_filestore_begin(folder.fd, "g", 0640), -ENOENT);
    ck_assert_int_eq(tw_filestore_replace(folder.fd, "r", "x", 1, 0640), -ENOENT);
}
END_TEST

static void no_fate(void *owner, uint64_t tag, uint32_t caplen, bool written) {
    (void)owner, (void)tag, (void)caplen, (void)written;
}

/* A pcap file of two records of 20 bytes (24, 60, 96 bytes), cut to `len` or longer by zeros. */
static void leave_part(size_t len) {
    static const uint8_t bytes[20] = "twenty bytes and NUL";
    struct tw_pcapfile file;
    struct tw_pcapfile_packet packet = {TW_SECOND, sizeof(bytes), sizeof(bytes), bytes, 0};
    ck_assert_int_eq(tw_pcapfile_init(&file, 1, 65535), 0);
    tw_pcapfile_attach(&file, openat(folder.fd, "f.part", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ck_assert(tw_pcapfile_put(&file, &packet) && tw_pcapfile_put(&file, &packet));
    ck_assert_int_eq(tw_pcapfile_flush(&file, no_fate, NULL), 0);
    ck_assert_int_eq(ftruncate(file.fd, (off_t)len), 0);
    close(file.fd);
    tw_pcapfile_fini(&file);
}

static const struct {
    const char *name;
    size_t len;
    int want;
    size_t want_len;
} parts[] = {
    {"nothing in it", 0, 0, 0},
    {"a part of the file header", 23, 0, 0},
    {"the file header alone", 24, 1, 24},
    {"one byte short of a record", 59, 1, 24},
    {"one record", 60, 1, 60},
    {"one byte of the second record", 61, 1, 60},
    {"all", 96, 1, 96},
    {"zeros behind the end", 4096, 1, 96},
};

START_TEST(a_part_file_is_recovered_up_to_its_last_whole_record) {
    size_t len = 0;
    leave_part(parts[_i].len);
    ck_assert_msg(tw_filestore_recover(folder.fd, "f") == parts[_i].want, "%s", parts[_i].name);
    ck_assert_msg(!folder_has(&folder, "f.part"), "%s", parts[_i].name);
    ck_assert_msg(folder_has(&folder, "f") == (parts[_i].want == 1), "%s", parts[_i].name);
    if (parts[_i].want == 1)
        free(folder_read(&folder, "f", &len));
    ck_assert_msg(len == parts[_i].want_len, "%s: %zu bytes", parts[_i].name, len);
}
END_TEST

START_TEST(what_is_no_pcap_file_or_has_a_successor_is_not_recovered) {
    folder_write(&folder, "g.part", "#!/bin/sh\n# not a capture file\n", 31);
    ck_assert_int_eq(tw_filestore_recover(folder.fd, "g"), -EINVAL);
    ck_assert(file_is("g.part", "#!/bin/sh\n# not a capture file\n"));
    leave_part(96);
    folder_write(&folder, "f", "old", 3);
    ck_assert_int_eq(tw_filestore_recover(folder.fd, "f"), -EEXIST);
    ck_assert(file_is("f", "old") && folder_has(&folder, "f.part"));
    ck_assert_int_eq(tw_filestore_recover(folder.fd, "h"), -ENOENT);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_filestore(void) {
    Suite *suite = suite_create("filestore");
    TCase *tc = tcase_create("files");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_file_is_begun_as_part_and_finished_under_its_name);
    tcase_add_loop_test(tc, the_mode_is_the_one_asked_for_whatever_the_umask, 0, 4);
    tcase_add_test(tc, a_finished_file_is_never_overwritten);
    tcase_add_test(tc, a_part_file_of_another_run_is_not_touched);
    tcase_add_test(tc, planted_symbolic_links_are_not_followed);
    tcase_add_test(tc, a_fifo_in_the_place_of_a_log_does_not_block);
    tcase_add_test(tc, a_log_is_made_kept_or_emptied);
    tcase_add_test(tc, a_replaced_file_is_the_old_one_or_the_new_one);
    tcase_add_test(tc, a_link_points_to_the_last_target_and_only_links_are_removed);
    tcase_add_test(tc, a_discarded_file_is_gone);
    tcase_add_test(tc, a_folder_that_was_removed_is_enoent);
    suite_add_tcase(suite, tc);
    tc = tcase_create("recovery");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_part_file_is_recovered_up_to_its_last_whole_record, 0, N(parts));
    tcase_add_test(tc, what_is_no_pcap_file_or_has_a_successor_is_not_recovered);
    suite_add_tcase(suite, tc);
    return suite;
}
