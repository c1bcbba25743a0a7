/* SPDX-License-Identifier: MIT */
/*
 * engine.h — the facade: packets in, evidence out.
 *
 *   feed ─► decode, hash, prefetch, ring ─► (a batch later, in order) flow ─► window ─► detect ─► extract ─► writer
 *
 * An engine is an object with no clock of its own: time comes with the packets and, live, with tw_engine_tick. The same
 * packets and settings give the same files. Two engines share nothing. Threads: one engine, one thread, beside those
 * that it has for itself.
 */
#ifndef TW_ENGINE_H
#define TW_ENGINE_H

#include "report.h"
#include "setup.h"
#include "types.h"

struct tw_engine;

/* Returns 0 or -ENOMEM, then *ret is untouched. */
int tw_engine_create(const struct tw_engine_options *options, struct tw_engine **ret);

/* Free everything; open episodes and extractions are not reported (tw_engine_finish does that). NULL is allowed. */
void tw_engine_destroy(struct tw_engine *engine);

/*
 * From here on packets come from a source of this link type and snapshot length. Flows go on. Returns 0, or TW_ELINKTYPE
 * for a link type that is not decoded, then nothing changed.
 */
int tw_engine_source(struct tw_engine *engine, int dlt, uint32_t snaplen);

/*
 * Take one packet, of at most 262144 captured bytes, which are looked at during the call only. It takes effect with its
 * batch, at the latest at the next tw_engine_flush.
 */
void tw_engine_feed(struct tw_engine *engine, const struct tw_frame *frame);

/* Work on everything fed so far. To be called whenever no further packet is at hand. */
void tw_engine_flush(struct tw_engine *engine);

/*
 * Live only: say what the monotonic clock shows, after a dispatch and in silence at least ten times a second.
 *
 *   monotonic  nanoseconds of CLOCK_MONOTONIC
 *   silent     the dispatch before found no packet: then the engine's clock follows the monotonic one, and what
 *              became due in the silence is done
 *
 * Also moves extractions on. Returns true while there is more to extract than the writer could take: tick again soon.
 */
bool tw_engine_tick(struct tw_engine *engine, tw_time monotonic, bool silent);

/* The end of the input: work on everything, end every flow. Only report and destroy may follow. */
void tw_engine_finish(struct tw_engine *engine);

/*
 * Other settings while everything goes on, in two steps: prepare what can fail, then commit, or cancel (NULL is allowed).
 * Flows, episodes and extractions go on; of the ring what fits a new size stays; timeouts hold at once; when other parts
 * of the scope count in the key, living flows are known by the new key from then on. Prepare returns 0 or -ENOMEM, then
 * nothing changed; nothing may be fed before the commit.
 */
struct tw_engine_change;
int tw_engine_prepare(struct tw_engine *engine, const struct tw_settings *settings, struct tw_engine_change **ret);
void tw_engine_commit(struct tw_engine *engine, struct tw_engine_change *change);
void tw_engine_cancel(struct tw_engine_change *change);

/* Finish the pcap files that are open; the next packet that is extracted begins one with this number (0: the next). */
void tw_engine_cut(struct tw_engine *engine, uint64_t next_pcap);

/*
 * Fill in what the engine knows: time, packets, flows, window, alarms, ring, extract.flows, extract.skipped, the losses
 * overrun and queue, top, memory.flow_table and memory.ring. The other fields are left as they are.
 */
void tw_engine_report(struct tw_engine *engine, struct tw_report *ret);

#endif
