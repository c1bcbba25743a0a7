/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <string.h>

#include "ip.h"
#include "link.h"
#include "tcpopt.h"
#include "tunnel.h"
#include "wlan.h"

enum { TCP_HEADER = 20 };

/* Of a SYN or RST only the one counts that takes effect. */
static uint8_t effective_flags(uint8_t flags) {
    if (flags & TW_TCP_RST) {
        flags &= (uint8_t) ~(TW_TCP_SYN | TW_TCP_FIN);
    }
    return flags & TW_TCP_SYN ? (uint8_t)(flags & ~TW_TCP_FIN) : flags;
}

/* Which fields of a TCP header are there of which `left` bytes are, out of `header`. */
static uint8_t captured_fields(size_t left, size_t header) {
    if (left >= header) {
        return TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW | TW_HAS_OPTIONS;
    }
    return (uint8_t)((left >= 8 ? TW_HAS_SEQ : 0) | (left >= 12 ? TW_HAS_ACK : 0) | (left >= 14 ? TW_HAS_FLAGS : 0) |
                     (left >= 16 ? TW_HAS_WINDOW : 0));
}

/* The fixed part of a TCP header, all of which is there. */
static inline void keep_fixed(struct tw_packet *view, const uint8_t *h) {
    view->sport = tw_be16(h);
    view->dport = tw_be16(h + 2);
    view->seq = tw_be32(h + 4);
    view->ack = tw_be32(h + 8);
    view->wire_flags = h[13];
    view->flags = effective_flags(h[13]);
    view->window = tw_be16(h + 14);
}

/* The fields of a TCP header; of a cut one those that are not there come out as 0, and `has` does not announce them. */
static void keep_tcp(struct tw_packet *view, const uint8_t *h, size_t left, size_t header) {
    uint8_t padded[TCP_HEADER] = {0};
    if (left < TCP_HEADER) {
        memcpy(padded, h, left);
        h = padded;
    }
    view->status |= TW_PACKET_TCP;
    view->has = captured_fields(left, header);
    keep_fixed(view, h);
    if (view->flags & TW_TCP_SYN && view->has & TW_HAS_OPTIONS) {
        view->window_scale = (int16_t)tw_tcpopt_window_scale(h + TCP_HEADER, header - TCP_HEADER);
    }
}

/* A first fragment may end inside the header, which then goes on in the next one: cut, but no contradiction. */
static enum tw_step tcp(struct tw_walk *walk) {
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, TW_LAYER_TCP);
    size_t pos = walk->bytes.pos, limit = walk->bytes.limit;
    size_t left = tw_bytes_left(&walk->bytes);
    bool may_go_on = view->n_first > 0;
    if (limit < pos + TCP_HEADER && !may_go_on) {
        return tw_walk_malformed(walk);
    }
    size_t header = TCP_HEADER;
    const uint8_t *h = walk->bytes.data + pos;
    if (left > 12) {
        header = (h[12] >> 4) * 4u;
        if (header < TCP_HEADER || (limit < pos + header && !may_go_on)) {
            return tw_walk_malformed(walk);
        }
        view->payload = limit > pos + header ? (uint32_t)(limit - pos - header) : 0;
    }
    if (left < header) {
        walk->bytes.error = TW_BYTES_CUT;
    }
    if (left >= 4) {
        keep_tcp(view, h, left, header);
    }
    return TW_STEP_END;
}

/* The ports, which UDP and SCTP have in one place; NULL where they are not there. The cursor stays. */
static const uint8_t *keep_ports(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 4);
    if (h) {
        walk->view->sport = tw_be16(h);
        walk->view->dport = tw_be16(h + 2);
    }
    return h;
}

static enum tw_step udp(struct tw_walk *walk) {
    tw_walk_enter(walk, TW_LAYER_UDP);
    tw_walk_payload(walk, 8);
    return keep_ports(walk) ? tw_tunnel_udp(walk, walk->view->dport) : TW_STEP_END;
}

