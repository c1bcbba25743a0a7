/* SPDX-License-Identifier: MIT */
/*
 * layers.h — which headers a packet has, outermost first, as one number, and as text: "eth:vlan{2}:ipv4:tcp".
 *
 * A chain holds five bits for each header, the innermost lowest; 0 is the chain without any. What is deeper than
 * TW_LAYERS_MAX is marked as such and not held. A run sees few chains: a table numbers them, so that a flow needs a byte
 * for each of its own, and no more than TW_CHAINS_PER_SIDE of them for each side.
 */
#ifndef TW_LAYERS_H
#define TW_LAYERS_H

#include "text.h"

/* The headers by the names in tw_layers_text(). */
enum tw_layer {
    TW_LAYER_NONE,
    TW_LAYER_ETHERNET,
    TW_LAYER_COOKED,
    TW_LAYER_COOKED_2,
    TW_LAYER_LOOPBACK,
    TW_LAYER_RADIOTAP,
    TW_LAYER_WLAN,
    TW_LAYER_HDLC,
    TW_LAYER_PPP,
    TW_LAYER_PPPOE,
    TW_LAYER_LLC,
    TW_LAYER_VLAN,
    TW_LAYER_MPLS,
    TW_LAYER_IPV4,
    TW_LAYER_IPV6,
    TW_LAYER_AH,
    TW_LAYER_ESP,
    TW_LAYER_ETHERIP,
    TW_LAYER_GRE,
    TW_LAYER_ERSPAN,
    TW_LAYER_VXLAN,
    TW_LAYER_GENEVE,
    TW_LAYER_GTP,
    TW_LAYER_TCP,
    TW_LAYER_UDP,
    TW_LAYER_SCTP,
    TW_LAYER_ICMP,
    TW_LAYER_ICMPV6,
    TW_LAYER_IGMP,
    TW_LAYER_COUNT, /* at most 32 */
};

enum { TW_LAYERS_MAX = 12 };

#define TW_LAYERS_TOO_DEEP (UINT64_C(1) << 63)

/* The bit of flowStat for it: the header description is too long. */
#define TW_STAT_HEADERS_NOT_WHOLE (UINT64_C(1) << 48)

/* The chain with one more header inside. */
static inline uint64_t tw_layers_add(uint64_t chain, enum tw_layer layer) {
    return chain >> 55 ? chain | TW_LAYERS_TOO_DEEP : chain << 5 | layer;
}

/* How many headers the chain holds. */
static inline unsigned tw_layers_count(uint64_t chain) {
    chain &= ~TW_LAYERS_TOO_DEEP;
    return chain ? (68u - (unsigned)__builtin_clzll(chain)) / 5 : 0;
}

/* How deep the packets of a run are. Plain data, zero at first. */
struct tw_depths {
    uint64_t packets[TW_LAYERS_MAX + 1]; /* by how many headers they have */
};

/* Count a packet of `n` headers, at most TW_LAYERS_MAX; and one with this chain of them. */
static inline void tw_depths_add(struct tw_depths *depths, unsigned n) {
    depths->packets[n]++;
}

static inline void tw_depths_feed(struct tw_depths *depths, uint64_t chain) {
    tw_depths_add(depths, tw_layers_count(chain));
}

struct tw_depths_sum {
    uint64_t packets, headers; /* packets that have any */
    unsigned min, max;         /* packets > 0 */
};

struct tw_depths_sum tw_depths_sum(const struct tw_depths *depths);

/* Append the chain as text; "..." at its end where it was too deep; nothing for 0. */
void tw_layers_text(struct tw_text *out, uint64_t chain);

/* The chains of a run, numbered from 1. Plain data, zero at first; some 6 KiB. */
struct tw_chains {
    uint8_t n;           /* chains in it */
    uint8_t bucket[512]; /* numbers, by hash */
    uint64_t chain[256]; /* by number */
};

/* The number of a chain, from 1; 0: no headers, or there are 255 others already. */
uint8_t tw_chains_number(struct tw_chains *chains, uint64_t chain);

/*
 * Remember the number of a packet's chain among those that one side of a flow has shown.
 * Returns false when it has no room, or no number (0); then nothing changed, and the flow's description is not whole:
 * TW_STAT_HEADERS_NOT_WHOLE belongs into the side's flow_stat.
 */
static inline bool tw_chains_note(uint8_t seen[TW_CHAINS_PER_SIDE], uint8_t number) {
    for (int i = 0; number && i < TW_CHAINS_PER_SIDE; i++) {
        if (seen[i] == number) {
            return true;
        }
        if (!seen[i]) {
            seen[i] = number;
            return true;
        }
    }
    return false;
}

/* The chains of one side by their numbers; 0 behind the last. */
void tw_chains_get(const struct tw_chains *chains, const uint8_t seen[TW_CHAINS_PER_SIDE],
                   uint64_t ret[TW_CHAINS_PER_SIDE]);

#endif
