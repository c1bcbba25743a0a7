/* SPDX-License-Identifier: MIT */
#include "build_packet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    IPV4 = 0x0800,
    IPV6 = 0x86DD,
    BRIDGED = 0x6558,
    MPLS = 0x8847,
    PPPOE = 0x8864,
    ERSPAN = 0x88BE,
    TCP = 6,
    UDP = 17
};

static void put16(uint8_t *p, unsigned value) {
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void put24(uint8_t *p, uint32_t value) {
    p[0] = (uint8_t)(value >> 16);
    put16(p + 1, value & 0xFFFF);
}

static void put32(uint8_t *p, uint32_t value) {
    put16(p, value >> 16);
    put16(p + 2, value & 0xFFFF);
}

/* Room for n bytes in front, all 0. A test that needs more than BUILD_MAX is wrong. */
static uint8_t *front(struct build *b, size_t n) {
    if (n > b->start) {
        abort();
    }
    b->start -= n;
    memset(b->data + b->start, 0, n);
    return b->data + b->start;
}

static unsigned choose(int given, size_t right) {
    return given == BUILD_ZERO ? 0 : given ? (unsigned)given : (unsigned)right;
}

/* The sum of 16-bit words (RFC 1071), not yet folded. */
static uint32_t sum(const uint8_t *p, size_t n) {
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    }
    return total;
}

static unsigned checksum(uint32_t total) {
    while (total >> 16) {
        total = (total & 0xFFFF) + (total >> 16);
    }
    return ~total & 0xFFFF;
}

/* The checksum of TCP or UDP, which covers the addresses: n bytes of both. */
static void finish_transport(struct build *b, const uint8_t *addresses, size_t n) {
    if (!b->transport) {
        return;
    }
    uint8_t *h = b->data + b->transport;
    size_t len = BUILD_MAX - b->transport;
    uint8_t *field = h + (b->transport_protocol == UDP ? 6 : 16);
    put16(field, checksum(sum(addresses, n) + (uint32_t)len + b->transport_protocol + sum(h, len)));
    b->transport = 0;
}

void build_payload(struct build *b, size_t n) {
    *b = (struct build){.start = BUILD_MAX};
    uint8_t *p = front(b, n);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)i;
    }
}

void build_raw(struct build *b, const void *bytes, size_t n) {
    memcpy(front(b, n), bytes, n);
}

static void begin_transport(struct build *b, uint8_t protocol) {
    b->transport = b->start;
    b->transport_protocol = b->protocol = protocol;
}

static void announce(struct build *b, uint8_t protocol, uint16_t ethertype) {
    b->protocol = protocol;
    b->ethertype = ethertype;
}

void build_tcp(struct build *b, const struct build_tcp *tcp) {
    size_t n = 20 + (tcp->n_options + 3) / 4 * 4;
    uint8_t *h = front(b, n);
    put16(h, tcp->sport);
    put16(h + 2, tcp->dport);
    put32(h + 4, tcp->seq);
    put32(h + 8, tcp->ack);
    h[12] = (uint8_t)(choose(tcp->data_offset, n / 4) << 4);
    h[13] = tcp->flags;
    put16(h + 14, tcp->window);
    if (tcp->n_options) {
        memcpy(h + 20, tcp->options, tcp->n_options);
    }
    begin_transport(b, TCP);
}

void build_udp(struct build *b, uint16_t sport, uint16_t dport) {
    size_t len = BUILD_MAX - b->start + 8;
    uint8_t *h = front(b, 8);
    put16(h, sport);
    put16(h + 2, dport);
    put16(h + 4, (unsigned)len);
    begin_transport(b, UDP);
}

void build_sctp(struct build *b, uint16_t sport, uint16_t dport) {
    uint8_t *h = front(b, 12);
    put16(h, sport);
    put16(h + 2, dport);
    announce(b, 132, 0);
}

static void put_address(uint8_t *p, int family, const char *text, const char *otherwise) {
    if (inet_pton(family, text ? text : otherwise, p) != 1) {
        abort();
    }
}

void build_ipv4(struct build *b, const struct build_ip *ip) {
    size_t n = 20 + ip->n_options, inside = BUILD_MAX - b->start;
    uint8_t *h = front(b, n);
    h[0] = (uint8_t)(0x40 | choose(ip->header, n / 4));
    put16(h + 2, choose(ip->length, n + inside));
    put16(h + 4, ip->id);
    put16(h + 6, (ip->more ? 0x2000u : 0u) | ip->offset);
    h[8] = ip->ttl ? ip->ttl : 64;
    h[9] = ip->protocol ? ip->protocol : b->protocol;
    put_address(h + 12, AF_INET, ip->src, "10.0.0.1");
    put_address(h + 16, AF_INET, ip->dst, "10.0.0.2");
    memset(h + 20, 1, ip->n_options);
    put16(h + 10, checksum(sum(h, n)));
    finish_transport(b, h + 12, 8);
    announce(b, 4, IPV4);
}

