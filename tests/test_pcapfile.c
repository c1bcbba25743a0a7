/* SPDX-License-Identifier: MIT */
/*
 * pcap files: their bytes, and what is left of them when writing fails.
 */
#include "pcapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "suites.h"

static uint8_t packet[TW_PCAP_CAPLEN_MAX];

/* What the fate function was told: the tags of the written and of the lost, in order. */
struct fates {
    uint64_t written[8], lost[8];
    size_t n_written, n_lost, bytes;
};

static void on_fate(void *owner, uint64_t tag, uint32_t caplen, bool written) {
    struct fates *fates = owner;
    if (written) {
        fates->written[fates->n_written++ % 8] = tag;
        fates->bytes += caplen;
    } else {
        fates->lost[fates->n_lost++ % 8] = tag;
    }
}

static struct folder folder;
static struct tw_pcapfile file;

static void setup(void) {
    folder_init(&folder);
    ck_assert_int_eq(tw_pcapfile_init(&file, 1, 65535), 0);
    tw_pcapfile_attach(&file, openat(folder.fd, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ck_assert_int_ge(file.fd, 0);
}

static void teardown(void) {
    close(file.fd);
    tw_pcapfile_fini(&file);
    folder_fini(&folder);
}

static bool put(tw_time time, uint32_t caplen, uint64_t tag) {
    struct tw_pcapfile_packet p = {time, caplen, caplen + 4, packet, tag};
    memset(packet, (int)tag, caplen);
    return tw_pcapfile_put(&file, &p);
}

static uint32_t u32_at(const char *text, size_t offset) {
    uint32_t value;
    memcpy(&value, text + offset, sizeof(value));
    return value;
}

START_TEST(the_file_header_says_nanoseconds_link_type_and_snapshot_length) {
    struct fates fates = {0};
    size_t len;
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    char *text = folder_read(&folder, "f", &len);
    ck_assert_uint_eq(len, 24);
    ck_assert_uint_eq(u32_at(text, 0), 0xa1b23c4d);
    const uint16_t version[2] = {2, 4};
    ck_assert(memcmp(text + 4, version, sizeof(version)) == 0);
    ck_assert_uint_eq(u32_at(text, 8), 0);
    ck_assert_uint_eq(u32_at(text, 12), 0);
    ck_assert_uint_eq(u32_at(text, 16), 65535);
    ck_assert_uint_eq(u32_at(text, 20), 1);
    free(text);
}
END_TEST

START_TEST(raw_ip_has_the_number_that_files_have_for_it) {
    struct tw_pcapfile raw;
    ck_assert_int_eq(tw_pcapfile_init(&raw, 12, 65535), 0);
    ck_assert_uint_eq(u32_at((const char *)raw.header, 20), 101);
    tw_pcapfile_fini(&raw);
}
END_TEST

static const struct {
    const char *name;
    tw_time time;
    uint32_t seconds, nanoseconds;
} times[] = {
    {"the epoch", 0, 0, 0},
    {"the last nanosecond of a second", 5 * TW_SECOND - 1, 4, 999999999},
    {"a whole second", 5 * TW_SECOND, 5, 0},
    {"the last second of the format", INT64_C(4294967295) * TW_SECOND + 7, 4294967295U, 7},
    {"before the epoch, nanoseconds still count upwards", -1, 4294967295U, 999999999},
};

START_TEST(a_record_has_time_and_both_lengths_and_then_the_bytes) {
    struct fates fates = {0};
    size_t len;
    ck_assert(put(times[_i].time, 5, 'x'));
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    char *text = folder_read(&folder, "f", &len);
    ck_assert_msg(len == 24 + 16 + 5, "%s: %zu bytes", times[_i].name, len);
    ck_assert_msg(u32_at(text, 24) == times[_i].seconds, "%s", times[_i].name);
    ck_assert_msg(u32_at(text, 28) == times[_i].nanoseconds, "%s", times[_i].name);
    ck_assert_uint_eq(u32_at(text, 32), 5);
    ck_assert_uint_eq(u32_at(text, 36), 9);
    ck_assert_str_eq(text + 40, "xxxxx");
    free(text);
}
END_TEST

START_TEST(a_buffer_takes_the_largest_packet_and_then_says_that_it_is_full) {
    struct fates fates = {0};
    ck_assert(put(0, TW_PCAP_CAPLEN_MAX, 1));
    ck_assert(!put(0, 0, 2));
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    ck_assert(put(0, 0, 2));
    ck_assert_uint_eq(fates.n_written, 1);
    ck_assert_uint_eq(fates.bytes, TW_PCAP_CAPLEN_MAX);
}
END_TEST

START_TEST(many_empty_packets_fill_the_list_of_records_and_not_more) {
    struct fates fates = {0};
    size_t n = 0;
    while (put(0, 0, n))
        n++;
    ck_assert_uint_gt(n, 1000);
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    ck_assert_uint_eq(fates.n_written, n);
    ck_assert_uint_eq(file.size, 24 + 16 * n);
}
END_TEST

/* Three records of 16 + 84 bytes: the file would have 24, 124, 224, 324 bytes. */
static const struct {
    const char *name;
    size_t limit, want_size, want_written;
} full[] = {
    {"no room at all", 0, 0, 0},
    {"within the file header", 23, 0, 0},
    {"the file header just fits", 24, 24, 0},
    {"within the first record's header", 30, 24, 0},
    {"one byte short of a record", 123, 24, 0},
    {"one record just fits", 124, 124, 1},
    {"one byte of the second record", 125, 124, 1},
    {"one byte short of all", 323, 224, 2},
    {"all fits", 324, 324, 3},
};

START_TEST(a_full_disk_leaves_whole_records_and_says_which_were_lost) {
    struct fates fates = {0};
    size_t len;
    for (uint64_t tag = 1; tag <= 3; tag++)
        ck_assert(put(0, 84, tag));
    folder_limit_files(full[_i].limit);
    int err = tw_pcapfile_flush(&file, on_fate, &fates);
    folder_limit_files(SIZE_MAX);
    free(folder_read(&folder, "f", &len));
    const char *name = full[_i].name;
    ck_assert_msg(err == (full[_i].want_written == 3 ? 0 : -EFBIG), "%s: %d", name, err);
    ck_assert_msg(len == full[_i].want_size && file.size == len, "%s: %zu bytes", name, len);
    ck_assert_msg(fates.n_written == full[_i].want_written && fates.n_written + fates.n_lost == 3, "%s", name);
    for (size_t i = 0; i < fates.n_lost; i++)
        ck_assert_msg(fates.lost[i] == fates.n_written + 1 + i, "%s: wrong one lost", name);
}
END_TEST

START_TEST(writing_goes_on_where_the_disk_was_full) {
    struct fates fates = {0};
    uint64_t whole;
    for (uint64_t tag = 1; tag <= 3; tag++)
        ck_assert(put(0, 84, tag));
    folder_limit_files(full[_i].limit);
    (void)tw_pcapfile_flush(&file, on_fate, &fates);
    folder_limit_files(SIZE_MAX);
    ck_assert(put(0, 10, 4));
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    size_t n = full[_i].want_written, len;
    free(folder_read(&folder, "f", &len));
    ck_assert_msg(len == 24 + 100 * n + 26, "%s: %zu", full[_i].name, len);
    ck_assert_int_eq(tw_pcapfile_measure(file.fd, &whole), 0);
    ck_assert_uint_eq(whole, len);
    ck_assert_uint_eq(fates.written[n], 4);
}
END_TEST

START_TEST(a_removed_file_loses_its_records_with_enoent) {
    struct fates fates = {0};
    ck_assert(put(0, 84, 1));
    ck_assert_int_eq(unlinkat(folder.fd, "f", 0), 0);
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), -ENOENT);
    ck_assert_uint_eq(fates.n_lost, 1);
    ck_assert_uint_eq(file.n, 0);
}
END_TEST

