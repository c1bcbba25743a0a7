/* SPDX-License-Identifier: MIT */
/*
 * units.h — sizes and durations with their units, read and written exactly.
 *
 * Sizes: B, kB and KB, MB, GB, TB by 1000, KiB, MiB, GiB, TiB by 1024. Durations: ms, s, min, h, d. A number without a
 * unit is in bytes, in seconds.
 */
#ifndef UNITS_H
#define UNITS_H

#include "types.h"

#include <stdio.h>

#define UNITS_HOUR (3600 * TW_SECOND)
#define UNITS_DAY  (24 * UNITS_HOUR)

/* Parse a whole text such as "12.5 MB"; nine decimals count, no sign. False when it is none, *ret is untouched. */
bool units_parse_size(const char *s, int64_t *ret);
bool units_parse_time(const char *s, tw_time *ret);
bool units_parse_percent(const char *s, int64_t *ret);

/* Print as the configuration has it: "64 MiB" in quotes where a unit divides it, else 1460, or 4294967297L. */
void units_print_size(int64_t size, FILE *out);
void units_print_time(tw_time time, FILE *out);

#endif
