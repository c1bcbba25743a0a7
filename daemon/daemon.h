/* SPDX-License-Identifier: MIT */
/*
 * daemon.h — tcpwind as a function, so that tests link what users run.
 */
#ifndef DAEMON_H
#define DAEMON_H

/* All of tcpwind. Returns the exit status. */
int daemon_main(int argc, char **argv);

#endif
