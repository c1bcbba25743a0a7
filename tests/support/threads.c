/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include <check.h>
#include <pthread.h>
#include <stddef.h>

static pthread_attr_t before;

/* No thread gets a stack as large as all addresses. */
void threads_forbid(void) {
    pthread_attr_t huge;
    ck_assert_int_eq(pthread_getattr_default_np(&before), 0);
    ck_assert_int_eq(pthread_attr_init(&huge), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
    ck_assert_int_eq(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
}

void threads_allow(void) {
    ck_assert_int_eq(pthread_setattr_default_np(&before), 0);
    pthread_attr_destroy(&before);
}
