/* SPDX-License-Identifier: MIT */
/*
 * Flow records: the columns by name, of a stalled download over two VLANs and of records that lack what a record can lack.
 */
#include "flowlog.h"

#include <string.h>

#include "community.h"

#include "layers.h"
#include "suites.h"

enum { COLUMNS = 50, LINES = 3, LINE_MAX = 2048 };

static struct tw_text text = TW_TEXT_INIT;
static char lines[LINES][LINE_MAX];       /* header and records, taken apart in place */
static const char *field[LINES][COLUMNS]; /* of each line */
static int n_lines;
static const struct tw_labeller *labeller;

static void teardown(void) {
    tw_text_fini(&text);
}

static void take_apart(int line) {
    char *s = lines[line];
    for (int column = 0; column < COLUMNS; column++) {
        field[line][column] = s;
        s = s != NULL ? strchr(s, '\t') : NULL;
        ck_assert_msg((s == NULL) == (column == COLUMNS - 1), "line %d: column %d", line, column);
        if (s != NULL)
            *s++ = '\0';
        ck_assert_msg(field[line][column][0] != '\0', "line %d: column %d is empty", line, column);
    }
}

static void write_record(const struct tw_flow_record *record) {
    tw_text_clear(&text);
    tw_flowlog_header(&text);
    tw_flowlog_record(&text, labeller, record);
    ck_assert(!text.failed && text.data[text.len - 1] == '\n');
    n_lines = 0;
    for (size_t at = 0; at < text.len; n_lines++) {
        size_t len = (size_t)((char *)memchr(text.data + at, '\n', text.len - at) - text.data) - at;
        ck_assert(n_lines < LINES && len < LINE_MAX);
        memcpy(lines[n_lines], text.data + at, len);
        lines[n_lines][len] = '\0';
        take_apart(n_lines);
        at += len + 1;
    }
}

static const char *value_of(int line, const char *name) {
    for (int column = 0; column < COLUMNS; column++) {
        if (strcmp(field[0][column] + (column == 0), name) == 0)
            return field[line][column];
    }
    ck_abort_msg("there is no column %s", name);
    return NULL;
}

/* 10.0.0.1:49330 downloads from 192.168.1.104:80 and stalls. */
static struct tw_flow_record download(void) {
    struct tw_flow_record record = {.end = TW_END_EXIT,
                                    .id = {.index = 36, .ip_version = 4, .proto = 6, .ethertype = 0x0800}};
    record.id.end[TW_A] = (struct tw_endpoint){.addr = {{10, 0, 0, 1}}, .port = 49330};
    record.id.end[TW_B] = (struct tw_endpoint){.addr = {{192, 168, 1, 104}}, .port = 80};
    record.id.scope.n_vlans = 2;
    record.id.scope.vlan[0] = 4094;
    record.id.scope.vlan[1] = 7;
    record.side[TW_A] = (struct tw_direction_record){
        .packets = 1,
        .segments = 3,
        .bytes = 100,
        .payload = 40,
        .first = 1258544215037210000,
        .last = 1258544217037210000,
        .duration = 2000000000,
        .flow_stat = 0x4000,
        .layers = {TW_LAYER_ETHERNET << 10 | TW_LAYER_IPV4 << 5 | TW_LAYER_TCP, TW_LAYER_IPV6},
        .has_macs = true,
        .smac = {0, 1, 2, 3, 4, 5},
        .dmac = {255, 254, 253, 252, 251, 250},
        .ttl = 64,
        .tcp_states = 0x40,
        .win_stat = TW_STAT_LOW | TW_STAT_ZERO | TW_STAT_ALARM,
        .win_init = 65535,
        .scale = TW_SCALE_KNOWN,
        .shift = 14,
        .win_min = 0,
        .win_max = UINT32_MAX,
        .considered = 3,
        .low = 2,
        .zero = 1,
        .episodes = 5,
        .alarms = 4,
        .probes = 6,
        .full = 7,
        .low_time = 1500000000,
        .low_max = 1,
    };
    record.side[TW_B] = (struct tw_direction_record){
        .packets = 3,
        .segments = 0,
        .bytes = 300,
        .payload = 200,
        .first = 5,
        .last = 5,
        .win_init = -1,
        .scale = TW_SCALE_NONE,
    };
    return record;
}

