/* SPDX-License-Identifier: MIT */
/*
 * The report: every name of the contract with its own number in JSON; the text within its width, with what matters and
 * without what does not.
 */
#include "report.h"

#include "check_json.h"

#include <stdio.h>
#include <string.h>

#include "suites.h"

enum { WIDTH = 100 };

static struct tw_text text = TW_TEXT_INIT;

static void teardown(void) {
    tw_text_fini(&text);
}

static bool has(const char *what) {
    return memmem(text.data, text.len, what, strlen(what)) != NULL;
}

/* The whole text is too much for a message of check's. */
static void ck_has(const char *what, bool wanted) {
    if (has(what) != wanted)
        fprintf(stderr, "%.*s", (int)text.len, text.data);
    ck_assert_msg(has(what) == wanted, "%s: %s", wanted ? "missing" : "too much", what);
}

/* A run of tcpwind -r over a capture in which one flow of 36 alarmed. */
static struct tw_report stalled_run(void) {
    static const char *const files[] = {"faf-20091118T113655Z-000001.pcap"};
    static const char *const written[] = {"faf_flows.tsv", "faf_report.json"};
    struct tw_report report = {.version = "1.2.3", .complete = true, .pid = 4711, .uptime = 0.25};
    report.source.name = "faf.pcap";
    report.source.n_files = 1;
    report.source.link_type = "EN10MB";
    report.source.snaplen = 65535;
    report.time.seen = true;
    report.time.first = 1258544215037210000;
    report.time.last = 1258594491683288000;
    report.time.duration = 50276646078000;
    report.packets.total = report.packets.ipv4 = report.packets.tcp = 5902;
    report.packets.captured_bytes = report.packets.wire_bytes = report.packets.tcp_bytes = 4993414;
    report.packets.side[TW_A] = 1986;
    report.packets.side[TW_B] = 3916;
    report.packets.side_bytes[TW_A] = 209315;
    report.packets.side_bytes[TW_B] = 4784099;
    report.capture.received = 5902;
    report.flows.total = report.flows.side[TW_A] = report.flows.side[TW_B] = 36;
    report.flows.ipv4 = 35;
    report.flows.ipv6 = 1;
    report.flows.peak = 18;
    report.flows.max = 1048576;
    report.flows.with_payload = 30;
    report.flows.ended_closed = 30;
    report.flows.ended[TW_END_EXIT] = 6;
    report.window.threshold = report.window.episodes = 1;
    report.window.considered = 5700;
    report.window.low_segments = report.window.zero_segments = 4;
    report.alarms.total = report.alarms.flows = report.alarms.directions = 1;
    report.extract.packets = 1467;
    report.extract.files = files;
    report.extract.n_files = 1;
    report.top.n_packets = report.top.n_low_ratio = 1;
    report.top.packets[0] = (struct tw_report_host){4, {{192, 168, 1, 104}}, 3101, 2900000, 4};
    report.top.low_ratio[0] = report.top.packets[0];
    report.source.size = 6000000;
    report.source.processed = 4500000;
    report.headers = (struct tw_depths){.packets = {[3] = 7, [5] = 1}};
    report.bits = (struct tw_seen_bits){0x0402000000004000, 0x4a, 0x07};
    report.written = written;
    report.n_written = 2;
    return report;
}

