/* SPDX-License-Identifier: MIT */
/*
 * What the writer's thread does, without the thread: files, logs, counters, and troubles that come and go.
 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "suites.h"

#define FILE_1 "p-20240101T000000Z-000001.pcap"
#define FILE_2 "p-20240101T000000Z-000002.pcap"

enum { DATA = 84, RECORD = 16 + DATA };

static struct folder folder;
static struct tw_sink *sink;
static int alarms_seen;

static void on_alarm(void *context, const struct tw_alarm_event *event) {
    *(int *)context += !event->is_end;
}

static struct tw_sink_options make_options(bool live) {
    struct tw_sink_options options = {
        .dirfd = folder.fd,
        .wait = !live,
        .live = live,
        .host = "sensor",
        .pcap = {.prefix = "p", .flush = TW_SECOND, .mode = 0640},
        .output = {.flows = TW_FLOWS_ALL, .alarms = true},
        .on_alarm = on_alarm,
        .context = &alarms_seen,
    };
    return options;
}

static void open_sink(bool live) {
    struct tw_sink_options options = make_options(live);
    ck_assert_int_eq(tw_sink_create(&options, &sink), 0);
    tw_sink_tick(sink, TW_SECOND);
}

static void setup(void) {
    folder_init(&folder);
    sink = NULL;
    alarms_seen = 0;
}

static void teardown(void) {
    tw_sink_destroy(sink);
    folder_fini(&folder);
}

static void put(uint32_t file, uint32_t extraction, bool before) {
    static const uint8_t bytes[DATA];
    struct tw_pcapfile_packet packet = {.time = TW_SECOND, .caplen = DATA, .wirelen = DATA, .bytes = bytes};
    tw_sink_packet(sink, file, extraction, before, &packet);
}

static size_t size_of(const char *name) {
    size_t len;
    free(folder_read(&folder, name, &len));
    return len;
}

static bool log_has(const char *name, const char *want) {
    char *text = folder_read(&folder, name, NULL);
    bool has = strstr(text, want) != NULL;
    free(text);
    return has;
}

static struct tw_sink_stats stats_of(void) {
    struct tw_sink_stats stats;
    tw_sink_stats(sink, &stats);
    return stats;
}

static void end_extraction(uint32_t extraction) {
    struct tw_extract_event event = {.time = TW_SECOND, .flow = {.index = 5, .ip_version = 4, .proto = 6}};
    event.extraction = extraction;
    event.alarms = 1;
    event.was_alarmed = true;
    tw_sink_extract_end(sink, &event);
}

START_TEST(packets_gather_until_they_are_as_old_as_pcap_flush) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    ck_assert_int_eq(tw_sink_tick(sink, 10 * TW_SECOND), 0);
    put(0, 1, false);
    ck_assert_int_eq(tw_sink_tick(sink, 10 * TW_SECOND + 5), 11 * TW_SECOND);
    put(0, 1, false);
    ck_assert_int_eq(tw_sink_tick(sink, 11 * TW_SECOND - 1), 11 * TW_SECOND);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 0);
    ck_assert_int_eq(tw_sink_tick(sink, 11 * TW_SECOND), 0);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + 2 * RECORD);
    ck_assert_uint_eq(stats_of().packets, 2);
    ck_assert_uint_eq(stats_of().bytes, 2 * DATA);
}
END_TEST

START_TEST(a_finished_file_has_all_its_packets_and_its_name) {
    open_sink(true);
    tw_sink_begin(sink, 7, FILE_1, 1, 65535);
    for (int i = 0; i < 10000; i++)
        put(7, 1, false);
    tw_sink_finish(sink, 7);
    ck_assert_uint_eq(size_of(FILE_1), 24 + 10000 * RECORD);
    ck_assert(!folder_has(&folder, FILE_1 ".part"));
    tw_sink_finish(sink, 7);
    ck_assert_int_eq(stats_of().error, 0);
}
END_TEST

START_TEST(a_file_without_packets_does_not_stay) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    tw_sink_finish(sink, 0);
    ck_assert(!folder_has(&folder, FILE_1) && !folder_has(&folder, FILE_1 ".part"));
}
END_TEST

START_TEST(the_current_link_is_there_while_a_file_is_open) {
    char target[100] = {0};
    open_sink(true);
    ck_assert(!folder_has(&folder, "p-current.pcap"));
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    ck_assert_int_gt(readlinkat(folder.fd, "p-current.pcap", target, sizeof(target) - 1), 0);
    ck_assert_str_eq(target, FILE_1 ".part");
    tw_sink_finish(sink, 0);
    ck_assert(!folder_has(&folder, "p-current.pcap"));
}
END_TEST

START_TEST(no_current_link_when_a_file_is_read) {
    open_sink(false);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    ck_assert(!folder_has(&folder, "p-current.pcap"));
}
END_TEST

START_TEST(an_extraction_is_told_what_was_written_for_it) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 3, true);
    put(0, 4, false);
    put(0, 3, false);
    tw_sink_finish(sink, 0);
    tw_sink_begin(sink, 0, FILE_2, 1, 65535);
    put(0, 3, false);
    end_extraction(3);
    tw_sink_flush(sink);
    ck_assert(log_has("p_alarms.jsonl", "\"pcap\":[\"" FILE_1 "\",\"" FILE_2 "\"]"));
    ck_assert(log_has("p_alarms.jsonl", "\"packets_before\":1,\"packets_written\":3,\"bytes_written\":252"));
    ck_assert_uint_eq(size_of(FILE_2 ".part"), 24 + RECORD);
}
END_TEST

START_TEST(an_extraction_without_packets_has_its_line_too) {
    open_sink(true);
    end_extraction(9);
    tw_sink_flush(sink);
    ck_assert(log_has("p_alarms.jsonl", "\"pcap\":[]"));
    ck_assert(log_has("p_alarms.jsonl", "\"packets_written\":0"));
}
END_TEST

START_TEST(without_an_alarm_no_packet_is_from_before_it) {
    struct tw_extract_event event = {.extraction = 3, .flow = {.index = 5, .ip_version = 4, .proto = 6}};
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 3, true);
    tw_sink_extract_end(sink, &event);
    tw_sink_flush(sink);
    ck_assert(log_has("p_alarms.jsonl", "\"packets_before\":0,\"packets_written\":1"));
}
END_TEST

START_TEST(packets_that_a_full_disk_keeps_out_are_lost_to_their_extraction) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    put(0, 2, false);
    put(0, 1, false);
    folder_limit_files(24 + 2 * RECORD + RECORD / 2);
    tw_sink_tick(sink, 3 * TW_SECOND);
    folder_limit_files(SIZE_MAX);
    struct tw_sink_stats stats = stats_of();
    ck_assert_int_eq(stats.error, -EFBIG);
    ck_assert_str_eq(stats.error_name, FILE_1);
    ck_assert_uint_eq(stats.packets, 2);
    ck_assert_uint_eq(stats.lost_write, 1);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + 2 * RECORD);
    end_extraction(1);
    tw_sink_flush(sink);
    ck_assert(log_has("p_alarms.jsonl", "\"packets_written\":1"));
    ck_assert(log_has("p_alarms.jsonl", "\"write\":1"));
}
END_TEST

START_TEST(a_trouble_is_counted_once_and_ends_with_the_next_packet_written) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    tw_sink_flush(sink);
    folder_limit_files(24 + RECORD);
    for (int i = 0; i < 5; i++) {
        put(0, 1, false);
        tw_sink_flush(sink);
    }
    folder_limit_files(SIZE_MAX);
    ck_assert_uint_eq(stats_of().write_errors, 1);
    ck_assert_uint_eq(stats_of().lost_write, 5);
    ck_assert_int_eq(stats_of().error, -EFBIG);
    put(0, 1, false);
    tw_sink_flush(sink);
    ck_assert_int_eq(stats_of().error, 0);
    ck_assert_str_eq(stats_of().error_name, "");
    ck_assert_int_eq(stats_of().first_error, -EFBIG);
    tw_sink_finish(sink, 0);
    ck_assert_uint_eq(size_of(FILE_1), 24 + 2 * RECORD);
}
END_TEST

START_TEST(a_trouble_does_not_end_because_nothing_was_to_be_written) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    tw_sink_flush(sink);
    put(0, 1, false);
    folder_limit_files(24 + RECORD);
    tw_sink_flush(sink);
    folder_limit_files(SIZE_MAX);
    tw_sink_finish(sink, 0);
    ck_assert_int_eq(stats_of().error, -EFBIG);
    ck_assert_uint_eq(size_of(FILE_1), 24 + RECORD);
}
END_TEST

START_TEST(a_pcap_in_trouble_is_not_hidden_by_a_log_that_is_well) {
    struct tw_alarm_event alarm = {.flow = {.ip_version = 4, .proto = 6}, .episode = 1};
    open_sink(true);
    folder_write(&folder, FILE_1 ".part", "x", 1);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    tw_sink_alarm(sink, &alarm);
    ck_assert_int_eq(stats_of().error, -EEXIST);
    ck_assert_str_eq(stats_of().error_name, FILE_1);
    ck_assert_int_eq(alarms_seen, 1);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_tried_again_after_a_second) {
    open_sink(true);
    folder_write(&folder, FILE_1 ".part", "x", 1);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    ck_assert_int_eq(unlinkat(folder.fd, FILE_1 ".part", 0), 0);
    tw_sink_tick(sink, 2 * TW_SECOND - 1);
    put(0, 1, false);
    ck_assert_uint_eq(stats_of().lost_write, 2);
    tw_sink_tick(sink, 2 * TW_SECOND);
    put(0, 1, false);
    tw_sink_finish(sink, 0);
    ck_assert_uint_eq(stats_of().lost_write, 2);
    ck_assert_uint_eq(size_of(FILE_1), 24 + RECORD);
    ck_assert_int_eq(stats_of().error, 0);
}
END_TEST

START_TEST(a_file_that_was_removed_is_begun_again) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    tw_sink_flush(sink);
    ck_assert_int_eq(unlinkat(folder.fd, FILE_1 ".part", 0), 0);
    put(0, 1, false);
    tw_sink_flush(sink);
    ck_assert_int_eq(stats_of().error, -ENOENT);
    ck_assert_uint_eq(stats_of().lost_write, 1);
    tw_sink_tick(sink, 5 * TW_SECOND);
    put(0, 1, false);
    tw_sink_finish(sink, 0);
    ck_assert_uint_eq(size_of(FILE_1), 24 + RECORD);
    ck_assert_int_eq(stats_of().error, 0);
}
END_TEST

START_TEST(a_removed_folder_loses_everything_and_says_so) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    tw_sink_flush(sink);
    const char *names[] = {FILE_1 ".part", "p-current.pcap", "p_alarms.jsonl", "p_flows.tsv"};
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(unlinkat(folder.fd, names[i], 0), 0);
    ck_assert_int_eq(rmdir(folder.path), 0);
    for (int i = 2; i < 6; i++) {
        put(0, 1, false);
        end_extraction(1);
        tw_sink_tick(sink, i * 3 * TW_SECOND);
    }
    tw_sink_finish_all(sink);
    ck_assert_int_eq(stats_of().error, -ENOENT);
    ck_assert_uint_eq(stats_of().lost_write, 4);
    ck_assert_uint_eq(stats_of().lost_alarms, 4);
}
END_TEST

START_TEST(a_removed_log_is_made_again_with_its_header) {
    struct tw_flow_record record = {.id = {.index = 77, .ip_version = 4, .proto = 6}};
    record.side[TW_A].packets = 1;
    open_sink(true);
    ck_assert_int_eq(unlinkat(folder.fd, "p_flows.tsv", 0), 0);
    tw_sink_flow(sink, &record);
    tw_sink_flush(sink);
    char *text = folder_read(&folder, "p_flows.tsv", NULL);
    ck_assert(text[0] == '%' && strstr(text, "\nA\t77\t") != NULL);
    free(text);
}
END_TEST

START_TEST(logs_of_an_earlier_run_go_on_live_and_begin_anew_with_a_file) {
    bool live = _i == 0;
    folder_write(&folder, "p_flows.tsv", "%old\nold\nol", 11);
    folder_write(&folder, "p_alarms.jsonl", "{}\n", 3);
    open_sink(live);
    tw_sink_flush(sink);
    ck_assert(log_has("p_flows.tsv", live ? "%old\nold\n" : "%dir"));
    ck_assert(log_has("p_flows.tsv", "old\nold") == live);
    ck_assert(log_has("p_flows.tsv", "%dir") == !live);
    ck_assert(log_has("p_alarms.jsonl", "{}\n") == live);
}
END_TEST

START_TEST(without_output_alarms_there_is_no_file_but_they_are_seen) {
    struct tw_alarm_event alarm = {.flow = {.ip_version = 4, .proto = 6}, .episode = 1};
    struct tw_sink_options options = make_options(true);
    options.output.alarms = false;
    ck_assert_int_eq(tw_sink_create(&options, &sink), 0);
    tw_sink_alarm(sink, &alarm);
    end_extraction(1);
    tw_sink_flush(sink);
    ck_assert(!folder_has(&folder, "p_alarms.jsonl"));
    ck_assert_int_eq(alarms_seen, 1);
}
END_TEST

START_TEST(an_alarm_is_in_the_file_at_once_live) {
    struct tw_alarm_event alarm = {.flow = {.ip_version = 4, .proto = 6}, .episode = 1};
    open_sink(true);
    tw_sink_source(sink, "eth7");
    tw_sink_alarm(sink, &alarm);
    ck_assert(log_has("p_alarms.jsonl", "eth7"));
}
END_TEST

START_TEST(logs_that_cannot_be_opened_are_an_error_at_the_start) {
    struct tw_sink_options options = make_options(true);
    ck_assert_int_eq(mkdirat(folder.fd, "p_alarms.jsonl", 0700), 0);
    ck_assert_int_lt(tw_sink_create(&options, &sink), 0);
    ck_assert_ptr_null(sink);
}
END_TEST

START_TEST(a_replaced_file_that_fails_is_a_trouble_of_its_own) {
    open_sink(true);
    ck_assert_int_eq(mkdirat(folder.fd, "status", 0700), 0);
    tw_sink_replace(sink, "status", "x", 1);
    ck_assert_int_eq(stats_of().error, -EISDIR);
    ck_assert_str_eq(stats_of().error_name, "status");
    ck_assert_int_eq(unlinkat(folder.fd, "status", AT_REMOVEDIR), 0);
    tw_sink_replace(sink, "status", "x", 1);
    ck_assert_int_eq(stats_of().error, 0);
    ck_assert(log_has("status", "x"));
}
END_TEST

START_TEST(what_is_not_finished_keeps_its_part) {
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    tw_sink_flush(sink);
    put(0, 1, false);
    tw_sink_destroy(sink);
    sink = NULL;
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + RECORD);
    ck_assert(!folder_has(&folder, FILE_1));
}
END_TEST

/* Mount a file system of 1 MiB on the folder, which nobody but this process sees. */
static bool mount_small_disk(void) {
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tcpwind-test", folder.path, "tmpfs", 0, "size=1m") == 0;
}

