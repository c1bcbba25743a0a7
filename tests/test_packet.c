/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <stdlib.h>
#include <string.h>

#include "build_packet.h"
#include "suites.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n)       (UINT64_C(1) << (n))

enum { ETHERNET = 1, PPP = 9, RAW = 12, WLAN = 105, COOKED = 113, RADIOTAP = 127, COOKED_2 = 276 };
enum { WHOLE = 0x1F };

static const struct build_ip ip = {.src = NULL};
static const uint8_t syn_options[] = {2, 4, 5, 180, 1, 3, 3, 7};
static const struct build_tcp segment = {
    .sport = 40000, .dport = 80, .seq = 0xFFFFFFF0, .ack = 0x80000001, .flags = 0x18, .window = 0xFEDC};
static const struct build_tcp syn = {
    .sport = 40000, .dport = 80, .seq = 5, .flags = 2, .window = 65535, .options = syn_options, .n_options = 8};

/* What may be taken for granted of a packet that is called plain. */
static void check_plain(const struct tw_packet *view) {
    ck_assert_uint_eq(view->status, TW_PACKET_TCP);
    ck_assert(view->ip_version == 4 || view->ip_version == 6);
    ck_assert_uint_eq(view->proto, 6);
    ck_assert_uint_eq(view->has, WHOLE);
    ck_assert_uint_eq(view->n_first, 0);
    ck_assert(tw_scope_is_empty(&view->scope));
    ck_assert_uint_eq(tw_layers_count(view->layers), TW_PLAIN_HEADERS);
}

/*
 * Decode the first caplen bytes of wirelen, out of a block that ends with them. The short way of plain packets must give
 * byte for byte what the walk gives.
 */
static struct tw_packet decode_bytes(int dlt, const uint8_t *bytes, size_t caplen, size_t wirelen) {
    struct tw_settings settings;
    tw_settings_init(&settings);
    uint8_t *exact = malloc(caplen + 1);
    memcpy(exact + 1, bytes, caplen);
    struct tw_packet view, walked;
    memset(&view, 0xA5, sizeof(view));
    memset(&walked, 0xA5, sizeof(walked));
    bool is_plain = tw_packet_decode(&settings.decode, dlt, exact + 1, (uint32_t)caplen, (uint32_t)wirelen, &view);
    tw_packet_walk(&settings.decode, dlt, exact + 1, (uint32_t)caplen, (uint32_t)wirelen, &walked);
    free(exact);
    ck_assert_mem_eq(&view, &walked, sizeof(view));
    if (is_plain)
        check_plain(&view);
    return view;
}

static struct tw_packet decode(int dlt, const struct build *b) {
    return decode_bytes(dlt, build_bytes(b), build_len(b), build_len(b));
}

static void tcp4(struct build *b) {
    build_payload(b, 10);
    build_tcp(b, &segment);
    build_ipv4(b, &ip);
}

static void tcp6(struct build *b) {
    build_payload(b, 10);
    build_tcp(b, &segment);
    build_ipv6(b, &ip);
}

/* Ways to one and the same segment; each puts in front of tcp4 or tcp6 what its name says. */
static void plain(struct build *b) {
    (void)b;
}

static void vlan(struct build *b) {
    build_vlan(b, 0x8100, 0xE007);
}

static void two_vlans(struct build *b) {
    build_vlan(b, 0x8100, 7);
    build_vlan(b, 0x88A8, 4094);
}

static void priority_tag(struct build *b) {
    build_vlan(b, 0x8100, 0xE000);
}

static void snap(struct build *b) {
    build_snap(b);
}

static void pppoe(struct build *b) {
    build_pppoe(b);
}

static void mpls(struct build *b) {
    build_mpls(b, 16);
    build_mpls(b, 17);
}

static void pseudowire(struct build *b) {
    build_vlan(b, 0x8100, 9);
    build_ethernet(b, NULL);
    build_raw(b, "\0\0\0\0", 4);
    build_mpls(b, 16);
    build_vlan(b, 0x8100, 8);
}

static void ip_in_ip(struct build *b) {
    build_ipv4(b, &ip);
}

static void ip_in_ipv6(struct build *b) {
    build_ipv6(b, &ip);
}

static void gre(struct build *b) {
    build_gre(b, BUILD_GRE_CHECKSUM | BUILD_GRE_KEY | BUILD_GRE_SEQUENCE, 77);
    build_ipv4(b, &ip);
}

static void mpls_in_gre(struct build *b) {
    build_mpls(b, 16);
    build_gre(b, 0, 0);
    build_ipv4(b, &ip);
}

