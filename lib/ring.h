/* SPDX-License-Identifier: MIT */
/*
 * ring.h — the packets of the recent past, of all flows together, bounded in bytes.
 *
 *      tail (oldest)                                   head (next put)
 *        |                                               |
 *   ...  [entry|bytes][entry|bytes][entry|bytes][entry|bytes] ...
 *            ^----link----|                |
 *            '-------------------link------'        entries of one flow, newest to oldest
 *
 * One contiguous memory. A record is an entry of 32 bytes followed by the packet's bytes (padded to 8), and never
 * wraps: what is left at the end of the memory is skipped. A reference is the free-running position of an entry in
 * units of 8 bytes, never 0, never used twice; one older than the tail is simply gone.
 *
 * Where a capture file is read, the bytes stay in it: a record is its entry alone, which says where they are, and they
 * are fetched again when they are needed. So nothing is copied, and the same memory reaches far longer back.
 *
 * The entries of a flow are chained: `link` is the distance to the flow's entry before (0: none), so that nothing has
 * to be done for the flow when an entry leaves. While a flow is extracted its chain is turned round, and `link` is the
 * distance to the entry after. Who turns it is the user of the ring.
 *
 * A put that needs room drops the oldest entries; those with a flag of TW_RING_WATCHED are shown to the owner first.
 * The ring allocates once. Threads: one, and one of its own that makes the memory ready (ahead.h).
 */
#ifndef TW_RING_H
#define TW_RING_H

#include "ahead.h"
#include "types.h"

typedef uint64_t tw_ref; /* 0: none */

enum {
    TW_RING_HANDSHAKE = 0x01, /* a SYN or SYN-ACK that may have to be kept aside */
    TW_RING_PENDING = 0x02,   /* of an extraction that has not come to it yet */
    TW_RING_SYN = 0x04,       /* any segment with SYN */
    TW_RING_WATCHED = TW_RING_HANDSHAKE | TW_RING_PENDING,
};

struct tw_ring_entry {
    tw_time clock; /* the engine's clock at that packet; never falls from entry to entry */
    union {
        tw_time time;    /* the packet's own */
        uint64_t offset; /* bytes in a file: where its record is */
    };
    uint32_t whose; /* tw_ring_whose(); set after the put */
    uint32_t link;  /* in units of 8 bytes; 0: none */
    uint32_t caplen : 19;
    uint32_t flags : 5;
    uint32_t source : 8; /* the owner's number for what it was captured from */
    union {
        uint32_t wirelen;
        uint32_t origin; /* bytes in a file: in which one, by a number of who fetches */
    };
};

/* A number of the owner's for the flow, below 2^31, and the side that has sent the packet, in one word. */
static inline uint32_t tw_ring_whose(uint32_t number, enum tw_side side) {
    return number << 1 | side;
}

static inline uint32_t tw_ring_number(const struct tw_ring_entry *entry) {
    return entry->whose >> 1;
}

static inline enum tw_side tw_ring_side(const struct tw_ring_entry *entry) {
    return entry->whose & 1 ? TW_B : TW_A;
}

/* The number becomes another. */
static inline void tw_ring_renumber(struct tw_ring_entry *entry, uint32_t number) {
    entry->whose = tw_ring_whose(number, tw_ring_side(entry));
}

/* A packet as it was captured, but for what ring.snaplen has cut. */
struct tw_ring_packet {
    tw_time time;
    uint32_t wirelen;
    const uint8_t *bytes; /* caplen of its entry */
};

/* Who is asked about watched entries; neither function may put. */
struct tw_ring_owner {
    void *context;
    /* The entry leaves. NULL: nobody wants to know. */
    void (*leave)(void *context, tw_ref ref, const struct tw_ring_entry *entry);
    /* It will soon, if it is still watched by then: time to have from memory what will be looked at. Said only where the
       bytes stay in files, and not of the last in a lap of the memory. Or NULL. */
    void (*soon)(void *context, const struct tw_ring_entry *entry);
};

/*
 * Fetch a packet out of its file: all but `caplen` bytes, time and wirelen of it are known by the entry.
 * Returns false when the file does not hold it any more. What is lent is valid until the next fetch.
 */
