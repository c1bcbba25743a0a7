/* SPDX-License-Identifier: MIT */
/*
 * control.h — the control socket in the report folder, what tcpwindctl talks to.
 *
 * A sequenced-packet socket (SOCK_SEQPACKET) called `control`, mode 0660. A request is one packet with a verb as text:
 * `reload` (from root or our own user), `report` (from everybody who may connect). The answer is a packet `ok` or
 * `error`, then packets with lines of text, each line ending in a newline; then the connection is closed. A packet has
 * at most 32 KiB.
 *
 * Nothing here waits: who does not read, or does not ask within ten seconds, is cut off.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "text.h"

#include <ev.h>

/* Called in the loop. */
struct control_handlers {
    bool (*reload)(void *context, struct tw_text *answer); /* returns whether it was done; appends lines */
    uint64_t (*report)(void *context);                     /* begin one; returns its ticket */
    bool (*is_written)(void *context, uint64_t ticket);    /* is the report of this ticket there? */
    void *context;
};

enum { CONTROL_CLIENTS = 8 };

struct control_client {
    struct ev_io readable; /* its fd; 0: no client */
    struct control *control;
    tw_time since; /* monotonic */
    bool waits;    /* for its report */
    uint64_t ticket;
};

struct control {
    struct ev_loop *loop; /* NULL: not open */
    struct ev_io acceptable;
    int dirfd; /* borrowed */
    struct control_handlers handlers;
    struct control_client client[CONTROL_CLIENTS];
};

/*
 * Listen in this folder, which is locked for us: an old socket is replaced. *control must stay where it is.
 * Returns 0 or a negative errno, then nothing is open.
 */
int control_open(struct control *control, struct ev_loop *loop, int dirfd, const struct control_handlers *handlers);

/* Stop listening, and remove the socket. Nothing happens to one that was never opened (all zero). */
void control_close(struct control *control);

/* Answer those whose report is there; cut off those that say nothing. To be called several times a second. */
void control_tick(struct control *control, tw_time monotonic);

#endif
