/* SPDX-License-Identifier: MIT */
/*
 * The files of an output folder as one sequence of records, while they are written, renamed and removed.
 */
#include "tail.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "suites.h"

#define FIRST  "p-20260101T000000Z-000001.pcap"
#define SECOND "p-20250101T000000Z-000002.pcap" /* an earlier time: the number decides */
#define NINTH  "p-20260101T000000Z-000009.pcap"
#define FLOW   "p-20260101T000000Z-000001-flow7.pcap"

enum { RECORD = TW_PCAP_RECORD_HEADER + 4 };

static struct folder folder;
static struct tail tail;
static char seen[256]; /* what tail_read has said: [N for a file with its number, a letter for each record, . to wait */

static void setup(void) {
    folder_init(&folder);
    ck_assert_int_eq(tail_open(&tail, folder.path, NULL), 0);
    seen[0] = '\0';
}

static void teardown(void) {
    tail_close(&tail);
    folder_fini(&folder);
}

static void append(const char *name, const void *bytes, size_t len) {
    int fd = openat(folder.fd, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void put_u32(uint8_t *to, uint32_t value) {
    memcpy(to, &value, sizeof(value));
}

/* A file with its header and a record of four bytes for each letter. */
static void put_records(const char *name, const char *letters) {
    for (; *letters != '\0'; letters++) {
        uint8_t record[RECORD] = {0};
        put_u32(record + 8, 4);
        put_u32(record + 12, 4);
        memset(record + TW_PCAP_RECORD_HEADER, *letters, 4);
        append(name, record, sizeof(record));
    }
}

static void make(const char *name, const char *letters) {
    uint8_t header[TW_PCAP_FILE_HEADER] = {0};
    put_u32(header, 0xa1b23c4d);
    put_u32(header + 20, 1);
    append(name, header, sizeof(header));
    put_records(name, letters);
}

static void rename_file(const char *from, const char *to) {
    ck_assert_int_eq(renameat(folder.fd, from, folder.fd, to), 0);
}

static void note(const char *what) {
    ck_assert_uint_lt(strlen(seen) + strlen(what), sizeof(seen));
    strcat(seen, what);
}

/* Read until there is nothing more, or an end. */
static int drain(void) {
    for (;;) {
        const uint8_t *records;
        char text[32];
        size_t len;
        int event = tail_read(&tail, &records, &len);
        if (event == TAIL_FILE) {
            snprintf(text, sizeof(text), "[%u", (unsigned)tail.name.number);
            note(text);
        } else if (event == TAIL_RECORDS) {
            ck_assert_uint_gt(len, 0);
            for (size_t at = 0; at < len; at += tail_record_len(records + at)) {
                snprintf(text, sizeof(text), "%c", records[at + TW_PCAP_RECORD_HEADER]);
                note(text);
            }
        } else {
            note(event == TAIL_WAIT ? "." : event == TAIL_FOREIGN ? "!" : "?");
            if (event != TAIL_FOREIGN)
                return event;
        }
    }
}

START_TEST(an_empty_folder_is_waited_for) {
    ck_assert_int_eq(drain(), TAIL_WAIT);
    make(FIRST ".part", "a");
    drain();
    ck_assert_str_eq(seen, ".[1a.");
}
END_TEST

START_TEST(a_growing_file_is_read_as_it_grows) {
    make(FIRST ".part", "");
    drain();
    put_records(FIRST ".part", "ab");
    drain();
    drain();
    put_records(FIRST ".part", "c");
    drain();
    ck_assert_str_eq(seen, "[1.ab..c.");
}
END_TEST

START_TEST(a_record_is_given_when_its_last_byte_is_there) {
    uint8_t record[RECORD] = {0};
    put_u32(record + 8, 4);
    memset(record + TW_PCAP_RECORD_HEADER, 'x', 4);
    make(FIRST ".part", "");
    drain();
    for (size_t i = 0; i < sizeof(record); i++) {
        drain();
        append(FIRST ".part", record + i, 1);
    }
    drain();
    ck_assert_str_eq(seen, "[1.....................x.");
}
END_TEST

START_TEST(an_incomplete_record_that_is_cut_and_written_anew_is_read_anew) {
    make(FIRST ".part", "a");
    append(FIRST ".part", "torn", 4);
    drain();
    int fd = openat(folder.fd, FIRST ".part", O_WRONLY);
    ck_assert_int_eq(ftruncate(fd, TW_PCAP_FILE_HEADER + RECORD), 0);
    close(fd);
    put_records(FIRST ".part", "b");
    drain();
    ck_assert_str_eq(seen, "[1a.b.");
}
END_TEST

START_TEST(what_came_just_before_the_renaming_is_read_and_the_next_number_follows) {
    make(FIRST ".part", "a");
    drain();
    put_records(FIRST ".part", "b");
    rename_file(FIRST ".part", FIRST);
    make(SECOND ".part", "c");
    drain();
    ck_assert_str_eq(seen, "[1a.b[2c.");
}
END_TEST

START_TEST(numbers_and_not_times_are_the_order) {
    make(NINTH, "i");
    make(SECOND, "b");
    make(FIRST, "a");
    drain();
    ck_assert_str_eq(seen, "[1a[2b[9i.");
    ck_assert_uint_eq(tail.missing, 6);
}
END_TEST

START_TEST(a_file_removed_while_it_is_read_is_read_to_its_end) {
    make(FIRST ".part", "a");
    drain();
    put_records(FIRST ".part", "b");
    ck_assert_int_eq(unlinkat(folder.fd, FIRST ".part", 0), 0);
    make(SECOND, "c");
    drain();
    ck_assert_str_eq(seen, "[1a.b[2c.");
}
END_TEST

START_TEST(a_part_that_a_killed_run_has_left_does_not_hold_up_the_next_run) {
    make(FIRST ".part", "a");
    append(FIRST ".part", "to", 2);
    make(SECOND ".part", "b");
    drain();
    ck_assert_str_eq(seen, "[1a[2b.");
}
END_TEST

START_TEST(a_file_of_one_flow_is_waited_for_until_it_is_finished) {
    make(FLOW ".part", "a");
    make(SECOND, "b");
    drain();
    rename_file(FLOW ".part", FLOW);
    drain();
    ck_assert_str_eq(seen, ".[1a[2b.");
}
END_TEST

START_TEST(skipping_leaves_out_what_is_there_and_nothing_of_what_comes) {
    make(FIRST, "a");
    make(SECOND ".part", "bc");
    ck_assert_int_eq(tail_skip(&tail), 0);
    drain();
    put_records(SECOND ".part", "d");
    rename_file(SECOND ".part", SECOND);
    make(NINTH, "i");
    drain();
    ck_assert_str_eq(seen, "[2.d[9i.");
}
END_TEST

START_TEST(skipping_an_empty_folder_skips_nothing) {
    ck_assert_int_eq(tail_skip(&tail), 0);
    make(FIRST, "a");
    drain();
    ck_assert_str_eq(seen, "[1a.");
}
END_TEST

START_TEST(files_of_two_prefixes_need_a_choice) {
    make(FIRST, "a");
    make("q-20260101T000000Z-000001.pcap", "q");
    ck_assert_int_eq(drain(), TAIL_SEVERAL);
    tail_close(&tail);
    ck_assert_int_eq(tail_open(&tail, folder.path, "q"), 0);
    drain();
    ck_assert_str_eq(seen, "?[1q.");
}
END_TEST

START_TEST(other_files_are_not_touched) {
    make("p_flows-20260101T000000Z-000001.tsv", "x");
    make("p-current.pcap", "x");
    make("p-20260101T000000Z-1.pcap", "x");
    drain();
    ck_assert_str_eq(seen, ".");
}
END_TEST

START_TEST(a_file_that_is_no_pcap_of_ours_is_left_out) {
    append(FIRST, "this is no pcap file, but long enough", 37);
    make(SECOND, "b");
    drain();
    ck_assert_str_eq(seen, "![2b.");
}
END_TEST

START_TEST(the_last_good_record_before_damage_is_given) {
    uint8_t record[RECORD] = {0};
    put_u32(record + 8, TW_PCAP_CAPLEN_MAX + 1);
    make(FIRST, "a");
    append(FIRST, record, sizeof(record));
    put_records(FIRST, "z");
    make(SECOND, "b");
    drain();
    ck_assert_str_eq(seen, "[1a[2b.");
}
END_TEST

START_TEST(the_largest_record_fits) {
    uint8_t *record = calloc(1, TW_PCAP_RECORD_HEADER + TW_PCAP_CAPLEN_MAX);
    ck_assert_ptr_nonnull(record);
    put_u32(record + 8, TW_PCAP_CAPLEN_MAX);
    memset(record + TW_PCAP_RECORD_HEADER, 'L', TW_PCAP_CAPLEN_MAX);
    make(FIRST, "a");
    for (int i = 0; i < 5; i++)
        append(FIRST, record, TW_PCAP_RECORD_HEADER + TW_PCAP_CAPLEN_MAX);
    put_records(FIRST, "b");
    free(record);
    drain();
    ck_assert_str_eq(seen, "[1aLLLLLb.");
}
END_TEST

static const struct {
    const char *name, *prefix; /* NULL: no name of a pcap file */
} names[] = {
    {FIRST, "p"},
    {SECOND ".part", "p"},
    {FLOW, "p"},
    {"a-b-c-20260101T000000Z-000001.pcap", "a-b-c"},
    {"a-20260101T000000Z-000001-20260101T000000Z-000002.pcap", "a-20260101T000000Z-000001"},
    {"-20260101T000000Z-000001.pcap", NULL},
    {"p-20260101T000000Z-000001.pcapng", NULL},
    {"p_flows-20260101T000000Z-000001.tsv", NULL},
    {"p-current.pcap", NULL},
    {"", NULL},
};

START_TEST(a_name_tells_its_prefix) {
    char prefix[TW_NAME_MAX] = "";
    ck_assert_msg(tail_prefix_of(names[_i].name, prefix) == (names[_i].prefix != NULL), "%s", names[_i].name);
    ck_assert_str_eq(prefix, names[_i].prefix != NULL ? names[_i].prefix : "");
}
END_TEST

Suite *suite_tail(void) {
    Suite *suite = suite_create("tail");
    TCase *tc = tcase_create("tail");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_empty_folder_is_waited_for);
    tcase_add_test(tc, a_growing_file_is_read_as_it_grows);
    tcase_add_test(tc, a_record_is_given_when_its_last_byte_is_there);
    tcase_add_test(tc, an_incomplete_record_that_is_cut_and_written_anew_is_read_anew);
    tcase_add_test(tc, what_came_just_before_the_renaming_is_read_and_the_next_number_follows);
    tcase_add_test(tc, numbers_and_not_times_are_the_order);
    tcase_add_test(tc, a_file_removed_while_it_is_read_is_read_to_its_end);
    tcase_add_test(tc, a_part_that_a_killed_run_has_left_does_not_hold_up_the_next_run);
    tcase_add_test(tc, a_file_of_one_flow_is_waited_for_until_it_is_finished);
    tcase_add_test(tc, skipping_leaves_out_what_is_there_and_nothing_of_what_comes);
    tcase_add_test(tc, skipping_an_empty_folder_skips_nothing);
    tcase_add_test(tc, files_of_two_prefixes_need_a_choice);
    tcase_add_test(tc, other_files_are_not_touched);
    tcase_add_test(tc, a_file_that_is_no_pcap_of_ours_is_left_out);
    tcase_add_test(tc, the_last_good_record_before_damage_is_given);
    tcase_add_test(tc, the_largest_record_fits);
    tcase_add_loop_test(tc, a_name_tells_its_prefix, 0, sizeof(names) / sizeof(names[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
