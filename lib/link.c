/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <string.h>

enum {
    ARPHRD_NETLINK = 824, /* Linux's "hardware": cooked captures of it carry no EtherType */
    CISCO_HDLC_UNICAST = 0x0F,
    CISCO_HDLC_MULTICAST = 0x8F,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283,
};

/* LINKTYPE_LINUX_SLL. */
static enum tw_step cooked(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, 16);
    if (!h || tw_be16(h + 2) == ARPHRD_NETLINK) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_COOKED);
    return tw_link_ethertype(walk, tw_be16(h + 14));
}

/* LINKTYPE_LINUX_SLL2. */
static enum tw_step cooked_2(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, 20);
    if (!h) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_COOKED_2);
    walk->view->scope.ifindex = tw_be32(h + 4);
    return tw_be16(h + 8) == ARPHRD_NETLINK ? TW_STEP_END : tw_link_ethertype(walk, tw_be16(h));
}

/* The numbers of AF_INET and AF_INET6 on the systems there are. */
static bool is_ip_family(uint32_t family) {
    return family == 2 || family == 10 || family == 23 || family == 24 || family == 28 || family == 30;
}

/* The address family, in the byte order of the machine that captured (NULL) or the network's (LOOP). */
static enum tw_step loopback(struct tw_walk *walk, bool either_order) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, 4);
    if (!h) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_LOOPBACK);
    uint32_t family = tw_be32(h);
    bool is_ip = is_ip_family(family) || (either_order && is_ip_family(__builtin_bswap32(family)));
    return is_ip ? TW_STEP_IP : TW_STEP_END;
}

/* PPP with or without its HDLC header (RFC 1662 3.1), and Cisco's HDLC where it may stand in PPP's place. */
static enum tw_step ppp_framed(struct tw_walk *walk, bool may_be_cisco) {
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 2);
    if (!h) {
        return TW_STEP_END;
    }
    if (may_be_cisco && (h[0] == CISCO_HDLC_UNICAST || h[0] == CISCO_HDLC_MULTICAST)) {
        h = tw_bytes_take(&walk->bytes, 4);
        tw_walk_enter(walk, TW_LAYER_HDLC);
        return h ? tw_link_ethertype(walk, tw_be16(h + 2)) : TW_STEP_END;
    }
    if (h[0] == 0xFF && h[1] == 0x03) {
        tw_bytes_skip(&walk->bytes, 2);
    }
    return TW_STEP_PPP;
}

enum tw_step tw_link_other(struct tw_walk *walk, int dlt) {
    switch (dlt) {
    case TW_DLT_COOKED:
        return cooked(walk);
    case TW_DLT_COOKED_2:
        return cooked_2(walk);
    case TW_DLT_NULL:
    case TW_DLT_LOOP:
        return loopback(walk, dlt == TW_DLT_NULL);
    case TW_DLT_PPP:
    case TW_DLT_PPP_SERIAL:
        return ppp_framed(walk, dlt == TW_DLT_PPP_SERIAL);
    case TW_DLT_RAW:
    case TW_DLT_RAW_OPENBSD:
    case TW_DLT_RAW_FILE:
    case TW_DLT_IPV4:
    case TW_DLT_IPV6:
        return TW_STEP_IP;
    default:
        return TW_STEP_END;
    }
}

enum tw_step tw_link_ethernet(struct tw_walk *walk) {
    walk->cut_stat = TW_STAT_CUT_LAYER_2;
    const uint8_t *h = tw_bytes_take(&walk->bytes, 14);
    if (!h) {
        return TW_STEP_END;
    }
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, TW_LAYER_ETHERNET);
    memcpy(view->dmac, h, 6);
    memcpy(view->smac, h + 6, 6);
    view->has_macs = true;
    view->scope.n_vlans = 0;
    return tw_link_ethertype(walk, tw_be16(h + 12));
}

static bool is_vlan(uint16_t type) {
    return type == TW_ETHERTYPE_VLAN || type == TW_ETHERTYPE_PROVIDER_VLAN || type == TW_ETHERTYPE_OLD_QINQ ||
           type == TW_ETHERTYPE_OLD_QINQ_2;
}

/*
 * One tag (IEEE 802.1Q 9.6); false when there are too many or it is not there. The view has room: tags follow an
 * Ethernet or cooked header only, and at most TW_VLAN_MAX of them come to here before the next IP header.
 */