static void nvgre(struct build *b) {
    build_ethernet(b, NULL);
    build_gre(b, BUILD_GRE_KEY, 0x12345600);
    build_ipv4(b, &ip);
}

static void erspan(struct build *b) {
    build_vlan(b, 0x8100, 3);
    build_ethernet(b, NULL);
    build_erspan(b);
    build_ipv4(b, &ip);
}

static void vxlan(struct build *b) {
    build_ethernet(b, NULL);
    build_vxlan(b, 0xABCDEF);
    build_ipv4(b, &ip);
    build_vlan(b, 0x8100, 5);
}

static void geneve(struct build *b) {
    build_ethernet(b, NULL);
    build_geneve(b, 1, 63);
    build_ipv6(b, &ip);
}

static void geneve_with_ip(struct build *b) {
    build_geneve(b, 2, 0);
    build_ipv4(b, &ip);
}

static void gtp(struct build *b) {
    build_gtp(b, 99);
    build_ipv4(b, &ip);
}

static void vxlan_in_nvgre(struct build *b) {
    build_ethernet(b, NULL);
    build_vxlan(b, 2);
    build_ipv4(b, &ip);
    build_ethernet(b, NULL);
    build_gre(b, BUILD_GRE_KEY, 0x100);
    build_ipv4(b, &ip);
}

static const struct way {
    const char *name;
    void (*build)(struct build *b);
    uint64_t flow_stat; /* beside the bits of the IP versions */
    int n_vlans, n_vnis;
    uint16_t vlan[2];
    uint32_t vni[2];
} ways[] = {
    {"plain", plain, 0, 0, 0, {0}, {0}},
    {"VLAN", vlan, BIT(8), 1, 0, {7}, {0}},
    {"802.1ad, the outermost first", two_vlans, BIT(8), 2, 0, {4094, 7}, {0}},
    {"a priority tag is no VLAN", priority_tag, BIT(8) | BIT(57), 0, 0, {0}, {0}},
    {"LLC and SNAP", snap, 0, 0, 0, {0}, {0}},
    {"PPPoE", pppoe, BIT(4), 0, 0, {0}, {0}},
    {"two MPLS labels", mpls, BIT(9), 0, 0, {0}, {0}},
    {"a pseudowire has the inner frame's tags", pseudowire, BIT(8) | BIT(9), 1, 0, {9}, {0}},
    {"IP in IPv4", ip_in_ip, BIT(17), 0, 0, {0}, {0}},
    {"IP in IPv6", ip_in_ipv6, BIT(17), 0, 0, {0}, {0}},
    {"GRE with all its fields", gre, BIT(12), 0, 0, {0}, {0}},
    {"MPLS in GRE", mpls_in_gre, BIT(9) | BIT(12), 0, 0, {0}, {0}},
    {"the key of NVGRE holds the VNI", nvgre, BIT(12), 0, 1, {0}, {0x123456}},
    {"ERSPAN", erspan, BIT(8) | BIT(12) | BIT(26), 1, 0, {3}, {0}},
    {"VXLAN hides the outer tag", vxlan, BIT(8) | BIT(22), 0, 1, {0}, {0xABCDEF}},
    {"GENEVE with all options", geneve, BIT(29), 0, 1, {0}, {1}},
    {"GENEVE with IP", geneve_with_ip, BIT(29), 0, 1, {0}, {2}},
    {"GTP, whose TEID is no VNI", gtp, BIT(21), 0, 0, {0}, {0}},
    {"VXLAN in NVGRE, the outermost first", vxlan_in_nvgre, BIT(12) | BIT(22), 0, 2, {0}, {1, 2}},
};

static void check_segment(const char *name, const struct tw_packet *view) {
    ck_assert_msg(view->status == TW_PACKET_TCP, "%s: status %02x", name, view->status);
    ck_assert_msg(view->has == WHOLE, "%s: has %02x", name, view->has);
    ck_assert_msg(view->proto == 6, "%s: protocol %u", name, view->proto);
    ck_assert_msg(view->sport == 40000 && view->dport == 80, "%s: ports", name);
    ck_assert_msg(view->seq == 0xFFFFFFF0 && view->ack == 0x80000001, "%s: numbers", name);
    ck_assert_msg(view->flags == 0x18 && view->window == 0xFEDC, "%s: flags, window", name);
    ck_assert_msg(view->payload == 10, "%s: payload %u", name, view->payload);
    ck_assert_msg(view->n_first == 0, "%s: a fragment", name);
}

