/* SPDX-License-Identifier: MIT */
/* The output folder while it is used: numbers, what was left, what has to go, and a folder that vanishes. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "folder.h"
#include "numbers.h"
#include "suites.h"

#define NAME(n) "p-20240101T000000Z-00000" #n ".pcap"

enum { HEADER = 24, RECORD = 16 + 4 };

static struct folder folder;
static struct tw_keeper *keeper;
static struct tw_keeper_options options;
static int lock_fd;
static char told[1000];

static void on_finished(void *context, const char *directory, const char *name) {
    size_t len = strlen(context);
    snprintf((char *)context + len, sizeof(told) - len, "%s/%s ", directory, name);
}

static void setup(void) {
    folder_init(&folder);
    keeper = NULL;
    told[0] = '\0';
    lock_fd = tw_filestore_lock(folder.fd, ".p.lock");
    ck_assert_int_ge(lock_fd, 0);
    options = (struct tw_keeper_options){
        .dirfd = folder.fd,
        .lock_fd = lock_fd,
        .directory = folder.path,
        .live = true,
        .pcap = {.prefix = "p", .mode = 0640},
        .on_finished = on_finished,
        .context = told,
    };
}

static void teardown(void) {
    tw_keeper_unref(keeper);
    close(lock_fd);
    folder_fini(&folder);
}

static void make(void) {
    ck_assert_int_eq(tw_keeper_create(&options, &keeper), 0);
}

/* A pcap file of `n` records of 4 bytes and `more` bytes of another. */
static void leave(const char *name, size_t n, size_t more) {
    static const uint32_t header[6] = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 1};
    static const uint32_t record[5] = {1, 2, 4, 4, 5};
    uint8_t bytes[1000];
    size_t len = HEADER;
    memcpy(bytes, header, HEADER);
    for (size_t i = 0; i < n; i++, len += RECORD)
        memcpy(bytes + len, record, RECORD);
    memcpy(bytes + len, record, more);
    folder_write(&folder, name, bytes, len + more);
}

static size_t size_of(const char *name) {
    size_t len;
    free(folder_read(&folder, name, &len));
    return len;
}

static void write_file(int number) {
    char name[100];
    snprintf(name, sizeof(name), "p-20240101T000000Z-%06d.pcap", number);
    int fd = tw_keeper_begin(keeper, name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "0123456789", 10), 10);
    ck_assert_int_eq(tw_keeper_finish(keeper, fd, name), 0);
}

static bool has_number(int number) {
    char name[100];
    snprintf(name, sizeof(name), "p-20240101T000000Z-%06d.pcap", number);
    return folder_has(&folder, name);
}

START_TEST(what_was_left_is_cut_and_finished_and_told) {
    leave(NAME(3) ".part", 2, 7);
    leave(NAME(4) ".part", 0, 0);
    folder_write(&folder, NAME(5) ".part", "abc", 3);
    make();
    tw_keeper_round(keeper);
    ck_assert_uint_eq(size_of(NAME(3)), HEADER + 2 * RECORD);
    ck_assert(!folder_has(&folder, NAME(3) ".part") && !folder_has(&folder, NAME(5) ".part"));
    ck_assert_ptr_nonnull(strstr(told, "/" NAME(3) " "));
    ck_assert_int_eq(tw_keeper_state(keeper)->error, 0);
}
END_TEST

START_TEST(what_cannot_be_finished_is_said_and_tried_again) {
    leave(NAME(3) ".part", 1, 1);
    leave(NAME(3), 1, 0);
    make();
    tw_keeper_round(keeper);
    ck_assert_int_eq(tw_keeper_state(keeper)->error, -EEXIST);
    ck_assert_str_eq(tw_keeper_state(keeper)->error_name, NAME(3));
    ck_assert(folder_has(&folder, NAME(3) ".part"));
    ck_assert_int_eq(unlinkat(folder.fd, NAME(3), 0), 0);
    tw_keeper_round(keeper);
    ck_assert_int_eq(tw_keeper_state(keeper)->error, 0);
    ck_assert_uint_eq(size_of(NAME(3)), HEADER + RECORD);
}
END_TEST

