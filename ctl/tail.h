/* SPDX-License-Identifier: MIT */
/*
 * tail.h — the pcap files of an output folder as one sequence of records, while they are being written.
 *
 * The order is that of the files' numbers. A file is read as it grows (.part), to its end once it has been renamed, and
 * then the one with the next number is taken. What is given out are whole records only, each once: an incomplete one at
 * the end is read again when there is more of it. Files of single flows (pcap.split = "flow") are read when they are
 * finished, and one that is not yet holds up those behind it.
 *
 * It never waits and never writes; whoever calls it waits for changes in the folder.
 */
#ifndef TAIL_H
#define TAIL_H

#include "naming.h"
#include "pcapfile.h"

struct tail {
    int dirfd;
    char prefix[TW_NAME_MAX]; /* "": that of the first file that is found */
    uint64_t next;            /* the smallest number that has not been read; from 1 */
    int fd;                   /* the current file; -1: none */
    struct tw_name name;      /* of it */
    char file[TW_NAME_MAX];   /* its name as it was opened */
    uint8_t header[TW_PCAP_FILE_HEADER];
    uint64_t offset;   /* all before it has been given out */
    uint64_t missing;  /* when a file begins: how many numbers before it are not there (any more) */
    bool is_finished;  /* it does not grow any more */
    bool is_damaged;   /* a record of it makes no sense: what is behind it was left out */
    bool is_announced; /* TAIL_FILE was returned for it */
    uint8_t *buffer;
};

enum tail_event {
    TAIL_WAIT = 2, /* there is nothing more now */
    TAIL_FILE,     /* a file begins: tail->file, tail->header, tail->missing */
    TAIL_RECORDS,  /* here are records */
    TAIL_SEVERAL,  /* there are files of several prefixes and none was given */
    TAIL_FOREIGN,  /* tail->file is no pcap file of tcpwind's; it is left out by the next call */
};

/*
 * Begin with the smallest number in a folder.
 *
 *   prefix  NULL: the only one there is
 *
 * Returns 0 or a negative errno, then nothing is to be closed.
 */
int tail_open(struct tail *tail, const char *directory, const char *prefix);

void tail_close(struct tail *tail);

/*
 * To be called before the first tail_read: leave out what is there now.
 * Returns 0, TAIL_SEVERAL, or a negative errno.
 */
int tail_skip(struct tail *tail);

/*
 * The next thing there is.
 *
 *   ret, ret_len  with TAIL_RECORDS: whole records with their headers, valid until the next call
 *
 * Returns enum tail_event, or a negative errno.
 */
int tail_read(struct tail *tail, const uint8_t **ret, size_t *ret_len);

/* The prefix of a pcap file's name, into `ret` (TW_NAME_MAX bytes). Returns false when it is no such name. */
bool tail_prefix_of(const char *name, char *ret);

/* How long the record is that begins here, its header included. */
size_t tail_record_len(const uint8_t *record);

#endif
