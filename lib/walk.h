/* SPDX-License-Identifier: MIT */
/*
 * walk.h — the way through one packet, from the link layer inwards: what the protocols' functions share.
 *
 * A protocol's function begins with the cursor at its header and leaves it at the next one, whose protocol it returns.
 * So no function calls another of its kind, and a packet nested however deep needs no more stack than a plain one.
 */
#ifndef TW_WALK_H
#define TW_WALK_H

#include "bytes.h"
#include "layers.h"
#include "settings.h"
#include "view.h"

/* The protocol at the cursor; TW_STEP_END: nothing more that is looked into. */
enum tw_step {
    TW_STEP_END,
    TW_STEP_ETHERNET,
    TW_STEP_IP,
    TW_STEP_TCP,
    TW_STEP_UDP,
    TW_STEP_SCTP,
    TW_STEP_ICMP,
    TW_STEP_GRE,
    TW_STEP_MPLS,
    TW_STEP_PPP,
};

/* How much is looked through between two IP headers. */
enum { TW_LABELS_MAX = 16, TW_EXTENSIONS_MAX = 16 };

/* EtherTypes (IEEE 802; GRE and GENEVE use the same numbers). */
enum {
    TW_ETHERTYPE_MIN = 0x0600, /* below it, the field is a length and LLC follows */
    TW_ETHERTYPE_IPV4 = 0x0800,
    TW_ETHERTYPE_BRIDGED = 0x6558, /* a whole Ethernet frame */
    TW_ETHERTYPE_VLAN = 0x8100,
    TW_ETHERTYPE_IPV6 = 0x86DD,
    TW_ETHERTYPE_MPLS = 0x8847,
    TW_ETHERTYPE_MPLS_MULTICAST = 0x8848,
    TW_ETHERTYPE_PPPOE_SESSION = 0x8864,
    TW_ETHERTYPE_PROVIDER_VLAN = 0x88A8,
    TW_ETHERTYPE_ERSPAN_II = 0x88BE,
    TW_ETHERTYPE_OLD_QINQ = 0x9100,
    TW_ETHERTYPE_OLD_QINQ_2 = 0x9200,
};

/* Bits of the flowStat column, by Tranalyzer's numbers. */
#define TW_STAT_NO_ETHERNET     (UINT64_C(1) << 1)
#define TW_STAT_PPPOE_SESSION   (UINT64_C(1) << 4)
#define TW_STAT_VLAN            (UINT64_C(1) << 8)
#define TW_STAT_MPLS            (UINT64_C(1) << 9)
#define TW_STAT_MPLS_MULTICAST  (UINT64_C(1) << 10)
#define TW_STAT_GRE             (UINT64_C(1) << 12)
#define TW_STAT_PPP_IN_TUNNEL   (UINT64_C(1) << 13)
#define TW_STAT_IPV4_FLOW       (UINT64_C(1) << 14)
#define TW_STAT_IPV6_FLOW       (UINT64_C(1) << 15)
#define TW_STAT_IP_VERSION      (UINT64_C(1) << 16)
#define TW_STAT_IP_IN_IP        (UINT64_C(1) << 17)
#define TW_STAT_ETHERNET_IN_IP  (UINT64_C(1) << 18)
#define TW_STAT_GTP             (UINT64_C(1) << 21)
#define TW_STAT_VXLAN           (UINT64_C(1) << 22)
#define TW_STAT_SCTP            (UINT64_C(1) << 24)
#define TW_STAT_ERSPAN          (UINT64_C(1) << 26)
#define TW_STAT_GENEVE          (UINT64_C(1) << 29)
#define TW_STAT_AH              (UINT64_C(1) << 30)
#define TW_STAT_ESP             (UINT64_C(1) << 31)
#define TW_STAT_CUT_LAYER_2     (UINT64_C(1) << 32)
#define TW_STAT_SHORT_OF_LENGTH (UINT64_C(1) << 33)
#define TW_STAT_CUT_LAYER_3     (UINT64_C(1) << 34)
#define TW_STAT_CUT_LAYER_4     (UINT64_C(1) << 35)
#define TW_STAT_FRAGMENT        (UINT64_C(1) << 36)
#define TW_STAT_STOPPED         (UINT64_C(1) << 43)
#define TW_STAT_SHORT_IPV4      (UINT64_C(1) << 46)
#define TW_STAT_BEYOND_FRAME    (UINT64_C(1) << 47)
#define TW_STAT_TIME_JUMP       (UINT64_C(1) << 51)
#define TW_STAT_PRIORITY_TAG    (UINT64_C(1) << 57)
#define TW_STAT_IPV4_PACKET     (UINT64_C(1) << 58)
#define TW_STAT_IPV6_PACKET     (UINT64_C(1) << 59)

struct tw_walk {
    struct tw_bytes bytes; /* its limit: the innermost IP header's, so far */
    size_t wirelen;
    const struct tw_decode_settings *settings;
    struct tw_packet *view;
    uint64_t cut_stat; /* the bit for a header cut here: which layer is being read */
    uint8_t n_ips;
    uint8_t n_tags, n_labels, n_extensions; /* since the last IP header */
};

/* A header of this kind was met. */
static inline void tw_walk_enter(struct tw_walk *walk, enum tw_layer layer) {
    walk->view->layers = tw_layers_add(walk->view->layers, layer);
}

/* The payload is what follows a transport header of this length at the cursor, as far as the IP header has it. */
static inline void tw_walk_payload(struct tw_walk *walk, size_t header) {
    size_t data = walk->bytes.pos + header;
    walk->view->payload = walk->bytes.limit > data ? (uint32_t)(walk->bytes.limit - data) : 0;
}

/* What ends a walk: nothing inside can be trusted. Both return TW_STEP_END. */
static inline enum tw_step tw_walk_malformed(struct tw_walk *walk) {
    walk->view->status |= TW_PACKET_MALFORMED;
    return TW_STEP_END;
}

static inline enum tw_step tw_walk_too_deep(struct tw_walk *walk) {
    walk->view->status |= TW_PACKET_TOO_DEEP;
    walk->view->flow_stat |= TW_STAT_STOPPED;
    return TW_STEP_END;
}

#endif
