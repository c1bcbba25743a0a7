/* SPDX-License-Identifier: MIT */
#include "flowkey.h"

#include <string.h>

#include "suites.h"

/* SipHash-c-d as its paper has it: bytes in, any length, written without regard to the one under test. */
static uint64_t reference(int c, int d, const uint8_t key[16], const uint8_t *text, size_t len) {
    uint64_t k[2] = {0, 0}, v[4];
    for (int i = 0; i < 16; i++)
        k[i / 8] |= (uint64_t)key[i] << 8 * (i % 8);
    const char *initial = "somepseudorandomlygeneratedbytes";
    for (int i = 0; i < 4; i++) {
        v[i] = k[i % 2];
        for (int j = 0; j < 8; j++)
            v[i] ^= (uint64_t)(uint8_t)initial[8 * i + j] << 8 * (7 - j);
    }
    for (size_t at = 0, last = 0; !last; at += 8) {
        uint64_t m = 0;
        last = at + 8 > len;
        for (size_t j = at; j < at + 8 && j < len; j++)
            m |= (uint64_t)text[j] << 8 * (j - at);
        if (last)
            m |= (uint64_t)len << 56;
        v[3] ^= m;
        for (int round = 0; round < c + (last ? d : 0); round++) {
            if (round == c) {
                v[0] ^= m;
                v[2] ^= 0xff;
            }
#define TURN(x, n) ((x) << (n) | (x) >> (64 - (n)))
            v[0] += v[1], v[1] = TURN(v[1], 13) ^ v[0], v[0] = TURN(v[0], 32);
            v[2] += v[3], v[3] = TURN(v[3], 16) ^ v[2];
            v[0] += v[3], v[3] = TURN(v[3], 21) ^ v[0];
            v[2] += v[1], v[1] = TURN(v[1], 17) ^ v[2], v[2] = TURN(v[2], 32);
#undef TURN
        }
        if (!last)
            v[0] ^= m;
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

START_TEST(the_reference_gives_the_vector_of_the_paper) {
    uint8_t key[16], text[15];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    memcpy(text, key, sizeof text);
    ck_assert_uint_eq(reference(2, 4, key, text, sizeof text), UINT64_C(0xa129ca6149be45e5));
}
END_TEST

START_TEST(the_hash_is_siphash_1_3) {
    uint8_t bytes[16 + 8 * 20];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    struct tw_hash_key key;
    uint64_t words[20];
    memcpy(&key, bytes, sizeof key); /* on a machine with the low byte first */
    memcpy(words, bytes + 16, sizeof words);
    for (size_t n = 0; n <= 20; n++)
        ck_assert_uint_eq(tw_hash(&key, words, n), reference(1, 3, bytes, bytes + 16, 8 * n));
}
END_TEST

static struct tw_packet packet_of(uint8_t ip_version, uint8_t src, uint16_t sport, uint8_t dst, uint16_t dport) {
    struct tw_packet packet = {.ip_version = ip_version, .proto = 6, .sport = sport, .dport = dport};
    packet.src.bytes[ip_version == 4 ? 3 : 15] = src;
    packet.dst.bytes[ip_version == 4 ? 3 : 15] = dst;
    return packet;
}

static const struct tw_hash_key secret = {0x1234567, 0x89abcdef};
static const struct tw_flow_settings everything = {.vlan = true, .tunnel = true, .interface = true};

static uint32_t hash(const struct tw_flow_settings *settings, const struct tw_packet *packet) {
    struct tw_factors factors;
    struct tw_flowkey key;
    tw_factors_init(&factors, &secret);
    tw_flowkey_init(&key, packet);
    return tw_flowkey_hash(&factors, settings, &key, &packet->scope);
}

static const struct pair {
    const char *name;
    uint8_t ip_version, src, dst;
    uint16_t sport, dport;
    int sender;
} pairs[] = {
    {"the lower address", 4, 1, 2, 9, 5, 0},           {"the higher address", 4, 2, 1, 5, 9, 1},
    {"one address, the lower port", 4, 3, 3, 5, 9, 0}, {"one address, the higher port", 4, 3, 3, 9, 5, 1},
    {"both ends the same", 4, 3, 3, 5, 5, 0},          {"IPv6", 6, 2, 1, 5, 9, 1},
};

START_TEST(both_ways_have_one_key) {
    const struct pair *p = &pairs[_i];
    struct tw_packet there = packet_of(p->ip_version, p->src, p->sport, p->dst, p->dport);
    struct tw_packet back = packet_of(p->ip_version, p->dst, p->dport, p->src, p->sport);
    struct tw_flowkey a, b;
    bool same_ends = p->src == p->dst && p->sport == p->dport;
    ck_assert_msg(tw_flowkey_init(&a, &there) == p->sender, "%s", p->name);
    ck_assert_msg(tw_flowkey_init(&b, &back) == (same_ends ? 0 : !p->sender), "%s, back", p->name);
    ck_assert_msg(tw_flowkey_equal(&a, &b), "%s: keys", p->name);
    ck_assert_uint_eq(hash(&everything, &there), hash(&everything, &back));
}
END_TEST

/* The sum as the paper has it, over all the words of a key. */
START_TEST(the_hash_of_a_key_is_multilinear) {
    struct tw_factors factors;
    struct tw_scope none = {0};
    struct tw_flowkey key;
    tw_factors_init(&factors, &secret);
    for (int version = 4; version <= 6; version += 2) {
        struct tw_packet packet = packet_of((uint8_t)version, 1, 0x1234, 2, 0xfedc);
        for (int i = 0; version == 6 && i < 16; i++)
            packet.src.bytes[i] = (uint8_t)(i * 31 + 7);
        tw_flowkey_init(&key, &packet);
        uint64_t sum = factors.factor[0];
        for (int i = 0; i < 10; i++)
            sum += factors.factor[1 + i] * key.half[i];
        ck_assert_uint_eq(tw_flowkey_hash(&factors, &everything, &key, &none), tw_factors_hash(sum));
    }
}
END_TEST

START_TEST(another_secret_gives_other_factors) {
    struct tw_factors a, b;
    tw_factors_init(&a, &secret);
    tw_factors_init(&b, &(struct tw_hash_key){secret.k0, secret.k1 + 1});
    for (int i = 0; i < TW_FACTORS_MAX; i++) {
        ck_assert_uint_ne(a.factor[i], b.factor[i]);
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(a.factor[i], a.factor[j]);
    }
}
END_TEST

START_TEST(every_part_of_the_key_counts) {
    struct tw_packet one = packet_of(4, 1, 5, 2, 9);
    struct tw_packet others[] = {packet_of(4, 3, 5, 2, 9), packet_of(4, 1, 6, 2, 9), packet_of(4, 1, 5, 4, 9),
                                 packet_of(4, 1, 5, 2, 8), packet_of(4, 1, 9, 2, 5), packet_of(6, 1, 5, 2, 9),
                                 packet_of(4, 1, 5, 2, 9)};
    others[6].proto = 132;
    struct tw_flowkey a, b;
    tw_flowkey_init(&a, &one);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        tw_flowkey_init(&b, &others[i]);
        ck_assert_msg(!tw_flowkey_equal(&a, &b), "%d", (int)i);
        ck_assert_uint_ne(hash(&everything, &one), hash(&everything, &others[i]));
    }
}
END_TEST

static const struct scope_case {
    const char *name;
    struct tw_flow_settings settings;
    struct tw_scope a, b;
    bool equal;
} scope_cases[] = {
    {"the same VLANs", {.vlan = true}, {.n_vlans = 2, .vlan = {1, 2}}, {.n_vlans = 2, .vlan = {1, 2, 77}}, true},
    {"another inner VLAN", {.vlan = true}, {.n_vlans = 2, .vlan = {1, 2}}, {.n_vlans = 2, .vlan = {1, 3}}, false},
    {"VLANs the other way round",
     {.vlan = true},
     {.n_vlans = 2, .vlan = {1, 2}},
     {.n_vlans = 2, .vlan = {2, 1}},
     false},
    {"a VLAN and none", {.vlan = true}, {.n_vlans = 1, .vlan = {1}}, {0}, false},
    {"VLANs that do not count", {.interface = true}, {.n_vlans = 1, .vlan = {1}}, {0}, true},
    {"another interface", {.interface = true}, {.ifindex = 1}, {.ifindex = 2}, false},
    {"an interface that does not count", {.vlan = true}, {.ifindex = 1}, {.ifindex = 2}, true},
    {"another VNI", {.tunnel = true}, {.n_vnis = 1, .vni = {1}}, {.n_vnis = 1, .vni = {2}}, false},
    {"a VNI that does not count", {.vlan = true}, {.n_vnis = 1, .vni = {1}}, {.n_vnis = 1, .vni = {2}}, true},
};

START_TEST(the_scope_counts_as_the_settings_say) {
    const struct scope_case *c = &scope_cases[_i];
    struct tw_packet a = packet_of(4, 1, 5, 2, 9), b = a;
    a.scope = c->a;
    b.scope = c->b;
    ck_assert_msg(tw_scope_equal(&c->settings, &a.scope, &b.scope) == c->equal, "%s", c->name);
    ck_assert_msg((hash(&c->settings, &a) == hash(&c->settings, &b)) == c->equal, "%s: hash", c->name);
}
END_TEST

Suite *suite_flowkey(void) {
    Suite *suite = suite_create("flowkey");
    TCase *tcase = tcase_create("flowkey");
    tcase_add_test(tcase, the_reference_gives_the_vector_of_the_paper);
    tcase_add_test(tcase, the_hash_is_siphash_1_3);
    tcase_add_loop_test(tcase, both_ways_have_one_key, 0, sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tcase, the_hash_of_a_key_is_multilinear);
    tcase_add_test(tcase, another_secret_gives_other_factors);
    tcase_add_test(tcase, every_part_of_the_key_counts);
    tcase_add_loop_test(tcase, the_scope_counts_as_the_settings_say, 0, sizeof(scope_cases) / sizeof(scope_cases[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
