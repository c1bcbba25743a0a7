/* SPDX-License-Identifier: MIT */
/*
 * request.h — requests to the control socket of a running tcpwind.
 */
#ifndef REQUEST_H
#define REQUEST_H

/*
 * Connect to the socket of a report folder; what is received has to come within so many seconds.
 * Returns the descriptor, or a negative errno.
 */
int request_open(const char *report_directory, int patience_s);

/*
 * Have a fresh report written, and wait for it, for some seconds at most. Returns 0 once it is there, or a negative errno
 * (-EIO: the answer was another one).
 */
int request_report(const char *report_directory);

#endif
