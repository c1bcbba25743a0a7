/* SPDX-License-Identifier: MIT */
/*
 * human.h — numbers as people read them, beside the exact ones: three significant digits and a unit.
 */
#ifndef TW_HUMAN_H
#define TW_HUMAN_H

#include "text.h"

/* "999", "5.90 k", "12.7 M": no unit. */
void tw_human_count(struct tw_text *out, uint64_t count);

/* "999 B", "4.99 MB": by 1000. */
void tw_human_bytes(struct tw_text *out, uint64_t bytes);

/* "999 B", "256 MiB": by 1024, as memory is set. */
void tw_human_memory(struct tw_text *out, uint64_t bytes);

/* count / duration in `unit`: "9.41 Gbit/s", "0.12 packets/s"; "-" without a duration. */
void tw_human_rate(struct tw_text *out, uint64_t count, tw_time duration, const char *unit);

/* "0 s", "250 ms", "27.6 s", "13 h 57 min 57 s", "3 d 2 h": as exact as its length makes sensible. */
void tw_human_duration(struct tw_text *out, tw_time duration);

/* "81.97", rounded half up; "-" when the divisor is 0. */
void tw_human_quotient(struct tw_text *out, uint64_t dividend, uint64_t divisor);

/* "52.54%", rounded half up; "-" without a whole. */
void tw_human_percent(struct tw_text *out, uint64_t part, uint64_t whole);

#endif
