/* SPDX-License-Identifier: MIT */
/*
 * queue.c — see queue.h.
 *
 * Positions are free-running, in bytes; a record begins with a header and never wraps, what is left at the end of the
 * memory is a record of the kind SKIP. While the taker sleeps at an empty queue the next record goes to the beginning of
 * the memory again, so that a queue in which little gathers does not make all of its memory resident.
 *
 * A thread that goes to sleep first says at which fill it wants to be woken and then looks once more; the other one first
 * moves its position and then looks at that wish. Both in sequential consistency: so one of them always sees the other.
 * Who wakes the taker takes its wish away first. It may be late, and wake it from a sleep that began after the wish it
 * saw: so a taker that was woken for nothing says its wish again before it sleeps on.
 */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "ahead.h"

enum {
    UNIT = 8,
    SKIP = 0,
    NEXT = 256,      /* bytes, how far behind a record memory is asked for, */
    NEXT_MAX = 1024, /*   and so much of it at most */
    FAR = 64         /* one share in so many of the memory is used before it is gone back */
};

#define NEVER UINT64_MAX /* as a wish: do not wake me */

struct header {
    uint32_t units; /* of the record, with this header */
    uint32_t kind;
};

struct tw_queue {
    uint8_t *memory;
    uint64_t size; /* a power of two: positions become addresses without a division */
    /* The position of the memory's beginning. The putter changes it only when it has seen all released, and the
       taker looks at it only for records whose head it has seen: so it need not be atomic. */
    uint64_t base;
    pthread_mutex_t lock; /* for sleeping and waking only */
    pthread_cond_t filled, emptied;
    _Atomic uint64_t wake_filled;  /* wish of the taker: at least so much is queued */
    _Atomic uint64_t wake_emptied; /* wish of the putter, plus one so that 0 says none: at most so much is queued */
    _Atomic bool urgent, closed;

    _Alignas(64) _Atomic uint64_t head; /* the putter's */
    uint64_t tail_seen;
    uint64_t reserved, reserved_len; /* where the reserved record begins */
    uint64_t calm;                   /* up to here in the memory nothing is said to `ahead` */
    struct tw_ahead *ahead;

    _Alignas(64) _Atomic uint64_t tail; /* the taker's */
    uint64_t head_seen, taken;
};

static int init_conditions(struct tw_queue *queue) {
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return -1;
    int err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) | pthread_mutex_init(&queue->lock, NULL) |
              pthread_cond_init(&queue->filled, &attr) | pthread_cond_init(&queue->emptied, NULL);
    (void)pthread_condattr_destroy(&attr);
    return err == 0 ? 0 : -1;
}

