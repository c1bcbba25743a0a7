/* SPDX-License-Identifier: MIT */
/*
 * chain.h — the entries of a flow in the ring: linked, turned round, counted when they are missing. A part of extract.h.
 */
#ifndef TW_CHAIN_H
#define TW_CHAIN_H

#include "extraction.h"

/* Make the flow's chain in the ring, as far as it is not dealt with, the extraction's, and count what is missing of it. */
void tw_chain_take(struct tw_extract *x, struct tw_extraction *e, const struct tw_flow *flow,
                   const struct tw_flow_extraction *state);

/* Everything of the flow up to now is dealt with, but for its last packet where that one is `raising`. */
void tw_chain_done(const struct tw_extract *x, const struct tw_flow *flow, struct tw_flow_extraction *state,
                   tw_ref raising);

/* The flow's newest packet in the ring: it goes behind what its extraction has to write, if there is one. */
void tw_chain_link(struct tw_extract *x, struct tw_flow *flow, tw_ref ref);

#endif
