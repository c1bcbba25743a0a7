/* SPDX-License-Identifier: MIT */
/* Capture files as libpcap hands them on: times, lengths, ends, and what is refused. */
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"

enum { MAGIC_MICRO = 0xa1b2c3d4, MAGIC_NANO = 0xa1b23c4d, ETHERNET = 1 };

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snaplen, link_type;
};

struct record {
    uint32_t seconds, fraction, caplen, wirelen;
    uint8_t bytes[4];
};

struct seen {
    unsigned n;
    tw_time time;
    uint32_t caplen, wirelen;
};

static char path[64];
static int fd;
static char problem[CAPTURE_PROBLEM_MAX];

static void make_file(void) {
    strcpy(path, "/tmp/test-capture-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(void) {
    close(fd);
    unlink(path);
}

static void write_file(const void *bytes, size_t len) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* One record of four bytes, cut to `len` bytes in all. */
static void write_record(uint32_t magic, struct record record, size_t len) {
    struct {
        struct file_header header;
        struct record record;
    } all = {{magic, 2, 4, 0, 0, 65535, ETHERNET}, record};
    write_file(&all, len < sizeof(all) ? len : sizeof(all));
}

static void see(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct seen *seen = context;
    (void)bytes;
    *seen = (struct seen){seen->n + 1, time, caplen, wirelen};
}

/* The first `n_head` bytes are read before. */
static int open_path(const char *filter, size_t n_head, struct capture **ret) {
    uint8_t head[CAPTURE_HEAD_MAX];
    fd = open(path, O_RDONLY);
    ssize_t len = read(fd, head, n_head);
    ck_assert_int_ge(len, 0);
    return capture_open_file(path, fd, head, (size_t)len, filter, ret, problem);
}

/* Read to the end; returns why it ended. */
static int read_all(struct seen *seen) {
    struct capture *capture = NULL;
    int n;
    *seen = (struct seen){0};
    ck_assert_msg(open_path("", 24, &capture) == 0, "%s", problem);
    do
        n = capture_dispatch(capture, 10, see, seen);
    while (n >= 0);
    capture_close(capture);
    return n;
}

static const struct {
    const char *name;
    uint32_t magic, seconds, fraction;
    tw_time time;
} times[] = {
    {"microseconds", MAGIC_MICRO, 5, 7, 5 * TW_SECOND + 7 * TW_US},
    {"nanoseconds", MAGIC_NANO, 5, 7, 5 * TW_SECOND + 7},
    {"the epoch", MAGIC_NANO, 0, 0, 0},
    {"the last second of a signed field", MAGIC_NANO, INT32_MAX, 0, INT32_MAX *TW_SECOND},
    {"the first one past it", MAGIC_NANO, UINT32_C(1) << 31, 0, (INT64_C(1) << 31) * TW_SECOND},
    {"the last second of all", MAGIC_MICRO, UINT32_MAX, 0, UINT32_MAX *TW_SECOND},
    {"more nanoseconds than a second has", MAGIC_NANO, 5, 2000000000, 7 * TW_SECOND},
    {"more microseconds than a signed field", MAGIC_MICRO, 5, 3000000000, 3005 * TW_SECOND},
};

START_TEST(a_records_time_is_unsigned_and_in_nanoseconds) {
    struct seen seen;
    write_record(times[_i].magic, (struct record){times[_i].seconds, times[_i].fraction, 4, 4, {0}}, SIZE_MAX);
    ck_assert_int_eq(read_all(&seen), CAPTURE_END);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_msg(seen.time == times[_i].time, "%s: %lld", times[_i].name, (long long)seen.time);
}
END_TEST

START_TEST(a_packet_is_never_longer_captured_than_on_the_wire) {
    struct seen seen;
    write_record(MAGIC_NANO, (struct record){1, 0, 4, 2, {0}}, SIZE_MAX);
    ck_assert_int_eq(read_all(&seen), CAPTURE_END);
    ck_assert_uint_eq(seen.caplen, 4);
    ck_assert_uint_eq(seen.wirelen, 4);
}
END_TEST

/* _i bytes of a file of 44: its header has 24. */
START_TEST(a_file_that_breaks_off_is_broken) {
    struct seen seen;
    write_record(MAGIC_NANO, (struct record){1, 0, 4, 4, {0}}, (size_t)_i);
    ck_assert_msg(read_all(&seen) == (_i == 24 || _i == 44 ? CAPTURE_END : CAPTURE_BROKEN), "%d bytes", _i);
    ck_assert_uint_eq(seen.n, _i == 44);
}
END_TEST

static const struct {
    const char *name, *bytes;
    size_t len;
    const char *words;
} refused[] = {
    {"an empty file", "", 0, "empty"},
    {"gzip", "\x1f\x8b\x08\0\0\0\0\0", 8, "zcat"},
    {"zstd", "\x28\xb5\x2f\xfd\0\0\0\0", 8, "zstdcat"},
    {"xz",
     "\xfd"
     "7zXZ\0\0\0",
     8, "xzcat"},
    {"half a file header", "\xd4\xc3\xb2\xa1\2\0", 6, "truncated"},
    {"text", "hello, world", 12, "unknown file format"},
};

START_TEST(what_is_no_capture_file_is_refused_with_advice) {
    struct capture *capture = NULL;
    write_file(refused[_i].bytes, refused[_i].len);
    ck_assert_int_eq(open_path("", 24, &capture), CAPTURE_EOPEN);
    ck_assert_msg(strstr(problem, refused[_i].words) && strstr(problem, path), "%s: %s", refused[_i].name, problem);
    ck_assert_ptr_null(capture);
}
END_TEST

/* _i bytes are not in the file any more, but in the head. */
START_TEST(what_was_read_already_is_no_loss) {
    struct capture *capture = NULL;
    struct seen seen = {0};
    write_record(MAGIC_NANO, (struct record){1, 0, 4, 4, {0}}, SIZE_MAX);
    ck_assert_int_eq(open_path("", (size_t)_i, &capture), 0);
    ck_assert_int_eq(capture_dispatch(capture, 10, see, &seen), 1);
    ck_assert_uint_eq(capture_position(capture), 44);
    capture_close(capture);
}
END_TEST

START_TEST(a_bad_filter_is_told_from_a_bad_file) {
    struct capture *capture = NULL;
    write_record(MAGIC_NANO, (struct record){1, 0, 4, 4, {0}}, SIZE_MAX);
    ck_assert_int_eq(open_path("bad bad", 24, &capture), CAPTURE_EFILTER);
    ck_assert_ptr_null(capture);
}
END_TEST

static const struct {
    const char *filter;
    int err;
    bool takes;
} filters[] = {
    {"ether[0] == 7", 0, true},          {"ether[0] == 8", 0, false},         {"greater 100", 0, true},
    {"ether[4] == 0", 0, false}, /* not captured */
    {"bad bad", CAPTURE_EFILTER, false}, {"inbound", CAPTURE_EFILTER, false},
};

START_TEST(filters_are_for_packets_of_others_too) {
    static const uint8_t bytes[4] = {7};
    struct capture_filter *filter = NULL;
    int err = capture_filter_create(filters[_i].filter, ETHERNET, 65535, &filter, "NAME", problem);
    ck_assert_msg(err == filters[_i].err, "%s: %s", filters[_i].filter, problem);
    ck_assert(err == 0 || strncmp(problem, "NAME: ", 6) == 0);
    ck_assert(err != 0 || capture_filter_takes(filter, 4, 200, bytes) == filters[_i].takes);
    capture_filter_destroy(filter);
}
END_TEST

START_TEST(link_types_have_names_even_unknown_ones) {
    ck_assert_str_eq(capture_link_name(ETHERNET), "EN10MB");
    ck_assert_str_eq(capture_link_name(14), "RAW");
    ck_assert_str_eq(capture_link_name(101), "RAW");
    ck_assert_str_eq(capture_link_name(9999), "DLT 9999");
}
END_TEST

/* Raw IP has other numbers on other systems, which libpcap does not compile for by themselves. */
START_TEST(a_filter_goes_with_every_number_of_raw_ip) {
    static const int numbers[] = {12, 14, 101};
    struct capture_filter *filter = NULL;
    ck_assert_msg(capture_filter_create("len >= 0", numbers[_i], 65535, &filter, "name", problem) == 0, "%d: %s",
                  numbers[_i], problem);
    ck_assert(capture_filter_takes(filter, 20, 20, (const uint8_t[20]){0x45}));
    capture_filter_destroy(filter);
}
END_TEST

Suite *suite_capture(void) {
    Suite *suite = suite_create("capture");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, make_file, remove_file);
    tcase_add_loop_test(files, a_records_time_is_unsigned_and_in_nanoseconds, 0,
                        (int)(sizeof(times) / sizeof(times[0])));
    tcase_add_test(files, a_packet_is_never_longer_captured_than_on_the_wire);
    tcase_add_loop_test(files, a_file_that_breaks_off_is_broken, 24, 45);
    tcase_add_loop_test(files, what_is_no_capture_file_is_refused_with_advice, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_loop_test(files, what_was_read_already_is_no_loss, 0, CAPTURE_HEAD_MAX + 1);
    tcase_add_test(files, a_bad_filter_is_told_from_a_bad_file);
    tcase_add_loop_test(files, filters_are_for_packets_of_others_too, 0, (int)(sizeof(filters) / sizeof(filters[0])));
    tcase_add_test(files, link_types_have_names_even_unknown_ones);
    tcase_add_loop_test(files, a_filter_goes_with_every_number_of_raw_ip, 0, 3);
    suite_add_tcase(suite, files);
    return suite;
}