static void build_fragment(struct build *b, const struct build_ip *ip) {
    uint8_t *h = front(b, 8);
    h[0] = b->protocol;
    put16(h + 2, (unsigned)ip->offset << 3 | (ip->more ? 1u : 0u));
    put32(h + 4, ip->id);
    b->protocol = 44;
}

void build_ipv6(struct build *b, const struct build_ip *ip) {
    uint8_t addresses[32];
    put_address(addresses, AF_INET6, ip->src, "2001:db8::1");
    put_address(addresses + 16, AF_INET6, ip->dst, "2001:db8::2");
    finish_transport(b, addresses, sizeof(addresses));
    if (ip->offset || ip->more) {
        build_fragment(b, ip);
    }
    size_t inside = BUILD_MAX - b->start;
    uint8_t *h = front(b, 40);
    h[0] = 0x60;
    put16(h + 4, choose(ip->length, inside));
    h[6] = ip->protocol ? ip->protocol : b->protocol;
    h[7] = ip->ttl ? ip->ttl : 64;
    memcpy(h + 8, addresses, sizeof(addresses));
    announce(b, 41, IPV6);
}

void build_extension(struct build *b, uint8_t kind, uint8_t units) {
    uint8_t *h = front(b, 8 + 8u * units);
    h[0] = b->protocol;
    h[1] = units;
    b->protocol = kind;
}

void build_ah(struct build *b) {
    uint8_t *h = front(b, 24);
    h[0] = b->protocol;
    h[1] = 4;
    b->protocol = 51;
}

void build_gre(struct build *b, uint16_t flags, uint32_t key) {
    if (flags & BUILD_GRE_SEQUENCE) {
        front(b, 4);
    }
    if (flags & BUILD_GRE_KEY) {
        put32(front(b, 4), key);
    }
    if (flags & BUILD_GRE_CHECKSUM) {
        front(b, 4);
    }
    uint8_t *h = front(b, 4);
    put16(h, flags);
    put16(h + 2, b->ethertype);
    announce(b, 47, 0);
}

void build_erspan(struct build *b) {
    front(b, 8)[0] = 0x10;
    b->ethertype = ERSPAN;
    build_gre(b, BUILD_GRE_SEQUENCE, 0);
}

void build_vxlan(struct build *b, uint32_t vni) {
    uint8_t *h = front(b, 8);
    h[0] = 0x08;
    put24(h + 4, vni);
    build_udp(b, 50000, 4789);
}

void build_geneve(struct build *b, uint32_t vni, uint8_t option_words) {
    front(b, 4u * option_words);
    uint8_t *h = front(b, 8);
    h[0] = option_words;
    put16(h + 2, b->ethertype);
    put24(h + 4, vni);
    build_udp(b, 50000, 6081);
}

void build_gtp(struct build *b, uint32_t teid) {
    size_t inside = BUILD_MAX - b->start;
    uint8_t *h = front(b, 8);
    h[0] = 0x30;
    h[1] = 255;
    put16(h + 2, (unsigned)inside);
    put32(h + 4, teid);
    build_udp(b, 2152, 2152);
}

void build_mpls(struct build *b, uint32_t label) {
    unsigned bottom = b->ethertype == MPLS ? 0 : 1;
    uint8_t *h = front(b, 4);
    put24(h, label << 4 | bottom);
    h[3] = 64;
    announce(b, 137, MPLS);
}

void build_ppp(struct build *b) {
    unsigned protocol = b->ethertype == IPV4 ? 0x0021 : b->ethertype == IPV6 ? 0x0057 : 0x0281;
    put16(front(b, 2), protocol);
}

void build_pppoe(struct build *b) {
    build_ppp(b);
    size_t inside = BUILD_MAX - b->start;
    uint8_t *h = front(b, 6);
    h[0] = 0x11;
    put16(h + 2, 1);
    put16(h + 4, (unsigned)inside);
    announce(b, 0, PPPOE);
}

void build_snap(struct build *b) {
    uint8_t *h = front(b, 8);
    memcpy(h, "\xAA\xAA\x03", 3);
    put16(h + 6, b->ethertype);
    announce(b, 0, (uint16_t)(BUILD_MAX - b->start));
}

void build_vlan(struct build *b, uint16_t type, uint16_t id) {
    uint8_t *h = front(b, 4);
    put16(h, id);
    put16(h + 2, b->ethertype);
    announce(b, 0, type);
}

void build_ethernet(struct build *b, const struct build_macs *macs) {
    uint8_t *h = front(b, 14);
    if (macs) {
        memcpy(h, macs->dst, 6);
        memcpy(h + 6, macs->src, 6);
    }
    put16(h + 12, b->ethertype);
    announce(b, 0, BRIDGED);
}

void build_cooked(struct build *b) {
    uint8_t *h = front(b, 16);
    put16(h + 2, 1);
    put16(h + 14, b->ethertype);
}

void build_cooked_2(struct build *b, uint32_t ifindex) {
    uint8_t *h = front(b, 20);
    put16(h, b->ethertype);
    put32(h + 4, ifindex);
    put16(h + 8, 1);
}

const uint8_t *build_bytes(const struct build *b) {
    return b->data + b->start;
}

size_t build_len(const struct build *b) {
    return BUILD_MAX - b->start;
}