static void check_way(const struct way *way, const struct tw_packet *view) {
    const uint64_t versions = BIT(14) | BIT(15) | BIT(58) | BIT(59);
    ck_assert_msg((view->flow_stat & ~versions) == way->flow_stat, "%s: flow_stat %lx", way->name,
                  (unsigned long)view->flow_stat);
    ck_assert_msg(view->scope.n_vlans == way->n_vlans, "%s: %u VLANs", way->name, view->scope.n_vlans);
    ck_assert_msg(view->scope.n_vnis == way->n_vnis, "%s: %u VNIs", way->name, view->scope.n_vnis);
    ck_assert_msg(memcmp(view->scope.vlan, way->vlan, 2u * view->scope.n_vlans) == 0, "%s: VLANs", way->name);
    ck_assert_msg(memcmp(view->scope.vni, way->vni, 4u * view->scope.n_vnis) == 0, "%s: VNIs", way->name);
}

START_TEST(every_way_leads_to_a_segment_over_ipv4) {
    struct build b;
    tcp4(&b);
    ways[_i].build(&b);
    build_ethernet(&b, NULL);
    struct tw_packet view = decode(ETHERNET, &b);
    check_segment(ways[_i].name, &view);
    check_way(&ways[_i], &view);
    static const struct tw_addr src = {{10, 0, 0, 1}}, dst = {{10, 0, 0, 2}};
    ck_assert_uint_eq(view.ip_version, 4);
    ck_assert(view.flow_stat & BIT(14) && view.flow_stat & BIT(58) && !(view.flow_stat & BIT(15)));
    ck_assert_mem_eq(&view.src, &src, sizeof(src));
    ck_assert_mem_eq(&view.dst, &dst, sizeof(dst));
}
END_TEST

START_TEST(every_way_leads_to_a_segment_over_ipv6) {
    struct build b;
    tcp6(&b);
    ways[_i].build(&b);
    build_ethernet(&b, NULL);
    struct tw_packet view = decode(ETHERNET, &b);
    check_segment(ways[_i].name, &view);
    check_way(&ways[_i], &view);
    static const struct tw_addr src = {{0x20, 0x01, 0x0D, 0xB8, [15] = 1}}, dst = {{0x20, 0x01, 0x0D, 0xB8, [15] = 2}};
    ck_assert_uint_eq(view.ip_version, 6);
    ck_assert(view.flow_stat & BIT(15) && view.flow_stat & BIT(59) && !(view.flow_stat & BIT(14)));
    ck_assert_mem_eq(&view.src, &src, sizeof(src));
    ck_assert_mem_eq(&view.dst, &dst, sizeof(dst));
}
END_TEST

/* Shorter and shorter, no way may claim more than is there, nor call a contradiction what is only cut. */
START_TEST(a_way_cut_anywhere_is_cut_and_not_malformed) {
    struct build b;
    tcp4(&b);
    ways[_i].build(&b);
    build_ethernet(&b, NULL);
    size_t n = build_len(&b), header = n - 10;
    for (size_t caplen = 0; caplen < n; caplen++) {
        struct tw_packet view = decode_bytes(ETHERNET, build_bytes(&b), caplen, n);
        bool may_end_silently = ways[_i].build == snap && caplen >= 14 && caplen < 22;
        ck_assert_msg(!(view.status & TW_PACKET_MALFORMED), "%s: malformed at %zu", ways[_i].name, caplen);
        ck_assert_msg(may_end_silently || !(view.status & TW_PACKET_CUT) == (caplen >= header),
                      "%s: status %02x at %zu", ways[_i].name, view.status, caplen);
        ck_assert_msg(!(view.status & TW_PACKET_CUT) == !(view.flow_stat & (BIT(32) | BIT(34) | BIT(35))),
                      "%s: which layer at %zu", ways[_i].name, caplen);
    }
}
END_TEST

/* What is known of a TCP header of which so many bytes are captured. */
static const struct {
    size_t captured;
    uint8_t status, has;
} captures[] = {
    {3, TW_PACKET_CUT, 0},
    {4, TW_PACKET_CUT | TW_PACKET_TCP, 0},
    {7, TW_PACKET_CUT | TW_PACKET_TCP, 0},
    {8, TW_PACKET_CUT | TW_PACKET_TCP, 0x01},
    {11, TW_PACKET_CUT | TW_PACKET_TCP, 0x01},
    {12, TW_PACKET_CUT | TW_PACKET_TCP, 0x03},
    {13, TW_PACKET_CUT | TW_PACKET_TCP, 0x03},
    {14, TW_PACKET_CUT | TW_PACKET_TCP, 0x07},
    {15, TW_PACKET_CUT | TW_PACKET_TCP, 0x07},
    {16, TW_PACKET_CUT | TW_PACKET_TCP, 0x0F},
    {27, TW_PACKET_CUT | TW_PACKET_TCP, 0x0F},
    {28, TW_PACKET_TCP, 0x1F},
};

