/* SPDX-License-Identifier: MIT */
/*
 * reader.h — packets out of capture files: those of common formats by the library's own reader, others by libpcap.
 *
 * Whether the packets' bytes stay in the files is decided for a whole run: only when all of its inputs are files of a
 * format of ours. Standard input and pipes are read by the same reader, and their packets are copied.
 */
#ifndef READER_H
#define READER_H

#include "capfile.h"
#include "capture.h"
#include "session.h"

/* What the inputs of a run have in common. */
struct readers {
    const char *filter; /* borrowed; "": none */
    bool stay;          /* the packets' bytes stay in the files, and are fetched again */
    struct tw_origins origins;
    struct tw_fetcher reading, writing; /* for the thread that reads, and for the one that writes */
    int *fds;                           /* open as long as packets may be fetched */
    size_t n_fds;
};

/* Look at the inputs; *ret stays where it is. Returns false when there is no memory. */
bool readers_init(struct readers *ret, const char *const *paths, size_t n, const char *filter);

/* Packets that the files did not hold any more when they were wanted; not while a writer may fetch. */
uint64_t readers_lost(const struct readers *readers);

/* Close everything; nothing can be fetched any more. */
void readers_fini(struct readers *readers);

struct reader;

/*
 * Open an input.
 *
 *   problem  CAPTURE_PROBLEM_MAX bytes: what is wrong, beginning with the path
 *
 * Returns 0, CAPTURE_EOPEN or CAPTURE_EFILTER; then *ret is untouched.
 */
int reader_open(struct readers *readers, const char *path, struct reader **ret, char *problem);

/* NULL is allowed. */
void reader_close(struct reader *reader);

/* libpcap's number of the first link type, and its snapshot length. */
int reader_link_type(const struct reader *reader);
uint32_t reader_snaplen(const struct reader *reader);

/* Feed the session about `max` packets; returns as capture_dispatch. */
int reader_dispatch(struct reader *reader, int max, struct session *session);

/* What is wrong, beginning with the path. */
const char *reader_problem(struct reader *reader);

/* Bytes read, and the size of the file (0: not known). */
void reader_position(struct reader *reader, uint64_t *ret_done, uint64_t *ret_size);

#endif
