/* SPDX-License-Identifier: MIT */
/*
 * output.h — the output folder: made, locked, and cleared of what a new set replaces.
 *
 * Who holds .PREFIX.lock (flock) writes the files of that prefix; there are two kinds of users. The live one appends to
 * what earlier runs left, keeps the next number in the lock file and never removes it. An analysis (-r) makes one set of
 * files and replaces an earlier one: just the files that its PREFIX_report.json lists, and removes its lock when done.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "event.h"

enum { OUTPUT_PROBLEM_MAX = 1024, OUTPUT_PREFIX_MAX = TW_NAME_MAX };

struct output {
    int dirfd;
    int lock_fd;
    bool is_live;
    uint64_t next_pcap; /* number of the next pcap file, from 1 */
    char prefix[OUTPUT_PREFIX_MAX];
    char lock[TW_NAME_MAX];
};

/* What a set is called after the capture file that it comes from: without folder and ending; "-" is "stdin". */
void output_prefix(const char *path, char ret[OUTPUT_PREFIX_MAX]);

/* Make a folder, and those above it (with mode 0755), as far as they are missing. Returns 0 or a negative errno. */
int output_make_folder(const char *path, unsigned mode);

/*
 * Make the folder if it is missing, and lock it. Live, see where the numbers go on.
 *
 *   problem  OUTPUT_PROBLEM_MAX bytes
 *
 * Returns 0, or TW_ELOCKED, TW_ENAME or a negative errno, then *ret is untouched and problem is set.
 */
int output_open(const char *directory, const char *prefix, bool is_live, struct output *ret, char *problem);

/* Is it this folder, with this prefix? */
bool output_is(const struct output *output, const char *directory, const char *prefix);

/* The same folder once more, under the same lock: each is to be closed. Returns 0 or a negative errno. */
int output_share(const struct output *output, struct output *ret);

/*
 * An analysis: see that its files may be written, and remove the set that they replace.
 *
 *   inputs  the capture files; none of them may be a file of the set
 *
 * Returns 0; or TW_EFOREIGN, TW_EINPUT or a negative errno, then nothing was removed and problem is set.
 */
int output_replace_set(struct output *output, const char *const *inputs, size_t n_inputs, char *problem);

/* When the folder was removed while it was in use, and is back: go on in the new one. */
void output_follow(struct output *output, const char *directory);

/* Unlock. Nothing happens to an output that is all zero. */
void output_close(struct output *output);

#endif
