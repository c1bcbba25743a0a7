/* SPDX-License-Identifier: MIT */
/*
 * flowkey.h — what makes two packets parts of one conversation: both ends, in an order that does not depend on who sends.
 *
 * The scope (VLANs, tunnels, interface) belongs to the key as far as the settings say; it goes into the hash here and is
 * compared by the flow table.
 */
#ifndef TW_FLOWKEY_H
#define TW_FLOWKEY_H

#include "hash.h"
#include "packet.h"
#include "settings.h"

struct tw_flowkey {
    struct tw_addr addr[2]; /* (addr[0], port[0]) <= (addr[1], port[1]) */
    uint16_t port[2];
    uint8_t ip_version, proto;
};

/*
 * Make the key of a packet that has an IP header.
 * Returns which of the key's ends sent it: 0 or 1; 0 when both ends are the same.
 */
int tw_flowkey_init(struct tw_flowkey *key, const struct tw_packet *packet);

bool tw_flowkey_equal(const struct tw_flowkey *a, const struct tw_flowkey *b);

/* The hash of key and scope under the settings vlan, tunnel, interface. */
uint64_t tw_flowkey_hash(const struct tw_hash_key *secret, const struct tw_flow_settings *settings,
                         const struct tw_flowkey *key, const struct tw_scope *scope);

/* Whether two scopes are the same under the settings. */
bool tw_scope_equal(const struct tw_flow_settings *settings, const struct tw_scope *a, const struct tw_scope *b);

#endif
