/* SPDX-License-Identifier: MIT */
/*
 * daemon.h — the composition root: from the command line to a run, and the loop of the live one.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "config.h"
#include "options.h"

/* Capture from the configured interface until a signal ends it. Returns the exit status. */
int daemon_run(const struct options *options, const struct config *config);

/* All of tcpwind. Returns the exit status. */
int daemon_main(int argc, char **argv);

#endif
