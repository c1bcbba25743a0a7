/* SPDX-License-Identifier: MIT */
/*
 * numbers.h — the next running number of each kind of file, as the lock file keeps them.
 *
 * A number never repeats in a folder: the next one is the larger of the lock file's and the highest seen in a name
 * plus 1, so neither retention nor somebody who moves files away makes the numbers start again.
 */
#ifndef TW_NUMBERS_H
#define TW_NUMBERS_H

#include "naming.h"

struct tw_numbers {
    uint64_t next[TW_NAME_KIND_COUNT]; /* from 1 */
};

void tw_numbers_init(struct tw_numbers *numbers);

/* There is a file of this name. */
void tw_numbers_see(struct tw_numbers *numbers, const struct tw_name *name);

/* Raise them to what the lock file says; what cannot be read there changes nothing. */
void tw_numbers_read(struct tw_numbers *numbers, int lock_fd);

/* Write them into the lock file. Returns 0 or a negative errno. */
int tw_numbers_write(const struct tw_numbers *numbers, int lock_fd);

#endif