struct tw_queue *tw_queue_create(size_t size) {
    struct tw_queue *queue = aligned_alloc(64, sizeof(*queue));
    if (queue == NULL)
        return NULL;
    *queue = (struct tw_queue){.size = 4096, .wake_filled = NEVER};
    while (queue->size < size)
        queue->size *= 2;
    queue->memory = mmap(NULL, queue->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (queue->memory == MAP_FAILED || init_conditions(queue) < 0) {
        if (queue->memory != MAP_FAILED)
            (void)munmap(queue->memory, queue->size);
        free(queue);
        return NULL;
    }
    /* A fault per 2 MiB and not per 4 KiB; a wish only. */
    (void)madvise(queue->memory, queue->size, MADV_HUGEPAGE);
    queue->ahead = tw_ahead_create(queue->memory, queue->size);
    return queue;
}

void tw_queue_destroy(struct tw_queue *queue) {
    if (queue == NULL)
        return;
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_cond_destroy(&queue->emptied);
    (void)pthread_mutex_destroy(&queue->lock);
    tw_ahead_destroy(queue->ahead);
    (void)munmap(queue->memory, queue->size);
    free(queue);
}

static uint64_t place_of(const struct tw_queue *queue, uint64_t position) {
    return (position - queue->base) & (queue->size - 1);
}

static struct header *header_at(const struct tw_queue *queue, uint64_t position) {
    return (struct header *)(void *)(queue->memory + place_of(queue, position));
}

size_t tw_queue_size(const struct tw_queue *queue) {
    return (size_t)queue->size;
}

size_t tw_queue_used(const struct tw_queue *queue) {
    uint64_t tail = atomic_load(&queue->tail); /* first: so it is never beyond the head */
    return (size_t)(atomic_load(&queue->head) - tail);
}

static bool fits(struct tw_queue *queue, uint64_t end, size_t limit) {
    if (end - queue->tail_seen <= limit)
        return true;
    queue->tail_seen = atomic_load_explicit(&queue->tail, memory_order_acquire);
    return end - queue->tail_seen <= limit;
}

/*
 * Whether all is released. It is asked only while the taker seems to sleep: else the line that it writes would be taken
 * from it for every record.
 */
static bool is_at_rest(const struct tw_queue *queue, uint64_t head) {
    return atomic_load_explicit(&queue->wake_filled, memory_order_relaxed) != NEVER &&
           atomic_load_explicit(&queue->tail, memory_order_acquire) == head;
}

/* As much memory as the record takes, for those to come: else tw_queue_commit() waits for it, 120 ns a flow's record. */
static inline TW_PREFETCH void ask_for_next(const struct header *header, uint64_t cost) {
    for (uint64_t at = 0; at < cost && at < NEXT_MAX; at += 64)
        tw_prefetch_write(header, cost + NEXT + at);
}

void *tw_queue_reserve(struct tw_queue *queue, size_t len, size_t limit) {
    uint64_t cost = sizeof(struct header) + (len + UNIT - 1) / UNIT * UNIT;
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    if (place_of(queue, head) >= queue->size / FAR && is_at_rest(queue, head))
        queue->base = head;
    uint64_t left = queue->size - place_of(queue, head);
    uint64_t skip = cost <= left ? 0 : left;
    if (cost > queue->size || !fits(queue, head + skip + cost, limit < queue->size ? limit : queue->size))
        return NULL;
    if (skip > 0)
        *header_at(queue, head) = (struct header){(uint32_t)(skip / UNIT), SKIP};
    queue->reserved = head + skip;
    queue->reserved_len = cost;
    if (place_of(queue, head + skip) + cost > queue->calm)
        queue->calm = tw_ahead_reach(queue->ahead, place_of(queue, head + skip) + cost);
    ask_for_next(header_at(queue, queue->reserved), cost);
    return header_at(queue, queue->reserved) + 1;
}

static void wake_taker(struct tw_queue *queue) {
    if (atomic_exchange(&queue->wake_filled, NEVER) == NEVER)
        return;
    (void)pthread_mutex_lock(&queue->lock);
    (void)pthread_cond_signal(&queue->filled);
    (void)pthread_mutex_unlock(&queue->lock);
}

void tw_queue_commit(struct tw_queue *queue, uint32_t kind, bool urgent) {
    *header_at(queue, queue->reserved) = (struct header){(uint32_t)(queue->reserved_len / UNIT), kind};
    atomic_store(&queue->head, queue->reserved + queue->reserved_len);
    if (urgent)
        atomic_store(&queue->urgent, true);
    uint64_t wish = atomic_load(&queue->wake_filled);
    if (wish != NEVER && (urgent || tw_queue_used(queue) >= wish))
        wake_taker(queue);
}

void tw_queue_wait(struct tw_queue *queue, size_t bytes) {
    atomic_store(&queue->urgent, true);
    wake_taker(queue);
    (void)pthread_mutex_lock(&queue->lock);
    atomic_store(&queue->wake_emptied, bytes + UINT64_C(1));
    while (tw_queue_used(queue) > bytes)
        (void)pthread_cond_wait(&queue->emptied, &queue->lock);
    atomic_store(&queue->wake_emptied, 0);
    (void)pthread_mutex_unlock(&queue->lock);
}

void tw_queue_close(struct tw_queue *queue) {
    atomic_store(&queue->closed, true);
    wake_taker(queue);
}

const void *tw_queue_take(struct tw_queue *queue, uint32_t *ret_kind, size_t *ret_len) {
    for (;;) {
        if (queue->taken == queue->head_seen) {
            queue->head_seen = atomic_load_explicit(&queue->head, memory_order_acquire);
            if (queue->taken == queue->head_seen)
                return NULL;
        }
        const struct header *header = header_at(queue, queue->taken);
        queue->taken += (uint64_t)header->units * UNIT;
        if (header->kind != SKIP) {
            *ret_kind = header->kind;
            *ret_len = (size_t)header->units * UNIT - sizeof(*header);
            return header + 1;
        }
    }
}

void tw_queue_release(struct tw_queue *queue) {
    atomic_store(&queue->tail, queue->taken);
    if (tw_queue_used(queue) >= atomic_load(&queue->wake_emptied))
        return;
    (void)pthread_mutex_lock(&queue->lock);
    (void)pthread_cond_signal(&queue->emptied);
    (void)pthread_mutex_unlock(&queue->lock);
}

/* Wait once. Returns false when `until` has passed. */
static bool doze(struct tw_queue *queue, tw_time until) {
    if (until == 0)
        return pthread_cond_wait(&queue->filled, &queue->lock) == 0;
    struct timespec at = {.tv_sec = (time_t)(until / TW_SECOND), .tv_nsec = (long)(until % TW_SECOND)};
    return pthread_cond_timedwait(&queue->filled, &queue->lock, &at) != ETIMEDOUT;
}

bool tw_queue_sleep(struct tw_queue *queue, size_t bytes, tw_time until) {
    (void)pthread_mutex_lock(&queue->lock);
    do {
        atomic_store(&queue->wake_filled, bytes);
    } while (tw_queue_used(queue) < bytes && !atomic_load(&queue->urgent) && !atomic_load(&queue->closed) &&
             doze(queue, until));
    atomic_store(&queue->wake_filled, NEVER);
    (void)pthread_mutex_unlock(&queue->lock);
    (void)atomic_exchange(&queue->urgent, false); /* reads it: so what was put before it is seen from here on */
    return !atomic_load(&queue->closed) || tw_queue_used(queue) > 0;
}