static const struct {
    const char *column, *a, *b;
} want[] = {
    {"dir", "A", "B"},
    {"flowInd", "36", "36"},
    {"flowStat", "0x0402000000004000", "0x0400000000000001"},
    {"timeFirst", "1258544215.037210000", "0.000000005"},
    {"timeLast", "1258544217.037210000", "0.000000005"},
    {"duration", "2.000000000", "0.000000000"},
    {"numHdrDesc", "2", "0"},
    {"numHdrs", "3;1", "-"},
    {"hdrDesc", "eth:ipv4:tcp;ipv6", "-"},
    {"srcMac", "00:01:02:03:04:05", "-"},
    {"dstMac", "ff:fe:fd:fc:fb:fa", "-"},
    {"ethType", "0x0800", "0x0800"},
    {"vlanID", "4094;7", "4094;7"},
    {"srcIP", "10.0.0.1", "192.168.1.104"},
    {"srcIPCC", "-", "-"},
    {"srcIPOrg", "private", "private"},
    {"srcPort", "49330", "80"},
    {"dstIP", "192.168.1.104", "10.0.0.1"},
    {"dstIPCC", "-", "-"},
    {"dstIPOrg", "private", "private"},
    {"dstPort", "80", "49330"},
    {"l4Proto", "6", "6"},
    {"pktsSnt", "1", "3"},
    {"pktsRcvd", "3", "1"},
    {"l7BytesSnt", "40", "200"},
    {"l7BytesRcvd", "200", "40"},
    {"bytesSnt", "100", "300"},
    {"bytesRcvd", "300", "100"},
    {"pktps", "0.500000", "0"},
    {"bytps", "50.000000", "0"},
    {"pktAsm", "-0.500000", "0.500000"},
    {"bytAsm", "-0.500000", "0.500000"},
    {"tcpStatesAFlags", "0x40", "0x00"},
    {"ipTTL", "64", "0"},
    {"tcpWinStat", "0x07", "0x00"},
    {"tcpWinInit", "65535", "-"},
    {"tcpWinScale", "14", "none"},
    {"tcpWinMin", "0", "-"},
    {"tcpWinMax", "4294967295", "-"},
    {"tcpWinSegs", "3", "0"},
    {"tcpWinThCnt", "2", "0"},
    {"tcpWinThRt", "0.666667", "0"},
    {"tcpWinZero", "1", "0"},
    {"tcpWinEpisodes", "5", "0"},
    {"tcpWinAlarms", "4", "0"},
    {"tcpWinProbes", "6", "0"},
    {"tcpWinFull", "7", "0"},
    {"tcpWinLowTime", "1.500000000", "0.000000000"},
    {"tcpWinLowMax", "0.000000001", "0.000000000"},
};

START_TEST(the_header_has_the_columns_of_the_contract_in_their_order) {
    struct tw_flow_record record = download();
    write_record(&record);
    ck_assert_int_eq(sizeof(want) / sizeof(want[0]), COLUMNS - 1);
    ck_assert_int_eq(field[0][0][0], '%');
    for (int i = 0; i < COLUMNS - 1; i++)
        ck_assert_str_eq(field[0][i] + (i == 0), want[i].column);
    ck_assert_str_eq(field[0][COLUMNS - 1], "communityID");
}
END_TEST

START_TEST(each_side_has_its_line) {
    struct tw_flow_record record = download();
    write_record(&record);
    ck_assert_int_eq(n_lines, 3);
    ck_assert_msg(strcmp(value_of(1, want[_i].column), want[_i].a) == 0, "A, %s: %s", want[_i].column,
                  value_of(1, want[_i].column));
    ck_assert_msg(strcmp(value_of(2, want[_i].column), want[_i].b) == 0, "B, %s: %s", want[_i].column,
                  value_of(2, want[_i].column));
}
END_TEST

START_TEST(both_sides_have_the_same_community_id) {
    struct tw_flow_record record = download();
    write_record(&record);
    ck_assert_str_eq(value_of(1, "communityID"), value_of(2, "communityID"));
    ck_assert_int_eq(strlen(value_of(1, "communityID")), 30);
}
END_TEST

START_TEST(a_side_that_sent_nothing_has_no_line) {
    struct tw_flow_record record = download();
    record.side[TW_A] = (struct tw_direction_record){.packets = 0};
    write_record(&record);
    ck_assert_int_eq(n_lines, 2);
    ck_assert_str_eq(value_of(1, "dir"), "B");
    ck_assert_str_eq(value_of(1, "pktsRcvd"), "0");
    ck_assert_str_eq(value_of(1, "pktAsm"), "1.000000");
}
END_TEST

static const struct {
    enum tw_flow_end end;
    const char *flow_stat;
} ends[] = {
    {TW_END_TIMEOUT, "0x0402010000004000"},
    {TW_END_REPLACED, "0x0402000000004000"},
    {TW_END_EVICTED, "0x0402040000004000"},
    {TW_END_EXIT, "0x0402000000004000"},
};

START_TEST(flow_stat_tells_how_the_flow_ended) {
    struct tw_flow_record record = download();
    record.end = ends[_i].end;
    write_record(&record);
    ck_assert_str_eq(value_of(1, "flowStat"), ends[_i].flow_stat);
}
END_TEST

START_TEST(flow_stat_tells_of_packets_to_oneself) {
    struct tw_flow_record record = download();
    record.id.end[TW_B] = record.id.end[TW_A];
    write_record(&record);
    ck_assert_str_eq(value_of(1, "flowStat"), "0x0406000000004000");
    record.id.proto = 1;
    write_record(&record);
    ck_assert_str_eq(value_of(1, "flowStat"), "0x0402000000004000");
}
END_TEST

