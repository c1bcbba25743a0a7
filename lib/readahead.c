/* SPDX-License-Identifier: MIT */
#include "readahead.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay.h"

enum {
    CHUNK = 512 << 10,
    CHUNKS = 16,       /* both sleep for half of them: with 4 the wake-ups cost a tenth of the time for full packets */
    WORTH = 8 * CHUNK, /* a file has so much at least; to start a thread takes as long as to read a chunk or two */
};

struct chunk {
    size_t len;
    int error;
    uint8_t room[TW_READAHEAD_ROOM], bytes[CHUNK];
};

struct tw_readahead {
    int fd;
    struct tw_relay *relay; /* chunks to be filled again */
    bool has_begun;
    bool is_over;         /* the thread's: the end was met, or an error, */
    int error;            /*   which is this; else 0 */
    _Atomic bool is_left; /* nobody wants any more */
};

bool tw_readahead_is_for(int fd) {
    struct stat st;
    return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= WORTH;
}

/* The thread's: what is read comes up to the end of the chunk, but for the last one. */
static void fill(void *context, void *buffer) {
    struct tw_readahead *readahead = context;
    struct chunk *chunk = buffer;
    chunk->len = 0;
    while (chunk->len < CHUNK && !readahead->is_over &&
           !atomic_load_explicit(&readahead->is_left, memory_order_relaxed)) {
        ssize_t got = read(readahead->fd, chunk->bytes + chunk->len, CHUNK - chunk->len);
        if (got > 0) {
            chunk->len += (size_t)got;
        } else if (!got || errno != EINTR) {
            readahead->error = got ? errno : 0;
            readahead->is_over = true;
        }
    }
    chunk->error = readahead->error;
}

struct tw_readahead *tw_readahead_create(int fd) {
    struct tw_readahead *readahead = calloc(1, sizeof *readahead);
    if (readahead) {
        readahead->fd = fd;
        readahead->relay = tw_relay_create(sizeof(struct chunk), CHUNKS, fill, readahead);
    }
    if (readahead && !readahead->relay) {
        free(readahead);
        return NULL;
    }
    return readahead;
}

void tw_readahead_destroy(struct tw_readahead *readahead) {
    if (readahead) {
        atomic_store(&readahead->is_left, true);
        tw_relay_destroy(readahead->relay);
        free(readahead);
    }
}

/* Have all chunks filled; returns the first. */
static struct chunk *begin(struct tw_readahead *readahead) {
    struct chunk *chunk = NULL;
    readahead->has_begun = true;
    for (int i = 0; i < CHUNKS; i++) {
        chunk = tw_relay_give(readahead->relay);
    }
    return chunk;
}

uint8_t *tw_readahead_next(struct tw_readahead *readahead, size_t *ret_len, int *ret_error) {
    struct chunk *chunk = readahead->has_begun ? tw_relay_give(readahead->relay) : begin(readahead);
    *ret_len = chunk->len;
    *ret_error = chunk->len ? 0 : chunk->error;
    return chunk->len ? chunk->bytes : NULL;
}
