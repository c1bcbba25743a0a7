/* SPDX-License-Identifier: MIT */
/*
 * tracker.h — what a packet does to its flow: the flow is found or made, the packet counted, its segment judged, an alarm
 * raised; and what time does to all flows: silence ends them, episodes last, extractions end.
 *
 * A segment is judged by the state before it; then its own flags take effect. Everything happens in the order of the
 * engine's clock. Threads: one, beside those of the ring, the table and the hosts.
 */
#ifndef TW_TRACKER_H
#define TW_TRACKER_H

#include <stddef.h>

#include "extract.h"
#include "flowtable.h"
#include "report.h"
#include "ring.h"
#include "setup.h"

struct tw_tracker;

/*
 * A packet of a flow, or a later fragment, that stands in the ring. Its first two lines are all that is read of a plain
 * packet whose flow is known.
 */
struct tw_tracked {
    tw_time time;  /* its own */
    tw_time clock; /* the engine's at that packet */
    tw_ref ref;
    uint32_t wirelen;
    uint32_t hash;   /* `hash` to `key` are not there for a later fragment */
    uint32_t guess;  /* the slot of its flow, likely */
    uint8_t key_end; /* that sent it */
    bool is_scoped;  /* its scope is not the empty one */
    struct tw_flowkey key;
    struct tw_packet packet;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct tw_tracked, packet.src) == 2 * 64, "a plain packet is two cache lines");

/* As tw_engine_create. */
int tw_tracker_create(const struct tw_engine_options *options, struct tw_tracker **ret);

/* NULL is allowed. */
void tw_tracker_destroy(struct tw_tracker *tracker);

/* What is owned here and used beside: the table to prefetch from, the extraction with its ring. */
struct tw_flowtable *tw_tracker_table(struct tw_tracker *tracker);
struct tw_extract *tw_tracker_extract(struct tw_tracker *tracker);

/* Do what has become due up to `clock`, in order. */
void tw_tracker_serve(struct tw_tracker *tracker, tw_time clock);

/* Take `n` packets of flows, each when all that was due before it has been done. */
void tw_tracker_packets(struct tw_tracker *tracker, const struct tw_tracked *tracked, size_t n);

/*
 * Whether the flow of a later fragment is known and alive; only then may tw_tracker_fragment be called with it, and what
 * was due before it must have been served.
 */
bool tw_tracker_knows(const struct tw_tracker *tracker, const struct tw_datagram *datagram, tw_time clock);
void tw_tracker_fragment(struct tw_tracker *tracker, const struct tw_tracked *tracked);

/* Other settings, as tw_extract_prepare and tw_extract_commit; a cancelled change goes to tw_extract_cancel. */
int tw_tracker_prepare(struct tw_tracker *tracker, const struct tw_settings *settings, struct tw_extract_change **ret);
void tw_tracker_commit(struct tw_tracker *tracker, const struct tw_settings *settings,
                       struct tw_extract_change *change);

/* End all flows, in the order of their creation. */
void tw_tracker_finish(struct tw_tracker *tracker, tw_time clock, tw_time packet_time);

/* Fill in packets.side and side_bytes, flows, window, alarms, extract, top, memory.flow_table. */
void tw_tracker_report(struct tw_tracker *tracker, struct tw_report *ret);

#endif
