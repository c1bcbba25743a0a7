/* SPDX-License-Identifier: MIT */
/*
 * handshakes.h — SYN and SYN-ACK packets that the ring has lost while their flow lives.
 *
 * Without the handshake no tool can scale the window of an extracted connection, so it outlives the ring: per flow the
 * last SYN of each side, in a bounded store of cells. A packet takes one cell, a long one as many as it needs.
 * When the store is full, its user says who has to go (elders.h). Threads: none.
 */
#ifndef TW_HANDSHAKES_H
#define TW_HANDSHAKES_H

#include "ring.h"
#include "types.h"

struct tw_handshakes;

/* A packet that is kept. */
struct tw_handshake {
    struct tw_ring_entry entry; /* as it was in the ring */
    tw_ref ref;                 /* where it was */
};

/* Make a store of at most `size` bytes (at least one cell). NULL: no memory. */
struct tw_handshakes *tw_handshakes_create(size_t size);

/* NULL is allowed. */
void tw_handshakes_destroy(struct tw_handshakes *store);

/*
 * Keep a packet, with `len` of its bytes (none, where they stay in a file).
 * Returns its number from 1, or 0 when there is no room.
 */
uint32_t tw_handshakes_put(struct tw_handshakes *store, const struct tw_handshake *handshake, const uint8_t *bytes,
                           uint32_t len);

/* Forget a packet. */
void tw_handshakes_take(struct tw_handshakes *store, uint32_t number);

/* Borrow a packet; NULL: no packet has this number. */
const struct tw_handshake *tw_handshakes_get(const struct tw_handshakes *store, uint32_t number);

/* Its bytes; valid until the next call of any function of the store. NULL: no memory for a long one. */
const uint8_t *tw_handshakes_bytes(struct tw_handshakes *store, uint32_t number);

uint32_t tw_handshakes_count(const struct tw_handshakes *store);   /* packets kept now */
uint32_t tw_handshakes_highest(const struct tw_handshakes *store); /* highest number ever given */
size_t tw_handshakes_memory(const struct tw_handshakes *store);

#endif
