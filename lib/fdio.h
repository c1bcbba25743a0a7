/* SPDX-License-Identifier: MIT */
/*
 * fdio.h — reading and writing at a place of a file, with every short read and write seen.
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

/*
 * Read `len` bytes at `offset`, or fewer where the file ends, in as many calls as it takes.
 *
 *   ret_read  how many of them were read, also on failure
 *
 * Returns 0 or a negative errno of pread(2).
 */
int tw_fdio_read(int fd, void *bytes, size_t len, uint64_t offset, size_t *ret_read);

/* Whether the open file has no name any more: what is written into it is lost. */
bool tw_fdio_is_removed(int fd);

#endif
