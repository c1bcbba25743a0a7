/* SPDX-License-Identifier: MIT */
#include "ahead.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "thread.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* So much more at most, and never more than is in use; asked for when half of that is. */
enum { FIRST = 2 << 20, AT_MOST = 16 << 20, AT_ONCE = 2 << 20 };

struct tw_ahead {
    uint8_t *memory;
    size_t size;
    bool has_thread;
    pthread_t thread;
    sem_t asked;
    _Atomic size_t begin, end; /* what is to be made ready, beside what was asked before and is not in use yet */
    atomic_bool stopped;
};

struct tw_ahead *tw_ahead_create(void *memory, size_t size) {
    struct tw_ahead *ahead = calloc(1, sizeof *ahead);
    if (ahead) {
        ahead->memory = memory;
        ahead->size = size;
        (void)sem_init(&ahead->asked, 0, 0); /* fails only for other arguments */
    }
    return ahead;
}

/* Returns how far it came. */
static size_t make_ready(struct tw_ahead *ahead, size_t begin, size_t end) {
    while (begin < end && !atomic_load(&ahead->stopped)) {
        size_t n = end - begin < AT_ONCE ? end - begin : AT_ONCE;
        (void)madvise(ahead->memory + begin, n, MADV_POPULATE_WRITE);
        begin += n;
    }
    return begin;
}

static void *run(void *context) {
    struct tw_ahead *ahead = context;
    size_t at = 0;
    while (sem_wait(&ahead->asked) < 0 || !atomic_load(&ahead->stopped)) {
        size_t begin = atomic_load(&ahead->begin);
        at = make_ready(ahead, at > begin ? at : begin, atomic_load(&ahead->end));
    }
    return NULL;
}

static size_t piece_floor(size_t at) {
    return at / AT_ONCE * AT_ONCE;
}

size_t tw_ahead_reach(struct tw_ahead *ahead, size_t used) {
    if (!ahead) {
        return SIZE_MAX;
    }
    if (used < FIRST) {
        return FIRST;
    }
    size_t more = used < AT_MOST ? used : AT_MOST, rest = ahead->size - used;
    atomic_store(&ahead->begin, piece_floor(used));
    atomic_store(&ahead->end, rest < more ? ahead->size : piece_floor(used + more));
    if (!ahead->has_thread) {
        ahead->has_thread = tw_thread_start(&ahead->thread, run, ahead) == 0;
    }
    (void)sem_post(&ahead->asked);
    return ahead->has_thread && rest > more ? used + more / 2 : SIZE_MAX;
}

void tw_ahead_destroy(struct tw_ahead *ahead) {
    if (!ahead) {
        return;
    }
    if (ahead->has_thread) {
        atomic_store(&ahead->stopped, true);
        (void)sem_post(&ahead->asked);
        (void)pthread_join(ahead->thread, NULL);
    }
    (void)sem_destroy(&ahead->asked);
    free(ahead);
}