static enum tw_step sctp(struct tw_walk *walk) {
    tw_walk_enter(walk, TW_LAYER_SCTP);
    walk->view->flow_stat |= TW_STAT_SCTP;
    tw_walk_payload(walk, 12);
    keep_ports(walk);
    return TW_STEP_END;
}

/* The requests and answers that carry an identifier (RFC 792, RFC 950, RFC 4443 4). */
static const struct icmp_pair {
    uint8_t proto, request, answer;
} icmp_pairs[] = {
    {TW_PROTO_ICMP, 8, 0},       /* echo */
    {TW_PROTO_ICMP, 13, 14},     /* timestamp */
    {TW_PROTO_ICMP, 15, 16},     /* information */
    {TW_PROTO_ICMP, 17, 18},     /* address mask */
    {TW_PROTO_ICMPV6, 128, 129}, /* echo */
};

static const struct icmp_pair *find_icmp_pair(uint8_t proto, uint8_t type) {
    for (size_t i = 0; i < sizeof(icmp_pairs) / sizeof(icmp_pairs[0]); i++) {
        const struct icmp_pair *pair = &icmp_pairs[i];
        if (pair->proto == proto && (pair->request == type || pair->answer == type)) {
            return pair;
        }
    }
    return NULL;
}

/* ICMP has no ports: what takes their place makes one flow of a request and its answer. */
static enum tw_step icmp(struct tw_walk *walk) {
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, view->proto == TW_PROTO_ICMP ? TW_LAYER_ICMP : TW_LAYER_ICMPV6);
    tw_walk_payload(walk, 8);
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 4);
    if (!h) {
        return TW_STEP_END;
    }
    view->icmp = tw_be16(h);
    const struct icmp_pair *pair = find_icmp_pair(view->proto, h[0]);
    h = pair ? tw_bytes_peek(&walk->bytes, 8) : NULL;
    if (h) {
        uint16_t identifier = tw_be16(h + 4);
        view->is_answer = h[0] == pair->answer;
        view->sport = view->is_answer ? pair->request : identifier;
        view->dport = view->is_answer ? identifier : pair->request;
    }
    return TW_STEP_END;
}

static enum tw_step first_step(struct tw_walk *walk, int dlt) {
    if (dlt == TW_DLT_ETHERNET) {
        return TW_STEP_ETHERNET;
    }
    walk->view->flow_stat |= TW_STAT_NO_ETHERNET;
    switch (dlt) {
    case TW_DLT_WLAN:
        return tw_wlan_frame(walk, false);
    case TW_DLT_RADIOTAP:
        return tw_wlan_radiotap(walk);
    default:
        return tw_link_other(walk, dlt);
    }
}

static enum tw_step next_step(struct tw_walk *walk, enum tw_step step) {
    switch (step) {
    case TW_STEP_ETHERNET:
        return tw_link_ethernet(walk);
    case TW_STEP_IP:
        return tw_ip(walk);
    case TW_STEP_TCP:
        return tcp(walk);
    case TW_STEP_UDP:
        return udp(walk);
    case TW_STEP_SCTP:
        return sctp(walk);
    case TW_STEP_ICMP:
        return icmp(walk);
    case TW_STEP_GRE:
        return tw_tunnel_gre(walk);
    case TW_STEP_MPLS:
        return tw_link_mpls(walk);
    case TW_STEP_PPP:
        return tw_link_ppp(walk);
    case TW_STEP_END:
        break;
    }
    return TW_STEP_END;
}

/* What the cursor met, in the words of the view. */
static void conclude(const struct tw_walk *walk) {
    struct tw_packet *view = walk->view;
    const struct tw_bytes *bytes = &walk->bytes;
    if (bytes->error == TW_BYTES_CUT) {
        view->status |= TW_PACKET_CUT;
        view->flow_stat |= walk->cut_stat;
    } else if (bytes->error == TW_BYTES_BEYOND) {
        view->status |= TW_PACKET_MALFORMED;
    }
    if (view->layers & TW_LAYERS_TOO_DEEP) {
        view->flow_stat |= TW_STAT_HEADERS_NOT_WHOLE;
    }
    if (view->ip_version && bytes->captured < bytes->limit) {
        view->flow_stat |= TW_STAT_SHORT_OF_LENGTH;
        view->flow_stat |= walk->wirelen < bytes->limit ? TW_STAT_BEYOND_FRAME : 0;
    }
}