START_TEST(of_a_cut_tcp_header_the_captured_fields_are_known) {
    struct build b;
    build_payload(&b, 0);
    build_tcp(&b, &syn);
    build_ipv4(&b, &ip);
    struct tw_packet view = decode_bytes(RAW, build_bytes(&b), 20 + captures[_i].captured, build_len(&b));
    ck_assert_uint_eq(view.status, captures[_i].status);
    ck_assert_uint_eq(view.has, captures[_i].has);
    ck_assert_int_eq(view.window_scale, captures[_i].has == WHOLE ? 7 : -1);
}
END_TEST

/* The nth of a thing that is looked through is one of many; the (n + 1)th is too deep. */
static void ips(struct build *b) {
    build_ipv4(b, &ip);
}

static void tags(struct build *b) {
    build_vlan(b, 0x8100, 1);
}

static void labels(struct build *b) {
    build_mpls(b, 1);
}

static void extensions(struct build *b) {
    build_extension(b, 60, 0);
}

static const struct {
    const char *name;
    void (*add)(struct build *b);
    int max;
} depths[] = {
    {"IP headers", ips, 8}, {"VLAN tags", tags, 8}, {"MPLS labels", labels, 16}, {"extensions", extensions, 16}};

static struct tw_packet decode_depth(void (*add)(struct build *b), int n) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    if (add != extensions && add != ips) {
        build_ipv4(&b, &ip);
    }
    for (int i = 0; i < n; i++) {
        add(&b);
    }
    if (add == extensions) {
        build_ipv6(&b, &ip);
    }
    build_ethernet(&b, NULL);
    return decode(ETHERNET, &b);
}

START_TEST(depth_has_its_limit) {
    struct tw_packet last = decode_depth(depths[_i].add, depths[_i].max);
    check_segment(depths[_i].name, &last);
    struct tw_packet one_more = decode_depth(depths[_i].add, depths[_i].max + 1);
    ck_assert_msg(one_more.status == TW_PACKET_TOO_DEEP, "%s: status %02x", depths[_i].name, one_more.status);
}
END_TEST

START_TEST(an_ip_header_allows_as_many_tags_again) {
    struct build b;
    tcp4(&b);
    for (int i = 0; i < 8; i++) {
        build_vlan(&b, 0x8100, (uint16_t)(i + 1));
    }
    build_ethernet(&b, NULL);
    build_vxlan(&b, 1);
    build_ipv4(&b, &ip);
    for (int i = 0; i < 8; i++) {
        build_vlan(&b, 0x8100, 100);
    }
    build_ethernet(&b, NULL);
    struct tw_packet view = decode(ETHERNET, &b);
    check_segment("twice 8 tags", &view);
    ck_assert_uint_eq(view.scope.n_vlans, 8);
    ck_assert_uint_eq(view.scope.vlan[0], 8);
    ck_assert_uint_eq(view.scope.vlan[7], 1);
}
END_TEST

/* Lengths that contradict what they are to contain, and those that only look odd. */
static const struct {
    const char *name;
    struct build_tcp tcp;
    struct build_ip ip;
    int version;
    uint8_t status;
    uint32_t payload;
} lengths[] = {
    {"a data offset of 0", {.data_offset = BUILD_ZERO}, {0}, 4, TW_PACKET_MALFORMED, 0},
    {"a data offset of 4", {.data_offset = 4}, {0}, 4, TW_PACKET_MALFORMED, 0},
    {"a data offset of 5", {.data_offset = 5}, {0}, 4, TW_PACKET_TCP, 10},
    {"a data offset to the packet's end", {.data_offset = 6}, {.length = 44}, 4, TW_PACKET_TCP, 0},
    {"a data offset one byte past the packet's end", {.data_offset = 6}, {.length = 43}, 4, TW_PACKET_MALFORMED, 0},
    {"an IPv4 header of 4 words", {0}, {.header = 4}, 4, TW_PACKET_MALFORMED, 0},
    {"an IPv4 length of its header", {0}, {.length = 20}, 4, TW_PACKET_MALFORMED, 0},
    {"an IPv4 length below its header", {0}, {.length = 19}, 4, TW_PACKET_MALFORMED, 0},
    {"an IPv4 length of a bare TCP header", {0}, {.length = 40}, 4, TW_PACKET_TCP, 0},
    {"an IPv4 length one below", {0}, {.length = 39}, 4, TW_PACKET_MALFORMED, 0},
    {"an IPv4 length below the frame's: padding", {0}, {.length = 43}, 4, TW_PACKET_TCP, 3},
    {"an IPv4 length above the frame's", {0}, {.length = 1500}, 4, TW_PACKET_TCP, 1460},
    {"an IPv4 length of 0: to the end of the frame", {0}, {.length = BUILD_ZERO}, 4, TW_PACKET_TCP, 10},
    {"IPv4 options", {0}, {.n_options = 40}, 4, TW_PACKET_TCP, 10},
    {"an IPv6 length of a bare TCP header", {0}, {.length = 20}, 6, TW_PACKET_TCP, 0},
    {"an IPv6 length one below", {0}, {.length = 19}, 6, TW_PACKET_MALFORMED, 0},
    {"an IPv6 length of 0: to the end of the frame", {0}, {.length = BUILD_ZERO}, 6, TW_PACKET_TCP, 10},
};