static bool take_vlan(struct tw_walk *walk, uint16_t *type) {
    if (walk->n_tags++ == TW_VLAN_MAX) {
        tw_walk_too_deep(walk);
        return false;
    }
    const uint8_t *h = tw_bytes_take(&walk->bytes, 4);
    if (!h) {
        return false;
    }
    struct tw_packet *view = walk->view;
    tw_walk_enter(walk, TW_LAYER_VLAN);
    uint16_t id = tw_be16(h) & 0x0FFF;
    view->flow_stat |= TW_STAT_VLAN | (id ? 0 : TW_STAT_PRIORITY_TAG);
    if (id) {
        view->scope.vlan[view->scope.n_vlans++] = id;
    }
    *type = tw_be16(h + 2);
    return true;
}

/* RFC 2516 4: version and type 1, code 0. */
static enum tw_step pppoe(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_take(&walk->bytes, 6);
    if (!h) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_PPPOE);
    walk->view->flow_stat |= TW_STAT_PPPOE_SESSION;
    return h[0] == 0x11 && h[1] == 0 ? TW_STEP_PPP : TW_STEP_END;
}

enum tw_step tw_link_ethertype(struct tw_walk *walk, uint16_t type) {
    while (is_vlan(type)) {
        if (!take_vlan(walk, &type)) {
            return TW_STEP_END;
        }
    }
    if (type < TW_ETHERTYPE_MIN) {
        return tw_link_snap(walk);
    }
    walk->view->ethertype = type;
    return type == TW_ETHERTYPE_PPPOE_SESSION ? pppoe(walk) : tw_link_inner(walk, type);
}

enum tw_step tw_link_inner(struct tw_walk *walk, uint16_t type) {
    if (type == TW_ETHERTYPE_IPV4 || type == TW_ETHERTYPE_IPV6) {
        return TW_STEP_IP;
    }
    if (type == TW_ETHERTYPE_MPLS || type == TW_ETHERTYPE_MPLS_MULTICAST) {
        walk->view->flow_stat |= type == TW_ETHERTYPE_MPLS ? TW_STAT_MPLS : TW_STAT_MPLS_MULTICAST;
        return TW_STEP_MPLS;
    }
    return TW_STEP_END;
}

/* SNAP names a type, never a length, so only a tag leads back to here: at most TW_VLAN_MAX times. */
enum tw_step tw_link_snap(struct tw_walk *walk) {
    static const uint8_t snap[6] = {0xAA, 0xAA, 0x03, 0, 0, 0};
    if (tw_bytes_left(&walk->bytes) < 8) {
        return TW_STEP_END;
    }
    const uint8_t *h = tw_bytes_take(&walk->bytes, 8);
    if (!h || memcmp(h, snap, sizeof(snap)) != 0 || tw_be16(h + 6) < TW_ETHERTYPE_MIN) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_LLC);
    return tw_link_ethertype(walk, tw_be16(h + 6));
}

enum tw_step tw_link_mpls(struct tw_walk *walk) {
    const uint8_t *h;
    do {
        if (walk->n_labels++ == TW_LABELS_MAX) {
            return tw_walk_too_deep(walk);
        }
        h = tw_bytes_take(&walk->bytes, 4);
        if (!h) {
            return TW_STEP_END;
        }
        tw_walk_enter(walk, TW_LAYER_MPLS);
    } while (!(h[2] & 1));

    h = tw_bytes_peek(&walk->bytes, 1);
    if (!h) {
        return TW_STEP_END;
    }
    if (h[0] >> 4 == 0) {
        tw_bytes_skip(&walk->bytes, 4);
        return TW_STEP_ETHERNET;
    }
    return h[0] >> 4 == 4 || h[0] >> 4 == 6 ? TW_STEP_IP : TW_STEP_END;
}

enum tw_step tw_link_ppp(struct tw_walk *walk) {
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 1);
    if (!h) {
        return TW_STEP_END;
    }
    bool is_short = h[0] & 1;
    h = tw_bytes_take(&walk->bytes, is_short ? 1 : 2);
    if (!h) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_PPP);
    uint16_t protocol = is_short ? h[0] : tw_be16(h);
    if (protocol == PPP_IPV4 || protocol == PPP_IPV6) {
        return TW_STEP_IP;
    }
    return protocol == PPP_MPLS || protocol == PPP_MPLS_MULTICAST ? TW_STEP_MPLS : TW_STEP_END;
}
