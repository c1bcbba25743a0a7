/* SPDX-License-Identifier: MIT */
/*
 * The state of the service as a line, as JSON and as metrics.
 */
#include "status.h"

#include <check.h>
#include <string.h>

#include "check_json.h"
#include "metrics.h"
#include "suites.h"

static struct tw_report report;
static struct tw_text text;

static void begin(void) {
    report = (struct tw_report){.version = "1.2", .uptime = 60, .source = {.is_interface = true, .name = "eth0"}};
    text = (struct tw_text)TW_TEXT_INIT;
}

static void end(void) {
    tw_text_fini(&text);
}

/* What the text holds, as a string. */
static const char *string(void) {
    tw_text_char(&text, '\0');
    ck_assert(!text.failed);
    return text.data;
}

static void fill_in(void) {
    static const char *const files[] = {"tcpwind-20240101T000000Z-000001.pcap", "tcpwind-20240101T000000Z-000002.pcap"};
    report.packets.total = 12300000;
    report.ring.span = 41 * TW_SECOND;
    report.alarms.total = 4;
    report.alarms.flows = 1;
    report.extract.files = files;
    report.extract.n_files = 2;
    report.extract.open = files[1];
}

START_TEST(line_has_totals_and_what_came_since_the_last_one) {
    struct status status;
    fill_in();
    status_init(&status, &report, &(struct status_counts){.packets = 12299000, .alarms = 3});
    status_line(&text, &status);
    ck_assert_str_eq(string(), "eth0: 12.3 M packets (+1.00 k), 0 dropped, ring 41 s, 4 alarms in 1 flow (+1), "
                               "writing tcpwind-20240101T000000Z-000002.pcap");
}
END_TEST

START_TEST(line_of_a_quiet_start_says_nothing_of_differences) {
    struct status status;
    status_init(&status, &report, &(struct status_counts){0});
    status_line(&text, &status);
    ck_assert_str_eq(string(), "eth0: 0 packets, 0 dropped, ring 0 s, 0 alarms");
}
END_TEST

START_TEST(line_says_what_is_wrong) {
    struct status status;
    report.capture.dropped_kernel = 7;
    report.capture.dropped_interface = 1;
    report.extract.lost[TW_LOST_QUEUE] = 5;
    report.extract.skipped = 9;
    status_init(&status, &report, &(struct status_counts){.dropped_kernel = 6, .skipped = 2});
    status.is_away = true;
    status.trouble = "a.pcap cannot be written: No space left on device";
    status_line(&text, &status);
    ck_assert_str_eq(string(), "eth0 is away or down: 0 packets, 8 dropped (+2), 5 not extracted (+5), "
                               "ring 0 s, 0 alarms, 9 skipped for extract.max_rate (+7), "
                               "trouble: a.pcap cannot be written: No space left on device");
}
END_TEST

START_TEST(names_cannot_command_a_terminal) {
    struct status status;
    report.source.name = "e\033[2J";
    status_init(&status, &report, &(struct status_counts){0});
    status_line(&text, &status);
    ck_assert_ptr_null(strchr(string(), '\033'));
}
END_TEST

START_TEST(interval_is_the_last_member_of_the_json) {
    struct status status;
    fill_in();
    status_init(&status, &report, &(struct status_counts){.uptime = 50 * TW_SECOND, .packets = 12000000});
    tw_report_json(&text, &report);
    status_json(&text, &status);
    ck_assert(check_json_line(text.data, text.len));
    const char *interval = strstr(string(), ",\"interval\":{\"duration_s\":10.000000000,\"packets\":300000,");
    ck_assert_ptr_nonnull(interval);
    ck_assert_ptr_nonnull(strstr(interval, "\"interface_away\":false,\"trouble\":null,\"line\":\"eth0: 12.3 M"));
}
END_TEST

START_TEST(metrics_have_help_type_labels_and_value) {
    fill_in();
    report.flows.ended[TW_END_EVICTED] = 3;
    metrics_text(&text, &report, "probe \"1\"\\\n");
    const char *metrics = string();
    ck_assert_ptr_nonnull(strstr(metrics, "# HELP tcpwind_packets_total Packets processed.\n"
                                          "# TYPE tcpwind_packets_total counter\n"
                                          "tcpwind_packets_total{sensor=\"probe \\\"1\\\"\\\\?\",interface=\"eth0\"} "
                                          "12300000\n"));
    ck_assert_ptr_nonnull(strstr(metrics, "# TYPE tcpwind_ring_span_seconds gauge\n"));
    ck_assert_ptr_nonnull(strstr(metrics, "\",interface=\"eth0\"} 41.000000000\n"));
    ck_assert_ptr_nonnull(strstr(metrics, ",interface=\"eth0\",reason=\"evicted\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(metrics, ",version=\"1.2\"} 1\n"));
}
END_TEST

/* The rule of the format: all samples of a metric stand behind one HELP and one TYPE, and no series is there twice. */
START_TEST(no_series_is_there_twice) {
    metrics_text(&text, &report, "s");
    char *save, *series[200];
    size_t n = 0;
    (void)string();
    for (char *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        *strrchr(line, ' ') = '\0'; /* the value, or a word of the help */
        for (size_t i = 0; i < n; i++) {
            ck_assert_str_ne(series[i], line);
        }
        ck_assert_uint_lt(n, 200);
        series[n++] = line;
    }
    ck_assert_uint_gt(n, 100);
}
END_TEST

Suite *suite_status(void) {
    Suite *suite = suite_create("status");
    TCase *tcase = tcase_create("texts");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, line_has_totals_and_what_came_since_the_last_one);
    tcase_add_test(tcase, line_of_a_quiet_start_says_nothing_of_differences);
    tcase_add_test(tcase, line_says_what_is_wrong);
    tcase_add_test(tcase, names_cannot_command_a_terminal);
    tcase_add_test(tcase, interval_is_the_last_member_of_the_json);
    tcase_add_test(tcase, metrics_have_help_type_labels_and_value);
    tcase_add_test(tcase, no_series_is_there_twice);
    suite_add_tcase(suite, tcase);
    return suite;
}
