/* SPDX-License-Identifier: MIT */
/*
 * signals.h — what the process does with signals: as events of a libev loop, or as a flag where there is no loop.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <ev.h>
#include <stdbool.h>

/* Called in the loop. */
struct signals_handlers {
    void (*stop)(void *context);   /* TERM, INT: the first one; the second ends the process at once */
    void (*report)(void *context); /* USR1 */
    void (*reload)(void *context); /* HUP */
    void (*rotate)(void *context); /* USR2 */
    void *context;
};

struct signals {
    struct ev_signal watcher[5];
    struct signals_handlers handlers;
};

/* SIGPIPE is ignored from here on: whoever writes sees an error instead. */
void signals_ignore_pipe(void);

/* Handle signals in this loop until signals_close. */
void signals_open(struct signals *signals, struct ev_loop *loop, const struct signals_handlers *handlers);
void signals_close(struct signals *signals, struct ev_loop *loop);

/* Without a loop: remember that TERM or INT came; the second ends the process at once. USR1 and USR2 are ignored. */
void signals_catch_stop(void);
bool signals_stop_requested(void);

#endif
