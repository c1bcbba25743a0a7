/* SPDX-License-Identifier: MIT */
/*
 * The queue between two threads: order, bounds, sleep and waking.
 */
#include "queue.h"

#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "suites.h"

enum { SIZE = 4096 };

static struct tw_queue *queue;
static uint8_t *memory;

static void setup(void) {
    queue = tw_queue_create(SIZE);
    memory = NULL;
    ck_assert_ptr_nonnull(queue);
}

static void teardown(void) {
    tw_queue_destroy(queue);
}

static tw_time monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

/* Put a record and check that it lies within the queue's memory, whose first record `memory` is. */
static bool put(uint32_t kind, uint8_t fill, size_t len, size_t limit) {
    uint8_t *to = tw_queue_reserve(queue, len, limit);
    if (to == NULL)
        return false;
    if (memory == NULL)
        memory = to;
    ck_assert(to >= memory && to + len <= memory - 8 + SIZE);
    memset(to, fill, len);
    tw_queue_commit(queue, kind, false);
    return true;
}

static bool take(uint32_t want_kind, uint8_t fill, size_t len) {
    uint32_t kind;
    size_t got_len;
    const uint8_t *got = tw_queue_take(queue, &kind, &got_len);
    bool good = got != NULL && kind == want_kind && got_len == (len + 7) / 8 * 8;
    for (size_t i = 0; good && i < len; i++)
        good = got[i] == fill;
    tw_queue_release(queue);
    return good;
}

static bool is_empty(void) {
    uint32_t kind;
    size_t len;
    return tw_queue_take(queue, &kind, &len) == NULL;
}

START_TEST(records_come_out_in_order_with_their_kind_and_bytes) {
    ck_assert(is_empty());
    ck_assert(put(1, 'a', 5, SIZE));
    ck_assert(put(2, 'b', 0, SIZE));
    ck_assert(put(3, 'c', 800, SIZE));
    ck_assert_uint_eq(tw_queue_used(queue), 16 + 8 + 808);
    ck_assert(take(1, 'a', 5));
    ck_assert(take(2, 'b', 0));
    ck_assert(take(3, 'c', 800));
    ck_assert(is_empty());
    ck_assert_uint_eq(tw_queue_used(queue), 0);
}
END_TEST

START_TEST(a_queue_of_any_size_asked_for_is_the_next_power_of_two) {
    struct tw_queue *other = tw_queue_create(SIZE + 1);
    ck_assert_uint_eq(tw_queue_size(queue), SIZE);
    ck_assert_uint_eq(tw_queue_size(other), 2 * SIZE);
    tw_queue_destroy(other);
    tw_queue_destroy(NULL);
}
END_TEST

static const struct {
    const char *name;
    size_t len, limit;
    bool fits;
} limits[] = {
    {"to the last byte of the limit", 992, 1000, true},
    {"one byte past the limit", 993, 1000, false},
    {"the whole queue", SIZE - 8, SIZE, true},
    {"more than the queue", SIZE - 7, SIZE, false},
};

START_TEST(a_record_fits_up_to_its_limit_and_leaves_nothing_behind_else) {
    ck_assert_msg(put(1, 'x', limits[_i].len, limits[_i].limit) == limits[_i].fits, "%s", limits[_i].name);
    ck_assert_uint_eq(tw_queue_used(queue), limits[_i].fits ? (limits[_i].len + 15) / 8 * 8 : 0);
    ck_assert(limits[_i].fits ? take(1, 'x', limits[_i].len) : is_empty());
}
END_TEST

START_TEST(a_limit_beyond_the_queue_is_the_queue) {
    ck_assert(put(1, 'x', SIZE / 2, SIZE));
    ck_assert(!put(1, 'x', SIZE / 2 - 8, 2 * SIZE));
    ck_assert(put(1, 'x', SIZE / 2 - 16, 2 * SIZE));
}
END_TEST

START_TEST(a_share_above_a_limit_stays_for_those_with_a_higher_one) {
    while (put(1, 'x', 100, SIZE / 2)) {
    }
    ck_assert_uint_le(tw_queue_used(queue), SIZE / 2);
    ck_assert(put(2, 'y', 100, SIZE));
    ck_assert_uint_gt(tw_queue_used(queue), SIZE / 2);
}
END_TEST

