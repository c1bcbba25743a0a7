/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

#include "suites.h"

START_TEST(tunnels_are_known_by_their_registered_ports) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_uint_eq(s.decode.vxlan_ports.n, 2);
    ck_assert_uint_eq(s.decode.vxlan_ports.port[0], 4789);
    ck_assert_uint_eq(s.decode.vxlan_ports.port[1], 8472);
    ck_assert_uint_eq(s.decode.geneve_ports.n, 1);
    ck_assert_uint_eq(s.decode.geneve_ports.port[0], 6081);
    ck_assert_uint_eq(s.decode.gtp_ports.n, 1);
    ck_assert_uint_eq(s.decode.gtp_ports.port[0], 2152);
}
END_TEST

START_TEST(flows_are_those_of_tcp_by_vlan_and_interface) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_uint_eq(s.flow.max, 1048576);
    ck_assert(!s.flow.all_protocols && s.flow.vlan && !s.flow.tunnel && s.flow.interface);
}
END_TEST

static const struct {
    enum tw_flow_state state;
    int seconds;
} timeouts[] = {
    {TW_FLOW_OPENING, 120}, {TW_FLOW_ESTABLISHED, 610}, {TW_FLOW_CLOSING, 120},
    {TW_FLOW_CLOSED, 10},   {TW_FLOW_RESET, 2},         {TW_FLOW_OTHER, 182},
};

START_TEST(every_state_has_its_timeout) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_uint_eq(sizeof(timeouts) / sizeof(timeouts[0]), TW_FLOW_STATE_COUNT);
    ck_assert_int_eq(s.flow.timeout[timeouts[_i].state], timeouts[_i].seconds * TW_SECOND);
}
END_TEST

START_TEST(a_zero_window_alarms_at_once) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_int_eq(s.detect.window, TW_WINDOW_SCALED);
    ck_assert_uint_eq(s.detect.threshold, 1);
    ck_assert_uint_eq(s.detect.rearm, 0);
    ck_assert_uint_eq(s.detect.min_segments, 1);
    ck_assert_uint_eq(s.detect.min_packets, 1);
    ck_assert_int_eq(s.detect.min_duration, 0);
    ck_assert_int_eq(s.detect.cooldown, 0);
    ck_assert_int_eq(s.detect.assume_scale, -1);
}
END_TEST

START_TEST(the_ring_and_the_extraction_have_their_bounds) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_uint_eq(s.ring.size, 256u * 1024 * 1024);
    ck_assert_int_eq(s.ring.max_age, 0);
    ck_assert_uint_eq(s.ring.snaplen, 0);
    ck_assert_uint_eq(s.ring.handshakes, 64u * 1024 * 1024);
    ck_assert_int_eq(s.extract.direction, TW_EXTRACT_BOTH);
    ck_assert(!s.extract.before_none && !s.extract.invert);
    ck_assert_int_eq(s.extract.before, 0);
    ck_assert_int_eq(s.extract.after, 30 * TW_SECOND);
    ck_assert_uint_eq(s.extract.max_bytes, 0);
    ck_assert_uint_eq(s.extract.max_rate, 20000000);
}
END_TEST

START_TEST(live_files_rotate) {
    struct tw_settings s;
    tw_settings_init(&s);
    ck_assert_str_eq(s.pcap.prefix, "tcpwind");
    ck_assert_int_eq(s.pcap.split, TW_SPLIT_NONE);
    ck_assert_uint_eq(s.pcap.max_size, 100000000);
    ck_assert_int_eq(s.pcap.max_age, 3600 * TW_SECOND);
    ck_assert_uint_eq(s.pcap.max_packets, 0);
    ck_assert_int_eq(s.pcap.flush, TW_SECOND);
    ck_assert(!s.pcap.fsync);
    ck_assert_uint_eq(s.pcap.mode, 0640);
    ck_assert_int_eq(s.output.flows, TW_FLOWS_ALARMED);
    ck_assert(s.output.alarms);
    ck_assert_str_eq(s.name, "");
}
END_TEST

START_TEST(reading_a_file_loses_no_evidence) {
    struct tw_settings s;
    tw_settings_init(&s);
    s.pcap.max_packets = 5;
    tw_settings_offline(&s);
    ck_assert_uint_eq(s.pcap.max_size, 0);
    ck_assert_int_eq(s.pcap.max_age, 0);
    ck_assert_uint_eq(s.pcap.max_packets, 0);
    ck_assert_uint_eq(s.extract.max_rate, 0);
    ck_assert_int_eq(s.output.flows, TW_FLOWS_ALL);
}
END_TEST

START_TEST(reading_a_file_changes_nothing_else) {
    struct tw_settings live, offline;
    memset(&live, 0, sizeof(live));
    tw_settings_init(&live);
    offline = live;
    tw_settings_offline(&offline);
    ck_assert_mem_eq(&offline.decode, &live.decode, sizeof(live.decode));
    ck_assert_mem_eq(&offline.flow, &live.flow, sizeof(live.flow));
    ck_assert_mem_eq(&offline.detect, &live.detect, sizeof(live.detect));
    ck_assert_mem_eq(&offline.ring, &live.ring, sizeof(live.ring));
    ck_assert_int_eq(offline.extract.after, live.extract.after);
    ck_assert_int_eq(offline.pcap.flush, live.pcap.flush);
}
END_TEST

Suite *suite_settings(void) {
    Suite *suite = suite_create("settings");
    TCase *tc = tcase_create("defaults");
    tcase_add_test(tc, tunnels_are_known_by_their_registered_ports);
    tcase_add_test(tc, flows_are_those_of_tcp_by_vlan_and_interface);
    tcase_add_loop_test(tc, every_state_has_its_timeout, 0, sizeof(timeouts) / sizeof(timeouts[0]));
    tcase_add_test(tc, a_zero_window_alarms_at_once);
    tcase_add_test(tc, the_ring_and_the_extraction_have_their_bounds);
    tcase_add_test(tc, live_files_rotate);
    tcase_add_test(tc, reading_a_file_loses_no_evidence);
    tcase_add_test(tc, reading_a_file_changes_nothing_else);
    suite_add_tcase(suite, tc);
    return suite;
}