START_TEST(a_really_full_disk_ends_on_a_whole_record_and_recovers) {
    if (!mount_small_disk()) {
        printf("a_really_full_disk_ends_on_a_whole_record_and_recovers: skipped, only root may mount\n");
        return;
    }
    int outside = folder.fd;
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    for (int i = 0; i < 30000; i++)
        put(0, 1, false);
    tw_sink_flush(sink);
    struct tw_sink_stats stats = stats_of();
    size_t size = size_of(FILE_1 ".part");
    tw_sink_finish(sink, 0);
    bool finished = folder_has(&folder, FILE_1);
    (void)unlinkat(folder.fd, FILE_1, 0);
    tw_sink_begin(sink, 0, FILE_2, 1, 65535);
    put(0, 1, false);
    tw_sink_finish(sink, 0);
    size_t later = size_of(FILE_2);
    int error = stats_of().error;
    tw_sink_destroy(sink);
    sink = NULL;
    close(folder.fd);
    folder.fd = outside;
    (void)umount2(folder.path, MNT_DETACH);
    ck_assert_int_eq(stats.error, -ENOSPC);
    ck_assert_uint_eq(stats.write_errors, 1);
    ck_assert_uint_eq(stats.packets + stats.lost_write, 30000);
    ck_assert_uint_eq(size, 24 + stats.packets * RECORD);
    ck_assert_uint_gt(size, 900000);
    ck_assert(finished);
    ck_assert_uint_eq(later, 24 + RECORD);
    ck_assert_int_eq(error, 0);
}
END_TEST

