/* SPDX-License-Identifier: MIT */
/*
 * capfile.h — reading plain capture files, faster than libpcap: pcap and pcapng, in both byte orders.
 *
 * One warm buffer of 1 MiB is filled with read(2), from a pipe or a file, and packets are handed out in place: nothing is
 * copied, and the buffer stays in the processor's cache (measured beside a mapping of the file: 0.4 and 0.8 of libpcap's
 * time). A large file is read ahead by a thread (readahead.h), and its packets are handed out where they were read. Each
 * packet comes with the place of its record, so that the bytes can be fetched again from a file later
 * (origin.h).
 *
 * Formats: draft-ietf-opsawg-pcap (microseconds and nanoseconds, version 2.4) and draft-ietf-opsawg-pcapng (sections,
 * several interfaces with their link types, snapshot lengths and time resolutions; enhanced, simple and old packet
 * blocks; others are skipped). What is not one of these is left to libpcap. Limits are libpcap's, and what is damaged is
 * said in its words; but interfaces and sections may differ, which it refuses. Threads: one, beside that of reading
 * ahead.
 */
#ifndef TW_CAPFILE_H
#define TW_CAPFILE_H

#include "origin.h"
#include "types.h"

enum { TW_CAPFILE_HEAD = 24 }; /* bytes by which a format is known */

struct tw_capfile;

enum tw_capfile_result {
    TW_CAPFILE_PACKET,
    TW_CAPFILE_END,
    TW_CAPFILE_BROKEN, /* it breaks off, or is damaged from here on; tw_capfile_problem says how */
    TW_CAPFILE_AGAIN,  /* a signal came while waiting for a pipe; nothing is lost, call again */
};

/* Whether a file that begins with these bytes (the first TW_CAPFILE_HEAD, or all there are) has a format of ours. */
bool tw_capfile_knows(const uint8_t *head, size_t len);

/*
 * Begin with a file.
 *
 *   fd       borrowed, for the life of the origins, and until tw_capfile_close; its first `len` bytes have been read
 *   head     these bytes, at most TW_CAPFILE_HEAD
 *   origins  the interfaces of the file are added to it as they are met
 *
 * Returns 0; -ENOTSUP when it is no format of ours, or -ENOMEM: then *ret is untouched. A pcapng file is read up to its
 * first interface; one that is broken before that is opened too, and says so at once.
 */
int tw_capfile_open(int fd, const uint8_t *head, size_t len, struct tw_origins *origins, struct tw_capfile **ret);

/* NULL is allowed. */
void tw_capfile_close(struct tw_capfile *file);

/* The first interface of the file; NULL when it is broken before that. Valid until the next one is met. */
const struct tw_origin *tw_capfile_first(const struct tw_capfile *file);

/*
 * The next packet, caplen <= TW_ORIGIN_CAPLEN_MAX; its bytes are there until the next call. After the end, and what is
 * broken, the same is returned again.
 */
enum tw_capfile_result tw_capfile_next(struct tw_capfile *file, struct tw_frame *ret);

/* What is broken, in libpcap's words. */
const char *tw_capfile_problem(const struct tw_capfile *file);

/* Bytes worked on so far. */
uint64_t tw_capfile_position(const struct tw_capfile *file);

#endif
