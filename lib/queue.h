/* SPDX-License-Identifier: MIT */
/*
 * queue.h — a bounded first-in-first-out queue of records between two threads, one that puts and one that takes.
 *
 * One memory, records of any size in it, each contiguous. Putting and taking cost no lock and no system call while the
 * other side is awake; a sleeping taker is woken when as much as it asked for has gathered, or something is urgent.
 * The memory is reserved at once and used as it is written, and somewhat ahead of that (ahead.h).
 *
 * Threads: each function says whose it is.
 */
#ifndef TW_QUEUE_H
#define TW_QUEUE_H

#include "types.h"

struct tw_queue;

/* Make a queue of at least `size` bytes (up to the next power of two, 4096 or more). Returns NULL: no memory. */
struct tw_queue *tw_queue_create(size_t size);

/* Free it; no thread may use it any more. NULL is allowed. */
void tw_queue_destroy(struct tw_queue *queue);

/*
 * Putter: room for a record of `len` bytes (8-aligned), to be filled in and then committed.
 *
 *   limit  how full the queue may be after it, in bytes, at most its size; a record of up to half the limit less 16
 *          always fits an empty queue
 *
 * Returns NULL when it would be fuller; then nothing changed.
 */
void *tw_queue_reserve(struct tw_queue *queue, size_t len, size_t limit);

/* Putter: hand the reserved record over; `kind` is 1 or more. `urgent` wakes the taker whatever it waits for. */
void tw_queue_commit(struct tw_queue *queue, uint32_t kind, bool urgent);

/* Putter: wait until at most `bytes` are queued; the taker is woken. */
void tw_queue_wait(struct tw_queue *queue, size_t bytes);

/* Putter: nothing more will be put; the taker is woken. */
void tw_queue_close(struct tw_queue *queue);

/* Any: its size in bytes. */
size_t tw_queue_size(const struct tw_queue *queue);

/* Any: how many bytes are queued. */
size_t tw_queue_used(const struct tw_queue *queue);

/* Taker: the next record and its kind, valid until released; NULL: there is none now. `*ret_len` is rounded up to 8. */
const void *tw_queue_take(struct tw_queue *queue, uint32_t *ret_kind, size_t *ret_len);

/* Taker: give back the room of all records taken so far. */
void tw_queue_release(struct tw_queue *queue);

/*
 * Taker, with everything released: sleep until at least `bytes` are queued, something urgent is, or `until` (of
 * CLOCK_MONOTONIC in nanoseconds; 0: no limit) has passed. Returns false when the queue is closed and empty.
 */
bool tw_queue_sleep(struct tw_queue *queue, size_t bytes, tw_time until);

#endif