static const char *const members[] = {
    "{\"tcpwind\":\"1.2.3\",\"complete\":true,\"pid\":4711,\"uptime_s\":0.250000000,",
    "\"source\":{\"type\":\"file\",\"name\":\"faf.pcap\",\"files\":3,\"link_type\":\"EN10MB\",\"snaplen\":65535,"
    "\"truncated\":"
    "false,\"filter\":\"tcp port 80\",\"size\":6000000,\"processed\":4500000}",
    "\"headers\":{\"min\":3,\"max\":5,\"average\":3.250000}",
    "\"bits\":{\"flowStat\":\"0x0402000000004000\",\"flowStat_bits\":[\"IPv4 flow\",\"alarm, its packets are "
    "extracted\",\"IPv4 packet\"],",
    "\"tcpStatesAFlags\":\"0x4a\",\"tcpStatesAFlags_bits\":[\"malformed teardown\",\"packets after teardown\",\"reset "
    "from sender\"],",
    "\"tcpWinStat\":\"0x07\",\"tcpWinStat_bits\":[\"low segment seen\",\"zero window seen\",\"alarm\"]}",
    "\"time\":{\"first\":\"2009-11-18T11:36:55.037210000Z\",\"last\":\"2009-11-19T01:34:51.683288000Z\",",
    "\"duration_s\":50276.646078000,\"jumps\":95}",
    "\"packets\":{\"total\":5902,\"captured_bytes\":4993414,\"wire_bytes\":4993414,\"a\":1986,\"b\":3916,\"a_bytes\":"
    "209315,",
    "\"b_bytes\":4784099,\"ipv4\":5902,\"ipv6\":101,\"tcp\":5902,\"udp\":102,\"icmp\":103,\"sctp\":104,\"other\":105,",
    "\"tcp_bytes\":4993414,\"non_ip\":106,\"fragments\":107,\"cut_short\":108,\"malformed\":109,\"too_deep\":110,",
    "\"bytes_per_packet\":846.054558,\"a_bytes_per_packet\":105.395267,\"b_bytes_per_packet\":1221.680031,",
    "\"ethertypes\":[{\"type\":\"0x0806\",\"name\":\"ARP\",\"packets\":7},{\"type\":\"0xfffe\",\"name\":null,"
    "\"packets\":"
    "5}],\"other_ethertypes\":94}",
    "\"capture\":{\"received\":5902,\"dropped_kernel\":111,\"dropped_interface\":112}",
    "\"flows\":{\"total\":36,\"a\":36,\"b\":36,\"requests\":36,\"replies\":36,\"ipv4\":35,\"ipv6\":1,",
    "\"packets_per_flow\":163.944444,\"a_packets_per_flow\":55.166667,\"b_packets_per_flow\":108.777778,",
    "\"asymmetry\":{\"flows\":0.000000,\"replies\":0.000000,\"packets\":-0.327008,\"bytes\":-0.916164},",
    "\"active\":113,\"peak\":18,\"max\":1048576,\"one_sided\":114,",
    "\"stray\":115,\"ended\":{\"closed\":30,\"reset\":116,\"timeout\":117,\"replaced\":118,\"evicted\":119,\"exit\":6}"
    "}",
    "\"window\":{\"threshold\":1,\"considered\":5700,\"low_segments\":4,\"low_ratio\":0.000702,\"zero_segments\":4,"
    "\"episodes\":1,",
    "\"unknown_scale_flows\":120,\"window_full\":121}",
    "\"alarms\":{\"total\":1,\"suppressed\":122,\"flows\":1,\"directions\":1}",
    "\"ring\":{\"store\":\"file\",\"size\":123,\"used\":124,\"span_s\":0.000000125,\"packets\":126,\"handshakes_kept\":"
    "127,",
    "\"handshakes_lost\":128}",
    "\"extract\":{\"packets\":1467,\"bytes\":129,\"flows\":130,\"skipped\":131,\"lost\":{\"overrun\":132,\"queue\":"
    "133,",
    "\"write\":134},\"files\":[\"faf-20091118T113655Z-000001.pcap\"],\"write_errors\":135}",
    "\"output\":{\"lost\":{\"alarms\":136,\"flows\":137,\"log\":138},\"removed\":{\"files\":139,\"bytes\":140,\"age\":"
    "141,",
    "\"free\":142}}",
    "\"top\":{\"packets\":[{\"ip\":\"192.168.1.104\",\"country\":null,\"organisation\":\"private\",\"packets\":3101}],",
    "\"bytes\":[{\"ip\":\"192.168.1.104\",\"country\":null,\"organisation\":\"private\",\"bytes\":2900000}],",
    "\"low_ratio\":[{\"ip\":\"192.168.1.104\",\"country\":null,\"organisation\":\"private\",\"packets\":3101,\"low_"
    "segments\":"
    "4,",
    "\"ratio\":0.001290}]}",
    "\"rates\":{\"packets_per_s\":0.117390,\"a_packets_per_s\":0.039501,\"b_packets_per_s\":0.077889,",
    "\"flows_per_s\":0.000716,\"bits_per_s\":794.550057,\"captured_bits_per_s\":794.550057}",
    "\"memory\":{\"rss\":143,\"flow_table\":144,\"ring\":145}}\n",
};

