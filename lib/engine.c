/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "extract.h"
#include "flowtable.h"
#include "packet.h"
#include "ring.h"
#include "tracker.h"
#include "walk.h"

enum {
    BATCH = 64,          /* packets whose flows are on their way from memory at the same time */
    RING_AHEAD = 256,    /* bytes, how far behind a new record the ring's memory is asked for */
    PUMP_BYTES = 1 << 20 /* moved for each waiting extraction at a tick */
};

struct tw_engine {
    struct tw_settings settings;
    struct tw_tracker *tracker;
    struct tw_ring *ring; /* of the tracker's extraction, as is the table below */
    struct tw_flowtable *table;
    struct tw_clock clock;
    tw_time begun, ended; /* clock at the first and at the last packet */
    tw_time time;         /* the last packet's own */
    uint64_t jumps;       /* of the clock, up to the last packet */
    int dlt;
    uint8_t source;          /* the extraction's number for it */
    bool is_in_file;         /* the bytes of packets stay there */
    struct tw_report counts; /* time, packets */
    uint64_t other_bytes;    /* on the wire, of packets that are not TCP */
    struct tw_tracked *next; /* the first of the batch that is free */
    struct tw_tracked batch[BATCH];
};

int tw_engine_create(const struct tw_engine_options *options, struct tw_engine **ret) {
    struct tw_engine *engine = aligned_alloc(_Alignof(struct tw_engine), sizeof *engine);
    if (!engine) {
        return -ENOMEM;
    }
    memset(engine, 0, sizeof *engine);
    int err = tw_tracker_create(options, &engine->tracker);
    if (err) {
        free(engine);
        return err;
    }
    engine->settings = *options->settings;
    engine->next = engine->batch;
    engine->ring = tw_extract_ring(tw_tracker_extract(engine->tracker));
    engine->is_in_file = tw_ring_is_in_file(engine->ring);
    engine->table = tw_tracker_table(engine->tracker);
    *ret = engine;
    return 0;
}

void tw_engine_destroy(struct tw_engine *engine) {
    if (engine) {
        tw_tracker_destroy(engine->tracker);
        free(engine);
    }
}

int tw_engine_source(struct tw_engine *engine, int dlt, uint32_t snaplen) {
    if (!tw_linktype_is_known(dlt)) {
        return TW_ELINKTYPE;
    }
    engine->dlt = dlt;
    engine->source = tw_extract_source(tw_tracker_extract(engine->tracker), dlt, snaplen);
    return 0;
}

/* Count what a packet is that is not plain. Returns whether it is TCP by its IP header, however damaged. */
static bool count_kind(struct tw_packet_counters *c, struct tw_ethertypes *types, const struct tw_packet *packet) {
    c->cut_short += (packet->status & TW_PACKET_CUT) != 0;
    c->malformed += (packet->status & TW_PACKET_MALFORMED) != 0;
    c->too_deep += (packet->status & TW_PACKET_TOO_DEEP) != 0;
    if (!packet->ip_version) {
        c->non_ip++;
        tw_ethertypes_feed(types, packet->ethertype);
        return false;
    }
    c->fragments += packet->status & TW_PACKET_LATER_FRAGMENT || packet->n_first;
    switch (packet->proto) {
    case IPPROTO_TCP:
        return true;
    case IPPROTO_UDP:
        c->udp++;
        break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        c->icmp++;
        break;
    case IPPROTO_SCTP:
        c->sctp++;
        break;
    default:
        c->other++;
    }
    return false;
}

/* Nearly all packets are IPv4 and TCP: what those are is the rest, by conclude_counts(). */
static void count_packet(struct tw_engine *engine, const struct tw_packet *packet, uint32_t caplen, uint32_t wirelen) {
    struct tw_packet_counters *c = &engine->counts.packets;
    c->total++;
    c->captured_bytes += caplen;
    c->wire_bytes += wirelen;
    c->ipv6 += packet->ip_version == 6;
}

