/* SPDX-License-Identifier: MIT */
/*
 * community.c — see community.h.
 */
#include "community.h"

#include <netinet/in.h>
#include <sha1.h>
#include <string.h>
#include <sys/types.h>

/* The ICMP types that ask and answer each other; any other type is a message in one direction. */
static const struct {
    uint8_t proto, one, other;
} icmp_pairs[] = {
    {IPPROTO_ICMP, 0, 8},       /* echo */
    {IPPROTO_ICMP, 9, 10},      /* router advertisement, solicitation */
    {IPPROTO_ICMP, 13, 14},     /* timestamp */
    {IPPROTO_ICMP, 15, 16},     /* information */
    {IPPROTO_ICMP, 17, 18},     /* address mask */
    {IPPROTO_ICMPV6, 128, 129}, /* echo */
    {IPPROTO_ICMPV6, 130, 131}, /* multicast listener */
    {IPPROTO_ICMPV6, 133, 134}, /* router */
    {IPPROTO_ICMPV6, 135, 136}, /* neighbour */
    {IPPROTO_ICMPV6, 139, 140}, /* node information */
    {IPPROTO_ICMPV6, 144, 145}, /* home agent */
};

/* The type that answers this one; -1: none does. */
static int counterpart(uint8_t proto, unsigned type) {
    for (size_t i = 0; i < sizeof(icmp_pairs) / sizeof(icmp_pairs[0]); i++) {
        if (icmp_pairs[i].proto != proto)
            continue;
        if (icmp_pairs[i].one == type)
            return icmp_pairs[i].other;
        if (icmp_pairs[i].other == type)
            return icmp_pairs[i].one;
    }
    return -1;
}

static bool has_ports(uint8_t proto) {
    return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static bool is_icmp(uint8_t proto) {
    return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool is_before(const struct tw_endpoint *a, const struct tw_endpoint *b) {
    int order = memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
    return order < 0 || (order == 0 && a->port < b->port);
}

static uint8_t *put_u16(uint8_t *to, uint16_t value) {
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

/* Big enough for seed, two IPv6 addresses, protocol, a zero, and two ports. */
struct tuple {
    uint8_t bytes[2 + 16 + 16 + 2 + 4];
    size_t len;
};

static struct tuple pack(uint8_t proto, int ip_version, const struct tw_endpoint *first,
                         const struct tw_endpoint *second) {
    struct tuple tuple = {.len = 0};
    size_t len_addr = ip_version == 4 ? 4 : 16;
    uint8_t *to = tuple.bytes + 2;
    memcpy(to, first->addr.bytes, len_addr);
    memcpy(to + len_addr, second->addr.bytes, len_addr);
    to += 2 * len_addr;
    *to++ = proto;
    *to++ = 0;
    if (has_ports(proto) || is_icmp(proto)) {
        to = put_u16(to, first->port);
        to = put_u16(to, second->port);
    }
    tuple.len = (size_t)(to - tuple.bytes);
    return tuple;
}

/*
 * SHA-1 (FIPS 180-4) of what with its padding is one block: SHA1Final() pads a byte at a time, which takes longer than the
 * block itself.
 */
static void digest_of(const struct tuple *tuple, uint8_t ret[SHA1_DIGEST_LENGTH]) {
    SHA1_CTX context;
    uint8_t block[SHA1_BLOCK_LENGTH] = {0};
    _Static_assert(sizeof tuple->bytes + 1 + 8 <= sizeof block, "a one bit, and the length in bits");
    memcpy(block, tuple->bytes, tuple->len);
    block[tuple->len] = 0x80;
    (void)put_u16(block + sizeof block - 2, (uint16_t)(8 * tuple->len));
    SHA1Init(&context);
    SHA1Transform(context.state, block);
    for (size_t i = 0; i < SHA1_DIGEST_LENGTH; i++)
        ret[i] = (uint8_t)(context.state[i / 4] >> 8 * (3 - i % 4));
}

/* Base64 (RFC 4648 4) of a SHA-1: 20 bytes are 27 characters and one of padding. */
static void put_base64(char ret[29], const uint8_t digest[SHA1_DIGEST_LENGTH]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < SHA1_DIGEST_LENGTH; i += 3) {
        uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8;
        group |= i + 2 < SHA1_DIGEST_LENGTH ? digest[i + 2] : 0;
        for (int shift = 18; shift >= 0; shift -= 6)
            *ret++ = alphabet[group >> shift & 63];
    }
    ret[-1] = '=';
    *ret = '\0';
}

void tw_community_id(uint8_t proto, int ip_version, const struct tw_endpoint *source,
                     const struct tw_endpoint *destination, char ret[TW_COMMUNITY_MAX]) {
    struct tw_endpoint a = *source, b = *destination;
    int answer = is_icmp(proto) ? counterpart(proto, a.port) : 0;
    if (is_icmp(proto) && answer >= 0)
        b.port = (uint16_t)answer;
    if (!has_ports(proto) && !is_icmp(proto))
        a.port = b.port = 0;
    bool swap = answer >= 0 && is_before(&b, &a); /* a message in one direction keeps it */
    struct tuple tuple = swap ? pack(proto, ip_version, &b, &a) : pack(proto, ip_version, &a, &b);

    uint8_t digest[SHA1_DIGEST_LENGTH];
    digest_of(&tuple, digest);
    memcpy(ret, "1:", 2);
    put_base64(ret + 2, digest);
}

bool tw_community_of_flow(const struct tw_flow_id *flow, char ret[TW_COMMUNITY_MAX]) {
    struct tw_endpoint a = flow->end[TW_A], b = flow->end[TW_B];
    ret[0] = '\0';
    if (is_icmp(flow->proto)) {
        if (!flow->has_icmp && b.port == 0)
            return false;
        a.port = b.port ? b.port : flow->icmp >> 8; /* a request's type, and its code is 0 */
        b.port = b.port ? 0 : flow->icmp & 0xff;
    }
    tw_community_id(flow->proto, flow->ip_version, &a, &b, ret);
    return true;
}
