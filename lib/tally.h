/* SPDX-License-Identifier: MIT */
/*
 * tally.h — what became of the packets of each extraction, found by the extraction's handle.
 *
 * Threads: none.
 */
#ifndef TW_TALLY_H
#define TW_TALLY_H

#include "types.h"

struct tw_tally {
    uint64_t packets, packets_before, bytes; /* wholly in a file; bytes as captured */
    uint64_t lost;                           /* kept out of the files by an error */
    uint32_t pending;                        /* in the buffer of a file */
    uint32_t file;                           /* the number of that file */
    char **files;                            /* names of the files that hold packets of it, in order; owned */
    size_t n_files;
};

/* An array by handle, so handles should be small numbers that are used again. All zero: empty. */
struct tw_tallies {
    struct tw_tally **at;
    size_t n;
};

/* The tally of a handle, made when it is not there. NULL: no memory. */
struct tw_tally *tw_tally_get(struct tw_tallies *tallies, uint32_t handle);

/* The tally of a handle; NULL: not there. */
struct tw_tally *tw_tally_find(const struct tw_tallies *tallies, uint32_t handle);

/* Add a file to its list unless it is the last there already. Without memory it is left out. */
void tw_tally_add_file(struct tw_tally *tally, const char *name);

/* Free the tally of a handle. */
void tw_tally_drop(struct tw_tallies *tallies, uint32_t handle);

/* Free all. */
void tw_tally_fini(struct tw_tallies *tallies);

#endif
