/* SPDX-License-Identifier: MIT */
/*
 * community.h — the Community ID v1 of a flow, seed 0: the same text for both directions, and in every program that
 * writes it (Zeek, Suricata, Wireshark), so that one can go from their records to ours.
 *
 * "1:" and the base64 of the SHA-1 of seed, addresses, protocol and ports, the smaller end first.
 * Source: https://github.com/corelight/community-id-spec.
 */
#ifndef TW_COMMUNITY_H
#define TW_COMMUNITY_H

#include "event.h"

enum { TW_COMMUNITY_MAX = 31 }; /* its length, always 30, with the final NUL */

/*
 * The id of a flow between two ends, in any order: with ports for TCP, UDP and SCTP; for ICMP and ICMPv6 source.port
 * is the type and destination.port the code of a packet from `source`; without ports for all others.
 *
 *   ip_version  4 or 6
 */
void tw_community_id(uint8_t proto, int ip_version, const struct tw_endpoint *source,
                     const struct tw_endpoint *destination, char ret[TW_COMMUNITY_MAX]);

/*
 * The same of a flow. Of ICMP and ICMPv6 it is that of the flow's first packet, or of its request where the ports pair it
 * with the answer (view.h). Returns false, and sets ret to "", where type and code are not known.
 */
bool tw_community_of_flow(const struct tw_flow_id *flow, char ret[TW_COMMUNITY_MAX]);

#endif