START_TEST(lengths_come_from_the_ip_header) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &lengths[_i].tcp);
    (lengths[_i].version == 4 ? build_ipv4 : build_ipv6)(&b, &lengths[_i].ip);
    struct tw_packet view = decode(RAW, &b);
    ck_assert_msg(view.status == lengths[_i].status, "%s: status %02x", lengths[_i].name, view.status);
    if (view.status == TW_PACKET_TCP) {
        ck_assert_msg(view.payload == lengths[_i].payload, "%s: payload %u", lengths[_i].name, view.payload);
    }
}
END_TEST

START_TEST(a_length_of_0_means_the_frame_as_it_was_on_the_wire) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    build_ipv6(&b, &(struct build_ip){.length = BUILD_ZERO});
    struct tw_packet view = decode_bytes(RAW, build_bytes(&b), build_len(&b), 60 + 200000);
    ck_assert_uint_eq(view.status, TW_PACKET_TCP);
    ck_assert_uint_eq(view.payload, 200000);
    ck_assert(view.flow_stat & BIT(33));
}
END_TEST

START_TEST(another_ip_version_is_malformed) {
    struct tw_packet view = decode_bytes(RAW, (const uint8_t[20]){0x50}, 20, 20);
    ck_assert_uint_eq(view.status, TW_PACKET_MALFORMED);
    ck_assert_uint_eq(view.ip_version, 0);
}
END_TEST

/* Fragments: (offset in units of 8 bytes, more to follow). */
START_TEST(a_first_fragment_is_a_segment_and_announces_its_datagram) {
    for (int version = 4; version <= 6; version += 2) {
        struct build b;
        build_payload(&b, 10);
        build_tcp(&b, &segment);
        (version == 4 ? build_ipv4 : build_ipv6)(&b, &(struct build_ip){.id = 0xBEEF, .more = 1});
        struct tw_packet view = decode(RAW, &b);
        ck_assert_uint_eq(view.status, TW_PACKET_TCP);
        ck_assert_uint_eq(view.has, WHOLE);
        ck_assert_uint_eq(view.n_first, 1);
        ck_assert_uint_eq(view.first[0].id, 0xBEEF);
        ck_assert_uint_eq(view.first[0].proto, 6);
        ck_assert_uint_eq(view.first[0].ip_version, version);
        ck_assert_mem_eq(&view.first[0].src, &view.src, sizeof(view.src));
        ck_assert_mem_eq(&view.first[0].dst, &view.dst, sizeof(view.dst));
        ck_assert(view.flow_stat & BIT(36));
    }
}
END_TEST

START_TEST(a_later_fragment_has_no_ports) {
    for (int more = 0; more <= 1; more++) {
        for (int version = 4; version <= 6; version += 2) {
            struct build b;
            build_payload(&b, 30);
            b.protocol = 6;
            (version == 4 ? build_ipv4 : build_ipv6)(&b, &(struct build_ip){.id = 7, .offset = 0x1FFF, .more = more});
            struct tw_packet view = decode(RAW, &b);
            ck_assert_uint_eq(view.status, TW_PACKET_LATER_FRAGMENT);
            ck_assert_uint_eq(view.later.id, 7);
            ck_assert_uint_eq(view.later.proto, 6);
            ck_assert_uint_eq(view.later.ip_version, version);
            ck_assert_uint_eq(view.sport, 0);
            ck_assert_uint_eq(view.n_first, 0);
        }
    }
}
END_TEST

START_TEST(an_atomic_fragment_is_a_whole_packet) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    build_extension(&b, 44, 0);
    build_ipv6(&b, &ip);
    struct tw_packet view = decode(RAW, &b);
    check_segment("atomic", &view);
    ck_assert(!(view.flow_stat & BIT(36)));
}
END_TEST

