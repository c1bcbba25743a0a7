/* SPDX-License-Identifier: MIT */
/*
 * tunnel.h — what carries packets inside packets above IP: GRE with NVGRE and ERSPAN, VXLAN, GENEVE, GTP-U.
 *
 * Each function begins and ends as walk.h says. Something else in a tunnel's place is no error: the walk ends there,
 * and the packet is the outer one. At most one tunnel lies between two IP headers, so tw_scope has room for every VNI.
 */
#ifndef TW_TUNNEL_H
#define TW_TUNNEL_H

#include "walk.h"

/* GRE (RFC 2784, RFC 2890), with Ethernet as in NVGRE (RFC 7637) and in ERSPAN type II. */
enum tw_step tw_tunnel_gre(struct tw_walk *walk);

/* What a UDP packet, with the cursor at its header, carries by its destination port (RFC 7348, RFC 8926, TS 29.281). */
enum tw_step tw_tunnel_udp(struct tw_walk *walk, uint16_t dport);

#endif
