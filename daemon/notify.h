/* SPDX-License-Identifier: MIT */
/*
 * notify.h — what the service manager is told. The only module that knows sd-daemon.
 *
 * Nothing happens when the process was not started by a manager that listens ($NOTIFY_SOCKET).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "types.h"

/* Packets can arrive from now on; also the end of a reload. `status` is a line for people, in UTF-8. */
void notify_ready(const char *status);

/* The line that `systemctl status` shows. */
void notify_status(const char *status);

/* A reload begins; notify_ready() ends it. */
void notify_reloading(void);

/* What is left is to be put in order. */
void notify_stopping(const char *status);

/* How often notify_alive() is to be called at least: a third of what the manager waits for; 0: it does not wait. */
tw_time notify_watchdog(void);

/* To be called by a loop that has turned, and by nothing else. */
void notify_alive(void);

#endif