static void open_sink_with(struct tw_sink_options options) {
    options.wall = 100 * TW_SECOND;
    ck_assert_int_eq(tw_sink_create(&options, &sink), 0);
    tw_sink_tick(sink, TW_SECOND);
}

static void put_flow(void) {
    struct tw_flow_record record = {.id = {.index = 77, .ip_version = 4, .proto = 6}};
    record.side[TW_A].packets = 1;
    tw_sink_flow(sink, &record);
}

/* Lines of a flow file behind its header, which has to be there. */
static size_t flows_in(const char *name) {
    char *text = folder_read(&folder, name, NULL);
    size_t n = 0;
    ck_assert_msg(text[0] == '%', "%s has no header", name);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        n++;
    free(text);
    return n - 1;
}

START_TEST(a_log_that_would_be_too_large_is_rotated_whole) {
    struct tw_sink_options options = make_options(true);
    char name[100];
    size_t n = 0;
    options.pcap.max_size = 10000;
    open_sink_with(options);
    for (int i = 0; i < 200; i++)
        put_flow();
    tw_sink_flush(sink);
    for (int number = 1;; number++) {
        snprintf(name, sizeof(name), "p_flows-19700101T000140Z-%06d.tsv", number);
        if (!folder_has(&folder, name))
            break;
        ck_assert_uint_le(size_of(name), 10000);
        ck_assert_uint_gt(size_of(name), 5000);
        n += flows_in(name);
    }
    ck_assert_uint_gt(n, 0);
    ck_assert_uint_eq(n + flows_in("p_flows.tsv"), 200);
    ck_assert_uint_eq(stats_of().lost_flows, 0);
}
END_TEST

