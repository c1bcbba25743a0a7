/* SPDX-License-Identifier: MIT */
/*
 * offline.h — tcpwind -r: capture files through the engine, as fast as they can be read.
 */
#ifndef OFFLINE_H
#define OFFLINE_H

#include "config.h"
#include "options.h"

/* Analyse the files, write their set, print its report. Returns the exit status. */
int offline_run(const struct options *options, const struct config *config);

#endif