/* What is 0 in the run gets a number of its own, so that no two members can be mixed up. */
static void fill_the_rest(struct tw_report *r) {
    uint64_t *const rest[] = {
        &r->packets.ipv6,
        &r->packets.udp,
        &r->packets.icmp,
        &r->packets.sctp,
        &r->packets.other,
        &r->packets.non_ip,
        &r->packets.fragments,
        &r->packets.cut_short,
        &r->packets.malformed,
        &r->packets.too_deep,
        &r->capture.dropped_kernel,
        &r->capture.dropped_interface,
        &r->flows.active,
        &r->flows.one_sided,
        &r->flows.stray,
        &r->flows.ended_reset,
        &r->flows.ended[TW_END_TIMEOUT],
        &r->flows.ended[TW_END_REPLACED],
        &r->flows.ended[TW_END_EVICTED],
        &r->window.unknown_scale_flows,
        &r->window.window_full,
        &r->alarms.suppressed,
        &r->ring.size,
        &r->ring.used,
        NULL,
        &r->ring.packets,
        &r->ring.handshakes_kept,
        &r->ring.handshakes_lost,
        &r->extract.bytes,
        &r->extract.flows,
        &r->extract.skipped,
        &r->extract.lost[TW_LOST_OVERRUN],
        &r->extract.lost[TW_LOST_QUEUE],
        &r->extract.lost[TW_LOST_WRITE],
        &r->extract.write_errors,
        &r->output.lost_alarms,
        &r->output.lost_flows,
        &r->output.lost_log,
        &r->output.removed_files,
        &r->output.removed_bytes,
        &r->output.removed_age,
        &r->output.removed_free,
        &r->memory.rss,
        &r->memory.flow_table,
        &r->memory.ring,
    };
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        if (rest[i] != NULL)
            *rest[i] = 101 + i;
    }
    r->time.jumps = 95;
    r->source.n_files = 3;
    r->source.filter = "tcp port 80";
    r->ethertypes = (struct tw_ethertypes){.type = {{0x0806, 7}, {0xfffe, 5}}, .n = 2, .others = 94};
    r->ring.span = 125;
    r->ring.in_file = true;
    r->top.n_bytes = 1;
    r->top.bytes[0] = r->top.packets[0];
}

START_TEST(json_has_every_member_of_the_contract) {
    struct tw_report report = stalled_run();
    fill_the_rest(&report);
    tw_report_json(&text, &report);
    ck_assert(!text.failed && check_json_line(text.data, text.len));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        ck_has(members[i], true);
}
END_TEST

START_TEST(json_of_nothing_is_valid) {
    struct tw_report report = {.version = "1", .uptime = -1, .source = {.name = "a\033\xff\"\n", .is_interface = true}};
    report.uptime = 0.0 / (double)(report.pid);
    tw_report_json(&text, &report);
    ck_assert(check_json_line(text.data, text.len));
    ck_assert(has("\"uptime_s\":0.000000000,"));
    ck_assert(has("\"type\":\"interface\",\"name\":\"a\\u001b\\ufffd\\\"\\u000a\",\"files\":0,\"link_type\":null"));
    ck_assert(has("\"time\":{\"first\":null,\"last\":null,\"duration_s\":0.000000000,\"jumps\":0}"));
    ck_assert(has("\"files\":[],") && has("\"low_ratio\":[]}") && has("\"captured_bits_per_s\":0}"));
}
END_TEST