START_TEST(a_log_that_is_too_old_is_rotated_an_empty_one_is_not) {
    struct tw_sink_options options = make_options(true);
    options.pcap.max_age = 60 * TW_SECOND;
    open_sink_with(options);
    put_flow();
    tw_sink_wall(sink, 160 * TW_SECOND);
    tw_sink_keep(sink);
    ck_assert(!folder_has(&folder, "p_flows-19700101T000140Z-000001.tsv"));
    tw_sink_wall(sink, 160 * TW_SECOND + 1);
    tw_sink_keep(sink);
    ck_assert_uint_eq(flows_in("p_flows-19700101T000140Z-000001.tsv"), 1);
    ck_assert_uint_eq(flows_in("p_flows.tsv"), 0);
    size_t n = folder_count(&folder);
    tw_sink_wall(sink, 1000 * TW_SECOND);
    tw_sink_keep(sink);
    ck_assert_uint_eq(folder_count(&folder), n);
}
END_TEST

START_TEST(when_a_file_is_read_no_log_is_rotated) {
    struct tw_sink_options options = make_options(false);
    options.pcap.max_size = 1000;
    options.pcap.max_age = 1;
    open_sink_with(options);
    for (int i = 0; i < 100; i++)
        put_flow();
    tw_sink_wall(sink, 1000 * TW_SECOND);
    tw_sink_finish_all(sink);
    ck_assert_uint_eq(flows_in("p_flows.tsv"), 100);
    ck_assert_uint_eq(folder_count(&folder), 2);
}
END_TEST

