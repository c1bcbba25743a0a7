/* SPDX-License-Identifier: MIT */
/*
 * extract.h — the packets of alarmed flows, out of the ring and into files.
 *
 *      flow ──last_entry──► newest ─link─► ... ─link─► oldest            not extracted: each points to the one before
 *      extraction ─cursor─► oldest ─link─► ... ─link─► newest            extracted: turned round, each to the one after
 *
 * An alarm begins an extraction: the flow's chain in the ring is turned round once, and a cursor goes along it, as fast
 * as the writer takes packets. Packets that arrive meanwhile join the chain. So an alarm on a flow with a lot in the
 * ring does not hold the capture up, and a packet is written once. What leaves the ring before the cursor has come
 * is counted as lost. An extraction may outlive its flow for as long as it has something to write.
 *
 * The ring is owned here, and so are the handshakes that it loses (handshakes.h). Threads: none.
 */
#ifndef TW_EXTRACT_H
#define TW_EXTRACT_H

#include "flowtable.h"
#include "report.h"
#include "ring.h"
#include "setup.h"

struct tw_extract;

struct tw_extract_options {
    const struct tw_settings *settings;   /* copied */
    const struct tw_selection *selection; /* copied but for its ranges; NULL: none */
    struct tw_flowtable *table;           /* borrowed, as is the writer */
    struct tw_writer *writer;             /* NULL: nothing is extracted */
    uint64_t next_pcap;                   /* number of the next pcap file */
    const struct tw_ring_fetch *fetch;    /* copied; NULL: packets are copied into the ring */
    bool in_steps;                        /* never move much at once: what is left goes with tw_extract_pump */
};

/* NULL: no memory. */
struct tw_extract *tw_extract_create(const struct tw_extract_options *options);

/* NULL is allowed. */
void tw_extract_destroy(struct tw_extract *extract);

/* The ring that packets of flows are put into, by the caller. */
struct tw_ring *tw_extract_ring(struct tw_extract *extract);

/* The number of a source of packets, for their entries in the ring. */
uint8_t tw_extract_source(struct tw_extract *extract, int dlt, uint32_t snaplen);

/* A flow has been created: begin at once if it was selected. */
void tw_extract_flow_begin(struct tw_extract *extract, struct tw_flow *flow);

/* A packet of the flow was put into the ring and chained (it is flow->last_entry): one that is being extracted takes it. */
void tw_extract_link(struct tw_extract *extract, struct tw_flow *flow, tw_ref ref);

/*
 * An alarm was decided for the flow, raised or suppressed: extraction begins or goes on.
 *
 *   side     whose window fell
 *   raising  the entry of the packet that raised it; 0: time did
 */
void tw_extract_alarm(struct tw_extract *extract, struct tw_flow *flow, enum tw_side side, bool is_raised,
                      tw_ref raising, tw_time clock);

/* Write what the flow has to be written, as far as the writer takes it. */
void tw_extract_flow(struct tw_extract *extract, struct tw_flow *flow, tw_time clock, tw_time packet_time);

/* End the flow's extraction, if there is one; `time` goes into its extract_end. */
void tw_extract_end(struct tw_extract *extract, struct tw_flow *flow, tw_time time, tw_time clock);

/* The flow ends: with extract.invert it may be written now; its extraction ends. */
void tw_extract_flow_end(struct tw_extract *extract, struct tw_flow *flow, tw_time clock);

/* Move all extractions on by about `budget` bytes. Returns whether there is more to write. */
bool tw_extract_pump(struct tw_extract *extract, size_t budget, tw_time clock);

/*
 * The end: write what still waits, for as long as the writer takes anything, and count the rest as lost to the queue.
 * Every extraction has its end after it.
 */
void tw_extract_finish(struct tw_extract *extract, tw_time clock);

/* A SYN of this side that has all its options was put into the ring: it is the one to be kept from now on. */
void tw_extract_handshake(struct tw_extract *extract, struct tw_flow *flow, enum tw_side side, tw_ref ref);

/* Whether flows were selected: then alarms neither begin nor end an extraction. */
bool tw_extract_is_selecting(const struct tw_extract *extract);

/* The name of the file that the flow is being extracted to; "": none. */
const char *tw_extract_pcap(const struct tw_extract *extract, const struct tw_flow *flow);

/*
 * Other settings, in two steps: prepare everything that can fail, then commit, or cancel (NULL is allowed). Extractions
 * that go on do so under the new settings; of the ring and the kept handshakes what fits the new sizes stays.
 * Prepare returns 0 or -ENOMEM, then nothing changed.
 */
struct tw_extract_change;
int tw_extract_prepare(struct tw_extract *extract, const struct tw_settings *settings, struct tw_extract_change **ret);
void tw_extract_commit(struct tw_extract *extract, struct tw_extract_change *change);
void tw_extract_cancel(struct tw_extract_change *change);

/* Finish the pcap files that are open; what comes next begins new ones, from this number on (0: numbers go on). */
void tw_extract_cut(struct tw_extract *extract, uint64_t next_pcap);

/* Fill in what it knows: extract.flows, skipped, losses (not the writer's), ring.handshakes_*. */
void tw_extract_report(const struct tw_extract *extract, struct tw_report *ret);

#endif
