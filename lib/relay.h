/* SPDX-License-Identifier: MIT */
/*
 * relay.h — work that is handed over to a thread of its own, a buffer at a time and in order.
 *
 *      fill ──► give ──► [buffer] [buffer] ... ──► work, in the thread
 *
 * One fills a buffer while the thread works on those given before; who finds all of them given waits. Both sleep until
 * half of the buffers are full, or free, so that hardly a buffer costs a system call. Where no thread can be had the work
 * is done by who gives it.
 *
 * Threads: all functions are for one, who fills.
 */
#ifndef TW_RELAY_H
#define TW_RELAY_H

#include <stddef.h>

struct tw_relay;

/*
 * Make `n` buffers, at least 2, of `size` bytes each, zero at first. There is no thread until the first is given.
 *
 *   work  called with each buffer given; it may change it, and leaves it to be filled again
 *
 * Returns NULL when there is no memory.
 */
struct tw_relay *tw_relay_create(size_t size, unsigned n, void (*work)(void *context, void *buffer), void *context);

/* Work on what was given, stop the thread, free. NULL is allowed. */
void tw_relay_destroy(struct tw_relay *relay);

/* The buffer to be filled; the same until it is given. */
void *tw_relay_buffer(struct tw_relay *relay);

/* Give the buffer to the thread. Returns the next one to be filled, as the thread has left it. */
void *tw_relay_give(struct tw_relay *relay);

/* Wait until the thread has worked on all that was given; until more is given it touches nothing. */
void tw_relay_drain(struct tw_relay *relay);

#endif
