/* SPDX-License-Identifier: MIT */
#include "handshakes.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"

enum { CELL = 192, CELL_BYTES = CELL - sizeof(struct tw_handshake) - sizeof(uint32_t) };

struct cell {
    struct tw_handshake handshake; /* ref is 0 in cells that are free, or not the first of a packet */
    uint32_t more;                 /* the next cell of a long packet; 0: none */
    uint8_t bytes[CELL_BYTES];
};

struct tw_handshakes {
    struct tw_pool cells;
    uint32_t count;
    uint8_t *whole; /* a long packet put together */
};

static struct cell *cell_at(const struct tw_handshakes *store, uint32_t number) {
    return tw_pool_get(&store->cells, number);
}

struct tw_handshakes *tw_handshakes_create(size_t size) {
    _Static_assert(sizeof(struct cell) <= CELL, "a cell holds its head and its bytes");
    struct tw_handshakes *store = calloc(1, sizeof *store);
    size_t n = size / sizeof(struct cell);
    uint32_t max = n > UINT32_MAX / 2 ? UINT32_MAX / 2 : n ? (uint32_t)n : 1;
    if (store && tw_pool_init(&store->cells, sizeof(struct cell), max)) {
        free(store);
        store = NULL;
    }
    return store;
}

void tw_handshakes_destroy(struct tw_handshakes *store) {
    if (store) {
        tw_pool_fini(&store->cells);
        free(store->whole);
        free(store);
    }
}

static size_t cells_for(uint32_t caplen) {
    return caplen ? (caplen + CELL_BYTES - 1) / CELL_BYTES : 1;
}

uint32_t tw_handshakes_put(struct tw_handshakes *store, const struct tw_handshake *handshake, const uint8_t *bytes,
                           uint32_t len) {
    if (cells_for(len) > store->cells.max - store->cells.used) {
        return 0;
    }
    uint32_t first = 0, *link = &first;
    uint32_t left = len;
    do {
        *link = tw_pool_take(&store->cells);
        struct cell *cell = cell_at(store, *link);
        uint32_t here = left < CELL_BYTES ? left : CELL_BYTES;
        if (here) {
            memcpy(cell->bytes, bytes, here);
        }
        bytes = here ? bytes + here : bytes;
        left -= here;
        link = &cell->more;
    } while (left);
    cell_at(store, first)->handshake = *handshake;
    store->count++;
    return first;
}

void tw_handshakes_take(struct tw_handshakes *store, uint32_t number) {
    while (number) {
        struct cell *cell = cell_at(store, number);
        uint32_t more = cell->more;
        cell->handshake.ref = 0;
        tw_pool_put(&store->cells, number);
        number = more;
    }
    store->count--;
}

const struct tw_handshake *tw_handshakes_get(const struct tw_handshakes *store, uint32_t number) {
    const struct tw_handshake *handshake = &cell_at(store, number)->handshake;
    return handshake->ref ? handshake : NULL;
}

const uint8_t *tw_handshakes_bytes(struct tw_handshakes *store, uint32_t number) {
    const struct cell *cell = cell_at(store, number);
    if (!cell->more) {
        return cell->bytes;
    }
    uint32_t left = cell->handshake.entry.caplen, at = 0;
    free(store->whole);
    store->whole = malloc(left);
    for (; store->whole && left; cell = cell_at(store, cell->more)) {
        uint32_t here = left < CELL_BYTES ? left : CELL_BYTES;
        memcpy(store->whole + at, cell->bytes, here);
        at += here;
        left -= here;
    }
    return store->whole;
}

uint32_t tw_handshakes_count(const struct tw_handshakes *store) {
    return store->count;
}

uint32_t tw_handshakes_highest(const struct tw_handshakes *store) {
    return store->cells.touched;
}

size_t tw_handshakes_memory(const struct tw_handshakes *store) {
    return tw_pool_memory(&store->cells);
}
