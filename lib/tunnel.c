/* SPDX-License-Identifier: MIT */
#include "tunnel.h"

#include "link.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000, /* RFC 1701, gone since RFC 2784 */
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_VERSION = 0x0007,
    GRE_PPP = 0x880B, /* PPTP, version 1 (RFC 2637) */

    UDP_HEADER = 8,
    VXLAN_HAS_VNI = 0x08,
    GTP_USER_PACKET = 255,
    GTP_EXTENSION = 0x04, /* the one flag of the three with which the next type counts */
    GTP_OPTIONAL = 0x07,
};

static void keep_vni(struct tw_walk *walk, const uint8_t *field) {
    struct tw_scope *scope = &walk->view->scope;
    scope->vni[scope->n_vnis++] = tw_be24(field);
}

/* The payload by its EtherType; here Ethernet has one of its own. */
static enum tw_step tunnelled(struct tw_walk *walk, uint16_t type) {
    return type == TW_ETHERTYPE_BRIDGED ? TW_STEP_ETHERNET : tw_link_inner(walk, type);
}

static bool is_looked_through(uint16_t type) {
    return type == TW_ETHERTYPE_IPV4 || type == TW_ETHERTYPE_IPV6 || type == TW_ETHERTYPE_MPLS ||
           type == TW_ETHERTYPE_MPLS_MULTICAST || type == TW_ETHERTYPE_BRIDGED || type == TW_ETHERTYPE_ERSPAN_II;
}

/* Type II is known by its sequence number and version 1 (draft-foschiano-erspan 4.2). */
static enum tw_step erspan(struct tw_walk *walk, unsigned flags) {
    const uint8_t *h = flags & GRE_SEQUENCE ? tw_bytes_take(&walk->bytes, 8) : NULL;
    if (!h || h[0] >> 4 != 1) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_ERSPAN);
    walk->view->flow_stat |= TW_STAT_ERSPAN;
    return TW_STEP_ETHERNET;
}

enum tw_step tw_tunnel_gre(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, 4);
    if (!h) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_GRE);
    unsigned flags = tw_be16(h);
    uint16_t type = tw_be16(h + 2);
    walk->view->flow_stat |= TW_STAT_GRE | (type == GRE_PPP ? TW_STAT_PPP_IN_TUNNEL : 0);
    if (flags & (GRE_VERSION | GRE_ROUTING) || !is_looked_through(type)) {
        return TW_STEP_END;
    }

    tw_bytes_skip(&walk->bytes, flags & GRE_CHECKSUM ? 4 : 0);
    if (flags & GRE_KEY) {
        h = tw_bytes_take(&walk->bytes, 4);
        if (!h) {
            return TW_STEP_END;
        }
        if (type == TW_ETHERTYPE_BRIDGED) {
            keep_vni(walk, h);
        }
    }
    tw_bytes_skip(&walk->bytes, flags & GRE_SEQUENCE ? 4 : 0);
    return type == TW_ETHERTYPE_ERSPAN_II ? erspan(walk, flags) : tunnelled(walk, type);
}

static enum tw_step vxlan(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, UDP_HEADER + 8);
    if (!h || !(h[UDP_HEADER] & VXLAN_HAS_VNI)) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_VXLAN);
    walk->view->flow_stat |= TW_STAT_VXLAN;
    keep_vni(walk, h + UDP_HEADER + 4);
    return TW_STEP_ETHERNET;
}

static enum tw_step geneve(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, UDP_HEADER + 8);
    if (!h || h[UDP_HEADER] >> 6 != 0) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_GENEVE);
    walk->view->flow_stat |= TW_STAT_GENEVE;
    keep_vni(walk, h + UDP_HEADER + 4);
    tw_bytes_skip(&walk->bytes, (h[UDP_HEADER] & 0x3Fu) * 4);
    return tunnelled(walk, tw_be16(h + UDP_HEADER + 2));
}

/* The chain of extension headers, each with its length first and the next one's type last (TS 29.281 5.2.1). */
static bool take_gtp_extensions(struct tw_walk *walk, uint8_t next) {
    while (next) {
        const uint8_t *h = tw_bytes_peek(&walk->bytes, 1);
        if (!h) {
            return false;
        }
        size_t n = h[0] * 4u;
        if (n == 0) {
            tw_walk_malformed(walk);
            return false;
        }
        h = tw_bytes_take(&walk->bytes, n);
        if (!h) {
            return false;
        }
        next = h[n - 1];
    }
    return true;
}

static enum tw_step gtp(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, UDP_HEADER + 8);
    if (!h) {
        return TW_STEP_END;
    }
    uint8_t flags = h[UDP_HEADER];
    bool is_version_1 = flags >> 5 == 1 && flags & 0x10;
    if (!is_version_1 || h[UDP_HEADER + 1] != GTP_USER_PACKET) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_GTP);
    walk->view->flow_stat |= TW_STAT_GTP;
    if (flags & GTP_OPTIONAL) {
        h = tw_bytes_take(&walk->bytes, 4);
        if (!h || !take_gtp_extensions(walk, flags & GTP_EXTENSION ? h[3] : 0)) {
            return TW_STEP_END;
        }
    }
    h = tw_bytes_peek(&walk->bytes, 1);
    return h && (h[0] >> 4 == 4 || h[0] >> 4 == 6) ? TW_STEP_IP : TW_STEP_END;
}

static bool has_port(const struct tw_ports *ports, uint16_t port) {
    for (size_t i = 0; i < ports->n; i++) {
        if (ports->port[i] == port) {
            return true;
        }
    }
    return false;
}

enum tw_step tw_tunnel_udp(struct tw_walk *walk, uint16_t dport) {
    if (has_port(&walk->settings->vxlan_ports, dport)) {
        return vxlan(walk);
    }
    if (has_port(&walk->settings->geneve_ports, dport)) {
        return geneve(walk);
    }
    return has_port(&walk->settings->gtp_ports, dport) ? gtp(walk) : TW_STEP_END;
}
