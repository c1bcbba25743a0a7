/* SPDX-License-Identifier: MIT */
/*
 * reload.h — another configuration for what runs: all of it, or nothing.
 *
 * Load and check; prepare everything that can fail; commit in steps that cannot; free what was. A reload that fails
 * leaves everything as it was. The manager hears of its beginning and of its end, the log of every error.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include "text.h"

struct live;

/* Reload. Appends lines for people, each with a newline: every error, or what was done. Returns whether it was done. */
bool reload(struct live *live, struct tw_text *answer);

#endif
