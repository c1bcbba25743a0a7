/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <string.h>

#include "ip.h"
#include "tcpopt.h"
#include "tunnel.h"
#include "wlan.h"

/* Which fields of a TCP header are there of which `left` bytes are, out of `header`. */
static uint8_t captured_fields(size_t left, size_t header) {
    if (left >= header) {
        return TW_HAS_SEQ | TW_HAS_ACK | TW_HAS_FLAGS | TW_HAS_WINDOW | TW_HAS_OPTIONS;
    }
    return (uint8_t)((left >= 8 ? TW_HAS_SEQ : 0) | (left >= 12 ? TW_HAS_ACK : 0) | (left >= 14 ? TW_HAS_FLAGS : 0) |
                     (left >= 16 ? TW_HAS_WINDOW : 0));
}

/* The fields of a TCP header; of a cut one those that are not there come out as 0, and `has` does not announce them. */
static void keep_tcp(struct tw_packet *view, const uint8_t *h, size_t left, size_t header) {
    uint8_t padded[TW_TCP_HEADER] = {0};
    if (left < TW_TCP_HEADER) {
        memcpy(padded, h, left);
        h = padded;
    }
    view->status |= TW_PACKET_TCP;
    view->has = captured_fields(left, header);
    tw_plain_fixed(view, h);
    view->wire_flags = h[13];
    view->flags = tw_plain_flags(h[13]);
    if (view->flags & TW_TCP_SYN && view->has & TW_HAS_OPTIONS) {
        view->window_scale = (int16_t)tw_tcpopt_window_scale(h + TW_TCP_HEADER, header - TW_TCP_HEADER);
    }
}

/* A first fragment may end inside the header, which then goes on in the next one: cut, but no contradiction. */
static enum tw_step tcp(struct tw_walk *walk) {
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, TW_LAYER_TCP);
    size_t pos = walk->bytes.pos, limit = walk->bytes.limit;
    size_t left = tw_bytes_left(&walk->bytes);
    bool may_go_on = view->n_first > 0;
    if (limit < pos + TW_TCP_HEADER && !may_go_on) {
        return tw_walk_malformed(walk);
    }
    size_t header = TW_TCP_HEADER;
    const uint8_t *h = walk->bytes.data + pos;
    if (left > 12) {
        header = (h[12] >> 4) * 4u;
        if (header < TW_TCP_HEADER || (limit < pos + header && !may_go_on)) {
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
