/* SPDX-License-Identifier: MIT */
#include "ip.h"

#include <string.h>

/* What of the view says which IP header is the innermost; ports belong to what follows it. */
static void enter(struct tw_walk *walk, uint8_t version, uint8_t ttl, uint8_t proto) {
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, version == 4 ? TW_LAYER_IPV4 : TW_LAYER_IPV6);
    view->ip_version = version;
    view->ttl = ttl;
    view->proto = proto;
    view->sport = view->dport = 0;
    view->payload = 0;
    view->flow_stat &= ~(TW_STAT_IPV4_FLOW | TW_STAT_IPV6_FLOW);
    view->flow_stat |= version == 4 ? TW_STAT_IPV4_FLOW | TW_STAT_IPV4_PACKET : TW_STAT_IPV6_FLOW | TW_STAT_IPV6_PACKET;
}

/* Set the cursor's limit from a length field. 0 stands for a length that its 16 bits cannot hold: then the packet
 * reaches to the end of the frame (RFC 2675, and segmentation offload). */
static void limit(struct tw_walk *walk, size_t start, size_t header, uint16_t length) {
    walk->bytes.limit = length ? start + header + length : walk->wirelen;
}

/* Keep which datagram this is a part of; false for a later one, in which no transport header stands. */
static bool take_fragment(struct tw_walk *walk, uint32_t id, unsigned offset) {
    struct tw_packet *view = walk->view;
    struct tw_datagram datagram = {
        .src = view->src, .dst = view->dst, .id = id, .proto = view->proto, .ip_version = view->ip_version};
    view->flow_stat |= TW_STAT_FRAGMENT;
    if (offset > 0) {
        view->status |= TW_PACKET_LATER_FRAGMENT;
        view->later = datagram;
        return false;
    }
    /* An IPv6 header may have several fragment headers, which no sender makes: what finds no room is not joined. */
    if (view->n_first < TW_IP_MAX) {
        view->first[view->n_first++] = datagram;
    }
    return true;
}

/* IP in IP: both headers have to agree on the version. */
static enum tw_step ip_in_ip(struct tw_walk *walk, unsigned version) {
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 1);
    if (!h) {
        return TW_STEP_END;
    }
    if (h[0] >> 4 != version) {
        return tw_walk_malformed(walk);
    }
    walk->view->flow_stat |= TW_STAT_IP_IN_IP;
    return TW_STEP_IP;
}

/* Protocols of which no ports are known. */
static enum tw_step other_transport(struct tw_walk *walk) {
    tw_walk_payload(walk, 0);
    switch (walk->view->proto) {
    case TW_PROTO_GRE:
        return TW_STEP_GRE;
    case TW_PROTO_IGMP:
        tw_walk_enter(walk, TW_LAYER_IGMP);
        return TW_STEP_END;
    case TW_PROTO_ESP:
        tw_walk_enter(walk, TW_LAYER_ESP);
        walk->view->flow_stat |= TW_STAT_ESP;
        return TW_STEP_END;
    case TW_PROTO_ETHERIP:
        tw_walk_enter(walk, TW_LAYER_ETHERIP);
        walk->view->flow_stat |= TW_STAT_ETHERNET_IN_IP;
        return TW_STEP_END;
    default:
        return TW_STEP_END;
    }
}

static enum tw_step transport(struct tw_walk *walk) {
    walk->cut_stat = TW_STAT_CUT_LAYER_4;
    switch (walk->view->proto) {
    case TW_PROTO_TCP:
        return TW_STEP_TCP;
    case TW_PROTO_UDP:
        return TW_STEP_UDP;
    case TW_PROTO_SCTP:
        return TW_STEP_SCTP;
    case TW_PROTO_IPV4:
        return ip_in_ip(walk, 4);
    case TW_PROTO_IPV6:
        return ip_in_ip(walk, 6);
    case TW_PROTO_ICMP:
    case TW_PROTO_ICMPV6:
        return TW_STEP_ICMP;
    default:
        return other_transport(walk);
    }
}

static bool is_extension(uint8_t proto, uint8_t ip_version) {
    switch (proto) {
    case TW_PROTO_AH:
        return true;
    case TW_PROTO_HOP_BY_HOP:
    case TW_PROTO_ROUTING:
    case TW_PROTO_FRAGMENT:
    case TW_PROTO_DESTINATION:
    case TW_PROTO_MOBILITY:
    case TW_PROTO_HIP:
    case TW_PROTO_SHIM6:
        return ip_version == 6;
    default:
        return false;
    }
}

