/* SPDX-License-Identifier: MIT */
/*
 * labels.h — country and organisation of addresses, out of MaxMind DB files.
 *
 * libmaxminddb is loaded when a file is named; without it, or with a file that is broken, addresses have the names of
 * ranges only. A file is copied when it is opened: who writes over it does not disturb lookups.
 * Threads: labels may be used by any number, also while they are opened anew.
 */
#ifndef LABELS_H
#define LABELS_H

#include "label.h"
#include "text.h"

struct labels;

enum { LABELS_PROBLEM_MAX = 256 };

/* Labels without a file; NULL when there is no memory. */
struct labels *labels_create(void);

/* NULL is allowed. No thread may be using the labeller. */
void labels_destroy(struct labels *labels);

/*
 * Open these files from now on, also the ones that are open; "" is none.
 * What goes wrong is appended to problems, a line for each file; then a file of the same name that was open stays so, as
 * it was, and any other has no labels. Returns whether all went well.
 */
bool labels_open(struct labels *labels, const char *country, const char *organisation, struct tw_text *problems);

/* Whether a file can be used; problem: LABELS_PROBLEM_MAX bytes, why not. */
bool labels_check(const char *path, char *problem);

/* Lives as long as the labels. */
const struct tw_labeller *labels_labeller(const struct labels *labels);

#endif
