/* SPDX-License-Identifier: MIT */
/*
 * plain.h — plain packets: nearly all there are, and worth a way of their own, without a call (150 instructions less than
 * the walk). A part of packet.h.
 *
 * Ethernet, IPv4 without options or IPv6 without extension headers, no fragment, a TCP header that was captured whole.
 *
 * What will be read as a word soon is written as one: of bytes and halves that were written one by one the processor makes
 * a word only once they have all reached the cache. The first such read took a twentieth of the time on headers.
 */
#ifndef TW_PLAIN_H
#define TW_PLAIN_H

#include "bytes.h"
#include "ip.h"
#include "link.h"
#include "tcpopt.h"
#include "view.h"
#include "walk.h"

enum {
    TW_TCP_HEADER = 20,
    TW_PLAIN_ETHERNET = 14,
    TW_PLAIN_IPV4 = 20,
    TW_PLAIN_IPV6 = 40,
    TW_PLAIN_HEADERS = 3, /* that a plain packet has */
};

/* Where the TCP header of a plain packet begins and the stated length ends. */
struct tw_plain {
    uint32_t tcp, limit;
};

static inline bool tw_plain_is_ipv4(const uint8_t *ip, struct tw_plain *ret) {
    ret->tcp = TW_PLAIN_ETHERNET + TW_PLAIN_IPV4;
    ret->limit = TW_PLAIN_ETHERNET + (uint32_t)tw_be16(ip + 2);
    return ip[0] == 0x45 && ip[9] == TW_PROTO_TCP && !(tw_be16(ip + 6) & 0x3FFF);
}

static inline bool tw_plain_is_ipv6(const uint8_t *ip, struct tw_plain *ret) {
    ret->tcp = TW_PLAIN_ETHERNET + TW_PLAIN_IPV6;
    ret->limit = ret->tcp + tw_be16(ip + 4);
    return ip[0] >> 4 == 6 && ip[6] == TW_PROTO_TCP;
}

/* Of a SYN or RST only the one counts that takes effect. */
static inline uint8_t tw_plain_flags(uint8_t flags) {
    if (flags & TW_TCP_RST) {
        flags &= (uint8_t) ~(TW_TCP_SYN | TW_TCP_FIN);
    }
    return flags & TW_TCP_SYN ? (uint8_t)(flags & ~TW_TCP_FIN) : flags;
}

/* A byte in its place among those of a word in memory, from 0. */
static inline uint64_t tw_plain_byte(uint8_t byte, int place) {
    return (uint64_t)byte << 8 * (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? place : 7 - place);
}

/* Status to n_first. */
static inline uint64_t tw_plain_head(uint8_t ip_version, uint8_t ttl, uint8_t wire_flags) {
    uint8_t has = TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW | TW_HAS_OPTIONS;
    return tw_plain_byte(TW_PACKET_TCP, 0) | tw_plain_byte(ip_version, 1) | tw_plain_byte(TW_PROTO_TCP, 2) |
           tw_plain_byte(ttl, 3) | tw_plain_byte(has, 4) | tw_plain_byte(tw_plain_flags(wire_flags), 5) |
           tw_plain_byte(wire_flags, 6);
}

/* Source and destination, one behind the other, of `len` bytes each, and zeros where they are short. */
static inline void tw_plain_view_addresses(struct tw_packet *view, const uint8_t *p, size_t len) {
    uint64_t src[2] = {0}, dst[2] = {0};
    __builtin_memcpy(src, p, len);
    __builtin_memcpy(dst, p + len, len);
    __builtin_memcpy(view->src.bytes, src, sizeof src);
    __builtin_memcpy(view->dst.bytes, dst, sizeof dst);
}

static inline void tw_plain_view_ipv4(struct tw_packet *view, const uint8_t *ip, uint8_t wire_flags) {
    view->head = tw_plain_head(4, ip[8], wire_flags);
    tw_plain_view_addresses(view, ip + 12, 4);
    view->ethertype = TW_ETHERTYPE_IPV4;
    view->flow_stat = TW_STAT_IPV4_FLOW | TW_STAT_IPV4_PACKET;
    view->layers = (TW_LAYER_ETHERNET << 5 | TW_LAYER_IPV4) << 5 | TW_LAYER_TCP;
}