/* No line is too long, ends in a space, or holds a byte that is not printable ASCII. */
static void ck_layout(void) {
    size_t begin = 0;
    ck_assert(!text.failed && text.data[text.len - 1] == '\n');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        ck_assert_msg(c == '\n' || (c >= 0x20 && c < 0x7f), "byte %02x", c);
        if (c != '\n')
            continue;
        ck_assert_msg(i - begin <= WIDTH, "too long: %.*s", (int)(i - begin), text.data + begin);
        ck_assert_msg(i == begin || text.data[i - 1] != ' ', "ends in a space: %.*s", (int)(i - begin),
                      text.data + begin);
        begin = i + 1;
    }
}

static const char *const said[] = {
    "tcpwind 1.2.3 - final report\n",
    "  Capture file            faf.pcap\n",
    "  Duration                50276.646078000 s  (13 h 57 min 56 s)\n",
    "  Average load            795 bit/s, 0.12 packets/s (A 0.040, B 0.078)\n",
    "  New flows               0.00072 flows/s\n",
    "  Time taken              250 ms\n",
    "  Bytes per packet        846.05 (A 105.40, B 1221.68)\n",
    "  B bytes                                          4784099     95.81%   4.78 MB\n",
    "  Open at the end of the capture                         6     16.67%\n",
    "  Low windows                                            4      0.07%\n",
    "  192.168.1.104                                       3101     52.54%   3.10 k    private\n",
    "  192.168.1.104                                          4      0.13%   of 3.10 k private\n",
    "  of which was read                                4500000     75.00%   4.50 MB\n",
    "  Speed                   23.6 kpackets/s, 160 Mbit/s\n",
    "  Headers per packet      3 to 5, average 3.25\n",
    "  IPv6 flows                                             1      2.78%\n",
    "  Replies (both have sent)                              36    100.00%\n",
    "  Packets per flow        163.94 (A 55.17, B 108.78)\n",
    "  Asymmetry (A-B)/(A+B)   flows 0.000000, replies 0.000000, packets -0.327008, bytes -0.916164\n",
    ("  flowStat of all         0x0402000000004000  IPv4 flow; alarm, its packets are extracted;\n"
     "                          IPv4 packet\n"),
    "  tcpStatesAFlags of all  0x4a  malformed teardown; packets after teardown; reset from sender\n",
    "  tcpWinStat of all       0x07  low segment seen; zero window seen; alarm\n",
    "\nWarning: 1 alarms in 1 flows [2.78%]\n\nFiles written\n",
    "\nFiles written\n  faf-20091118T113655Z-000001.pcap\n  faf_flows.tsv\n  faf_report.json\n",
};

static const char *const not_said[] = {"SCTP",    "UDP",        "one-sided",   "dropped", "Lost",
                                       "evicted", "most bytes", "promiscuous", "Filter",  "Not IP"};

START_TEST(text_says_what_matters_and_no_more) {
    struct tw_report report = stalled_run();
    tw_report_text(&text, &report);
    ck_layout();
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        ck_has(said[i], true);
    for (size_t i = 0; i < sizeof(not_said) / sizeof(not_said[0]); i++)
        ck_has(not_said[i], false);
}
END_TEST

static const char *const warned[] = {
    "Warning: 114 TCP flows with payload are one-sided [57.00%]",
    "flow.vlan",
    "flow.interface",
    "flow.tunnel",
    "asymmetric",
    "Warning: the capture file breaks off",
    "Warning: 95 jumps of the packets' times\n",
    "Warning: 111 packets dropped by the kernel [1.81%]: raise capture.buffer\n",
    "Warning: 112 packets dropped by the interface [1.83%]\n",
    "Warning: 119 flows evicted [330.56%]: raise flow.max\n",
    "Warning: 399 packets to be extracted are missing [21.38%]\n",
    "Warning: 135 errors when writing files\n",
    "Warning: 128 handshakes lost: raise ring.handshakes\n",
    "Warning: 136 lines of the alarm log lost\n",
    "Warning: 137 lines of the flow table lost\n",
    "Warning: 138 log messages lost\n",
    "any: not promiscuous; a mirror port needs capture.interface\n",
    "  Filter                  tcp port 80\n",
    "    ARP 0x0806                                           7      0.12%\n",
    "    EtherType 0xfffe                                     5      0.08%\n",
    "    others                                              94      1.59%\n",
};

