/* SPDX-License-Identifier: MIT */
/* Where files are cut, and what they are called: by limits, by hand, and by settings that change. */
#include "outfiles.h"

#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "suites.h"

#define NAME(n) "p-19700101T000001Z-00000" #n ".pcap"

enum { DATA = 84, RECORD = 16 + DATA };

static struct folder folder;
static struct tw_writer *writer;
static struct tw_outfiles *files;
static struct tw_pcap_settings settings;
static tw_time clock_now;

static void setup(void) {
    folder_init(&folder);
    settings = (struct tw_pcap_settings){.prefix = "p", .flush = TW_SECOND, .mode = 0640};
    struct tw_writer_options options = {.dirfd = folder.fd, .live = true, .host = "sensor", .pcap = settings};
    ck_assert_int_eq(tw_writer_create(&options, &writer), 0);
    files = malloc(sizeof(*files));
    ck_assert_ptr_nonnull(files);
    tw_outfiles_init(files, &settings, writer, 1);
    clock_now = TW_SECOND;
}

static void teardown(void) {
    (void)tw_writer_destroy(writer, 0);
    free(files);
    folder_fini(&folder);
}

static void put_of(uint64_t extraction, int dlt) {
    static const uint8_t bytes[DATA];
    struct tw_writer_packet packet = {.time = TW_SECOND, .caplen = DATA, .wirelen = DATA, .bytes = bytes};
    packet.extraction = (uint32_t)extraction;
    uint8_t source = tw_outfiles_source(files, dlt, 65535);
    ck_assert_int_eq(tw_outfiles_packet(files, extraction, extraction + 10, source, &packet, clock_now), 0);
}

static void put(uint64_t extraction) {
    put_of(extraction, 1);
}

/* Packets in a finished file; -1: it is not there. */
static int packets_in(const char *name) {
    size_t len;
    tw_writer_drain(writer);
    if (!folder_has(&folder, name))
        return -1;
    free(folder_read(&folder, name, &len));
    return (int)((len - 24) / RECORD);
}

static void set_limits(uint64_t max_size, tw_time max_age, uint64_t max_packets) {
    settings.max_size = max_size;
    settings.max_age = max_age;
    settings.max_packets = max_packets;
    tw_outfiles_configure(files, &settings, 0);
}

START_TEST(the_packet_that_would_exceed_the_size_begins_the_next) {
    set_limits(24 + 2 * RECORD, 0, 0);
    for (int i = 0; i < 3; i++)
        put(1);
    ck_assert_int_eq(packets_in(NAME(1)), 2);
    ck_assert_str_eq(tw_outfiles_name(files, 1), NAME(2));
}
END_TEST

START_TEST(a_file_is_as_old_as_allowed_and_no_older) {
    set_limits(0, 10 * TW_SECOND, 0);
    put(1);
    clock_now += 10 * TW_SECOND;
    put(1);
    ck_assert_int_eq(packets_in(NAME(1)), -1);
    clock_now++;
    put(1);
    ck_assert_int_eq(packets_in(NAME(1)), 2);
}
END_TEST

START_TEST(a_file_that_gets_no_more_packets_is_finished_when_it_is_old) {
    set_limits(0, 10 * TW_SECOND, 0);
    put(1);
    tw_outfiles_age(files, clock_now + 10 * TW_SECOND);
    ck_assert_str_eq(tw_outfiles_latest(files), NAME(1));
    tw_outfiles_age(files, clock_now + 10 * TW_SECOND + 1);
    ck_assert_int_eq(packets_in(NAME(1)), 1);
    ck_assert_ptr_null(tw_outfiles_latest(files));
    put(1);
    ck_assert_str_eq(tw_outfiles_latest(files), NAME(2));
}
END_TEST

START_TEST(a_cut_finishes_what_is_open_and_nothing_else) {
    tw_outfiles_cut(files);
    put(1);
    tw_outfiles_cut(files);
    tw_outfiles_cut(files);
    ck_assert_int_eq(packets_in(NAME(1)), 1);
    ck_assert_str_eq(tw_outfiles_name(files, 1), "");
    put(1);
    ck_assert_str_eq(tw_outfiles_name(files, 1), NAME(2));
}
END_TEST

START_TEST(limits_that_change_hold_for_the_open_file) {
    for (int i = 0; i < 3; i++)
        put(1);
    set_limits(0, 0, 3);
    ck_assert_str_eq(tw_outfiles_name(files, 1), NAME(1));
    put(1);
    ck_assert_int_eq(packets_in(NAME(1)), 3);
}
END_TEST

START_TEST(another_split_begins_other_files) {
    put(1);
    settings.split = TW_SPLIT_FLOW;
    tw_outfiles_configure(files, &settings, 0);
    put(1);
    put(2);
    tw_outfiles_cut(files);
    ck_assert_int_eq(packets_in(NAME(1)), 1);
    ck_assert_int_eq(packets_in("p-19700101T000001Z-000002-flow11.pcap"), 1);
    ck_assert_int_eq(packets_in("p-19700101T000001Z-000003-flow12.pcap"), 1);
}
END_TEST

START_TEST(another_folder_has_its_own_numbers) {
    put(1);
    tw_outfiles_configure(files, &settings, 8);
    ck_assert_int_eq(packets_in(NAME(1)), 1);
    put(1);
    ck_assert_str_eq(tw_outfiles_name(files, 1), NAME(8));
}
END_TEST

START_TEST(another_link_type_begins_the_next_file) {
    put_of(1, 1);
    put_of(1, 101);
    put_of(1, 1);
    tw_outfiles_cut(files);
    ck_assert_int_eq(packets_in(NAME(1)), 1);
    ck_assert_int_eq(packets_in(NAME(2)), 1);
    ck_assert_int_eq(packets_in(NAME(3)), 1);
}
END_TEST

START_TEST(link_types_that_alternate_have_a_file_each_where_that_is_asked_for) {
    files->is_by_link_type = true;
    for (int i = 0; i < 5; i++)
        put_of(1, i % 2 ? 101 : 1);
    ck_assert_str_eq(tw_outfiles_name(files, 1), NAME(1));
    tw_outfiles_cut(files);
    ck_assert_int_eq(packets_in(NAME(1)), 3);
    ck_assert_int_eq(packets_in(NAME(2)), 2);
}
END_TEST

Suite *suite_outfiles(void) {
    Suite *suite = suite_create("outfiles");
    TCase *tc = tcase_create("cuts");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, another_link_type_begins_the_next_file);
    tcase_add_test(tc, link_types_that_alternate_have_a_file_each_where_that_is_asked_for);
    tcase_add_test(tc, the_packet_that_would_exceed_the_size_begins_the_next);
    tcase_add_test(tc, a_file_is_as_old_as_allowed_and_no_older);
    tcase_add_test(tc, a_file_that_gets_no_more_packets_is_finished_when_it_is_old);
    tcase_add_test(tc, a_cut_finishes_what_is_open_and_nothing_else);
    tcase_add_test(tc, limits_that_change_hold_for_the_open_file);
    tcase_add_test(tc, another_split_begins_other_files);
    tcase_add_test(tc, another_folder_has_its_own_numbers);
    suite_add_tcase(suite, tc);
    return suite;
}