static void conclude_counts(const struct tw_engine *engine, struct tw_packet_counters *c) {
    c->ipv4 = c->total - c->non_ip - c->ipv6;
    c->tcp = c->total - c->non_ip - c->udp - c->icmp - c->sctp - c->other;
    c->tcp_bytes = c->wire_bytes - engine->other_bytes;
}

/* What few packets need is kept out of tw_engine_feed(), which then keeps more in registers. */
#define RARE __attribute__((noinline, cold))

static RARE void begin_time(struct tw_engine *engine, tw_time time) {
    engine->counts.time.seen = true;
    engine->counts.time.first = engine->counts.time.last = time;
    engine->begun = engine->clock.now;
}

static void count_time(struct tw_engine *engine, tw_time time) {
    if (!engine->counts.time.seen) {
        begin_time(engine, time);
    }
    if (time < engine->counts.time.first) {
        engine->counts.time.first = time;
    }
    if (time > engine->counts.time.last) {
        engine->counts.time.last = time;
    }
    engine->time = time;
    engine->ended = engine->clock.now;
}

/* Whether the packet belongs to a flow that is kept, and is no later fragment. */
static bool has_flow(const struct tw_engine *engine, const struct tw_packet *packet) {
    if (packet->status & TW_PACKET_TCP) {
        return true;
    }
    return engine->settings.flow.all_protocols && packet->ip_version &&
           !(packet->status & (TW_PACKET_CUT | TW_PACKET_MALFORMED | TW_PACKET_TOO_DEEP | TW_PACKET_LATER_FRAGMENT));
}

/* What the ring has to know of a packet when it loses it. */
static inline uint32_t ring_flags(const struct tw_packet *packet) {
    if (!(packet->flags & TW_TCP_SYN) || !(packet->has & TW_HAS_FLAGS) || !(packet->status & TW_PACKET_TCP)) {
        return 0; /* by the test that nearly all end with */
    }
    return packet->has & TW_HAS_OPTIONS ? TW_RING_SYN | TW_RING_HANDSHAKE : TW_RING_SYN;
}

/* An entry for a packet, and what is the same of it wherever its bytes are. */
static inline struct tw_ring_entry *put_entry(struct tw_engine *engine, struct tw_tracked *tracked, uint64_t units,
                                              uint32_t caplen, uint64_t offset, uint32_t origin) {
    tracked->ref = tw_ring_reserve(engine->ring, units, tracked->clock);
    struct tw_ring_entry *entry = tw_ring_entry_at(engine->ring, tracked->ref);
    /* Else so many writes wait for lines of new entries that no other write finds room: 20 of 45 ns for a packet. */
    tw_prefetch_write(entry, units * TW_RING_UNIT + RING_AHEAD);
    /* At once: to set a bit field alone, its neighbours would be read from memory first. */
    *entry = (struct tw_ring_entry){
        .clock = tracked->clock,
        .offset = offset,
        .caplen = caplen & 0x7ffff,
        .flags = ring_flags(&tracked->packet) & 0x1fu,
        .source = engine->source,
        .origin = origin,
    };
    return entry;
}

/* Apart, so that those that stay in their file are fast. */
static __attribute__((noinline)) void put_bytes(struct tw_engine *engine, struct tw_tracked *tracked,
                                                const struct tw_frame *from, uint32_t caplen) {
    uint64_t units = tw_ring_units(engine->ring, caplen);
    memcpy(put_entry(engine, tracked, units, caplen, (uint64_t)tracked->time, from->wirelen) + 1, from->bytes, caplen);
}

/* Put a packet into the ring: where it is, or, with its time and length, itself. */
static inline void put(struct tw_engine *engine, struct tw_tracked *tracked, const struct tw_frame *from) {
    uint32_t snaplen = engine->settings.ring.snaplen;
    uint32_t caplen = snaplen - 1 < from->caplen ? snaplen : from->caplen; /* 0 is no limit: less one, the largest */
    if (engine->is_in_file) {
        (void)put_entry(engine, tracked, TW_RING_ENTRY_UNITS, caplen, from->offset, from->origin);
    } else {
        put_bytes(engine, tracked, from, caplen);
    }
}