START_TEST(measure_finds_the_last_whole_record_at_every_length) {
    struct fates fates = {0};
    size_t len;
    put(1, 7, 1);
    put(2, 0, 2);
    put(3, 3, 3);
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    char *text = folder_read(&folder, "f", &len);
    const size_t ends[] = {24, 24 + 23, 24 + 39, 24 + 58};
    ck_assert_uint_eq(len, ends[3]);
    for (size_t cut = len + 1; cut-- > 0;) {
        uint64_t whole = 0, want = 0;
        ck_assert_int_eq(ftruncate(file.fd, (off_t)cut), 0);
        int err = tw_pcapfile_measure(file.fd, &whole);
        for (size_t i = 0; i < 4 && ends[i] <= cut; i++)
            want = ends[i];
        ck_assert_msg(err == (want == 0 ? -EINVAL : 0) && whole == want, "cut at %zu: %zu", cut, (size_t)whole);
    }
    free(text);
}
END_TEST

START_TEST(measure_stops_at_what_cannot_be_a_record) {
    static const uint8_t zeros[4096];
    struct fates fates = {0};
    uint64_t whole = 0;
    put(1, 7, 1);
    ck_assert_int_eq(tw_pcapfile_flush(&file, on_fate, &fates), 0);
    const uint32_t wrong[3][4] = {{0, 0, 0, 0}, {1, 1000000000, 4, 4}, {1, 0, TW_PCAP_CAPLEN_MAX + 1, 4}};
    ck_assert_int_eq(pwrite(file.fd, wrong[_i], 16, 47), 16);
    ck_assert_int_eq(pwrite(file.fd, zeros, sizeof(zeros), 63), sizeof(zeros));
    ck_assert_int_eq(ftruncate(file.fd, 2 * TW_PCAP_CAPLEN_MAX), 0);
    ck_assert_int_eq(tw_pcapfile_measure(file.fd, &whole), 0);
    ck_assert_uint_eq(whole, 47);
}
END_TEST

