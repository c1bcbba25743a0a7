/* SPDX-License-Identifier: MIT */
/* Buffers that go to a thread: each once, in order, and back as it has left them. */
#include "relay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "suites.h"
#include "threads.h"

struct buffer {
    uint64_t number; /* from 1 */
    bool is_worked_on;
};

static struct {
    _Atomic uint64_t done;
    bool is_in_order, is_own_thread;
    useconds_t pause;
    pthread_t filler;
} seen;

static void work(void *context, void *buffer) {
    struct buffer *b = buffer;
    seen.is_in_order = seen.is_in_order && context == &seen && b->number == seen.done + 1;
    seen.is_own_thread = seen.is_own_thread && !pthread_equal(pthread_self(), seen.filler);
    b->is_worked_on = true;
    if (seen.pause > 0)
        usleep(seen.pause);
    atomic_fetch_add(&seen.done, 1);
}

static struct tw_relay *create(unsigned n) {
    seen.done = 0;
    seen.is_in_order = seen.is_own_thread = true;
    seen.pause = 0;
    seen.filler = pthread_self();
    struct tw_relay *relay = tw_relay_create(sizeof(struct buffer), n, work, &seen);
    ck_assert_ptr_nonnull(relay);
    return relay;
}

/* Give so many; the first n of all are new, the others have come back. */
static void give(struct tw_relay *relay, unsigned n, uint64_t from, uint64_t to) {
    struct buffer *buffer = tw_relay_buffer(relay);
    for (uint64_t number = from; number < to; number++) {
        ck_assert_ptr_eq(buffer, tw_relay_buffer(relay));
        ck_assert_uint_eq(buffer->number, number > n ? number - n : 0);
        ck_assert_int_eq(buffer->is_worked_on, number > n);
        *buffer = (struct buffer){.number = number};
        buffer = tw_relay_give(relay);
        ck_assert_uint_lt(number - seen.done, n); /* one is left to be filled */
    }
}

/* _i: whether who works is slower than who fills */
START_TEST(every_buffer_is_worked_on_once_and_in_order) {
    for (unsigned n = 2; n < 9; n++) {
        struct tw_relay *relay = create(n);
        seen.pause = _i ? 200 : 0;
        give(relay, n, 1, _i ? 50 : 5000);
        tw_relay_drain(relay);
        ck_assert_uint_eq(seen.done, _i ? 49 : 4999);
        ck_assert(seen.is_in_order && seen.is_own_thread);
        tw_relay_destroy(relay);
    }
}
END_TEST

START_TEST(little_waits_for_more_or_a_drain) {
    struct tw_relay *relay = create(8);
    tw_relay_drain(relay); /* there is nothing yet */
    give(relay, 8, 1, 4);
    usleep(50000);
    ck_assert_uint_eq(seen.done, 0);
    tw_relay_drain(relay);
    ck_assert_uint_eq(seen.done, 3);
    tw_relay_drain(relay);
    give(relay, 8, 4, 8);
    while (seen.done < 7)
        usleep(1000);
    ck_assert(seen.is_in_order);
    tw_relay_destroy(relay);
}
END_TEST

START_TEST(without_a_thread_buffers_are_worked_on_as_they_are_given) {
    threads_forbid();
    struct tw_relay *relay = create(4);
    give(relay, 4, 1, 20);
    threads_allow();
    ck_assert_uint_eq(seen.done, 19);
    ck_assert(seen.is_in_order);
    tw_relay_drain(relay);
    tw_relay_destroy(relay);
    ck_assert_uint_eq(seen.done, 19);
}
END_TEST

START_TEST(what_was_given_is_worked_on_before_the_end) {
    struct tw_relay *relay = create(4);
    give(relay, 4, 1, 2);
    tw_relay_destroy(relay);
    ck_assert_uint_eq(seen.done, 1);
    tw_relay_destroy(create(2)); /* none was given */
    tw_relay_destroy(NULL);
}
END_TEST

Suite *suite_relay(void) {
    Suite *suite = suite_create("relay");
    TCase *tc = tcase_create("relay");
    tcase_add_loop_test(tc, every_buffer_is_worked_on_once_and_in_order, 0, 2);
    tcase_add_test(tc, little_waits_for_more_or_a_drain);
    tcase_add_test(tc, without_a_thread_buffers_are_worked_on_as_they_are_given);
    tcase_add_test(tc, what_was_given_is_worked_on_before_the_end);
    suite_add_tcase(suite, tc);
    return suite;
}