START_TEST(begun_files_stay_where_they_are_when_the_folder_changes) {
    struct tw_sink_options options = make_options(true);
    struct folder other;
    folder_init(&other);
    open_sink(true);
    tw_sink_begin(sink, 0, FILE_1, 1, 65535);
    put(0, 1, false);
    options.dirfd = other.fd;
    options.host = "another";
    tw_sink_configure(sink, &options);
    put_flow();
    tw_sink_begin(sink, 1, FILE_2, 1, 65535);
    put(0, 1, false);
    put(1, 1, false);
    tw_sink_finish_all(sink);
    ck_assert_uint_eq(size_of(FILE_1), 24 + 2 * RECORD);
    ck_assert(!folder_has(&folder, FILE_2) && folder_has(&other, FILE_2));
    ck_assert(!folder_has(&folder, "p-current.pcap") && !folder_has(&other, "p-current.pcap"));
    ck_assert_uint_eq(flows_in("p_flows.tsv"), 0);
    char *text = folder_read(&other, "p_flows.tsv", NULL);
    ck_assert_ptr_nonnull(strstr(text, "\t77\t"));
    free(text);
    ck_assert_int_eq(stats_of().error, 0);
    folder_fini(&other);
}
END_TEST

START_TEST(alarms_can_be_switched_on_and_off) {
    struct tw_sink_options options = make_options(true);
    struct tw_alarm_event event = {.flow = {.index = 5, .ip_version = 4, .proto = 6}};
    options.output.alarms = false;
    open_sink_with(options);
    tw_sink_alarm(sink, &event);
    ck_assert(!folder_has(&folder, "p_alarms.jsonl"));
    options.output.alarms = true;
    tw_sink_configure(sink, &options);
    tw_sink_alarm(sink, &event);
    size_t len = size_of("p_alarms.jsonl");
    ck_assert_uint_gt(len, 0);
    options.output.alarms = false;
    tw_sink_configure(sink, &options);
    tw_sink_alarm(sink, &event);
    ck_assert_uint_eq(size_of("p_alarms.jsonl"), len);
}
END_TEST