/* What the running batch has put into the ring must not leave before it was worked on. Entries alone never fill one. */
static bool would_push_batch_out(const struct tw_engine *engine, uint32_t caplen) {
    return !engine->is_in_file && engine->next != engine->batch &&
           tw_ring_tail_after(engine->ring, caplen) > engine->batch[0].ref;
}

static inline __attribute__((always_inline)) void feed_flow(struct tw_engine *engine, struct tw_tracked *tracked,
                                                            const struct tw_frame *from, bool is_scoped) {
    tracked->key_end = (uint8_t)tw_flowkey_init(&tracked->key, &tracked->packet);
    tracked->is_scoped = is_scoped;
    tracked->hash = tw_flowtable_hash(engine->table, &tracked->key, is_scoped ? &tracked->packet.scope : NULL);
    put(engine, tracked, from);
    if (++engine->next == engine->batch + BATCH) {
        tw_engine_flush(engine);
    }
}

/* Fragments are rare; they are not worth a place in the batch. */
static RARE void feed_fragment(struct tw_engine *engine, struct tw_tracked *tracked, const struct tw_frame *from) {
    const struct tw_packet *packet = &tracked->packet;
    tw_engine_flush(engine);
    tw_tracker_serve(engine->tracker, tracked->clock);
    if (tw_tracker_knows(engine->tracker, &packet->later, tracked->clock)) {
        put(engine, tracked, from);
        tw_tracker_fragment(engine->tracker, tracked);
    }
}

/*
 * A packet that is not plain: another protocol, tagged, tunnelled, fragmented, damaged. Apart, so that the others stay
 * fast.
 */
static __attribute__((noinline)) void feed_any(struct tw_engine *engine, struct tw_tracked *tracked,
                                               const struct tw_frame *from) {
    const struct tw_packet *packet = &tracked->packet;
    tw_depths_feed(&engine->counts.headers, packet->layers);
    if (!count_kind(&engine->counts.packets, &engine->counts.ethertypes, packet)) {
        engine->other_bytes += from->wirelen;
    }
    if (has_flow(engine, packet)) {
        feed_flow(engine, tracked, from, !tw_scope_is_empty(&packet->scope));
    } else if (packet->status & TW_PACKET_LATER_FRAGMENT) {
        feed_fragment(engine, tracked, from);
    }
}

/* Damaged times must leave room for the periods that are added to them; see clock.c. */
static tw_time clamp_time(tw_time time) {
    static const tw_time bound = INT64_C(8000000000000000000);
    return time <= bound && time >= -bound ? time : time > bound ? bound : -bound;
}

/* The clock has not followed the packet's time. */
static RARE void note_jump(struct tw_engine *engine, struct tw_packet *packet) {
    engine->jumps = engine->clock.jumps;
    tw_skews_add(&engine->table->skews, engine->clock.offset);
    packet->flow_stat |= TW_STAT_TIME_JUMP;
}

void tw_engine_feed(struct tw_engine *engine, const struct tw_frame *from) {
    if (would_push_batch_out(engine, from->caplen)) {
        tw_engine_flush(engine);
    }
    struct tw_tracked *tracked = engine->next;
    struct tw_packet *packet = &tracked->packet;
    bool is_plain =
        tw_packet_decode(&engine->settings.decode, engine->dlt, from->bytes, from->caplen, from->wirelen, packet);
    tracked->time = clamp_time(from->time);
    tracked->wirelen = from->wirelen;
    tracked->clock = tw_clock_feed(&engine->clock, tracked->time);
    if (engine->clock.jumps != engine->jumps) {
        note_jump(engine, packet);
    }
    count_time(engine, tracked->time);
    count_packet(engine, packet, from->caplen, from->wirelen);
    if (is_plain) {
        tw_depths_add(&engine->counts.headers, TW_PLAIN_HEADERS);
        feed_flow(engine, tracked, from, false);
    } else {
        feed_any(engine, tracked, from);
    }
}

