/* SPDX-License-Identifier: MIT */
/*
 * capture.h — where packets come from: an interface, or a capture file. The only module that knows libpcap.
 *
 * Times are nanoseconds since the epoch whatever the source's precision; seconds of a pcap file count as unsigned
 * (until 2106), and impossible times are moved to the nearest that the engine can take.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "types.h"

struct capture;

enum { CAPTURE_PROBLEM_MAX = 768, CAPTURE_BYTES_MAX = 262144, CAPTURE_HEAD_MAX = 32 };

/* Packets of a dispatch; negative: why there were none. */
enum {
    CAPTURE_END = -1,     /* the end of the file */
    CAPTURE_BROKEN = -2,  /* the file breaks off, or is damaged from here on */
    CAPTURE_REFUSED = -3, /* libpcap cannot read what follows */
    CAPTURE_GONE = -4,    /* the interface has vanished */
};

/* Why a capture could not be opened. */
enum { CAPTURE_EOPEN = -1, CAPTURE_EFILTER = -2 };

/* Called for every packet; bytes are valid during the call, caplen is at most CAPTURE_BYTES_MAX and at most wirelen. */
typedef void capture_packet_fn(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes);

struct capture_options {
    const char *interface;
    const char *filter; /* "": none */
    uint32_t snaplen;
    bool promiscuous; /* not for "any" */
    uint32_t buffer;  /* bytes, in the kernel */
};

struct capture_stats {
    uint64_t received, dropped_kernel, dropped_interface;
};

/*
 * Open a capture file, of whose descriptor the first `len` bytes (at most CAPTURE_HEAD_MAX) have been read already, or
 * an interface, which then captures.
 *
 *   name     of the file; copied
 *   fd       borrowed, until capture_close
 *   head     what was read of it
 *   problem  CAPTURE_PROBLEM_MAX bytes: what is wrong, beginning with the name of the file or interface
 *
 * Returns 0, CAPTURE_EOPEN, or CAPTURE_EFILTER for a filter that does not compile; then *ret is untouched.
 */
int capture_open_file(const char *name, int fd, const uint8_t *head, size_t len, const char *filter,
                      struct capture **ret, char *problem);
int capture_open_live(const struct capture_options *options, struct capture **ret, char *problem);

/* NULL is allowed. */
void capture_close(struct capture *capture);

/* libpcap's number of the link type, its name (or "DLT n"), and the snapshot length. */
int capture_link_type(const struct capture *capture);
const char *capture_link_name(int dlt);
uint32_t capture_snaplen(const struct capture *capture);

/*
 * Hand out packets, at most `max` of them and without waiting where the source is an interface.
 * Returns their number (an interface: 0 when there are none now), or one of the above; capture_problem explains it.
 */
int capture_dispatch(struct capture *capture, int max, capture_packet_fn *fn, void *context);

/* From within a capture_packet_fn: this packet is the last of the dispatch. Nothing may be dispatched afterwards. */
void capture_stop(struct capture *capture);

/* What is wrong, in libpcap's words, beginning with the source's name. */
const char *capture_problem(struct capture *capture);

/* Interfaces: what to wait on, and how long at most (0: no limit). The latter may change with every dispatch. */
int capture_fd(struct capture *capture);
tw_time capture_timeout(struct capture *capture);

/* Interfaces: how long the kernel may hold a packet back. */
tw_time capture_latency(void);

/*
 * Interfaces: whether packets can come at all. What has no such state ("any") is up; one that got another name is away,
 * though its packets still come.
 */
enum capture_link { CAPTURE_UP, CAPTURE_DOWN, CAPTURE_NO_CARRIER, CAPTURE_AWAY };
enum capture_link capture_link(struct capture *capture);

/* Interfaces: the kernel's counters since the opening, without the wrap at 2^32. To be called now and then. */
void capture_stats(struct capture *capture, struct capture_stats *ret);

/* Files: bytes read. */
uint64_t capture_position(const struct capture *capture);

/*
 * Whether there is a link type of interfaces for which this filter compiles; "" always does.
 *
 *   problem  CAPTURE_PROBLEM_MAX bytes: why not, in libpcap's words
 */
bool capture_filter_check(const char *filter, char *problem);

struct capture_filter;

/*
 * Compile a filter for packets that come from a file but not through libpcap.
 *
 *   dlt, snaplen  of these packets
 *   name          of the file, with which `problem` (CAPTURE_PROBLEM_MAX bytes) begins
 *
 * Returns 0 or CAPTURE_EFILTER; then *ret is untouched.
 */
int capture_filter_create(const char *filter, int dlt, uint32_t snaplen, struct capture_filter **ret, const char *name,
                          char *problem);

/* NULL is allowed. */
void capture_filter_destroy(struct capture_filter *filter);

/* Whether a packet passes. */
bool capture_filter_takes(const struct capture_filter *filter, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes);

#endif
