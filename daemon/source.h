/* SPDX-License-Identifier: MIT */
/*
 * source.h — the interface that is recorded, as one stream of packets, even while its capture is replaced by another.
 *
 * A capture's settings never change while it runs: a second one is opened beside the first, and a moment is set once it
 * captures. What the kernel has stamped before that moment is taken from the first, all else from the second. Both hold
 * what arrives around it, with equal stamps, so that no packet is lost and none taken twice. Packets of several
 * processors come slightly out of order: the first is read on for a while after the moment.
 *
 * Threads: one.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "capture.h"

/* One that is to take over. */
struct source_successor {
    struct capture *capture; /* NULL: none */
    tw_time cut;             /* CLOCK_REALTIME: what is stamped before it is the predecessor's */
    bool is_beside;          /* what is stamped before it is not its own: the predecessor has it as well */
};

struct source {
    struct capture *now;                 /* NULL: the interface is away */
    struct source_successor next, later; /* later: behind next */
    tw_time begin;                       /* CLOCK_REALTIME: what `now` has from before is not taken; 0: all is */
    tw_time cut_set;                     /* CLOCK_MONOTONIC: since when the next one is waited for */
    tw_time end;                         /* CLOCK_REALTIME: what is later is not taken; 0: none */
    bool reached;                        /* what `now` is to end with has come */
    bool has_ended;                      /* a packet behind `end` has come */
    struct capture_stats past;           /* of captures that were closed */
    uint64_t taken, left;                /* packets of `now` that were taken, and that were the other's */
    capture_packet_fn *fn;               /* during a dispatch */
    void *context;
};

/* How source_dispatch ended, beside those of capture.h. */
enum { SOURCE_SWITCHED = -10 }; /* the next capture has taken over: its link type counts from here on */

/* Begin with this capture, which is the source's from here on. */
void source_open(struct source *source, struct capture *capture);

/* Close all. Nothing happens to a source that is all zero. */
void source_close(struct source *source);

/*
 * A capture is to take over, and is the source's from here on. When there is none now, it has with the next dispatch;
 * when one is about to take over already, it does so behind that one.
 *
 *   is_beside  it sees the same packets as the one that it replaces, as far as both let them pass
 */
void source_replace(struct source *source, struct capture *next, bool is_beside);

/* The interface has vanished (CAPTURE_GONE). */
void source_lose(struct source *source);

/* As capture_dispatch; SOURCE_SWITCHED when the next capture has just taken over. 0 when the interface is away. */
int source_dispatch(struct source *source, int max, capture_packet_fn *fn, void *context);

/* Only what the kernel has stamped up to this moment (CLOCK_REALTIME) is taken from now on; has_ended tells when. */
void source_end_at(struct source *source, tw_time end);

/* Counters of all captures so far; what two of them have seen counts once. */
void source_stats(struct source *source, struct capture_stats *ret);

#endif