/* How long the extension header h is, by its own word (RFC 8200 4, RFC 4302 2.2). */
static size_t extension_length(uint8_t proto, const uint8_t *h) {
    switch (proto) {
    case TW_PROTO_FRAGMENT:
        return 8;
    case TW_PROTO_AH:
        return (h[1] + 2u) * 4;
    default:
        return (h[1] + 1u) * 8;
    }
}

/* One extension header; false where the way ends. */
static bool take_extension(struct tw_walk *walk) {
    struct tw_packet *view = walk->view;
    if (walk->n_extensions++ == TW_EXTENSIONS_MAX) {
        tw_walk_too_deep(walk);
        return false;
    }
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 8);
    if (!h) {
        return false;
    }
    uint8_t kind = view->proto;
    if (kind == TW_PROTO_AH) {
        tw_walk_enter(walk, TW_LAYER_AH);
        view->flow_stat |= TW_STAT_AH;
    }
    size_t n = extension_length(kind, h);
    if (walk->bytes.pos + n > walk->bytes.limit) {
        tw_walk_malformed(walk);
        return false;
    }
    tw_bytes_skip(&walk->bytes, n);
    view->proto = h[0];
    unsigned field = tw_be16(h + 2);
    bool is_part = kind == TW_PROTO_FRAGMENT && (field >> 3 || field & 1);
    return !is_part || take_fragment(walk, tw_be32(h + 4), field >> 3);
}

static enum tw_step payload(struct tw_walk *walk) {
    if (walk->view->proto == TW_PROTO_TCP) { /* nearly always, and it spares two tables of protocols */
        walk->cut_stat = TW_STAT_CUT_LAYER_4;
        return TW_STEP_TCP;
    }
    while (is_extension(walk->view->proto, walk->view->ip_version)) {
        if (!take_extension(walk)) {
            return TW_STEP_END;
        }
    }
    return transport(walk);
}

static enum tw_step ipv4(struct tw_walk *walk) {
    size_t start = walk->bytes.pos;
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 20);
    if (!h) {
        return TW_STEP_END;
    }
    size_t header = (h[0] & 0x0Fu) * 4;
    uint16_t total = tw_be16(h + 2);
    if (header < 20 || (total && total < header)) {
        walk->view->flow_stat |= header < 20 ? TW_STAT_SHORT_IPV4 : 0;
        return tw_walk_malformed(walk);
    }
    limit(walk, start, 0, total);
    enter(walk, 4, h[8], h[9]);
    struct tw_packet *view = walk->view;
    memset(&view->src, 0, sizeof(view->src));
    memset(&view->dst, 0, sizeof(view->dst));
    memcpy(view->src.bytes, h + 12, 4);
    memcpy(view->dst.bytes, h + 16, 4);

    unsigned fragment = tw_be16(h + 6);
    bool is_part = fragment & 0x3FFF;
    if (is_part && !take_fragment(walk, tw_be16(h + 4), fragment & 0x1FFF)) {
        return TW_STEP_END;
    }
    return tw_bytes_take(&walk->bytes, header) ? payload(walk) : TW_STEP_END;
}

static enum tw_step ipv6(struct tw_walk *walk) {
    size_t start = walk->bytes.pos;
    const uint8_t *h = tw_bytes_take(&walk->bytes, 40);
    if (!h) {
        return TW_STEP_END;
    }
    limit(walk, start, 40, tw_be16(h + 4));
    enter(walk, 6, h[7], h[6]);
    memcpy(walk->view->src.bytes, h + 8, 16);
    memcpy(walk->view->dst.bytes, h + 24, 16);
    return payload(walk);
}

enum tw_step tw_ip(struct tw_walk *walk) {
    if (walk->n_ips++ == TW_IP_MAX) {
        return tw_walk_too_deep(walk);
    }
    walk->n_tags = walk->n_labels = walk->n_extensions = 0;
    walk->cut_stat = TW_STAT_CUT_LAYER_3;
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 1);
    if (!h) {
        return TW_STEP_END;
    }
    switch (h[0] >> 4) {
    case 4:
        return ipv4(walk);
    case 6:
        return ipv6(walk);
    default:
        walk->view->flow_stat |= TW_STAT_IP_VERSION;
        return tw_walk_malformed(walk);
    }
}