START_TEST(measure_refuses_another_kind_of_file) {
    uint64_t whole = 99;
    folder_write(&folder, "g", "#!/bin/sh\n# not a capture file\n", 31);
    int fd = openat(folder.fd, "g", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(tw_pcapfile_measure(fd, &whole), -EINVAL);
    ck_assert_uint_eq(whole, 99);
    close(fd);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_pcapfile(void) {
    Suite *suite = suite_create("pcapfile");
    TCase *tc = tcase_create("bytes");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_file_header_says_nanoseconds_link_type_and_snapshot_length);
    tcase_add_test(tc, raw_ip_has_the_number_that_files_have_for_it);
    tcase_add_loop_test(tc, a_record_has_time_and_both_lengths_and_then_the_bytes, 0, N(times));
    tcase_add_test(tc, a_buffer_takes_the_largest_packet_and_then_says_that_it_is_full);
    tcase_add_test(tc, many_empty_packets_fill_the_list_of_records_and_not_more);
    suite_add_tcase(suite, tc);
    tc = tcase_create("failures");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_full_disk_leaves_whole_records_and_says_which_were_lost, 0, N(full));
    tcase_add_loop_test(tc, writing_goes_on_where_the_disk_was_full, 0, N(full));
    tcase_add_test(tc, a_removed_file_loses_its_records_with_enoent);
    suite_add_tcase(suite, tc);
    tc = tcase_create("measure");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, measure_finds_the_last_whole_record_at_every_length);
    tcase_add_loop_test(tc, measure_stops_at_what_cannot_be_a_record, 0, 3);
    tcase_add_test(tc, measure_refuses_another_kind_of_file);
    suite_add_tcase(suite, tc);
    return suite;
}
