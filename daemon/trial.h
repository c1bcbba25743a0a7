/* SPDX-License-Identifier: MIT */
/*
 * trial.h — whether what a configuration names is there: group, user, program, databases, and a filter that compiles.
 *
 * config_load does not look, it is pure; a start, a reload and -t look here next. Nothing is changed or kept open.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "config.h"

/*
 * What a run cannot do without: pcap.group, capture.filter (one that no link type has), and with CONFIG_LIVE run.user.
 *
 *   diag  of the load of this configuration; errors are appended
 *
 * Returns whether all is well. A filter with names of hosts looks them up.
 */
bool trial_needs(const struct config *config, enum config_mode mode, struct config_diag *diag);

/* What a run complains of and goes on without, but -t is asked about: pcap.on_close, label.*. Otherwise the same. */
bool trial_wishes(const struct config *config, struct config_diag *diag);

#endif
