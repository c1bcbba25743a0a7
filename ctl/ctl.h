/* SPDX-License-Identifier: MIT */
/*
 * ctl.h — tcpwindctl: looking after a running tcpwind, and reading what it writes. One verb is one file.
 *
 * Every verb gets its own part of the command line (argv[0] is its name) and returns the exit status. Results go to
 * standard output, complaints to standard error, and no text from a file or a socket reaches either unescaped.
 */
#ifndef CTL_H
#define CTL_H

#include "text.h"

#define CTL_REPORT_DIRECTORY "/run/tcpwind"
#define CTL_PCAP_DIRECTORY   "/var/lib/tcpwind"

enum ctl_exit {
    CTL_OK = 0,
    CTL_TROUBLE = 1,
    CTL_USAGE = 2,
    CTL_NOT_RUNNING = 3,
};

int ctl_main(int argc, char **argv);

int ctl_status(int argc, char **argv);
int ctl_reload(int argc, char **argv);
int ctl_follow(int argc, char **argv);
int ctl_decode(int argc, char **argv);
int ctl_flows(int argc, char **argv);

/* Print a line behind "tcpwindctl: " on standard error, escaped as tw_text_visible() does; no newline in the format. */
__attribute__((format(printf, 1, 2))) void ctl_complain(const char *format, ...);

/* Complain and return CTL_USAGE. `what` may be NULL. */
int ctl_wrong_usage(const char *verb, const char *what);

/*
 * Text of several lines as a terminal may have it: line ends and tabs stay, what else is not plain becomes \xNN.
 * Other than tw_text_visible() it leaves the backslash alone, so that JSON stays JSON.
 */
void ctl_inert(struct tw_text *out, const char *bytes, size_t len);

/* Write all of a text to standard output and clear it. Returns false when that is not possible (a closed pipe, too). */
bool ctl_put(struct tw_text *text);

#endif
