/* SPDX-License-Identifier: MIT */
/*
 * pcapfile.h — a pcap file that is being written: records gather in a buffer and go to the descriptor together.
 *
 * Nanosecond pcap (magic a1b23c4d, version 2.4), in this machine's byte order. What stays in the file always ends with
 * a whole record: when a write fails in the middle of one, the file is cut back to the record before. Each record
 * carries a tag of the caller's, and each flush says for every record in the buffer what became of it.
 *
 * The descriptor is the caller's to open and to close. Threads: none.
 */
#ifndef TW_PCAPFILE_H
#define TW_PCAPFILE_H

#include "types.h"

enum {
    TW_PCAP_FILE_HEADER = 24,
    TW_PCAP_RECORD_HEADER = 16,
    TW_PCAP_CAPLEN_MAX = 262144,
};

struct tw_pcapfile_record;

struct tw_pcapfile {
    int fd; /* -1: none */
    uint8_t header[TW_PCAP_FILE_HEADER];
    uint64_t size;   /* of the file: its header and whole records; 0: nothing was written yet */
    bool torn;       /* the file may be longer than `size` */
    size_t len;      /* bytes in the buffer */
    size_t n;        /* records in the buffer */
    uint8_t *buffer; /* the rest is private */
    struct tw_pcapfile_record *records;
};

/*
 * Make a file without a descriptor, for packets of this link type (DLT) and snapshot length.
 * Returns 0 or -ENOMEM, then nothing is to be freed.
 */
int tw_pcapfile_init(struct tw_pcapfile *file, int dlt, uint32_t snaplen);

/* Free the buffer; what is in it is lost, the descriptor stays open. */
void tw_pcapfile_fini(struct tw_pcapfile *file);

/* From here on write to `fd`, an empty file opened for writing. */
void tw_pcapfile_attach(struct tw_pcapfile *file, int fd);

struct tw_pcapfile_packet {
    tw_time time;
    uint32_t caplen, wirelen; /* caplen at most TW_PCAP_CAPLEN_MAX */
    const uint8_t *bytes;
    uint64_t tag; /* given back when its fate is known */
};

/* Append a packet to the buffer. Returns false when there is no room for it: flush first. */
bool tw_pcapfile_put(struct tw_pcapfile *file, const struct tw_pcapfile_packet *packet);

/* Called for each record of the buffer, in order: whether it is in the file now, whole. */
typedef void tw_pcapfile_fate_fn(void *owner, uint64_t tag, uint32_t caplen, bool written);

/*
 * Write the buffer (and before it the header of the file, which is written even when there is no packet).
 *
 * Returns 0, or a negative errno: then the records that are not wholly in the file are lost, the file ends with its
 * last whole record, and a later flush goes on from there. A file that was removed is -ENOENT. The buffer is empty
 * afterwards in any case.
 */
int tw_pcapfile_flush(struct tw_pcapfile *file, tw_pcapfile_fate_fn *fate, void *owner);

/*
 * How many bytes of an open pcap file (of our own kind) are its header and whole records.
 * Returns 0, -EINVAL for something else (an empty file, too), or a negative errno of reading; then *ret is untouched.
 */
int tw_pcapfile_measure(int fd, uint64_t *ret);

#endif
