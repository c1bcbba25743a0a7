/* SPDX-License-Identifier: MIT */
/*
 * progress.h — how far reading has come, on a terminal's standard error; silent when that is none.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "types.h"

struct progress {
    bool is_on, is_shown;
    tw_time begun, shown; /* monotonic */
};

/* Shows nothing unless `wanted` and standard error is a terminal. */
void progress_init(struct progress *progress, bool wanted);

/* Show the share of the present file (`size` 0: not known), packets and rate; at most four times a second. */
void progress_show(struct progress *progress, uint64_t done, uint64_t size, uint64_t packets);

/* Clear the line. */
void progress_end(struct progress *progress);

#endif
