/* SPDX-License-Identifier: MIT */
/*
 * configscan.h — a first look at a configuration's text, for what libconfig 1.5 gets wrong silently or fatally.
 *
 * An @include that cannot be read may end the process, an integer beyond 32 bits without the suffix L wraps, one
 * beyond 64 bits saturates, a string where none belongs leaks, text ends at a NUL, and a name is looked up among its
 * siblings one by one. Knows as much of the syntax as that takes: strings, comments, names, groups. What else is no
 * configuration is left to libconfig.
 */
#ifndef CONFIGSCAN_H
#define CONFIGSCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFIGSCAN_KEY_MAX = 128, CONFIGSCAN_SETTINGS_MAX = 1000 };

/* Called for each finding: the key that the line is about, or "", and what is wrong. */
typedef void configscan_fn(void *context, int line, const char *key, const char *problem);

/*
 * Look through len bytes. Returns true when libconfig may read them; false when it must not (an include, a NUL, a
 * string without an end or a name, too many settings or brackets), which was reported.
 */
bool configscan_check(const char *text, size_t len, configscan_fn *report, void *context);

/* The first key that is set twice, for libconfig's "duplicate setting name", which does not say it; "" when unknown. */
void configscan_duplicate(const char *text, size_t len, char ret_key[CONFIGSCAN_KEY_MAX]);

#endif
