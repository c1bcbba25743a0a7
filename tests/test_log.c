/* SPDX-License-Identifier: MIT */
/* Lines for people: conditions that come and go, and floods of alarms, are said a few times and then counted. */
#include "log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alarmlines.h"
#include "suites.h"

static int before, ends[2];
static char text[1 << 16];

/* What goes to standard error meanwhile is `text` in the end. */
static void begin(void) {
    log_open(LEVEL_NOTICE);
    ck_assert_int_eq(pipe(ends), 0);
    before = dup(STDERR_FILENO);
    (void)dup2(ends[1], STDERR_FILENO);
}

static void end(void) {
    (void)dup2(before, STDERR_FILENO);
    close(before);
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0;) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(ends[0]);
}

static unsigned count(const char *words) {
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at += strlen(words)) {
        n++;
    }
    return n;
}

START_TEST(condition_that_flaps_is_counted) {
    begin();
    for (int interval = 0; interval < 2; interval++) {
        for (int i = 0; i < LOG_TOPIC_LINES + 25; i++) {
            if (log_may(TOPIC_INTERFACE)) {
                log_notice("eth0 is down");
            }
        }
        ck_assert(log_may(TOPIC_HOOK)); /* another one has its own lines */
        log_next_interval();
    }
    end();
    ck_assert_uint_eq(count("eth0 is down\n"), 2 * LOG_TOPIC_LINES);
    ck_assert_uint_eq(count("tcpwind: the interface: 25 more changes, not listed here\n"), 2);
    ck_assert_uint_eq(count("pcap.on_close"), 0);
}
END_TEST

START_TEST(flood_of_alarms_is_counted) {
    struct alarmlines lines = {.full = 0};
    struct tw_alarm_event event = {.flow = {.ip_version = 4}};
    struct tw_alarm_event over = event;
    over.is_end = true;
    begin();
    alarmlines_flush(&lines);
    for (int i = 0; i < 10000; i++) {
        alarmlines_print(&lines, i % 2 ? &over : &event);
    }
    alarmlines_flush(&lines);
    alarmlines_flush(&lines);
    end();
    unsigned alarms = count("tcpwind: alarm: "), ends_of = count("tcpwind: alarm over: ");
    ck_assert_uint_ge(alarms + ends_of, ALARMLINES_BURST);
    ck_assert_uint_le(alarms + ends_of, ALARMLINES_BURST + 5); /* and one more for each second that this took */
    ck_assert_uint_eq(count("more alarms, not listed here\n"), 1);
    ck_assert_uint_eq(alarms + strtoul(strstr(text, " more alarms") - 4, NULL, 10), 5000);
}
END_TEST

Suite *suite_log(void) {
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    tcase_add_test(tcase, condition_that_flaps_is_counted);
    tcase_add_test(tcase, flood_of_alarms_is_counted);
    suite_add_tcase(suite, tcase);
    return suite;
}
