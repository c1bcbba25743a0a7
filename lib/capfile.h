/* SPDX-License-Identifier: MIT */
/*
 * capfile.h — reading plain capture files, faster than libpcap: pcap and pcapng, in both byte orders.
 *
 * One warm buffer of 1 MiB is filled with read(2), and packets are handed out in place: nothing is copied, and the buffer
 * stays in the processor's cache (measured beside a mapping of the file: 0.4 and 0.8 of libpcap's time). Each packet
 * comes with the place of its record, so that its bytes can be fetched again later.
 *
 * Formats: draft-ietf-opsawg-pcap (microseconds and nanoseconds, version 2.4) and draft-ietf-opsawg-pcapng (sections,
 * several interfaces with their link types, snapshot lengths and time resolutions; enhanced, simple and old packet
 * blocks; others are skipped). What is not one of these is left to libpcap. Limits are libpcap's.
 *
 * The origins of packets (file, format, interface) are kept in a set that outlives the reading of a file, since fetching
 * needs them. Threads: none.
 */
#ifndef TW_CAPFILE_H
#define TW_CAPFILE_H

#include "ring.h"
#include "types.h"

enum { TW_CAPFILE_CAPLEN_MAX = 262144 };

/* Where packets come from; one for each interface of each section. */
struct tw_origin {
    int fd;
    int dlt;
    uint32_t snaplen;
    bool is_swapped; /* the other byte order than this machine's */
    bool is_ng;
    uint64_t units; /* of time stamps, per second */
    uint64_t scale; /* nanoseconds in a unit, where that is a whole number; else 0 */
    int64_t offset; /* seconds to add */
};

struct tw_origins {
    struct tw_origin *list;
    uint32_t n, room;
    uint8_t *bytes; /* what was fetched last */
};

/* Free the set; the files are the caller's to close. A zeroed set is allowed. */
void tw_origins_fini(struct tw_origins *origins);

/*
 * Fetch a packet again; a tw_ring_fetch_fn with the origins as its context. Returns false when the file does not hold it
 * any more.
 */
bool tw_origins_fetch(void *origins, const struct tw_ring_entry *entry, struct tw_ring_packet *ret);

struct tw_capfile;

enum tw_capfile_result {
    TW_CAPFILE_PACKET,
    TW_CAPFILE_END,
    TW_CAPFILE_BROKEN, /* it breaks off, or is damaged from here on; tw_capfile_problem says how */
    TW_CAPFILE_NO_MEMORY,
};

struct tw_capfile_packet {
    tw_time time;
    uint32_t caplen, wirelen; /* caplen <= wirelen, caplen <= TW_CAPFILE_CAPLEN_MAX */
    const uint8_t *bytes;     /* until the next call */
    uint32_t origin;          /* number in the set */
    uint64_t offset;          /* of its record in the file */
};

/*
 * Open a file that is a seekable one, at its beginning.
 *
 *   fd       borrowed, for the life of the origins
 *   origins  the interfaces of the file are added to it as they are met
 *
 * Returns 0; -ENOTSUP when it is no format of ours (or breaks off before that can be told); -ENOMEM, or -errno of read(2).
 * Then *ret is untouched. A pcapng file is read up to its first packet, so that its first interface is known.
 */
int tw_capfile_open(int fd, struct tw_origins *origins, struct tw_capfile **ret);

/* NULL is allowed. */
void tw_capfile_close(struct tw_capfile *file);

/* The first interface of the file. */
const struct tw_origin *tw_capfile_first(const struct tw_capfile *file);

/* The next packet. After anything but a packet, the same is returned again. */
enum tw_capfile_result tw_capfile_next(struct tw_capfile *file, struct tw_capfile_packet *ret);

/* What is broken, as a clause ("the record header is cut off"). */
const char *tw_capfile_problem(const struct tw_capfile *file);

/* Bytes worked on so far. */
uint64_t tw_capfile_position(const struct tw_capfile *file);

#endif