START_TEST(a_header_that_a_first_fragment_cuts_is_cut) {
    static const struct {
        size_t n;
        uint8_t status, has;
    } cases[] = {
        {3, TW_PACKET_CUT, 0},
        {8, TW_PACKET_CUT | TW_PACKET_TCP, 0x01},
        {16, TW_PACKET_CUT | TW_PACKET_TCP, 0x0F},
        {24, TW_PACKET_CUT | TW_PACKET_TCP, 0x0F},
        {28, TW_PACKET_TCP, WHOLE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct build b;
        build_payload(&b, 0);
        build_tcp(&b, &syn);
        build_ipv4(&b, &(struct build_ip){.more = 1, .length = (int)(20 + cases[i].n)});
        struct tw_packet view = decode_bytes(RAW, build_bytes(&b), 20 + cases[i].n, 20 + cases[i].n);
        ck_assert_uint_eq(view.status, cases[i].status);
        ck_assert_uint_eq(view.has, cases[i].has);
    }
}
END_TEST

START_TEST(first_fragments_in_tunnels_are_all_announced) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    for (uint16_t i = 8; i > 0; i--) {
        build_ipv4(&b, &(struct build_ip){.id = i, .more = 1});
    }
    struct tw_packet view = decode(RAW, &b);
    ck_assert_uint_eq(view.n_first, TW_IP_MAX);
    ck_assert_uint_eq(view.first[0].id, 1);
    ck_assert_uint_eq(view.first[7].id, 8);
}
END_TEST

START_TEST(more_first_fragments_than_there_is_room_for_do_no_harm) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    for (int i = 0; i < TW_IP_MAX + 1; i++) {
        build_raw(&b, (const uint8_t[]){b.protocol, 0, 0, 1, 0, 0, 0, 1}, 8);
        b.protocol = 44;
    }
    build_ipv6(&b, &ip);
    struct tw_packet view = decode(RAW, &b);
    ck_assert_uint_eq(view.status, TW_PACKET_TCP);
    ck_assert_uint_eq(view.n_first, TW_IP_MAX);
}
END_TEST

static const struct {
    uint8_t wire, effective;
} flags[] = {{0x02, 0x02}, {0x12, 0x12}, {0x03, 0x02}, {0x06, 0x04},
             {0x05, 0x04}, {0x07, 0x04}, {0x11, 0x11}, {0xFF, 0xFC}};

START_TEST(of_contradicting_flags_one_counts) {
    struct build b;
    build_payload(&b, 0);
    build_tcp(&b, &(struct build_tcp){.flags = flags[_i].wire});
    build_ipv4(&b, &ip);
    ck_assert_uint_eq(decode(RAW, &b).flags, flags[_i].effective);
}
END_TEST

START_TEST(only_a_syn_offers_a_window_scale) {
    struct build_tcp tcp = syn;
    tcp.flags = 0x10;
    struct build b;
    build_payload(&b, 0);
    build_tcp(&b, &tcp);
    build_ipv4(&b, &ip);
    struct tw_packet view = decode(RAW, &b);
    ck_assert_uint_eq(view.has, WHOLE);
    ck_assert_int_eq(view.window_scale, -1);
}
END_TEST

/* Extension headers and what is no TCP. */
START_TEST(ah_and_extension_headers_are_looked_through) {
    struct build b;
    build_payload(&b, 10);
    build_tcp(&b, &segment);
    build_ah(&b);
    build_extension(&b, 43, 2);
    build_extension(&b, 0, 0);
    build_ipv6(&b, &ip);
    struct tw_packet view = decode(RAW, &b);
    check_segment("AH behind extensions", &view);
    ck_assert(view.flow_stat & BIT(30));
}
END_TEST

START_TEST(an_extension_beyond_the_packet_is_malformed) {
    struct build b;
    build_payload(&b, 0);
    build_raw(&b, (const uint8_t[]){6, 1, 0, 0, 0, 0, 0, 0}, 8);
    build_ipv6(&b, &(struct build_ip){.protocol = 60});
    ck_assert_uint_eq(decode(RAW, &b).status, TW_PACKET_MALFORMED);
}
END_TEST

START_TEST(a_tcp_header_quoted_by_icmp_is_no_tcp_packet) {
    struct build b;
    tcp4(&b);
    build_raw(&b, "\3\4\0\0\0\0\5\0", 8);
    build_ipv4(&b, &(struct build_ip){.protocol = 1});
    struct tw_packet view = decode(RAW, &b);
    ck_assert_uint_eq(view.status, 0);
    ck_assert_uint_eq(view.proto, 1);
    ck_assert_uint_eq(view.sport, 0);
}
END_TEST