typedef bool tw_ring_fetch_fn(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret);

struct tw_ring_fetch {
    tw_ring_fetch_fn *fn; /* NULL: the bytes are in the ring */
    void *context;
};

enum { TW_RING_MIN_SIZE = 1 << 20 };         /* holds the largest packet (256 KiB) more than twice */
#define TW_RING_MAX_SIZE (UINT64_C(1) << 34) /* 16 GiB: a link, and 31 bits of a reference, reach across it */

/*
 * Positions are free-running, in units of 8 bytes. The memory holds two laps at most: the current one, whose position
 * `lap` is the memory's first unit, and what is left of the one before, whose records end at `edge`:
 *
 *      memory   | current lap ... head |  (free)  | tail ... lap before ... edge | skipped |
 *      position  lap                                                                        lap
 *
 * So a position becomes an address with one comparison and no division, whatever the size. The members are ring.c's; they
 * are here because every packet is put, and got again a batch later.
 */
struct tw_ring {
    uint8_t *memory;
    uint64_t size; /* this and all positions in units */
    uint64_t head; /* of the next entry, should it fit */
    uint64_t tail; /* of the oldest entry; equal to head: empty */
    uint64_t lap;  /* where the current lap began */
    uint64_t edge; /* where the records of the lap before ended; tail goes on from here to lap */
    uint64_t calm; /* up to here the head just moves on: nothing to drop, no lap to begin, no memory to ask for */
    uint64_t used; /* units that entries take */
    uint64_t packets;
    tw_time newest; /* clock of the last entry put */
    struct tw_ring_fetch fetch;
    struct tw_ring_owner owner;
    struct tw_ahead *ahead; /* of the first lap */
};

enum { TW_RING_UNIT = 8, TW_RING_ENTRY_UNITS = sizeof(struct tw_ring_entry) / TW_RING_UNIT };

/*
 * Make a ring of `size` bytes (TW_RING_MIN_SIZE to TW_RING_MAX_SIZE, rounded down to 32). `owner` (NULL: nobody) is copied,
 * as is `fetch` (NULL: no), which says that the bytes stay in files.
 * Returns NULL when there is no memory. The memory is reserved at once and used as it is written, and
 * somewhat ahead of that (ahead.h).
 */
struct tw_ring *tw_ring_create(size_t size, const struct tw_ring_fetch *fetch, const struct tw_ring_owner *owner);

/* NULL is allowed. The leave function is not called. */
void tw_ring_destroy(struct tw_ring *ring);

/*
 * Copy a packet in, dropping the oldest where room is needed.
 *
 *   entry  all but link is taken; caplen is at most 262144; link is set to 0
 *   bytes  caplen bytes; not looked at where they stay in a file
 *
 * Returns the reference; cannot fail.
 */
static inline tw_ref tw_ring_put(struct tw_ring *ring, const struct tw_ring_entry *entry, const uint8_t *bytes);

/*
 * Make room for a record, dropping as tw_ring_put() does. The caller fills it at once: all of the entry
 * (tw_ring_entry_at), and behind it the bytes, unless they stay in a file.
 *
 *   units  of the record: tw_ring_units() of its caplen, which is TW_RING_ENTRY_UNITS where bytes stay in files
 *   clock  the entry's
 */
static inline tw_ref tw_ring_reserve(struct tw_ring *ring, uint64_t units, tw_time clock);

/* How much of the ring a packet of `caplen` bytes takes, its entry included: in units of 8 bytes, and in bytes. */
static inline uint64_t tw_ring_units(const struct tw_ring *ring, uint32_t caplen);
static inline size_t tw_ring_cost(const struct tw_ring *ring, uint32_t caplen);

/*
 * Below which reference entries would leave with a put of `caplen` bytes; all others would stay. It is a bound and not
 * always the reference of an entry. Cost O(1).
 */
tw_ref tw_ring_tail_after(const struct tw_ring *ring, uint32_t caplen);

