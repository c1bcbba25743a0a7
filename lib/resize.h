/* SPDX-License-Identifier: MIT */
/*
 * resize.h — another size of the ring or of the kept handshakes while everything goes on. A part of extract.h.
 *
 * The newest packets that fit move over, with new references above all old ones, so that older references are still
 * known to be gone, and what is compared by references keeps its order.
 */
#ifndef TW_RESIZE_H
#define TW_RESIZE_H

#include "extraction.h"

struct tw_resize {
    struct tw_ring *ring;             /* NULL: it stays */
    struct tw_handshakes *handshakes; /* NULL: they stay */
    struct tw_moved *moved;           /* room for the references of what moves */
    size_t room;
};

/* Prepare what the settings ask for. Returns 0 or -ENOMEM, then *ret is empty. */
int tw_resize_init(struct tw_resize *ret, const struct tw_extract *x, const struct tw_ring_settings *settings);

/* Do it. Cannot fail; the old ones are freed. */
void tw_resize_commit(struct tw_resize *resize, struct tw_extract *x);

/* Free what was prepared. An empty one is allowed, and results. */
void tw_resize_fini(struct tw_resize *resize);

#endif
