/* SPDX-License-Identifier: MIT */
/*
 * fdio.h — writing to a file descriptor with every short write seen.
 */
#ifndef TW_FDIO_H
#define TW_FDIO_H

#include "types.h"

/*
 * Write all of `bytes` at `offset`, in as many calls as it takes.
 *
 *   ret_written  how many of them are in the file, also on failure
 *
 * Returns 0 or a negative errno (-ENOSPC, -EIO, -EFBIG, ...).
 */
int tw_fdio_write(int fd, const void *bytes, size_t len, uint64_t offset, size_t *ret_written);

/* Whether the open file has no name any more: what is written into it is lost. */
bool tw_fdio_is_removed(int fd);

#endif