START_TEST(what_is_being_written_is_not_recovered) {
    make();
    int fd = tw_keeper_begin(keeper, NAME(1));
    ck_assert_int_ge(fd, 0);
    tw_keeper_round(keeper);
    ck_assert(folder_has(&folder, NAME(1) ".part"));
    ck_assert_int_eq(tw_keeper_state(keeper)->error, 0);
    ck_assert_int_eq(tw_keeper_finish(keeper, fd, NAME(1)), 0);
}
END_TEST

START_TEST(other_files_are_none_of_ours) {
    static const char *const others[] = {"p-current.pcap",
                                         "p_flows.tsv",
                                         "p_alarms.jsonl",
                                         "p_report.json",
                                         "notes",
                                         "p-20240101T000000Z-000001.pcap.gz",
                                         "q-20240101T000000Z-000001.pcap",
                                         "p-20240101T000000Z-000001.txt",
                                         "p-20240132T000000Z-000001.pcap"};
    enum { N = sizeof(others) / sizeof(others[0]) };
    options.pcap.keep_files = 1;
    options.pcap.keep_bytes = 1;
    options.pcap.keep_age = 1;
    for (int i = 0; i < N; i++)
        folder_write(&folder, others[i], "foreign", 7);
    ck_assert_int_eq(symlinkat("notes", folder.fd, NAME(1)), 0);
    ck_assert_int_eq(mkdirat(folder.fd, NAME(2), 0700), 0);
    make();
    tw_keeper_time(keeper, INT64_MAX / 2);
    for (int number = 11; number <= 20; number++)
        write_file(number);
    tw_keeper_round(keeper);
    for (int i = 0; i < N; i++)
        ck_assert_uint_eq(size_of(others[i]), 7);
    ck_assert(has_number(1) && has_number(2) && has_number(20) && !has_number(19));
    ck_assert_uint_eq(folder_count(&folder), N + 2 + 1 + 1); /* and the lock */
}
END_TEST

START_TEST(fifty_rotations_keep_the_five_newest_across_restarts) {
    options.pcap.keep_files = 5;
    for (int number = 1; number <= 50; number++) {
        if (number % 10 == 1) {
            tw_keeper_unref(keeper);
            make();
            tw_keeper_round(keeper);
        }
        write_file(number);
    }
    for (int number = 1; number <= 50; number++)
        ck_assert_msg(has_number(number) == (number > 45), "number %d", number);
    ck_assert_uint_eq(tw_keeper_state(keeper)->removed[TW_REMOVED_FILES], 10); /* of the last run */
}
END_TEST

START_TEST(numbers_are_in_the_lock_file_when_a_file_is_begun) {
    struct tw_numbers numbers;
    folder_write(&folder, ".p.lock", "pcap 7\nflows 900000\nrubbish\nalarms x\n", 37);
    make();
    int fd = tw_keeper_begin(keeper, NAME(8));
    ck_assert_int_ge(fd, 0);
    tw_numbers_init(&numbers);
    tw_numbers_read(&numbers, lock_fd);
    ck_assert_uint_eq(numbers.next[TW_NAME_PCAP], 9);
    ck_assert_uint_eq(numbers.next[TW_NAME_FLOWS], 900000);
    ck_assert_uint_eq(numbers.next[TW_NAME_ALARMS], 1);
    close(fd);
}
END_TEST

START_TEST(a_rotated_log_takes_the_next_number_of_its_kind) {
    folder_write(&folder, "p_flows-20240101T000000Z-000041.tsv", "x", 1);
    make();
    int fd = tw_keeper_open_log(keeper, "p_flows.tsv", true);
    ck_assert_int_eq(tw_keeper_rotate(keeper, fd, TW_NAME_FLOWS, "p_flows.tsv", 86400 * TW_SECOND), 0);
    ck_assert(folder_has(&folder, "p_flows-19700102T000000Z-000042.tsv") && !folder_has(&folder, "p_flows.tsv"));
    close(fd);
}
END_TEST