START_TEST(what_is_not_there_is_a_dash) {
    struct tw_flow_record record = download();
    record.id.proto = 1;
    record.id.end[TW_B].port = 0;
    record.id.ip_version = 6;
    record.id.ethertype = 0;
    record.id.scope.n_vlans = 0;
    write_record(&record);
    ck_assert_str_eq(value_of(1, "ethType"), "-");
    ck_assert_str_eq(value_of(1, "vlanID"), "-");
    ck_assert_str_eq(value_of(1, "tcpWinScale"), "-");
    ck_assert_str_eq(value_of(1, "communityID"), "-");
    ck_assert_str_eq(value_of(1, "flowStat"), "0x0802000000004000");
    ck_assert_str_eq(value_of(1, "srcIP"), "a00:1::");
}
END_TEST

static void name_it(void *context, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    (void)context, (void)ip_version;
    strcpy(ret->country, addr->bytes[0] == 10 ? "SE" : "");
    strcpy(ret->organisation, addr->bytes[0] == 10 ? "Us\tand\nthem" : "\303\205s");
}

START_TEST(names_of_a_database_end_no_field) {
    const struct tw_labeller names = {name_it, NULL};
    struct tw_flow_record record = download();
    labeller = &names;
    write_record(&record);
    labeller = NULL;
    ck_assert_str_eq(value_of(1, "srcIPCC"), "SE");
    ck_assert_str_eq(value_of(1, "srcIPOrg"), "Us\\x09and\\x0athem");
    ck_assert_str_eq(value_of(1, "dstIPCC"), "-");
    ck_assert_str_eq(value_of(1, "dstIPOrg"), "\303\205s");
    ck_assert_str_eq(value_of(2, "srcIPOrg"), "\303\205s");
}
END_TEST

START_TEST(who_sends_to_himself_is_told) {
    struct tw_flow_record record = download();
    record.id.end[TW_B] = record.id.end[TW_A];
    write_record(&record);
    ck_assert_str_eq(value_of(1, "flowStat"), "0x0406000000004000");
}
END_TEST

START_TEST(an_icmp_flow_has_the_id_of_its_request) {
    struct tw_flow_record record = download();
    record.id.proto = 1;
    record.id.end[TW_A].port = 0x1234;
    record.id.end[TW_B].port = 8;
    write_record(&record);
    const char *id = value_of(1, "communityID");
    char request[TW_COMMUNITY_MAX];
    struct tw_endpoint from = record.id.end[TW_A], to = record.id.end[TW_B];
    from.port = 8;
    to.port = 0;
    tw_community_id(1, 4, &from, &to, request);
    ck_assert_str_eq(id, request);

    record.id.end[TW_A].port = record.id.end[TW_B].port = 0;
    record.id.has_icmp = true;
    record.id.icmp = 0x0301;
    write_record(&record);
    from.port = 3;
    to.port = 1;
    tw_community_id(1, 4, &from, &to, request);
    ck_assert_str_eq(value_of(1, "communityID"), request);
}
END_TEST

START_TEST(an_unknown_scale_is_called_so_and_the_duration_is_the_clocks) {
    struct tw_flow_record record = download();
    record.side[TW_A].scale = TW_SCALE_UNKNOWN;
    record.side[TW_A].last = record.side[TW_A].first - 1;
    record.side[TW_A].duration = 0;
    write_record(&record);
    ck_assert_str_eq(value_of(1, "tcpWinScale"), "unknown");
    ck_assert_str_eq(value_of(1, "duration"), "0.000000000");
    ck_assert_str_eq(value_of(1, "pktps"), "0");
}
END_TEST

Suite *suite_flowlog(void) {
    Suite *suite = suite_create("flowlog");
    TCase *tc = tcase_create("flowlog");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, the_header_has_the_columns_of_the_contract_in_their_order);
    tcase_add_loop_test(tc, each_side_has_its_line, 0, sizeof(want) / sizeof(want[0]));
    tcase_add_test(tc, both_sides_have_the_same_community_id);
    tcase_add_test(tc, a_side_that_sent_nothing_has_no_line);
    tcase_add_test(tc, flow_stat_tells_of_packets_to_oneself);
    tcase_add_loop_test(tc, flow_stat_tells_how_the_flow_ended, 0, sizeof(ends) / sizeof(ends[0]));
    tcase_add_test(tc, what_is_not_there_is_a_dash);
    tcase_add_test(tc, names_of_a_database_end_no_field);
    tcase_add_test(tc, who_sends_to_himself_is_told);
    tcase_add_test(tc, an_icmp_flow_has_the_id_of_its_request);
    tcase_add_test(tc, an_unknown_scale_is_called_so_and_the_duration_is_the_clocks);
    suite_add_tcase(suite, tc);
    return suite;
}
