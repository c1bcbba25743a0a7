/* SPDX-License-Identifier: MIT */
/*
 * Alarm lines: whole lines as they must be.
 */
#include "alarmlog.h"

#include "check_json.h"

#include <stdio.h>
#include <string.h>

#include "suites.h"

#define COMMUNITY "\"1:d/FP5EW3wiY1vCndhwleRRKHowQ=\""
#define LABELS    "\"country\":null,\"organisation\":null}"
#define PRIVATE   "\"country\":null,\"organisation\":\"private\"}"

static const struct tw_alarmlog_source from_file = {"sensor", false, "a.pcap", NULL};
static const struct tw_alarmlog_source from_interface = {"sen\"sor\033", true, "eth0", NULL};

static struct tw_text text = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&text);
}

static void ck_line(const char *want) {
    ck_assert(!text.failed && check_json_line(text.data, text.len));
    ck_assert_msg(text.len == strlen(want) && memcmp(text.data, want, text.len) == 0, "%.*s", (int)text.len, text.data);
}

/* UDP, since that flow has an id in the reference data. */
static struct tw_flow_id flow(void) {
    struct tw_flow_id id = {.index = 36, .ip_version = 4, .proto = 17};
    id.end[TW_A] = (struct tw_endpoint){.addr = {{192, 168, 1, 52}}, .port = 54585};
    id.end[TW_B] = (struct tw_endpoint){.addr = {{8, 8, 8, 8}}, .port = 53};
    return id;
}

static struct tw_alarm_event alarm_event(void) {
    return (struct tw_alarm_event){
        .time = 1258544215037210000,
        .flow = flow(),
        .receiver = TW_B,
        .window = 7,
        .threshold = 8,
        .scale = TW_SCALE_KNOWN,
        .shift = 14,
        .episode = 2,
        .low_segments = 3,
        .zero_segments = 1,
        .probes = 4,
        .duration = 1500000001,
    };
}

START_TEST(an_alarm_tells_who_stalled_whom) {
    struct tw_alarm_event event = alarm_event();
    event.flow.scope.n_vlans = 2;
    event.flow.scope.vlan[0] = 100;
    event.flow.scope.vlan[1] = 7;
    strcpy(event.pcap, "tcpwind-20091118T113655Z-000001.pcap");
    tw_alarmlog_alarm(&text, &from_file, &event);
    ck_line(
        "{\"event\":\"alarm\",\"time\":\"2009-11-18T11:36:55.037210000Z\",\"host\":\"sensor\",\"file\":\"a.pcap\","
        "\"flow\":36,"
        "\"community_id\":" COMMUNITY ",\"vlan\":[100,7],\"direction\":\"B\","
        "\"receiver\":{\"ip\":\"8.8.8.8\",\"port\":53," LABELS
        ",\"sender\":{\"ip\":\"192.168.1.52\",\"port\":54585," PRIVATE ","
        "\"window\":7,\"threshold\":8,\"scale\":14,\"episode\":2,\"low_segments\":3,\"zero_segments\":1,\"probes\":4,"
        "\"duration_s\":1.500000001,\"pcap\":\"tcpwind-20091118T113655Z-000001.pcap\"}\n");
}
END_TEST

static const struct {
    enum tw_ended_by ended_by;
    enum tw_scale scale;
    const char *want, *want_scale;
} ends[] = {
    {TW_ENDED_WINDOW, TW_SCALE_NONE, "window", "\"none\""},
    {TW_ENDED_RESET, TW_SCALE_UNKNOWN, "reset", "\"unknown\""},
    {TW_ENDED_FIN, TW_SCALE_KNOWN, "fin", "14"},
    {TW_ENDED_FLOW, TW_SCALE_KNOWN, "flow_end", "14"},
    {TW_ENDED_EXIT, TW_SCALE_KNOWN, "exit", "14"},
};

START_TEST(an_alarm_end_tells_what_ended_it) {
    struct tw_alarm_event event = alarm_event();
    char want[1024];
    event.is_end = true;
    event.receiver = TW_A;
    event.flow.proto = 1;
    event.flow.end[TW_B].port = 0;
    event.ended_by = ends[_i].ended_by;
    event.scale = ends[_i].scale;
    tw_alarmlog_alarm(&text, &from_interface, &event);
    snprintf(
        want, sizeof(want),
        "{\"event\":\"alarm_end\",\"time\":\"2009-11-18T11:36:55.037210000Z\",\"host\":\"sen\\\"sor\\u001b\","
        "\"interface\":\"eth0\",\"flow\":36,\"community_id\":null,\"vlan\":[],\"direction\":\"A\","
        "\"receiver\":{\"ip\":\"192.168.1.52\",\"port\":54585," PRIVATE
        ",\"sender\":{\"ip\":\"8.8.8.8\",\"port\":0," LABELS ","
        "\"window\":7,\"threshold\":8,\"scale\":%s,\"episode\":2,\"low_segments\":3,\"zero_segments\":1,\"probes\":4,"
        "\"duration_s\":1.500000001,\"pcap\":null,\"ended_by\":\"%s\"}\n",
        ends[_i].want_scale, ends[_i].want);
    ck_line(want);
}
END_TEST

START_TEST(an_extract_end_adds_what_the_writer_lost) {
    static const char *const files[] = {"one.pcap", "two\n.pcap"};
    struct tw_extract_event event = {.time = 1, .flow = flow(), .alarms = 3, .was_alarmed = true, .lost = {5, 6, 7}};
    struct tw_alarmlog_written written = {files, 2, 1467, 8, 100000, 10};
    tw_alarmlog_extract_end(&text, &from_file, &event, &written);
    ck_line("{\"event\":\"extract_end\",\"time\":\"1970-01-01T00:00:00.000000001Z\",\"host\":\"sensor\",\"file\":\"a."
            "pcap\","
            "\"flow\":36,\"community_id\":" COMMUNITY ",\"vlan\":[],\"a\":{\"ip\":\"192.168.1.52\",\"port\":54585},"
            "\"b\":{\"ip\":\"8.8.8.8\",\"port\":53},\"alarms\":3,\"pcap\":[\"one.pcap\",\"two\\u000a.pcap\"],"
            "\"packets_before\":8,\"packets_written\":1467,\"bytes_written\":100000,"
            "\"packets_lost\":{\"overrun\":5,\"queue\":6,\"write\":17}}\n");
}
END_TEST

START_TEST(an_extraction_without_packets_has_an_empty_list) {
    struct tw_extract_event event = {.flow = flow()};
    struct tw_alarmlog_written written = {.n_files = 0};
    tw_alarmlog_extract_end(&text, &from_file, &event, &written);
    ck_assert(check_json_line(text.data, text.len));
    ck_assert_ptr_nonnull(memmem(text.data, text.len, "\"pcap\":[],", 10));
}
END_TEST

Suite *suite_alarmlog(void) {
    Suite *suite = suite_create("alarmlog");
    TCase *tc = tcase_create("alarmlog");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, an_alarm_tells_who_stalled_whom);
    tcase_add_loop_test(tc, an_alarm_end_tells_what_ended_it, 0, sizeof(ends) / sizeof(ends[0]));
    tcase_add_test(tc, an_extract_end_adds_what_the_writer_lost);
    tcase_add_test(tc, an_extraction_without_packets_has_an_empty_list);
    suite_add_tcase(suite, tc);
    return suite;
}
