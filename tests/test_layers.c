/* SPDX-License-Identifier: MIT */
/*
 * Header chains: as text, numbered, and as the decoder makes them of packets.
 */
#include "layers.h"

#include "build_packet.h"
#include "packet.h"
#include "suites.h"

#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

enum { ETHERNET = 1, RAW = 101, COOKED = 113, COOKED_2 = 276 };

static const char *text_of(uint64_t chain) {
    static char line[256];
    struct tw_text text = TW_TEXT_INIT;
    tw_layers_text(&text, chain);
    ck_assert(!text.failed && text.len < sizeof(line));
    if (text.len) {
        memcpy(line, text.data, text.len);
    }
    line[text.len] = '\0';
    tw_text_fini(&text);
    return line;
}

static uint64_t chain_of(unsigned n, enum tw_layer layer) {
    uint64_t chain = 0;
    while (n-- > 0) {
        chain = tw_layers_add(chain, layer);
    }
    return chain;
}

START_TEST(headers_of_one_kind_are_counted) {
    ck_assert_str_eq(text_of(0), "");
    ck_assert_str_eq(text_of(chain_of(1, TW_LAYER_TCP)), "tcp");
    ck_assert_str_eq(text_of(tw_layers_add(chain_of(2, TW_LAYER_VLAN), TW_LAYER_IPV4)), "vlan{2}:ipv4");
    ck_assert_str_eq(text_of(tw_layers_add(tw_layers_add(1, TW_LAYER_IPV6), 1)), "eth:ipv6:eth");
}
END_TEST

START_TEST(a_chain_has_room_for_twelve) {
    ck_assert_uint_eq(tw_layers_count(0), 0);
    for (unsigned n = 1; n <= TW_LAYERS_MAX; n++) {
        ck_assert_uint_eq(tw_layers_count(chain_of(n, TW_LAYER_ETHERNET)), n);
        ck_assert_uint_eq(tw_layers_count(chain_of(n, TW_LAYER_COUNT - 1)), n);
        ck_assert(!(chain_of(n, TW_LAYER_COUNT - 1) & TW_LAYERS_TOO_DEEP));
    }
    for (unsigned more = 1; more <= 3; more++) {
        uint64_t chain = chain_of(TW_LAYERS_MAX + more, TW_LAYER_IPV4);
        ck_assert_uint_eq(tw_layers_count(chain), TW_LAYERS_MAX);
        ck_assert_str_eq(text_of(chain), "ipv4{12}:...");
    }
}
END_TEST

START_TEST(chains_are_numbered_in_the_order_in_which_they_come) {
    static struct tw_chains chains;
    memset(&chains, 0, sizeof(chains));
    ck_assert_uint_eq(tw_chains_number(&chains, 0), 0);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 1; i <= 255; i++) {
            ck_assert_uint_eq(tw_chains_number(&chains, 1000 + i), i);
            ck_assert_uint_eq(tw_chains_number(&chains, 1000 + i), i);
        }
    }
    ck_assert_uint_eq(tw_chains_number(&chains, 5), 0);
    ck_assert_uint_eq(tw_chains_number(&chains, 1001), 1);
    ck_assert_uint_eq(tw_chains_number(&chains, 0), 0);
}
END_TEST

START_TEST(a_side_remembers_four_chains) {
    static struct tw_chains chains;
    memset(&chains, 0, sizeof(chains));
    uint8_t seen[TW_CHAINS_PER_SIDE] = {0};
    uint64_t got[TW_CHAINS_PER_SIDE];
    ck_assert(!tw_chains_note(seen, 0));
    for (uint64_t i = 1; i <= TW_CHAINS_PER_SIDE; i++) {
        ck_assert(tw_chains_note(seen, tw_chains_number(&chains, 100 * i)));
        ck_assert(tw_chains_note(seen, tw_chains_number(&chains, 100)));
    }
    ck_assert(!tw_chains_note(seen, tw_chains_number(&chains, 7)));
    ck_assert(tw_chains_note(seen, 4));
    tw_chains_get(&chains, seen, got);
    for (uint64_t i = 0; i < TW_CHAINS_PER_SIDE; i++) {
        ck_assert_uint_eq(got[i], 100 * (i + 1));
    }
    seen[2] = seen[3] = 0;
    tw_chains_get(&chains, seen, got);
    ck_assert_uint_eq(got[1], 200);
    ck_assert_uint_eq(got[2] + got[3], 0);
}
END_TEST