/*
 * What a batch will touch is asked for in rounds, each for all of its packets at once: so a round waits for memory, and for
 * the translation of addresses, about once, where asking packet by packet waits each time (8 ns for each packet and round
 * instead of 40 to 60, with 100 000 flows).
 */
static inline TW_PREFETCH void prefetch_batch(struct tw_engine *engine, const struct tw_tracked *end) {
    struct tw_tracked *tracked;
    for (tracked = engine->batch; tracked < end; tracked++) {
        tw_flowtable_prefetch_bucket(engine->table, tracked->hash);
    }
    for (tracked = engine->batch; tracked < end; tracked++) {
        tw_flowtable_prefetch_key(engine->table, tracked->hash);
    }
    for (tracked = engine->batch; tracked < end; tracked++) {
        bool is_end = tracked->packet.flags & (TW_TCP_FIN | TW_TCP_RST);
        tracked->guess = tw_flowtable_prefetch_flow(engine->table, tracked->hash, &tracked->key, is_end);
    }
}

void tw_engine_flush(struct tw_engine *engine) {
    const struct tw_tracked *end = engine->next;
    engine->next = engine->batch;
    prefetch_batch(engine, end);
    tw_tracker_packets(engine->tracker, engine->batch, (size_t)(end - engine->batch));
    if (engine->clock.started) {
        tw_tracker_serve(engine->tracker, engine->clock.now);
    }
}

bool tw_engine_tick(struct tw_engine *engine, tw_time monotonic, bool silent) {
    tw_clock_tick(&engine->clock, monotonic, silent);
    tw_engine_flush(engine);
    return tw_extract_pump(tw_tracker_extract(engine->tracker), PUMP_BYTES, engine->clock.now);
}

void tw_engine_finish(struct tw_engine *engine) {
    tw_engine_flush(engine);
    tw_tracker_finish(engine->tracker, engine->clock.now, engine->time);
    tw_extract_finish(tw_tracker_extract(engine->tracker), engine->clock.now);
}

void tw_engine_report(struct tw_engine *engine, struct tw_report *ret) {
    struct tw_ring_stats ring;
    tw_ring_stats(engine->ring, &ring);
    ret->time = engine->counts.time;
    ret->time.duration = engine->ended - engine->begun;
    ret->time.jumps = engine->clock.jumps;
    ret->packets = engine->counts.packets;
    conclude_counts(engine, &ret->packets);
    ret->ethertypes = engine->counts.ethertypes;
    tw_ethertypes_sort(&ret->ethertypes);
    ret->headers = engine->counts.headers;
    ret->ring.in_file = engine->is_in_file;
    ret->ring.size = engine->settings.ring.size;
    ret->ring.used = ring.used;
    ret->ring.packets = ring.packets;
    ret->ring.span = ring.span;
    ret->memory.ring = ring.used;
    tw_tracker_report(engine->tracker, ret);
}

struct tw_engine_change {
    struct tw_settings settings;
    struct tw_extract_change *extract;
};

int tw_engine_prepare(struct tw_engine *engine, const struct tw_settings *settings, struct tw_engine_change **ret) {
    struct tw_engine_change *change = calloc(1, sizeof *change);
    if (!change || tw_tracker_prepare(engine->tracker, settings, &change->extract)) {
        free(change);
        return -ENOMEM;
    }
    change->settings = *settings;
    *ret = change;
    return 0;
}

void tw_engine_commit(struct tw_engine *engine, struct tw_engine_change *change) {
    tw_engine_flush(engine);
    engine->settings = change->settings;
    tw_tracker_commit(engine->tracker, &change->settings, change->extract);
    engine->ring = tw_extract_ring(tw_tracker_extract(engine->tracker));
    free(change);
}

void tw_engine_cancel(struct tw_engine_change *change) {
    if (change) {
        tw_extract_cancel(change->extract);
        free(change);
    }
}

void tw_engine_cut(struct tw_engine *engine, uint64_t next_pcap) {
    tw_engine_flush(engine);
    tw_extract_cut(tw_tracker_extract(engine->tracker), next_pcap);
}