START_TEST(half_the_limit_fits_an_empty_queue_wherever_it_stands) {
    for (size_t step = 0; step < SIZE; step += 8) {
        ck_assert(put(1, 'x', step % 48, SIZE));
        ck_assert(take(1, 'x', step % 48));
        ck_assert_msg(put(2, 'y', SIZE / 2 - 16, SIZE), "at step %zu", step);
        ck_assert(take(2, 'y', SIZE / 2 - 16));
        ck_assert(put(3, 'z', 3 * SIZE / 8 - 16, 3 * SIZE / 4));
        ck_assert(take(3, 'z', 3 * SIZE / 8 - 16));
    }
}
END_TEST

enum { RECORDS = 100000 };

/* A taker that checks the order and the bytes of RECORDS records. Returns how many were right. */
static void *check_records(void *arg) {
    size_t *right = arg;
    uint64_t next = 0;
    do {
        uint32_t kind;
        size_t len;
        const uint64_t *record;
        while ((record = tw_queue_take(queue, &kind, &len)) != NULL) {
            *right += record[0] == next && kind == 1 + next % 7 && len >= 8 && record[len / 8 - 1] == next;
            if (next++ % 3 == 0)
                tw_queue_release(queue);
        }
        tw_queue_release(queue);
    } while (tw_queue_sleep(queue, SIZE / 4, 0));
    return NULL;
}

START_TEST(two_threads_pass_every_record_in_order) {
    size_t right = 0;
    uint32_t random = 12345;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, check_records, &right), 0);
    for (uint64_t i = 0; i < RECORDS; i++) {
        random = random * 1664525 + 1013904223;
        size_t words = 1 + (random >> 16) % 60;
        uint64_t *record;
        while ((record = tw_queue_reserve(queue, words * 8, SIZE)) == NULL)
            tw_queue_wait(queue, SIZE / 2);
        record[0] = record[words - 1] = i;
        tw_queue_commit(queue, (uint32_t)(1 + i % 7), random % 50 == 0);
    }
    tw_queue_close(queue);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(right, RECORDS);
}
END_TEST

enum { MANY = 200, SLEEPY = 1000000, WORDS = 7 };

/* Returns how many records were right: their number is in each of their words. */
static void *take_numbered(void *arg) {
    uint64_t *right = arg, next = 0;
    do {
        uint32_t kind;
        size_t len;
        const uint64_t *record;
        while ((record = tw_queue_take(queue, &kind, &len)) != NULL) {
            *right += len == WORDS * 8 && record[0] == next && record[WORDS - 1] == next;
            next++;
            tw_queue_release(queue);
        }
    } while (tw_queue_sleep(queue, 1, 0));
    return NULL;
}

/* Returns where it stands; there is room for it as soon as the taker has taken some. */
static uint8_t *put_numbered(uint64_t number) {
    uint64_t *record;
    while ((record = tw_queue_reserve(queue, WORDS * 8, SIZE)) == NULL)
        tw_queue_wait(queue, SIZE / 2);
    for (int i = 0; i < WORDS; i++)
        record[i] = number;
    tw_queue_commit(queue, 1, false);
    return (uint8_t *)record;
}

/*
 * The taker falls asleep all the time, and who wakes it is often late: without its wish said again the first such
 * wake-up was its last, within these records in four runs of six.
 */
START_TEST(a_taker_woken_for_nothing_is_woken_again) {
    uint64_t right = 0;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, take_numbered, &right), 0);
    for (uint64_t n = 0; n < SLEEPY; n++)
        (void)put_numbered(n);
    tw_queue_close(queue);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(right, SLEEPY);
}
END_TEST

/*
 * The taker is given time to fall asleep; where it is late now and then some more of the memory is touched. After that the
 * queue goes round, from wherever its memory has begun by then.
 */