/* Those without headers count for nothing but themselves; what is too deep counts as deep as it was followed. */
START_TEST(depths_are_summed) {
    struct tw_depths depths = {0};
    struct tw_depths_sum sum = tw_depths_sum(&depths);
    ck_assert(sum.packets == 0 && sum.headers == 0 && sum.min == 0 && sum.max == 0);
    uint64_t chain = 0;
    tw_depths_feed(&depths, chain);
    for (int depth = 1; depth <= TW_LAYERS_MAX + 1; depth++) {
        chain = tw_layers_add(chain, TW_LAYER_IPV4);
        if (depth == 2 || depth >= TW_LAYERS_MAX) {
            tw_depths_feed(&depths, chain);
        }
    }
    sum = tw_depths_sum(&depths);
    ck_assert_uint_eq(sum.packets, 3);
    ck_assert_uint_eq(sum.headers, 2 + 2 * TW_LAYERS_MAX);
    ck_assert_uint_eq(sum.min, 2);
    ck_assert_uint_eq(sum.max, TW_LAYERS_MAX);
}
END_TEST

/* What the decoder makes of packets. */

static struct tw_packet decode(int dlt, const struct build *b) {
    static struct tw_settings settings;
    struct tw_packet view;
    tw_settings_init(&settings);
    tw_packet_decode(&settings.decode, dlt, build_bytes(b), (uint32_t)build_len(b), (uint32_t)build_len(b), &view);
    return view;
}

static void tcp4(struct build *b) {
    build_payload(b, 4);
    build_tcp(b, &(struct build_tcp){.sport = 1, .dport = 2});
    build_ipv4(b, &(struct build_ip){0});
}

static void plain(struct build *b) {
    tcp4(b);
    build_ethernet(b, NULL);
}

static void two_tags(struct build *b) {
    tcp4(b);
    build_vlan(b, 0x8100, 7);
    build_vlan(b, 0x88A8, 8);
    build_ethernet(b, NULL);
}

static void vxlan(struct build *b) {
    plain(b);
    build_vxlan(b, 42);
    build_ipv6(b, &(struct build_ip){0});
    build_mpls(b, 16);
    build_mpls(b, 17);
    build_ethernet(b, NULL);
}

static void gre_in_pppoe(struct build *b) {
    tcp4(b);
    build_gre(b, 0, 0);
    build_ipv4(b, &(struct build_ip){0});
    build_pppoe(b);
    build_ethernet(b, NULL);
}

static void protected(struct build *b) {
    build_payload(b, 4);
    build_tcp(b, &(struct build_tcp){.sport = 1, .dport = 2});
    build_ah(b);
    build_ipv4(b, &(struct build_ip){0});
    build_ipv6(b, &(struct build_ip){0});
}

static void gtp_over_snap(struct build *b) {
    build_payload(b, 4);
    build_udp(b, 5, 6);
    build_ipv4(b, &(struct build_ip){0});
    build_gtp(b, 1);
    build_ipv4(b, &(struct build_ip){0});
    build_snap(b);
    build_ethernet(b, NULL);
}

static const struct {
    const char *want;
    int dlt;
    void (*build)(struct build *b);
} packets[] = {
    {"ipv4:tcp", RAW, tcp4},
    {"eth:ipv4:tcp", ETHERNET, plain},
    {"eth:vlan{2}:ipv4:tcp", ETHERNET, two_tags},
    {"eth:mpls{2}:ipv6:udp:vxlan:eth:ipv4:tcp", ETHERNET, vxlan},
    {"eth:pppoes:ppp:ipv4:gre:ipv4:tcp", ETHERNET, gre_in_pppoe},
    {"ipv6:ipv4:ah:tcp", RAW, protected},
    {"eth:llc:ipv4:udp:gtp:ipv4:udp", ETHERNET, gtp_over_snap},
};

START_TEST(a_packet_says_which_headers_it_has) {
    struct build b;
    packets[_i].build(&b);
    struct tw_packet view = decode(packets[_i].dlt, &b);
    ck_assert_str_eq(text_of(view.layers), packets[_i].want);
}
END_TEST

START_TEST(a_packet_says_when_it_has_more_headers_than_are_described) {
    struct build b;
    for (unsigned n = TW_LAYERS_MAX; n <= TW_LAYERS_MAX + 1; n++) {
        tcp4(&b);
        for (unsigned tags = 3; tags < n; tags++) {
            build_mpls(&b, 16);
        }
        build_ethernet(&b, NULL);
        struct tw_packet view = decode(ETHERNET, &b);
        ck_assert_uint_eq(view.status, TW_PACKET_TCP);
        ck_assert_int_eq((view.flow_stat & TW_STAT_HEADERS_NOT_WHOLE) != 0, n > TW_LAYERS_MAX);
    }
}
END_TEST

