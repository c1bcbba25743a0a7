/* SPDX-License-Identifier: MIT */
/*
 * live.h — recording an interface: the loop, and all that hangs on it.
 *
 * The capture's descriptor and a timer wake the loop; each time a bounded number of packets is taken, so that signals
 * and timers have their turn under any load. An interface that vanishes is opened again by name until it is back.
 */
#ifndef LIVE_H
#define LIVE_H

#include "control.h"
#include "reports.h"
#include "session.h"
#include "signals.h"
#include "source.h"

struct live {
    struct session session;
    struct config *config; /* the one in effect */
    struct source source;
    struct ev_loop *loop;
    struct ev_io readable; /* of source.now */
    struct ev_timer tick, retry, report;
    struct signals signals;
    struct reports reports;
    struct control *control, *old_control; /* NULL: none; an old one still gives its last answer */
    struct output old_output;              /* locked until its last file is finished; all zero: none */
    uint32_t n_files_before;               /* the writer's, when it came to the present folder */
    struct tw_text line;                   /* of the last report */
    double retry_after;
    enum capture_link link;     /* of source.now, as last said */
    bool is_told_away;          /* by the last report */
    tw_time second, interval;   /* monotonic: when the present ones began */
    tw_time fed, feed_interval; /* the watchdog; interval 0: none */
};

/* Capture from the configured interface until a signal ends it; reloads change *config. Returns the exit status. */
int live_run(const struct options *options, struct config *config);

/* What live_run and a reload have in common. */

/* Open the configured interface, of a link type that is known. Returns 0, CAPTURE_EOPEN or CAPTURE_EFILTER. */
int live_open_capture(const struct config *config, struct capture **ret, char *problem);

/* Begin the periodic report anew, at the configured interval; with `at_once` the first comes now. */
void live_start_reports(struct live *live, bool at_once);

/* Listen for requests in this folder. Returns NULL with errno when that is not possible. */
struct control *live_open_control(struct live *live, int dirfd);
void live_close_control(struct control **control);

#endif
