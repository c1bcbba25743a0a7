/* SPDX-License-Identifier: MIT */
/*
 * readahead.h — a file that is read by a thread of its own, some chunks ahead of who works on it.
 *
 * Of a capture with full packets half of the time is the kernel's for copying it: with a thread for that a fifth less was
 * measured, and a twentieth less where packets are headers. Who wants a chunk that the thread has not read yet, or where no
 * thread can be had, reads it himself. The bytes are lent where they were read, with room before them, so that what was
 * left of the chunk before can be put there and a record is whole again.
 *
 * Threads: one, beside its own.
 */
#ifndef TW_READAHEAD_H
#define TW_READAHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_readahead;

enum { TW_READAHEAD_ROOM = 512 << 10 }; /* bytes before each chunk that may be written */

/* Whether that is worth a thread for this descriptor: of a file, and a large one. */
bool tw_readahead_is_for(int fd);

/*
 * For a descriptor of a file, borrowed, which is read with pread(2) from where it stands when the first chunk is asked for.
 * Nothing is read before that, and no thread started. Returns NULL when there is no memory.
 */
struct tw_readahead *tw_readahead_create(int fd);

/* NULL is allowed. What was lent is gone. The descriptor stands where it stood. */
void tw_readahead_destroy(struct tw_readahead *readahead);

/*
 * Lend the next bytes of the file, `*ret_len` of them; those lent before are gone. Returns NULL at its end, or with an
 * error of pread(2): then `*ret_error` is its errno, else 0. Once it has, it always does.
 */
uint8_t *tw_readahead_next(struct tw_readahead *readahead, size_t *ret_len, int *ret_error);

#endif
