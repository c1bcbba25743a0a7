/* SPDX-License-Identifier: MIT */
/*
 * drain.h — along a chain: what is wanted of it, and into the files with it. A part of extract.h.
 */
#ifndef TW_DRAIN_H
#define TW_DRAIN_H

#include "extraction.h"

/* Whether a packet that is still in the ring is to be written. */
bool tw_drain_wants(const struct tw_extract *x, const struct tw_extraction *e, tw_ref ref,
                    const struct tw_ring_entry *entry);

/* The entry at the cursor is dealt with: on to the next. */
void tw_drain_step(struct tw_extraction *e, const struct tw_ring_entry *entry);

/* Write what the extraction has, about `budget` bytes of the ring at most, as far as the writer takes it. */
void tw_drain(struct tw_extract *x, struct tw_extraction *e, size_t budget, tw_time clock);

/* The extraction is over and has nothing more: say so, and free it. */
void tw_drain_conclude(struct tw_extract *x, struct tw_extraction *e);

#endif