/* All that says what else of the view is valid; the rest, some 500 bytes, is not worth clearing for each packet. */
static void clear(struct tw_packet *view) {
    view->status = view->ip_version = view->proto = view->ttl = 0;
    view->sport = view->dport = 0;
    view->icmp = -1;
    view->is_answer = false;
    view->has = 0;
    view->window_scale = -1;
    view->payload = 0;
    view->has_macs = false;
    view->ethertype = 0;
    view->n_first = 0;
    view->flow_stat = 0;
    view->layers = 0;
    view->scope.n_vlans = view->scope.n_vnis = 0;
    view->scope.ifindex = 0;
}

bool tw_linktype_is_known(int dlt) {
    switch (dlt) {
    case TW_DLT_NULL:
    case TW_DLT_ETHERNET:
    case TW_DLT_PPP:
    case TW_DLT_RAW:
    case TW_DLT_RAW_OPENBSD:
    case TW_DLT_PPP_SERIAL:
    case TW_DLT_RAW_FILE:
    case TW_DLT_WLAN:
    case TW_DLT_LOOP:
    case TW_DLT_COOKED:
    case TW_DLT_RADIOTAP:
    case TW_DLT_IPV4:
    case TW_DLT_IPV6:
    case TW_DLT_COOKED_2:
        return true;
    default:
        return false;
    }
}

void tw_packet_walk(const struct tw_decode_settings *settings, int dlt, const uint8_t *data, uint32_t caplen,
                    uint32_t wirelen, struct tw_packet *ret) {
    struct tw_walk walk = {.bytes = tw_bytes_init(data, caplen),
                           .wirelen = wirelen,
                           .settings = settings,
                           .view = ret,
                           .cut_stat = TW_STAT_CUT_LAYER_2};
    walk.bytes.limit = wirelen;

    clear(ret);
    enum tw_step step = first_step(&walk, dlt);
    while (step != TW_STEP_END) {
        step = next_step(&walk, step);
    }
    conclude(&walk);
}

/* Plain packets: nearly all there are, and worth a way of their own (130 instructions less than the walk). */