static void long_names(void *context, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    (void)context, (void)ip_version, (void)addr;
    strcpy(ret->country, "SE");
    strcpy(ret->organisation, "An organisation of\033many words");
}

START_TEST(names_of_a_database_are_cut_to_the_width) {
    const struct tw_labeller names = {long_names, NULL};
    struct tw_report report = stalled_run();
    report.labeller = &names;
    tw_report_text(&text, &report);
    ck_layout();
    ck_assert(has("   3.10 k    SE An organisation\n"));
    tw_text_clear(&text);
    tw_report_json(&text, &report);
    ck_assert(check_json_line(text.data, text.len));
    ck_assert(has("\"country\":\"SE\",\"organisation\":\"An organisation of\\u001bmany words\""));
}
END_TEST

START_TEST(text_warns_of_what_went_wrong) {
    struct tw_report report = stalled_run();
    fill_the_rest(&report);
    report.source.is_interface = true;
    report.source.name = "any";
    report.source.truncated = true;
    report.flows.with_payload = 200;
    tw_report_text(&text, &report);
    ck_layout();
    for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++)
        ck_has(warned[i], true);
}
END_TEST

START_TEST(one_sided_flows_are_worth_a_warning_above_one_half) {
    struct tw_report report = stalled_run();
    report.flows.with_payload = 31;
    report.flows.one_sided = 15;
    tw_report_text(&text, &report);
    ck_assert(!has("asymmetric"));
    tw_text_clear(&text);
    report.flows.one_sided = 16;
    tw_report_text(&text, &report);
    ck_assert(has("asymmetric"));
}
END_TEST

START_TEST(text_of_nothing_is_readable) {
    struct tw_report report = {.version = "1", .source = {.name = "a\033[2J\n"}};
    tw_report_text(&text, &report);
    ck_layout();
    ck_assert(has("  Capture file            a\\x1b[2J\\x0a\n") && has("none seen") && has("\nNo alarms\n"));
}
END_TEST

START_TEST(text_says_what_was_read) {
    struct tw_report report = stalled_run();
    report.source.n_files = 12;
    tw_report_text(&text, &report);
    ck_has("  Capture file            faf.pcap and 11 more\n", true);
    tw_text_clear(&text);
    report.source.name = "-";
    report.source.n_files = 1;
    tw_report_text(&text, &report);
    ck_has("  Capture file            standard input\n", true);
}
END_TEST

START_TEST(text_stays_in_its_width_with_the_longest_addresses_and_numbers) {
    struct tw_report report = stalled_run();
    uint64_t trillions = UINT64_C(999999999999999);
    report.top.packets[0] = (struct tw_report_host){
        6,
        {{0x20, 1, 0x1d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78}},
        trillions,
        0,
        0};
    report.packets.total = report.packets.tcp = trillions;
    report.packets.wire_bytes = report.memory.rss = UINT64_MAX;
    tw_report_text(&text, &report);
    ck_layout();
    ck_assert(has("  2001:1db8:1234:5678:9abc:def0:1234:5678  999999999999999    100.00%   1.00 P\n"));
}
END_TEST

Suite *suite_report(void) {
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, json_has_every_member_of_the_contract);
    tcase_add_test(tc, json_of_nothing_is_valid);
    tcase_add_test(tc, text_says_what_matters_and_no_more);
    tcase_add_test(tc, names_of_a_database_are_cut_to_the_width);
    tcase_add_test(tc, text_warns_of_what_went_wrong);
    tcase_add_test(tc, one_sided_flows_are_worth_a_warning_above_one_half);
    tcase_add_test(tc, text_says_what_was_read);
    tcase_add_test(tc, text_of_nothing_is_readable);
    tcase_add_test(tc, text_stays_in_its_width_with_the_longest_addresses_and_numbers);
    suite_add_tcase(suite, tc);
    return suite;
}
