/* SPDX-License-Identifier: MIT */
/*
 * fragments.h — which flow the fragments of a datagram belong to, once its first one was seen.
 *
 * Only the first fragment carries the ports. Bounded: the oldest goes when there are too many. Threads: none.
 */
#ifndef TW_FRAGMENTS_H
#define TW_FRAGMENTS_H

#include "hash.h"
#include "packet.h"

struct tw_fragments;

/* Whose a datagram is. */
struct tw_fragment_owner {
    uint64_t flow; /* its index: it may be gone */
    uint32_t slot;
    enum tw_side side;
};

/* NULL: no memory. */
struct tw_fragments *tw_fragments_create(const struct tw_hash_key *secret);

/* NULL is allowed. */
void tw_fragments_destroy(struct tw_fragments *fragments);

/* The first fragment of a datagram was seen. */
void tw_fragments_put(struct tw_fragments *fragments, const struct tw_datagram *datagram,
                      const struct tw_fragment_owner *owner, tw_time clock);

/* Whose a later fragment is, when the first was seen within 30 s; NULL: unknown. Valid until the next put. */
const struct tw_fragment_owner *tw_fragments_find(const struct tw_fragments *fragments,
                                                  const struct tw_datagram *datagram, tw_time clock);

#endif