START_TEST(cooked_headers_are_named) {
    struct build b;
    tcp4(&b);
    build_cooked(&b);
    ck_assert_str_eq(text_of(decode(COOKED, &b).layers), "sll:ipv4:tcp");
    tcp4(&b);
    build_cooked_2(&b, 3);
    ck_assert_str_eq(text_of(decode(COOKED_2, &b).layers), "sll2:ipv4:tcp");
}
END_TEST

/* Type and code, checksum, identifier, sequence number. */
static const struct {
    const char *name, *bytes;
    uint8_t protocol;
    int icmp;
    bool is_answer;
    uint16_t sport, dport;
    const char *layers;
} messages[] = {
    {"an echo request", "\10\0..\0\3\0\1", 1, 0x0800, false, 3, 8, "ipv4:icmp"},
    {"its answer", "\0\0..\0\3\0\1", 1, 0, true, 8, 3, "ipv4:icmp"},
    {"a timestamp's answer", "\16\0..\1\2\0\1", 1, 0x0e00, true, 13, 0x0102, "ipv4:icmp"},
    {"a message without answer", "\3\1..\0\0\0\0", 1, 0x0301, false, 0, 0, "ipv4:icmp"},
    {"an ICMPv6 type in ICMP", "\200\0..\0\3\0\1", 1, 0x8000, false, 0, 0, "ipv4:icmp"},
    {"an ICMPv6 echo request", "\200\0..\377\377\0\1", 58, 0x8000, false, 0xffff, 128, "ipv4:icmpv6"},
    {"its answer", "\201\0..\377\377\0\1", 58, 0x8100, true, 128, 0xffff, "ipv4:icmpv6"},
};

START_TEST(icmp_pairs_a_request_and_its_answer) {
    struct build b;
    build_payload(&b, 0);
    build_raw(&b, messages[_i].bytes, 8);
    build_ipv4(&b, &(struct build_ip){.protocol = messages[_i].protocol});
    struct tw_packet view = decode(RAW, &b);
    const char *name = messages[_i].name;
    ck_assert_msg(view.icmp == messages[_i].icmp, "%s: %x", name, (unsigned)view.icmp);
    ck_assert_msg(view.is_answer == messages[_i].is_answer, "%s", name);
    ck_assert_msg(view.sport == messages[_i].sport && view.dport == messages[_i].dport, "%s: %u, %u", name, view.sport,
                  view.dport);
    ck_assert_msg(strcmp(text_of(view.layers), messages[_i].layers) == 0, "%s", name);
}
END_TEST

START_TEST(a_short_icmp_message_pairs_nothing) {
    struct build b;
    build_payload(&b, 0);
    build_raw(&b, "\10\0..\0\3\0", 7);
    build_ipv4(&b, &(struct build_ip){.protocol = 1});
    struct tw_packet view = decode(RAW, &b);
    ck_assert(view.icmp == 0x0800 && view.sport == 0 && view.dport == 0);

    build_payload(&b, 0);
    build_raw(&b, "\10\0.", 3);
    build_ipv4(&b, &(struct build_ip){.protocol = 1});
    ck_assert_int_eq(decode(RAW, &b).icmp, -1);
}
END_TEST

Suite *suite_layers(void) {
    Suite *suite = suite_create("layers");
    TCase *tc = tcase_create("chains");
    tcase_add_test(tc, headers_of_one_kind_are_counted);
    tcase_add_test(tc, a_chain_has_room_for_twelve);
    tcase_add_test(tc, chains_are_numbered_in_the_order_in_which_they_come);
    tcase_add_test(tc, a_side_remembers_four_chains);
    tcase_add_test(tc, depths_are_summed);
    suite_add_tcase(suite, tc);
    tc = tcase_create("packets");
    tcase_add_loop_test(tc, a_packet_says_which_headers_it_has, 0, COUNT(packets));
    tcase_add_test(tc, a_packet_says_when_it_has_more_headers_than_are_described);
    tcase_add_test(tc, cooked_headers_are_named);
    tcase_add_loop_test(tc, icmp_pairs_a_request_and_its_answer, 0, COUNT(messages));
    tcase_add_test(tc, a_short_icmp_message_pairs_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
