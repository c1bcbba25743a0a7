/* SPDX-License-Identifier: MIT */
/*
 * flowkey.h — what makes two packets parts of one conversation: both ends, in an order that does not depend on who sends.
 *
 * The scope (VLANs, tunnels, interface) belongs to the key as far as the settings say; it goes into the hash here and is
 * compared by the flow table. Every packet gets a key and a hash, so these are in the header.
 */
#ifndef TW_FLOWKEY_H
#define TW_FLOWKEY_H

#include "hash.h"
#include "packet.h"
#include "settings.h"

/* Its bytes are all in use, so that it can be compared word by word. */
struct tw_flowkey {
    union {
        struct {
            struct tw_addr addr[2]; /* the one with the smaller (addr, port) first, as their words compare */
            uint16_t port[2];
            union {
                struct {
                    uint8_t ip_version, proto;
                };
                uint16_t kind; /* both */
            };
            uint16_t zero;
        };
        uint64_t word[5];
        uint32_t half[10];
    };
};

/* Two numbers as one that has them in this order in memory. */
static inline uint32_t tw_flowkey_pair(uint32_t first, uint32_t second) {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? first | second << 16 : first << 16 | second;
}

static inline uint32_t tw_flowkey_bytes(uint32_t first, uint32_t second) {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? first | second << 8 : first << 8 | second;
}

/*
 * Make the key of a packet that has an IP header.
 * Returns which of the key's ends sent it: 0 or 1; 0 when both ends are the same.
 */
static inline int tw_flowkey_init(struct tw_flowkey *key, const struct tw_packet *packet) {
    /* In words that are read again as they were written: else each read would wait until the writes are done. */
    uint64_t src[2], dst[2];
    __builtin_memcpy(src, packet->src.bytes, sizeof src);
    __builtin_memcpy(dst, packet->dst.bytes, sizeof dst);
    int sender = src[0] != dst[0]   ? src[0] > dst[0]
                 : src[1] != dst[1] ? src[1] > dst[1]
                                    : packet->sport > packet->dport;
    uint32_t ports = tw_flowkey_pair(packet->sport, packet->dport);
    for (int i = 0; i < 2; i++) { /* exchanged without a branch: which way a packet goes cannot be foreseen */
        uint64_t changed = (src[i] ^ dst[i]) & -(uint64_t)sender;
        key->word[i] = src[i] ^ changed;
        key->word[2 + i] = dst[i] ^ changed;
    }
    key->half[8] = sender ? ports >> 16 | ports << 16 : ports;
    key->half[9] = tw_flowkey_pair(tw_flowkey_bytes(packet->ip_version, packet->proto), 0);
    return sender;
}

static inline bool tw_flowkey_equal(const struct tw_flowkey *a, const struct tw_flowkey *b) {
    return !((a->word[0] ^ b->word[0]) | (a->word[1] ^ b->word[1]) | (a->word[2] ^ b->word[2]) |
             (a->word[3] ^ b->word[3]) | (a->word[4] ^ b->word[4]));
}

/* What the scope adds to the sum, under the settings vlan, tunnel, interface. */
uint64_t tw_flowkey_hash_scope(const struct tw_factors *factors, const struct tw_flow_settings *settings,
                               const struct tw_scope *scope);

/* The hash of key and scope (NULL: the empty one) under the settings vlan, tunnel, interface. */
static inline uint32_t tw_flowkey_hash(const struct tw_factors *factors, const struct tw_flow_settings *settings,
                                       const struct tw_flowkey *key, const struct tw_scope *scope) {
    const uint64_t *f = factors->factor;
    const uint32_t *h = key->half;
    uint64_t sum = f[0] + f[1] * h[0] + f[5] * h[4] + f[9] * h[8] + f[10] * h[9];
    if (key->ip_version != 4) {
        sum += f[2] * h[1] + f[3] * h[2] + f[4] * h[3] + f[6] * h[5] + f[7] * h[6] + f[8] * h[7];
    }
    if (scope && !tw_scope_is_empty(scope)) {
        sum += tw_flowkey_hash_scope(factors, settings, scope);
    }
    return tw_factors_hash(sum);
}

/* Whether two scopes are the same under the settings. */
bool tw_scope_equal(const struct tw_flow_settings *settings, const struct tw_scope *a, const struct tw_scope *b);

#endif
