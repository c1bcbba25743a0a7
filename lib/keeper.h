/* SPDX-License-Identifier: MIT */
/*
 * keeper.h — an output folder while it is written to: its numbers, what earlier runs left in it, and what has to go.
 *
 * Files are begun and finished through it, so that it knows them: it keeps the next numbers in the lock file, removes
 * what the retention settings no longer allow, refuses a new file when others fill the disk, and finishes a .part that
 * an earlier run left. It touches only files whose names tw_naming_read knows. A folder that was removed is opened
 * again by its path when it is back.
 *
 * Calls may block as long as the disk does. Threads: one.
 */
#ifndef TW_KEEPER_H
#define TW_KEEPER_H

#include "retention.h"
#include "settings.h"

struct tw_keeper;

struct tw_keeper_options {
    int dirfd, lock_fd;    /* duplicated; lock_fd 0: there is none */
    const char *directory; /* path, to open it again; copied. NULL: it never is */
    bool live;             /* finish what an earlier run has left as .part, keep numbers; else keep files only */
    struct tw_pcap_settings pcap;
    /* NULL, or called for every finished pcap file: the path of its folder ("" without one) and its name */
    void (*on_finished)(void *context, const char *directory, const char *name);
    void (*on_removed)(void *context, const char *name); /* NULL, or called for every pcap file that had to go */
    void *context;
};

/* Returns 0, -ENOMEM or a negative errno of the duplication; then *ret is untouched. */
int tw_keeper_create(const struct tw_keeper_options *options, struct tw_keeper **ret);

/* References are counted: an open file holds on to its folder. The last one closes and frees. NULL is allowed. */
struct tw_keeper *tw_keeper_ref(struct tw_keeper *keeper);
void tw_keeper_unref(struct tw_keeper *keeper);

/* Take these settings over, if they are for the same folder and prefix. Returns whether they are. */
bool tw_keeper_configure(struct tw_keeper *keeper, const struct tw_keeper_options *options);

/* The folder's descriptor; another one after it was opened again. */
int tw_keeper_dirfd(const struct tw_keeper *keeper);

/* Say what time it is: nanoseconds since 1970, for pcap.keep_age. */
void tw_keeper_time(struct tw_keeper *keeper, tw_time now);

/*
 * Begin NAME.part. Returns its descriptor, a negative errno, or TW_ENOFREE when others fill the disk; TW_ELOCKED when
 * the folder was opened again and another process has it.
 */
int tw_keeper_begin(struct tw_keeper *keeper, const char *name);

/* As tw_filestore_finish; then remove what has to go. */
int tw_keeper_finish(struct tw_keeper *keeper, int fd, const char *name);

/* As tw_filestore_open_log. */
int tw_keeper_open_log(struct tw_keeper *keeper, const char *name, bool append);

/* Give an open log, written since `begun`, the next rotated name of its kind. Returns 0 or a negative errno. */
int tw_keeper_rotate(struct tw_keeper *keeper, int fd, enum tw_name_kind kind, const char *name, tw_time begun);

/* Look at the whole folder: finish what was left, remove what has to go. To be called at least every 15 s, live. */
void tw_keeper_round(struct tw_keeper *keeper);

struct tw_keeper_state {
    uint64_t removed[TW_REMOVED_COUNT]; /* since this keeper was made */
    int error;                          /* the present trouble: removing, recovering, TW_ENOFREE; 0: none */
    char error_name[TW_NAME_MAX];       /* the file that has it */
};

const struct tw_keeper_state *tw_keeper_state(const struct tw_keeper *keeper);

#endif
