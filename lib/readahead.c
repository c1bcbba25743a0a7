/* SPDX-License-Identifier: MIT */
#include "readahead.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdio.h"
#include "thread.h"

enum {
    CHUNK = 512 << 10,
    CHUNKS = 16,       /* the thread sleeps until half of them are free: with 4 the wake-ups cost a tenth of the time */
    WORTH = 8 * CHUNK, /* a file has so much at least; to start a thread takes as long as to read a chunk or two */
};

static const uint64_t NONE = UINT64_MAX;

struct chunk {
    size_t len; /* less than a whole one: there is no more, */
    int error;  /*   for this reason; 0: the file ends */
    uint8_t room[TW_READAHEAD_ROOM], bytes[CHUNK];
};

/*
 * Chunks are numbered as they stand in the file. The thread fills those of the ring. Who wants one that is not there yet
 * does not wait, but reads it himself: the thread may be without a processor for longer than the whole ring lasts.
 */
struct tw_readahead {
    int fd;
    uint64_t start;       /* where chunk 0 stands */
    struct chunk *chunks; /* the ring, and behind it the one for who does not wait */
    struct chunk *last;   /* it has been lent */
    enum { NOT_STARTED, STARTED, FAILED } state;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t freed;
    uint64_t wanted; /* the next to be lent; the one before may be in use */
    /* The next for the thread. Those from `wanted` up to here are in the ring, but for the one that it fills now,
       which is not taken from there when it was read by who wanted it meanwhile. */
    uint64_t next, filling;
    bool is_over; /* nothing more is to be read */
    bool is_idle; /* the thread waits */
};

bool tw_readahead_is_for(int fd) {
    struct stat st;
    return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= WORTH;
}

static int init_lock(struct tw_readahead *readahead) {
    return pthread_mutex_init(&readahead->lock, NULL) | pthread_cond_init(&readahead->freed, NULL);
}

struct tw_readahead *tw_readahead_create(int fd) {
    struct tw_readahead *readahead = calloc(1, sizeof *readahead);
    if (readahead) {
        *readahead = (struct tw_readahead){.fd = fd, .filling = NONE};
        readahead->chunks = calloc(CHUNKS + 1, sizeof *readahead->chunks);
    }
    if (readahead && (!readahead->chunks || init_lock(readahead))) {
        free(readahead->chunks);
        free(readahead);
        return NULL;
    }
    return readahead;
}

static void fill(const struct tw_readahead *readahead, uint64_t number, struct chunk *chunk) {
    chunk->error = -tw_fdio_read(readahead->fd, chunk->bytes, CHUNK, readahead->start + number * CHUNK, &chunk->len);
}

static struct chunk *in_ring(struct tw_readahead *readahead, uint64_t number) {
    return &readahead->chunks[number % CHUNKS];
}

/* The thread. */

static bool has_room(const struct tw_readahead *readahead) {
    return readahead->next + 1 < readahead->wanted + CHUNKS;
}

/* The lock is given up meanwhile. */
static void fill_next(struct tw_readahead *readahead) {
    uint64_t number = readahead->next++;
    struct chunk *chunk = in_ring(readahead, number);
    readahead->filling = number;
    (void)pthread_mutex_unlock(&readahead->lock);
    fill(readahead, number, chunk);
    (void)pthread_mutex_lock(&readahead->lock);
    readahead->filling = NONE;
    readahead->is_over |= chunk->len < CHUNK;
}

static void *run(void *arg) {
    struct tw_readahead *readahead = arg;
    (void)pthread_mutex_lock(&readahead->lock);
    while (!readahead->is_over) {
        if (has_room(readahead)) {
            fill_next(readahead);
        } else {
            readahead->is_idle = true;
            (void)pthread_cond_wait(&readahead->freed, &readahead->lock);
            readahead->is_idle = false;
        }
    }
    (void)pthread_mutex_unlock(&readahead->lock);
    return NULL;
}

static void stop(struct tw_readahead *readahead) {
    (void)pthread_mutex_lock(&readahead->lock);
    readahead->is_over = true;
    (void)pthread_cond_signal(&readahead->freed);
    (void)pthread_mutex_unlock(&readahead->lock);
    (void)pthread_join(readahead->thread, NULL);
}

void tw_readahead_destroy(struct tw_readahead *readahead) {
    if (readahead) {
        if (readahead->state == STARTED) {
            stop(readahead);
        }
        (void)pthread_cond_destroy(&readahead->freed);
        (void)pthread_mutex_destroy(&readahead->lock);
        free(readahead->chunks);
        free(readahead);
    }
}

/* Who works on the chunks. */

/* Out of the ring; or, the lock given up meanwhile, read here. */
static struct chunk *take(struct tw_readahead *readahead) {
    uint64_t number = readahead->wanted++;
    if (number < readahead->next && number != readahead->filling) {
        return in_ring(readahead, number);
    }
    struct chunk *own = &readahead->chunks[CHUNKS];
    readahead->next += number == readahead->next;
    (void)pthread_mutex_unlock(&readahead->lock);
    fill(readahead, number, own);
    (void)pthread_mutex_lock(&readahead->lock);
    return own;
}

static struct chunk *take_next(struct tw_readahead *readahead) {
    (void)pthread_mutex_lock(&readahead->lock);
    struct chunk *chunk = take(readahead);
    readahead->is_over |= chunk->len < CHUNK;
    if (readahead->is_idle && readahead->next < readahead->wanted + CHUNKS / 2) {
        (void)pthread_cond_signal(&readahead->freed);
    }
    (void)pthread_mutex_unlock(&readahead->lock);
    return chunk;
}

static void begin(struct tw_readahead *readahead) {
    off_t start = lseek(readahead->fd, 0, SEEK_CUR);
    readahead->start = start > 0 ? (uint64_t)start : 0;
    readahead->state = tw_thread_start(&readahead->thread, run, readahead) ? FAILED : STARTED;
}

uint8_t *tw_readahead_next(struct tw_readahead *readahead, size_t *ret_len, int *ret_error) {
    if (readahead->state == NOT_STARTED) {
        begin(readahead);
    }
    struct chunk *chunk = readahead->last ? readahead->last : take_next(readahead);
    size_t len = chunk->len;
    if (len < CHUNK) {
        readahead->last = chunk;
        chunk->len = 0; /* of what is lent next */
    }
    *ret_len = len;
    *ret_error = len ? 0 : chunk->error;
    return len ? chunk->bytes : NULL;
}
