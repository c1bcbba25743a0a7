/* SPDX-License-Identifier: MIT */
/*
 * instance.h — is there a tcpwind that reports into this folder?
 */
#ifndef INSTANCE_H
#define INSTANCE_H

enum instance { INSTANCE_NONE, INSTANCE_RUNNING };

/*
 * Decided by the lock that a running one holds in its report folder, not by the age of what lies there.
 * Returns enum instance, or a negative errno when it cannot be told (-EACCES: not allowed to look).
 */
int instance_find(const char *report_directory);

#endif
