/* SPDX-License-Identifier: MIT */
/*
 * verdict.h — is a running tcpwind well? Judged by its last report. Pure.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "text.h"

/*
 * What is wrong according to a status.json.
 *
 *   age      of the report
 *   reasons  one line for each trouble is appended, escaped
 *
 * Returns whether all is well: nothing lost and nothing away in the interval before the report, and the report not old.
 */
bool verdict_judge(const char *json, size_t len, tw_time age, struct tw_text *reasons);

/* Append a period as people say it: "8 s", "2 min 5 s", "3 h 20 min", "12 d 4 h". */
void verdict_period(struct tw_text *out, tw_time period);

#endif
