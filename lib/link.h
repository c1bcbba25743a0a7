/* SPDX-License-Identifier: MIT */
/*
 * link.h — the layers below IP: Ethernet, VLAN tags, LLC/SNAP, PPPoE, PPP, MPLS, and what captures have instead.
 *
 * Each function begins and ends as walk.h says. EtherTypes lead on through tw_link_ethertype, the one place for that.
 */
#ifndef TW_LINK_H
#define TW_LINK_H

#include "walk.h"

/* libpcap's numbers of the link types that can be decoded (the raw IP ones differ between systems). */
enum {
    TW_DLT_NULL = 0,
    TW_DLT_ETHERNET = 1,
    TW_DLT_PPP = 9,
    TW_DLT_RAW = 12,
    TW_DLT_RAW_OPENBSD = 14,
    TW_DLT_PPP_SERIAL = 50,
    TW_DLT_RAW_FILE = 101,
    TW_DLT_WLAN = 105,
    TW_DLT_LOOP = 108,
    TW_DLT_COOKED = 113,
    TW_DLT_RADIOTAP = 127,
    TW_DLT_IPV4 = 228,
    TW_DLT_IPV6 = 229,
    TW_DLT_COOKED_2 = 276,
};

/* The outermost header of every link type but Ethernet and 802.11; TW_STEP_END for one that is not known. */
enum tw_step tw_link_other(struct tw_walk *walk, int dlt);

/* An Ethernet frame: the innermost one's addresses and tags are those of the packet. */
enum tw_step tw_link_ethernet(struct tw_walk *walk);

/* What an EtherType announces: tags, LLC/SNAP for a length, PPPoE, or what tw_link_inner knows. */
enum tw_step tw_link_ethertype(struct tw_walk *walk, uint16_t type);

/* IP or MPLS, and TW_STEP_END for any other type. */
enum tw_step tw_link_inner(struct tw_walk *walk, uint16_t type);

/* LLC with SNAP (IEEE 802.2); anything else in its place is not IP, and no error. */
enum tw_step tw_link_snap(struct tw_walk *walk);

/* Labels down to the bottom of the stack, then IP, or Ethernet behind a control word (RFC 3032, RFC 4385). */
enum tw_step tw_link_mpls(struct tw_walk *walk);

/* The protocol field of PPP, one byte or two (RFC 1661 2, 6.5). */
enum tw_step tw_link_ppp(struct tw_walk *walk);

#endif