/* Borrow an entry, or NULL when it has left. Valid until the next put or age. */
static inline struct tw_ring_entry *tw_ring_get(const struct tw_ring *ring, tw_ref ref);

/*
 * The packet of an entry got from this ring, or, where the bytes stay in files, of a copy of one.
 * Returns false when the file does not hold it any more. Valid until the next put, age or fetch.
 */
bool tw_ring_fetch(const struct tw_ring *ring, const struct tw_ring_entry *entry, struct tw_ring_packet *ret);

/* Whether the bytes stay in files. */
bool tw_ring_is_in_file(const struct tw_ring *ring);

/* An empty ring only: references begin here, above those of another ring that it takes the place of. */
void tw_ring_begin_at(struct tw_ring *ring, tw_ref ref);

/* Where the next put may go: all references are below it. */
tw_ref tw_ring_head(const struct tw_ring *ring);

/* The reference below the head whose lower 31 bits are these: no two that are in the ring have them in common. */
static inline tw_ref tw_ring_whole(const struct tw_ring *ring, uint32_t lower);

/* The oldest entry, and the one after an entry; 0: there is none. */
tw_ref tw_ring_first(const struct tw_ring *ring);
tw_ref tw_ring_next(const struct tw_ring *ring, tw_ref ref);

/* Drop the oldest until at most `bytes` are used, as a put would. */
void tw_ring_shrink(struct tw_ring *ring, size_t bytes);

/* Drop the entries whose clock is before `clock`, as a put would. */
void tw_ring_age(struct tw_ring *ring, tw_time clock);

struct tw_ring_stats {
    size_t size, used; /* bytes; used counts entries and padded bytes */
    uint64_t packets;
    tw_time span; /* clock of the newest less that of the oldest */
};

void tw_ring_stats(const struct tw_ring *ring, struct tw_ring_stats *ret);

/* Where an entry of so many units will stand: what is in its way is dropped. For tw_ring_reserve(). */
tw_ref tw_ring_make_room(struct tw_ring *ring, uint64_t units);

static inline uint64_t tw_ring_units(const struct tw_ring *ring, uint32_t caplen) {
    return ring->fetch.fn ? TW_RING_ENTRY_UNITS
                          : TW_RING_ENTRY_UNITS + ((uint64_t)caplen + TW_RING_UNIT - 1) / TW_RING_UNIT;
}

static inline struct tw_ring_entry *tw_ring_entry_at(const struct tw_ring *ring, uint64_t position) {
    uint64_t unit = position >= ring->lap ? position - ring->lap : position + ring->size - ring->lap;
    return (struct tw_ring_entry *)(void *)(ring->memory + unit * TW_RING_UNIT);
}

static inline size_t tw_ring_cost(const struct tw_ring *ring, uint32_t caplen) {
    return tw_ring_units(ring, caplen) * TW_RING_UNIT;
}

static inline tw_ref tw_ring_whole(const struct tw_ring *ring, uint32_t lower) {
    return ring->head - ((ring->head - lower) & INT32_MAX);
}

static inline struct tw_ring_entry *tw_ring_get(const struct tw_ring *ring, tw_ref ref) {
    return ref >= ring->tail && ref < ring->head ? tw_ring_entry_at(ring, ref) : NULL;
}

static inline tw_ref tw_ring_reserve(struct tw_ring *ring, uint64_t units, tw_time clock) {
    tw_ref start = ring->head;
    if (start + units > ring->calm) {
        start = tw_ring_make_room(ring, units);
    }
    ring->head = start + units;
    ring->used += units;
    ring->packets++;
    ring->newest = clock;
    return start;
}

static inline tw_ref tw_ring_put(struct tw_ring *ring, const struct tw_ring_entry *entry, const uint8_t *bytes) {
    tw_ref ref = tw_ring_reserve(ring, tw_ring_units(ring, entry->caplen), entry->clock);
    struct tw_ring_entry *copy = tw_ring_entry_at(ring, ref);
    *copy = *entry;
    copy->link = 0;
    if (!ring->fetch.fn) {
        __builtin_memcpy(copy + 1, bytes, entry->caplen);
    }
    return ref;
}

#endif