START_TEST(udp_and_sctp_have_ports_and_no_more) {
    struct build b;
    build_payload(&b, 4);
    build_udp(&b, 53, 5353);
    build_ipv4(&b, &ip);
    struct tw_packet view = decode(RAW, &b);
    ck_assert(view.status == 0 && view.proto == 17 && view.sport == 53 && view.dport == 5353);

    build_payload(&b, 4);
    build_sctp(&b, 1, 2);
    build_ipv6(&b, &ip);
    view = decode(RAW, &b);
    ck_assert(view.status == 0 && view.proto == 132 && view.sport == 1 && view.dport == 2);
    ck_assert(view.flow_stat & BIT(24));
}
END_TEST

START_TEST(tunnels_are_known_by_the_ports_that_are_set) {
    struct build b;
    tcp4(&b);
    build_ethernet(&b, NULL);
    build_vxlan(&b, 1);
    build_ipv4(&b, &ip);
    struct tw_decode_settings none = {.vxlan_ports = {0, {4789}}};
    struct tw_packet view;
    tw_packet_decode(&none, RAW, build_bytes(&b), (uint32_t)build_len(&b), (uint32_t)build_len(&b), &view);
    ck_assert_uint_eq(view.status, 0);
    ck_assert_uint_eq(view.dport, 4789);
}
END_TEST

START_TEST(what_is_not_ip_has_no_ip_version) {
    struct build b;
    build_payload(&b, 46);
    b.ethertype = 0x0806;
    build_ethernet(&b, &(struct build_macs){.dst = {1}, .src = {2}});
    struct tw_packet view = decode(ETHERNET, &b);
    ck_assert(view.status == 0 && view.ip_version == 0 && view.ethertype == 0x0806);
    ck_assert(view.has_macs && view.dmac[0] == 1 && view.smac[0] == 2);
}
END_TEST

/* Link types other than Ethernet; what comes before the IP packet, as it is on the wire. */
static const struct {
    const char *name;
    int dlt;
    bool has_macs;
    size_t n;
    uint8_t header[48];
} links[] = {
    {"raw IP, 12", 12, false, 0, {0}},
    {"raw IP, 14", 14, false, 0, {0}},
    {"raw IP, 101", 101, false, 0, {0}},
    {"raw IPv4", 228, false, 0, {0}},
    {"BSD loopback, big endian", 0, false, 4, {0, 0, 0, 2}},
    {"BSD loopback, little endian", 0, false, 4, {2, 0, 0, 0}},
    {"OpenBSD loopback", 108, false, 4, {0, 0, 0, 2}},
    {"PPP", 9, false, 2, {0x00, 0x21}},
    {"PPP with its HDLC header", 9, false, 4, {0xFF, 0x03, 0x00, 0x21}},
    {"PPP with a short protocol field", 50, false, 3, {0xFF, 0x03, 0x21}},
    {"Cisco HDLC", 50, false, 4, {0x0F, 0x00, 0x08, 0x00}},
    {"cooked", 113, false, 16, {[3] = 1, [14] = 0x08}},
    {"cooked v2", 276, false, 20, {0x08, 0x00, [9] = 1}},
    {"802.11, to the access point", 105, true, 32, {0x08, 0x01, [24] = 0xAA, 0xAA, 3, 0, 0, 0, 8, 0}},
    {"802.11 with QoS", 105, true, 34, {0x88, 0x02, [26] = 0xAA, 0xAA, 3, 0, 0, 0, 8, 0}},
    {"radiotap", 127, true, 40, {0, 0, 8, 0, 0, 0, 0, 0, 0x08, 0x01, [32] = 0xAA, 0xAA, 3, 0, 0, 0, 8, 0}},
    {"radiotap, padded header",
     127,
     true,
     45,
     {0, 0, 9, 0, 2, 0, 0, 0, 0x20, 0x88, 0x01, [37] = 0xAA, 0xAA, 3, 0, 0, 0, 8, 0}},
};

START_TEST(every_link_type_leads_to_ip) {
    struct build b;
    tcp4(&b);
    build_raw(&b, links[_i].header, links[_i].n);
    struct tw_packet view = decode(links[_i].dlt, &b);
    check_segment(links[_i].name, &view);
    ck_assert(tw_linktype_is_known(links[_i].dlt));
    ck_assert_msg(view.flow_stat & BIT(1), "%s: as if over Ethernet", links[_i].name);
    ck_assert_msg(view.has_macs == links[_i].has_macs, "%s: addresses", links[_i].name);
}
END_TEST

