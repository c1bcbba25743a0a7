/* SPDX-License-Identifier: MIT */
/*
 * retention.h — which finished files have to go: more of them, more bytes, older ones, or less free than allowed.
 *
 * Pure: it is told what there is, and says what to remove, one file at a time; it touches no folder and reads no clock.
 * The order of the files of a kind is that of their numbers, and between kinds that of their times. The newest of each
 * kind always stays: it is the evidence of right now, and it keeps the numbers from starting again.
 */
#ifndef TW_RETENTION_H
#define TW_RETENTION_H

#include "naming.h"

/* Why a file was removed. */
enum tw_removed { TW_REMOVED_FILES, TW_REMOVED_BYTES, TW_REMOVED_AGE, TW_REMOVED_FREE, TW_REMOVED_COUNT };

/* 0 switches a limit off. */
struct tw_retention_limits {
    uint64_t files; /* pcap files */
    uint64_t bytes; /* of all kinds together */
    tw_time age;
    uint64_t min_free; /* bytes of the file system */
};

struct tw_retention_file {
    struct tw_name name;
    uint64_t size;
    tw_time time; /* when it was last written */
};

/* The files of one kind: those before `first` are gone. */
struct tw_retention_list {
    struct tw_retention_file *at;
    size_t first, end, room;
    bool unsorted;
};

/* All zero: no files. */
struct tw_retention {
    struct tw_retention_list list[TW_NAME_KIND_COUNT];
    uint64_t bytes;
};

void tw_retention_fini(struct tw_retention *retention);

/* Forget all files. */
void tw_retention_clear(struct tw_retention *retention);

/* There is this finished file. Returns 0 or -ENOMEM, then it is not known. */
int tw_retention_add(struct tw_retention *retention, const struct tw_retention_file *file);

/*
 * Choose the next file to remove, and take it out of the list.
 *
 *   now   on the clock of the files' times
 *   free  bytes that are free on the file system
 *
 * Returns false when none has to go, or none may.
 */
bool tw_retention_next(struct tw_retention *retention, const struct tw_retention_limits *limits, tw_time now,
                       uint64_t free, struct tw_retention_file *ret, enum tw_removed *ret_reason);

#endif
