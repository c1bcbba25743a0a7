/* SPDX-License-Identifier: MIT */
/*
 * hook.h — pcap.on_close: a program that is run with the path of each finished file.
 *
 * A small helper process starts the programs, forked while there is one thread: without a shell, without capabilities,
 * with sockets of AF_UNIX only, at most HOOK_AT_ONCE at a time, each in a group of its own that is killed after 60 s.
 * Nobody waits for them. When this process ends the helper runs what is queued, for 15 s at most, and ends too.
 */
#ifndef HOOK_H
#define HOOK_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { HOOK_AT_ONCE = 4, HOOK_QUEUE = 1024 };

struct hook {
    int fd; /* to the helper; 0: there is none */
    pid_t pid;
    pthread_mutex_t lock; /* of program and lost */
    char program[PATH_MAX];
    uint64_t lost; /* requests that did not reach the helper */
    uint64_t run, failed;
    bool failing; /* said already */
};

/* Start the helper; nothing is run while no program is set. Returns 0 or a negative errno, then *hook is all zero. */
int hook_open(struct hook *hook);

/* From here on run this program, an absolute path; "": none. */
void hook_set(struct hook *hook, const char *program);

/* Run it with DIRECTORY/NAME. Never waits. May be called from another thread. */
void hook_run(struct hook *hook, const char *directory, const char *name);

/* Take the results that have come; the first of a row of failures is logged. To be called about once a second. */
void hook_poll(struct hook *hook);

/* Let the helper end, wait for it for a few seconds at most. Nothing happens to a hook that is all zero. */
void hook_close(struct hook *hook);

#endif