static inline void tw_plain_view_ipv6(struct tw_packet *view, const uint8_t *ip, uint8_t wire_flags) {
    view->head = tw_plain_head(6, ip[7], wire_flags);
    tw_plain_view_addresses(view, ip + 8, 16);
    view->ethertype = TW_ETHERTYPE_IPV6;
    view->flow_stat = TW_STAT_IPV6_FLOW | TW_STAT_IPV6_PACKET;
    view->layers = (TW_LAYER_ETHERNET << 5 | TW_LAYER_IPV6) << 5 | TW_LAYER_TCP;
}

/* Source and destination port in this order in memory. */
static inline uint32_t tw_plain_ports(const uint8_t *h) {
    uint32_t ports = tw_be32(h);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ports << 16 | ports >> 16 : ports;
}

/* The fixed part of a TCP header but its flags, all of which is there. */
static inline void tw_plain_fixed(struct tw_packet *view, const uint8_t *h) {
    view->ports = tw_plain_ports(h);
    view->seq = tw_be32(h + 4);
    view->ack = tw_be32(h + 8);
    view->window = tw_be16(h + 14);
}

static inline void tw_plain_view_tcp(struct tw_packet *view, const uint8_t *tcp, uint32_t header) {
    tw_plain_fixed(view, tcp);
    view->window_scale = -1;
    if (view->flags & TW_TCP_SYN) {
        view->window_scale = (int16_t)tw_tcpopt_window_scale(tcp + TW_TCP_HEADER, header - TW_TCP_HEADER);
    }
}

static inline void tw_plain_view_ethernet(struct tw_packet *view, const uint8_t *frame) {
    __builtin_memcpy(view->dmac, frame, 6);
    __builtin_memcpy(view->smac, frame + 6, 6);
    view->has_macs = true;
    view->icmp = -1;
    view->is_answer = false;
    view->scope.n_vlans = view->scope.n_vnis = 0;
    view->scope.ifindex = 0;
}

/* Returns false for a packet that is not plain, then nothing is certain. What comes out is what the walk would give. */
static inline bool tw_plain_decode(const uint8_t *data, uint32_t caplen, uint32_t wirelen, struct tw_packet *ret) {
    struct tw_plain at;
    if (caplen < TW_PLAIN_ETHERNET + TW_PLAIN_IPV4 + TW_TCP_HEADER) {
        return false;
    }
    const uint8_t *ip = data + TW_PLAIN_ETHERNET;
    uint16_t type = tw_be16(data + 12);
    bool is_ipv4 = type == TW_ETHERTYPE_IPV4;
    if (!(is_ipv4 ? tw_plain_is_ipv4(ip, &at) : type == TW_ETHERTYPE_IPV6 && tw_plain_is_ipv6(ip, &at)) ||
        caplen < at.tcp + TW_TCP_HEADER) {
        return false;
    }
    uint32_t header = (data[at.tcp + 12] >> 4) * 4u, data_at = at.tcp + header;
    if (header < TW_TCP_HEADER || data_at > at.limit || data_at > caplen) {
        return false;
    }
    tw_plain_view_ethernet(ret, data);
    if (is_ipv4) {
        tw_plain_view_ipv4(ret, ip, data[at.tcp + 13]);
    } else {
        tw_plain_view_ipv6(ret, ip, data[at.tcp + 13]);
    }
    tw_plain_view_tcp(ret, data + at.tcp, header);
    ret->payload = at.limit - data_at;
    /* Without a branch: of packets cut by a snapshot length those with data are short, and those without are not. */
    ret->flow_stat |= (caplen < at.limit) * TW_STAT_SHORT_OF_LENGTH + (wirelen < at.limit) * TW_STAT_BEYOND_FRAME;
    return true;
}

#endif
