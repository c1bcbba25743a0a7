/* SPDX-License-Identifier: MIT */
/*
 * keep.h — handshakes that the ring loses while their flows live. A part of extract.h.
 */
#ifndef TW_KEEP_H
#define TW_KEEP_H

#include "extraction.h"

/* The ring's owner: of what leaves it, what is still to be written is counted, and handshakes are kept. */
struct tw_ring_owner tw_keep_owner(struct tw_extract *x);

/* Forget the handshake that was kept for this side of the flow, if any. */
void tw_keep_forget(struct tw_extract *x, struct tw_flow *flow, enum tw_side side);

/* A SYN of this side that has all its options is in the ring: it is the one to be kept from now on. */
void tw_keep_handshake(struct tw_extract *x, struct tw_flow *flow, enum tw_side side, tw_ref ref);

#endif