START_TEST(cooked_v2_names_the_interface) {
    struct build b;
    tcp6(&b);
    build_vlan(&b, 0x8100, 12);
    build_cooked_2(&b, 0x01020304);
    struct tw_packet view = decode(COOKED_2, &b);
    check_segment("cooked v2", &view);
    ck_assert_uint_eq(view.scope.ifindex, 0x01020304);
    ck_assert_uint_eq(view.scope.n_vlans, 1);
    ck_assert_uint_eq(view.scope.vlan[0], 12);
}
END_TEST

START_TEST(an_unknown_link_type_gives_no_ip) {
    struct build b;
    tcp4(&b);
    ck_assert(!tw_linktype_is_known(147));
    struct tw_packet view = decode(147, &b);
    ck_assert(view.ip_version == 0 && view.status == 0);
}
END_TEST

/* The builder is judged too: a receiver's sums over header and segment come out as all ones. */
static uint32_t folded(const uint8_t *p, size_t n, uint32_t total) {
    for (size_t i = 0; i < n; i++) {
        total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    }
    while (total >> 16) {
        total = (total & 0xFFFF) + (total >> 16);
    }
    return total;
}

START_TEST(built_packets_have_right_checksums) {
    struct build b;
    build_payload(&b, 11);
    build_tcp(&b, &segment);
    build_ipv4(&b, &ip);
    const uint8_t *p = build_bytes(&b);
    ck_assert_uint_eq(folded(p, 20, 0), 0xFFFF);
    ck_assert_uint_eq(folded(p + 20, 31, folded(p + 12, 8, 6 + 31)), 0xFFFF);

    build_payload(&b, 11);
    build_udp(&b, 1, 2);
    build_extension(&b, 60, 1);
    build_ipv6(&b, &ip);
    p = build_bytes(&b);
    ck_assert_uint_eq(folded(p + 56, 19, folded(p + 8, 32, 17 + 19)), 0xFFFF);
}
END_TEST

static void add_ways(Suite *suite) {
    TCase *tc = tcase_create("ways");
    tcase_add_loop_test(tc, every_way_leads_to_a_segment_over_ipv4, 0, COUNT(ways));
    tcase_add_loop_test(tc, every_way_leads_to_a_segment_over_ipv6, 0, COUNT(ways));
    tcase_add_loop_test(tc, a_way_cut_anywhere_is_cut_and_not_malformed, 0, COUNT(ways));
    tcase_add_loop_test(tc, depth_has_its_limit, 0, COUNT(depths));
    tcase_add_test(tc, an_ip_header_allows_as_many_tags_again);
    tcase_add_test(tc, ah_and_extension_headers_are_looked_through);
    tcase_add_test(tc, an_extension_beyond_the_packet_is_malformed);
    tcase_add_test(tc, tunnels_are_known_by_the_ports_that_are_set);
    tcase_add_loop_test(tc, every_link_type_leads_to_ip, 0, COUNT(links));
    tcase_add_test(tc, cooked_v2_names_the_interface);
    tcase_add_test(tc, an_unknown_link_type_gives_no_ip);
    tcase_add_test(tc, what_is_not_ip_has_no_ip_version);
    suite_add_tcase(suite, tc);
}

Suite *suite_packet(void) {
    Suite *suite = suite_create("packet");
    add_ways(suite);
    TCase *tc = tcase_create("headers");
    tcase_add_loop_test(tc, of_a_cut_tcp_header_the_captured_fields_are_known, 0, COUNT(captures));
    tcase_add_loop_test(tc, lengths_come_from_the_ip_header, 0, COUNT(lengths));
    tcase_add_test(tc, a_length_of_0_means_the_frame_as_it_was_on_the_wire);
    tcase_add_test(tc, another_ip_version_is_malformed);
    tcase_add_loop_test(tc, of_contradicting_flags_one_counts, 0, COUNT(flags));
    tcase_add_test(tc, only_a_syn_offers_a_window_scale);
    tcase_add_test(tc, a_tcp_header_quoted_by_icmp_is_no_tcp_packet);
    tcase_add_test(tc, udp_and_sctp_have_ports_and_no_more);
    tcase_add_test(tc, built_packets_have_right_checksums);
    suite_add_tcase(suite, tc);
    tc = tcase_create("fragments");
    tcase_add_test(tc, a_first_fragment_is_a_segment_and_announces_its_datagram);
    tcase_add_test(tc, a_later_fragment_has_no_ports);
    tcase_add_test(tc, an_atomic_fragment_is_a_whole_packet);
    tcase_add_test(tc, a_header_that_a_first_fragment_cuts_is_cut);
    tcase_add_test(tc, first_fragments_in_tunnels_are_all_announced);
    tcase_add_test(tc, more_first_fragments_than_there_is_room_for_do_no_harm);
    suite_add_tcase(suite, tc);
    return suite;
}
