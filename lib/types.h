/* SPDX-License-Identifier: MIT */
/*
 * types.h — the words that every other header speaks in.
 */
#ifndef TW_TYPES_H
#define TW_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A moment (since the epoch) or a period, in nanoseconds. */
typedef int64_t tw_time;

#define TW_US     INT64_C(1000)
#define TW_MS     INT64_C(1000000)
#define TW_SECOND INT64_C(1000000000)

/* gcc takes a function that only prefetches for one without effect, and drops calls of it unless they are inlined. */
#define TW_PREFETCH __attribute__((always_inline))

/* Ask the processor for memory that will be written, wherever that is: also beyond what may be. */
static inline TW_PREFETCH void tw_prefetch_write(const void *near, size_t bytes_behind) {
    __builtin_prefetch((const void *)((uintptr_t)near + bytes_behind), 1);
}

/* A packet as it comes from its source. */
struct tw_frame {
    tw_time time;
    uint32_t caplen, wirelen; /* captured; on the wire, not less */
    const uint8_t *bytes;     /* caplen of them, lent for as long as their source says */
    uint32_t origin;          /* where it can be fetched again, if it came from a file (origin.h): */
    uint64_t offset;          /*   which interface of which file; where its record is */
};

/* The sides of a flow: A initiated it, B answers. A direction is named after its sender. */
enum tw_side { TW_A, TW_B, TW_SIDE_COUNT };
enum { TW_ALL_SIDES = 1 << TW_A | 1 << TW_B };

static inline enum tw_side tw_other_side(enum tw_side side) {
    return (enum tw_side)(1 - side);
}

/* An IP address in network byte order; IPv4 uses the first four bytes, the rest is 0. */
struct tw_addr {
    uint8_t bytes[16];
};

struct tw_endpoint {
    struct tw_addr addr;
    uint16_t port; /* host byte order; 0 where the protocol has none */
};

enum {
    TW_VLAN_MAX = 8, /* VLAN tags looked through between two IP headers */
    TW_VNI_MAX = 8,  /* tunnels looked through, one between two of at most 8 IP headers */

    TW_CHAINS_PER_SIDE = 4, /* chains of headers that are remembered of what one side of a flow has sent */
};

/*
 * Where a packet was seen, beside its addresses: two conversations of the same addresses in two
 * VLANs are two flows. Entries from the outermost inwards.
 */
struct tw_scope {
    uint8_t n_vlans; /* of the innermost Ethernet header; priority tags (id 0) are not among them */
    uint8_t n_vnis;
    uint32_t ifindex; /* cooked v2; 0: none */
    uint16_t vlan[TW_VLAN_MAX];
    uint32_t vni[TW_VNI_MAX];
};

/* Whether there is anything in it: mostly there is not. */
static inline bool tw_scope_is_empty(const struct tw_scope *scope) {
    return !(scope->n_vlans | scope->n_vnis | scope->ifindex);
}

#endif
