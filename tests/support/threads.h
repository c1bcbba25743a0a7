/* SPDX-License-Identifier: MIT */
/*
 * threads.h — a process that gets no threads for a while, so that a test sees what is done without them.
 */
#ifndef THREADS_H
#define THREADS_H

/* pthread_create(3) without attributes fails from here on, until they are allowed again. */
void threads_forbid(void);
void threads_allow(void);

#endif