START_TEST(a_queue_that_is_always_emptied_keeps_to_the_beginning_of_its_memory) {
    uint64_t right = 0, n;
    pthread_t thread;
    int far = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, take_numbered, &right), 0);
    for (n = 0; n < MANY; n++) {
        uint8_t *record = put_numbered(n);
        memory = memory == NULL ? record : memory;
        far += record - memory >= SIZE / 4;
        tw_queue_wait(queue, 0);
        usleep(1000);
    }
    for (; n < 100 * MANY; n++)
        (void)put_numbered(n);
    tw_queue_close(queue);
    pthread_join(thread, NULL);
    ck_assert_int_lt(far, MANY / 4);
    ck_assert_uint_eq(right, 100 * MANY);
}
END_TEST

START_TEST(sleep_ends_at_its_time) {
    tw_time before = monotonic();
    ck_assert(put(1, 'x', 10, SIZE));
    ck_assert(tw_queue_sleep(queue, 100, before + 30 * TW_MS));
    ck_assert_int_ge(monotonic() - before, 30 * TW_MS);
}
END_TEST

START_TEST(sleep_ends_at_once_when_enough_is_there) {
    ck_assert(put(1, 'x', 100, SIZE));
    ck_assert(tw_queue_sleep(queue, 100, 0));
}
END_TEST

START_TEST(an_urgent_record_put_before_ends_sleep_at_once_and_only_once) {
    ck_assert_ptr_nonnull(tw_queue_reserve(queue, 8, SIZE));
    tw_queue_commit(queue, 1, true);
    ck_assert(tw_queue_sleep(queue, SIZE, 0));
    tw_time before = monotonic();
    ck_assert(tw_queue_sleep(queue, SIZE, before + 10 * TW_MS));
    ck_assert_int_ge(monotonic() - before, 10 * TW_MS);
}
END_TEST

START_TEST(a_closed_queue_is_over_when_it_is_empty) {
    ck_assert(put(1, 'x', 10, SIZE));
    tw_queue_close(queue);
    ck_assert(tw_queue_sleep(queue, SIZE, 0));
    ck_assert(take(1, 'x', 10));
    ck_assert(!tw_queue_sleep(queue, SIZE, 0));
}
END_TEST

/* Put one record a little later. */
static void *put_later(void *urgent) {
    usleep(20000);
    (void)tw_queue_reserve(queue, 8, SIZE);
    tw_queue_commit(queue, 1, urgent != NULL);
    return NULL;
}

START_TEST(a_sleeper_is_woken_by_enough_and_by_something_urgent) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, put_later, _i == 0 ? NULL : &queue), 0);
    ck_assert(tw_queue_sleep(queue, _i == 0 ? 1 : SIZE, 0));
    ck_assert_uint_eq(tw_queue_used(queue), 16);
    pthread_join(thread, NULL);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_queue(void) {
    Suite *suite = suite_create("queue");
    TCase *tc = tcase_create("records");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, records_come_out_in_order_with_their_kind_and_bytes);
    tcase_add_test(tc, a_queue_of_any_size_asked_for_is_the_next_power_of_two);
    tcase_add_loop_test(tc, a_record_fits_up_to_its_limit_and_leaves_nothing_behind_else, 0, N(limits));
    tcase_add_test(tc, a_limit_beyond_the_queue_is_the_queue);
    tcase_add_test(tc, a_share_above_a_limit_stays_for_those_with_a_higher_one);
    tcase_add_test(tc, half_the_limit_fits_an_empty_queue_wherever_it_stands);
    suite_add_tcase(suite, tc);
    tc = tcase_create("threads");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, two_threads_pass_every_record_in_order);
    tcase_add_test(tc, a_taker_woken_for_nothing_is_woken_again);
    tcase_add_test(tc, a_queue_that_is_always_emptied_keeps_to_the_beginning_of_its_memory);
    tcase_add_test(tc, sleep_ends_at_its_time);
    tcase_add_test(tc, sleep_ends_at_once_when_enough_is_there);
    tcase_add_test(tc, an_urgent_record_put_before_ends_sleep_at_once_and_only_once);
    tcase_add_test(tc, a_closed_queue_is_over_when_it_is_empty);
    tcase_add_loop_test(tc, a_sleeper_is_woken_by_enough_and_by_something_urgent, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
