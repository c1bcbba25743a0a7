/* SPDX-License-Identifier: MIT */
/*
 * origin.h — where the packets of capture files come from, and fetching them again.
 *
 * An origin is an interface of a section of a file: what it takes to make sense of a record again, later and by its place
 * alone. The set of them outlives the reading of a file, since fetching needs it.
 *
 * Threads: one adds; others may fetch what they were told of after it was added, each with a fetcher of its own.
 */
#ifndef TW_ORIGIN_H
#define TW_ORIGIN_H

#include "ring.h"
#include "types.h"

/* As libpcap has it: what snapshot lengths of 0, and impossible ones, mean; and how long a packet can be. */
enum { TW_ORIGIN_CAPLEN_MAX = 262144 };

/* Later times are moved to this one, which leaves room to add any period; times before the epoch to the epoch. */
#define TW_ORIGIN_TIME_MAX INT64_C(8000000000000000000)

/* Packet blocks of pcapng. */
enum { TW_BLOCK_OLD_PACKET = 2, TW_BLOCK_SIMPLE_PACKET = 3, TW_BLOCK_ENHANCED_PACKET = 6 };

struct tw_origin {
    int fd;
    int dlt;
    uint32_t snaplen; /* as the file says it */
    bool is_swapped;  /* the other byte order than this machine's */
    bool is_ng;
    uint64_t units; /* of time stamps, per second; not 0 */
    uint64_t scale; /* nanoseconds in a unit, where that is a whole number; else 0. Set by tw_origins_add */
    int64_t offset; /* seconds to add */
};

enum { TW_ORIGIN_BLOCKS = 24, TW_ORIGIN_BLOCK = 16 };

struct tw_origins {
    struct tw_origin *block[TW_ORIGIN_BLOCKS]; /* each twice as large as the one before; none ever moves */
    uint32_t n;
};

/* By its number, from 0 to n - 1. */
static inline struct tw_origin *tw_origins_at(const struct tw_origins *origins, uint32_t number) {
    uint32_t place = number + TW_ORIGIN_BLOCK;
    int block = __builtin_clz(TW_ORIGIN_BLOCK) - __builtin_clz(place);
    return &origins->block[block][place - ((uint32_t)TW_ORIGIN_BLOCK << block)];
}

/* Returns 0 or -ENOMEM; it is number n - 1 then. At most 2^27 of them. */
int tw_origins_add(struct tw_origins *origins, const struct tw_origin *origin);

/* Free the set; the files are the caller's to close. A zeroed set is allowed. */
void tw_origins_fini(struct tw_origins *origins);

/* Fetches packets for one thread. */
struct tw_fetcher {
    const struct tw_origins *origins;
    uint8_t *bytes; /* what was fetched last; NULL: nothing yet */
    uint64_t lost;  /* packets that could not be fetched */
};

/*
 * Fetch a packet again; a tw_ring_fetch_fn with a fetcher as its context. Returns false when the file does not hold it
 * any more; one that was overwritten with other records may give another packet.
 */
bool tw_fetcher_fetch(void *fetcher, const struct tw_ring_entry *entry, struct tw_ring_packet *ret);

/* Free what was fetched last. A zeroed fetcher is allowed. */
void tw_fetcher_fini(struct tw_fetcher *fetcher);

/* The snapshot length as it is meant. */
uint32_t tw_origin_snaplen(const struct tw_origin *origin);

/* A time stamp in nanoseconds since the epoch. */
tw_time tw_origin_time(const struct tw_origin *origin, uint64_t stamp);

/* What a record of a file says of its packet. */
struct tw_record {
    uint64_t stamp;
    uint32_t caplen, wirelen;
    uint32_t interface; /* in the section */
    uint32_t header;    /* bytes before the packet's */
};

/* Parse a record of a pcap file: 16 bytes. */
void tw_record_parse(const struct tw_origin *origin, const uint8_t *p, struct tw_record *ret);

/*
 * Parse a packet block of a pcapng file, of which `len` bytes are there (without those after the packet's).
 * A simple one does not know how much was captured: caplen is wirelen then, to be cut to the snapshot length.
 * Returns false when its fixed fields are not there, or it is no packet block.
 */
bool tw_record_parse_block(bool is_swapped, uint32_t type, const uint8_t *p, uint32_t len, struct tw_record *ret);

static inline uint32_t tw_file_u32(bool is_swapped, const uint8_t *p) {
    uint32_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return is_swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t tw_file_u16(bool is_swapped, const uint8_t *p) {
    uint16_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return is_swapped ? __builtin_bswap16(v) : v;
}

#endif
