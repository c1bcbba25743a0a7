/* SPDX-License-Identifier: MIT */
/*
 * reports.h — the periodic report: a line for the journal and the service manager, and three files for programs.
 *
 * report.txt, status.json and tcpwind.prom are replaced by the writer's thread, whole or not at all. As long as the
 * folder is in use its .report.lock is locked: by that others see whether somebody still writes there.
 */
#ifndef REPORTS_H
#define REPORTS_H

#include "session.h"
#include "status.h"

enum { REPORTS_PROBLEM_MAX = 1024 };

struct reports {
    int dirfd, lock_fd;                       /* 0: not open */
    struct status_counts before, before_that; /* as of the last two reports that were logged */
    uint64_t n_put;                           /* replacements given to the writer */
    bool failing;                             /* the last trouble was said */
};

/*
 * Make the folder if it is missing, and lock it.
 *
 *   problem  REPORTS_PROBLEM_MAX bytes
 *
 * Returns 0; or TW_ELOCKED or a negative errno, then *ret is untouched and problem is set.
 */
int reports_open(const char *directory, struct reports *ret, char *problem);

/* Unlock. Nothing happens to one that is all zero. */
void reports_close(struct reports *reports);

/*
 * Report: the files, the manager's status, and with `log` a line in the log. What is told as new since the last report
 * is: with `log` what came since the last one that was logged; else what came since the one before that, so that it is
 * never less than what the last interval had.
 *
 *   line  as it was told; initialised, what it holds is replaced. NUL terminated unless it failed
 */
void reports_write(struct reports *reports, struct session *session, bool is_away, bool log, struct tw_text *line);

/* Has the writer carried out all replacements up to this value of n_put? */
bool reports_are_written(const struct session *session, uint64_t n_put);

/* Say in the log that something cannot be written, or can be again: once at each change. To be called now and then. */
void reports_watch(struct reports *reports, const struct session *session);

#endif
