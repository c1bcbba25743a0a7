/* SPDX-License-Identifier: MIT */
/*
 * thread.h — threads that take no signals: those are the main loop's.
 */
#ifndef TW_THREAD_H
#define TW_THREAD_H

#include <pthread.h>

/* Start one; to be joined. Returns 0 or a negative errno of pthread_create(3), then *ret is unspecified. */
int tw_thread_start(pthread_t *ret, void *(*run)(void *context), void *context);

#endif
