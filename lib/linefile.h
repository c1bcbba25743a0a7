/* SPDX-License-Identifier: MIT */
/*
 * linefile.h — a file of text lines that is being appended to: lines gather in a buffer and go to the file together.
 *
 * What stays in the file always ends with a whole line: when a write fails in the middle of one, the file is cut back.
 * The descriptor is the caller's to open and to close. Threads: none.
 */
#ifndef TW_LINEFILE_H
#define TW_LINEFILE_H

#include "text.h"

struct tw_linefile {
    int fd;              /* -1: none */
    uint64_t size;       /* of the file: whole lines only */
    bool torn;           /* the file may be longer than `size` */
    struct tw_text text; /* append whole lines here, each with its newline */
};

/* Nothing in it, no descriptor. */
void tw_linefile_init(struct tw_linefile *file);

/* Free the buffer; what is in it is lost, the descriptor stays open. */
void tw_linefile_fini(struct tw_linefile *file);

/*
 * From here on append to `fd`, open for reading and writing, perhaps with lines of an earlier run in it. A last line
 * without its newline, as a killed process leaves one, is cut off.
 * Returns 0 or a negative errno, then nothing changed.
 */
int tw_linefile_attach(struct tw_linefile *file, int fd);

/*
 * Write the buffer. `*ret_lost` says how many lines of it did not get into the file.
 * Returns 0 or a negative errno; -ENOENT for a file that was removed. The buffer is empty afterwards in any case.
 */
int tw_linefile_flush(struct tw_linefile *file, uint64_t *ret_lost);

#endif