enum { PLAIN_ETHERNET = 14, IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* Where the TCP header of a plain packet begins and the stated length ends. */
struct plain {
    uint32_t tcp, limit;
};

static inline bool is_plain_ipv4(const uint8_t *ip, struct plain *ret) {
    ret->tcp = PLAIN_ETHERNET + IPV4_HEADER;
    ret->limit = PLAIN_ETHERNET + (uint32_t)tw_be16(ip + 2);
    return ip[0] == 0x45 && ip[9] == TW_PROTO_TCP && !(tw_be16(ip + 6) & 0x3FFF);
}

static inline bool is_plain_ipv6(const uint8_t *ip, struct plain *ret) {
    ret->tcp = PLAIN_ETHERNET + IPV6_HEADER;
    ret->limit = ret->tcp + tw_be16(ip + 4);
    return ip[0] >> 4 == 6 && ip[6] == TW_PROTO_TCP;
}

static inline void view_ipv4(struct tw_packet *view, const uint8_t *ip) {
    uint64_t src[2] = {0}, dst[2] = {0};
    memcpy(src, ip + 12, 4);
    memcpy(dst, ip + 16, 4);
    view->ip_version = 4;
    view->ttl = ip[8];
    memcpy(view->src.bytes, src, sizeof src);
    memcpy(view->dst.bytes, dst, sizeof dst);
    view->ethertype = TW_ETHERTYPE_IPV4;
    view->flow_stat = TW_STAT_IPV4_FLOW | TW_STAT_IPV4_PACKET;
    view->layers = (TW_LAYER_ETHERNET << 5 | TW_LAYER_IPV4) << 5 | TW_LAYER_TCP;
}

static inline void view_ipv6(struct tw_packet *view, const uint8_t *ip) {
    view->ip_version = 6;
    view->ttl = ip[7];
    uint64_t src[2], dst[2];
    memcpy(src, ip + 8, sizeof src);
    memcpy(dst, ip + 24, sizeof dst);
    memcpy(view->src.bytes, src, sizeof src);
    memcpy(view->dst.bytes, dst, sizeof dst);
    view->ethertype = TW_ETHERTYPE_IPV6;
    view->flow_stat = TW_STAT_IPV6_FLOW | TW_STAT_IPV6_PACKET;
    view->layers = (TW_LAYER_ETHERNET << 5 | TW_LAYER_IPV6) << 5 | TW_LAYER_TCP;
}

static inline void view_tcp(struct tw_packet *view, const uint8_t *tcp, uint32_t header) {
    view->status = TW_PACKET_TCP;
    view->proto = TW_PROTO_TCP;
    view->has = TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW | TW_HAS_OPTIONS;
    keep_fixed(view, tcp);
    view->window_scale = -1;
    if (view->flags & TW_TCP_SYN) {
        view->window_scale = (int16_t)tw_tcpopt_window_scale(tcp + TCP_HEADER, header - TCP_HEADER);
    }
}

static inline void view_ethernet(struct tw_packet *view, const uint8_t *frame) {
    memcpy(view->dmac, frame, 6);
    memcpy(view->smac, frame + 6, 6);
    view->has_macs = true;
    view->n_first = 0;
    view->icmp = -1;
    view->is_answer = false;
    view->scope.n_vlans = view->scope.n_vnis = 0;
    view->scope.ifindex = 0;
}

/*
 * Ethernet, IPv4 without options or IPv6 without extension headers, no fragment, a TCP header that was captured whole.
 * Returns false for any other packet, then nothing is certain. What comes out is what the walk would give.
 */
static bool decode_plain(const uint8_t *data, uint32_t caplen, uint32_t wirelen, struct tw_packet *ret) {
    struct plain at;
    if (caplen < PLAIN_ETHERNET + IPV4_HEADER + TCP_HEADER) {
        return false;
    }
    const uint8_t *ip = data + PLAIN_ETHERNET;
    uint16_t type = tw_be16(data + 12);
    bool is_ipv4 = type == TW_ETHERTYPE_IPV4;
    if (!(is_ipv4 ? is_plain_ipv4(ip, &at) : type == TW_ETHERTYPE_IPV6 && is_plain_ipv6(ip, &at)) ||
        caplen < at.tcp + TCP_HEADER) {
        return false;
    }
    uint32_t header = (data[at.tcp + 12] >> 4) * 4u, data_at = at.tcp + header;
    if (header < TCP_HEADER || data_at > at.limit || data_at > caplen) {
        return false;
    }
    view_ethernet(ret, data);
    if (is_ipv4) {
        view_ipv4(ret, ip);
    } else {
        view_ipv6(ret, ip);
    }
    view_tcp(ret, data + at.tcp, header);
    ret->payload = at.limit - data_at;
    if (caplen < at.limit) {
        ret->flow_stat |= wirelen < at.limit ? TW_STAT_SHORT_OF_LENGTH | TW_STAT_BEYOND_FRAME : TW_STAT_SHORT_OF_LENGTH;
    }
    return true;
}

void tw_packet_decode(const struct tw_decode_settings *settings, int dlt, const uint8_t *data, uint32_t caplen,
                      uint32_t wirelen, struct tw_packet *ret) {
    if (dlt != TW_DLT_ETHERNET || !decode_plain(data, caplen, wirelen, ret)) {
        tw_packet_walk(settings, dlt, data, caplen, wirelen, ret);
    }
}
