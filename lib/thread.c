/* SPDX-License-Identifier: MIT */
#include "thread.h"

#include <signal.h>

int tw_thread_start(pthread_t *ret, void *(*run)(void *context), void *context) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(ret, NULL, run, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -err;
}
