/* SPDX-License-Identifier: MIT */
#include "flowkey.h"

#include <string.h>

int tw_flowkey_init(struct tw_flowkey *key, const struct tw_packet *packet) {
    int order = memcmp(packet->src.bytes, packet->dst.bytes, sizeof packet->src.bytes);
    if (!order) {
        order = (int)packet->sport - (int)packet->dport;
    }
    int sender = order > 0;
    key->addr[sender] = packet->src;
    key->addr[!sender] = packet->dst;
    key->port[sender] = packet->sport;
    key->port[!sender] = packet->dport;
    key->ip_version = packet->ip_version;
    key->proto = packet->proto;
    return sender;
}

bool tw_flowkey_equal(const struct tw_flowkey *a, const struct tw_flowkey *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static uint64_t load(const uint8_t bytes[8]) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint64_t hash_scope(const struct tw_hash_key *secret, const struct tw_flow_settings *settings,
                           const struct tw_scope *scope) {
    uint64_t words[2 + TW_VLAN_MAX + TW_VNI_MAX];
    size_t n = 0;
    words[n++] = settings->interface ? scope->ifindex : 0;
    words[n++] = settings->vlan ? scope->n_vlans : 0;
    for (int i = 0; settings->vlan && i < scope->n_vlans; i++) {
        words[n++] = scope->vlan[i];
    }
    for (int i = 0; settings->tunnel && i < scope->n_vnis; i++) {
        words[n++] = scope->vni[i];
    }
    return tw_hash(secret, words, n);
}

uint64_t tw_flowkey_hash(const struct tw_hash_key *secret, const struct tw_flow_settings *settings,
                         const struct tw_flowkey *key, const struct tw_scope *scope) {
    uint64_t words[5];
    size_t n = 0;
    words[n++] =
        (uint64_t)key->port[0] << 48 | (uint64_t)key->port[1] << 32 | (uint64_t)key->proto << 8 | key->ip_version;
    if (key->ip_version == 4) {
        words[n++] = load(key->addr[0].bytes) << 32 | (load(key->addr[1].bytes) & 0xffffffff);
    } else {
        for (int i = 0; i < 2; i++) {
            words[n++] = load(key->addr[i].bytes);
            words[n++] = load(key->addr[i].bytes + 8);
        }
    }
    if ((settings->vlan && scope->n_vlans) || (settings->tunnel && scope->n_vnis) ||
        (settings->interface && scope->ifindex)) {
        words[0] ^= hash_scope(secret, settings, scope);
    }
    return tw_hash(secret, words, n);
}

bool tw_scope_equal(const struct tw_flow_settings *settings, const struct tw_scope *a, const struct tw_scope *b) {
    if (settings->interface && a->ifindex != b->ifindex) {
        return false;
    }
    if (settings->vlan && (a->n_vlans != b->n_vlans || memcmp(a->vlan, b->vlan, a->n_vlans * sizeof *a->vlan))) {
        return false;
    }
    return !settings->tunnel || (a->n_vnis == b->n_vnis && !memcmp(a->vni, b->vni, a->n_vnis * sizeof *a->vni));
}
