/* SPDX-License-Identifier: MIT */
/*
 * ethertypes.h — packets without an IP header, counted by their EtherType.
 *
 * The first TW_ETHERTYPES_MAX types that come have a count of their own, further ones one together: an attacker who
 * makes types up can neither fill memory nor slow the search.
 */
#ifndef TW_ETHERTYPES_H
#define TW_ETHERTYPES_H

#include "types.h"

enum { TW_ETHERTYPES_MAX = 24 };

struct tw_ethertype_count {
    uint16_t type; /* 0: the frame names none (802.3 with LLC, or a header that was cut) */
    uint64_t packets;
};

/* Plain data, zero at first. */
struct tw_ethertypes {
    struct tw_ethertype_count type[TW_ETHERTYPES_MAX];
    uint32_t n;
    uint64_t others;
};

/* Count a packet. */
void tw_ethertypes_feed(struct tw_ethertypes *types, uint16_t type);

/* Order them: the most packets first, then by type. */
void tw_ethertypes_sort(struct tw_ethertypes *types);

/* What a type is called, as a constant; NULL: not known here. */
const char *tw_ethertypes_name(uint16_t type);

#endif
