/* SPDX-License-Identifier: MIT */
/*
 * ip.h — IPv4 and IPv6 with their extension headers and AH, down to the transport protocol.
 *
 * From an IP header on, its length is the limit of the cursor; padding of the link layer lies beyond it.
 */
#ifndef TW_IP_H
#define TW_IP_H

#include "walk.h"

/* Protocol numbers (IANA), as in tw_packet's proto. */
enum {
    TW_PROTO_HOP_BY_HOP = 0,
    TW_PROTO_ICMP = 1,
    TW_PROTO_IGMP = 2,
    TW_PROTO_IPV4 = 4,
    TW_PROTO_TCP = 6,
    TW_PROTO_UDP = 17,
    TW_PROTO_IPV6 = 41,
    TW_PROTO_ROUTING = 43,
    TW_PROTO_FRAGMENT = 44,
    TW_PROTO_GRE = 47,
    TW_PROTO_ESP = 50,
    TW_PROTO_AH = 51,
    TW_PROTO_ICMPV6 = 58,
    TW_PROTO_DESTINATION = 60,
    TW_PROTO_ETHERIP = 97,
    TW_PROTO_SCTP = 132,
    TW_PROTO_MOBILITY = 135,
    TW_PROTO_HIP = 139,
    TW_PROTO_SHIM6 = 140,
};

/* An IP header of the version that its first four bits name, with all that belongs to it (RFC 791, RFC 8200, RFC 4302).
 * Begins and ends as walk.h says. */
enum tw_step tw_ip(struct tw_walk *walk);

#endif