START_TEST(when_others_fill_the_disk_no_file_is_begun) {
    struct statvfs fs;
    ck_assert_int_eq(fstatvfs(folder.fd, &fs), 0);
    make();
    write_file(1);
    write_file(2);
    options.pcap.min_free = (uint64_t)fs.f_blocks * fs.f_frsize + 1;
    ck_assert(tw_keeper_configure(keeper, &options));
    ck_assert_int_eq(tw_keeper_begin(keeper, NAME(3)), TW_ENOFREE);
    ck_assert_int_eq(tw_keeper_state(keeper)->error, TW_ENOFREE);
    ck_assert(!has_number(1) && has_number(2) && !folder_has(&folder, NAME(3) ".part"));
    ck_assert_uint_eq(tw_keeper_state(keeper)->removed[TW_REMOVED_FREE], 1);
    options.pcap.min_free = 0;
    ck_assert(tw_keeper_configure(keeper, &options));
    tw_keeper_round(keeper);
    ck_assert_int_eq(tw_keeper_state(keeper)->error, 0);
    write_file(3);
}
END_TEST

START_TEST(age_is_since_the_last_write) {
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    options.pcap.keep_age = 60 * TW_SECOND;
    make();
    for (int number = 1; number <= 3; number++)
        write_file(number);
    ck_assert_int_eq(utimensat(folder.fd, NAME(1), old, 0), 0);
    tw_keeper_time(keeper, 1060 * TW_SECOND);
    tw_keeper_round(keeper);
    ck_assert(has_number(1));
    tw_keeper_time(keeper, 1060 * TW_SECOND + 1);
    tw_keeper_round(keeper);
    ck_assert(!has_number(1) && has_number(2));
    ck_assert_uint_eq(tw_keeper_state(keeper)->removed[TW_REMOVED_AGE], 1);
}
END_TEST

START_TEST(a_removed_folder_is_opened_again_when_it_is_back) {
    make();
    ck_assert_int_eq(unlinkat(folder.fd, ".p.lock", 0), 0);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(tw_keeper_begin(keeper, NAME(1)), -ENOENT);
    ck_assert_int_eq(mkdir(folder.path, 0700), 0);
    close(folder.fd);
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file(1);
    ck_assert(has_number(1));
    int other = openat(folder.fd, ".p.lock", O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1); /* the new folder is locked, too */
    close(other);
}
END_TEST

START_TEST(a_removed_folder_that_another_process_took_is_not_ours) {
    make();
    ck_assert_int_eq(unlinkat(folder.fd, ".p.lock", 0), 0);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(mkdir(folder.path, 0700), 0);
    close(folder.fd);
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int other = tw_filestore_lock(folder.fd, ".p.lock");
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(tw_keeper_begin(keeper, NAME(1)), TW_ELOCKED);
    close(other);
    write_file(1);
}
END_TEST

START_TEST(another_prefix_is_another_keeper) {
    make();
    strcpy(options.pcap.prefix, "q");
    ck_assert(!tw_keeper_configure(keeper, &options));
}
END_TEST

Suite *suite_keeper(void) {
    Suite *suite = suite_create("keeper");
    TCase *tc = tcase_create("folder");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_was_left_is_cut_and_finished_and_told);
    tcase_add_test(tc, what_cannot_be_finished_is_said_and_tried_again);
    tcase_add_test(tc, what_is_being_written_is_not_recovered);
    tcase_add_test(tc, other_files_are_none_of_ours);
    tcase_add_test(tc, fifty_rotations_keep_the_five_newest_across_restarts);
    tcase_add_test(tc, numbers_are_in_the_lock_file_when_a_file_is_begun);
    tcase_add_test(tc, a_rotated_log_takes_the_next_number_of_its_kind);
    tcase_add_test(tc, when_others_fill_the_disk_no_file_is_begun);
    tcase_add_test(tc, age_is_since_the_last_write);
    tcase_add_test(tc, a_removed_folder_is_opened_again_when_it_is_back);
    tcase_add_test(tc, a_removed_folder_that_another_process_took_is_not_ours);
    tcase_add_test(tc, another_prefix_is_another_keeper);
    suite_add_tcase(suite, tc);
    return suite;
}