Suite *suite_sink(void) {
    Suite *suite = suite_create("sink");
    TCase *tc = tcase_create("evidence");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, packets_gather_until_they_are_as_old_as_pcap_flush);
    tcase_add_test(tc, a_finished_file_has_all_its_packets_and_its_name);
    tcase_add_test(tc, a_file_without_packets_does_not_stay);
    tcase_add_test(tc, the_current_link_is_there_while_a_file_is_open);
    tcase_add_test(tc, no_current_link_when_a_file_is_read);
    tcase_add_test(tc, an_extraction_is_told_what_was_written_for_it);
    tcase_add_test(tc, an_extraction_without_packets_has_its_line_too);
    tcase_add_test(tc, without_an_alarm_no_packet_is_from_before_it);
    tcase_add_test(tc, what_is_not_finished_keeps_its_part);
    suite_add_tcase(suite, tc);
    tc = tcase_create("trouble");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, packets_that_a_full_disk_keeps_out_are_lost_to_their_extraction);
    tcase_add_test(tc, a_trouble_is_counted_once_and_ends_with_the_next_packet_written);
    tcase_add_test(tc, a_trouble_does_not_end_because_nothing_was_to_be_written);
    tcase_add_test(tc, a_pcap_in_trouble_is_not_hidden_by_a_log_that_is_well);
    tcase_add_test(tc, a_file_that_cannot_be_opened_is_tried_again_after_a_second);
    tcase_add_test(tc, a_file_that_was_removed_is_begun_again);
    tcase_add_test(tc, a_removed_folder_loses_everything_and_says_so);
    tcase_add_test(tc, a_really_full_disk_ends_on_a_whole_record_and_recovers);
    suite_add_tcase(suite, tc);
    tc = tcase_create("logs");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_removed_log_is_made_again_with_its_header);
    tcase_add_loop_test(tc, logs_of_an_earlier_run_go_on_live_and_begin_anew_with_a_file, 0, 2);
    tcase_add_test(tc, without_output_alarms_there_is_no_file_but_they_are_seen);
    tcase_add_test(tc, an_alarm_is_in_the_file_at_once_live);
    tcase_add_test(tc, logs_that_cannot_be_opened_are_an_error_at_the_start);
    tcase_add_test(tc, a_replaced_file_that_fails_is_a_trouble_of_its_own);
    tcase_add_test(tc, a_log_that_would_be_too_large_is_rotated_whole);
    tcase_add_test(tc, a_log_that_is_too_old_is_rotated_an_empty_one_is_not);
    tcase_add_test(tc, when_a_file_is_read_no_log_is_rotated);
    suite_add_tcase(suite, tc);
    tc = tcase_create("configuration");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, begun_files_stay_where_they_are_when_the_folder_changes);
    tcase_add_test(tc, alarms_can_be_switched_on_and_off);
    suite_add_tcase(suite, tc);
    return suite;
}
