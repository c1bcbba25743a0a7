/* SPDX-License-Identifier: MIT */
#include "layers.h"

static const char *const names[TW_LAYER_COUNT] = {
    [TW_LAYER_ETHERNET] = "eth",  [TW_LAYER_COOKED] = "sll",        [TW_LAYER_COOKED_2] = "sll2",
    [TW_LAYER_LOOPBACK] = "null", [TW_LAYER_RADIOTAP] = "radiotap", [TW_LAYER_WLAN] = "wlan",
    [TW_LAYER_HDLC] = "chdlc",    [TW_LAYER_PPP] = "ppp",           [TW_LAYER_PPPOE] = "pppoes",
    [TW_LAYER_LLC] = "llc",       [TW_LAYER_VLAN] = "vlan",         [TW_LAYER_MPLS] = "mpls",
    [TW_LAYER_IPV4] = "ipv4",     [TW_LAYER_IPV6] = "ipv6",         [TW_LAYER_AH] = "ah",
    [TW_LAYER_ESP] = "esp",       [TW_LAYER_ETHERIP] = "etherip",   [TW_LAYER_GRE] = "gre",
    [TW_LAYER_ERSPAN] = "erspan", [TW_LAYER_VXLAN] = "vxlan",       [TW_LAYER_GENEVE] = "geneve",
    [TW_LAYER_GTP] = "gtp",       [TW_LAYER_TCP] = "tcp",           [TW_LAYER_UDP] = "udp",
    [TW_LAYER_SCTP] = "sctp",     [TW_LAYER_ICMP] = "icmp",         [TW_LAYER_ICMPV6] = "icmpv6",
    [TW_LAYER_IGMP] = "igmp",
};

_Static_assert(TW_LAYER_COUNT <= 32, "a header has five bits");

struct tw_depths_sum tw_depths_sum(const struct tw_depths *depths) {
    struct tw_depths_sum sum = {0};
    for (unsigned n = 1; n <= TW_LAYERS_MAX; n++) {
        if (depths->packets[n]) {
            sum.min = sum.packets ? sum.min : n;
            sum.max = n;
            sum.packets += depths->packets[n];
            sum.headers += depths->packets[n] * n;
        }
    }
    return sum;
}

/* The i-th header, counted from the innermost. */
static enum tw_layer layer_at(uint64_t chain, unsigned i) {
    return (enum tw_layer)(chain >> (5 * i) & 31);
}

/* One header, or several of the same kind: "vlan{2}". */
static void put_run(struct tw_text *out, enum tw_layer layer, unsigned n) {
    tw_text_str(out, layer < TW_LAYER_COUNT && names[layer] ? names[layer] : "?");
    if (n > 1) {
        tw_text_char(out, '{');
        tw_text_u64(out, n);
        tw_text_char(out, '}');
    }
}

void tw_layers_text(struct tw_text *out, uint64_t chain) {
    unsigned left = tw_layers_count(chain);
    while (left > 0) {
        enum tw_layer layer = layer_at(chain, left - 1);
        unsigned n = 1;
        while (n < left && layer_at(chain, left - 1 - n) == layer) {
            n++;
        }
        put_run(out, layer, n);
        left -= n;
        if (left > 0) {
            tw_text_char(out, ':');
        }
    }
    if (chain & TW_LAYERS_TOO_DEEP) {
        tw_text_str(out, ":...");
    }
}

uint8_t tw_chains_number(struct tw_chains *chains, uint64_t chain) {
    if (!chain) {
        return 0;
    }
    unsigned at = (unsigned)(chain * UINT64_C(0x9E3779B97F4A7C15) >> 55); /* Fibonacci hashing: nine bits */
    while (chains->bucket[at] && chains->chain[chains->bucket[at]] != chain) {
        at = (at + 1) % 512;
    }
    if (!chains->bucket[at]) {
        if (chains->n == UINT8_MAX) {
            return 0;
        }
        chains->bucket[at] = ++chains->n;
        chains->chain[chains->n] = chain;
    }
    return chains->bucket[at];
}

void tw_chains_get(const struct tw_chains *chains, const uint8_t seen[TW_CHAINS_PER_SIDE],
                   uint64_t ret[TW_CHAINS_PER_SIDE]) {
    for (int i = 0; i < TW_CHAINS_PER_SIDE; i++) {
        ret[i] = chains->chain[seen[i]];
    }
}
