/* SPDX-License-Identifier: MIT */
/*
 * metrics.h — the state of a run as Prometheus reads it (text exposition format 0.0.4).
 *
 * Every sample has the labels `sensor` (run.name) and `interface`, so that several instances on one host, and several
 * hosts, stay apart. There is no address in it. Pure.
 */
#ifndef METRICS_H
#define METRICS_H

#include "report.h"

/* Append the metrics; counters count since the start of the process. */
void metrics_text(struct tw_text *out, const struct tw_report *report, const char *sensor);

#endif
