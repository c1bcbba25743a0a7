/* SPDX-License-Identifier: MIT */
#include "ahead.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "suites.h"

enum { MIB = 1 << 20, SIZE = 64 * MIB, WAIT_MS = 10000 };

static uint8_t *memory;
static struct tw_ahead *ahead;

static void setup(void) {
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    ahead = tw_ahead_create(memory, SIZE);
    ck_assert_ptr_nonnull(ahead);
}

static void teardown(void) {
    tw_ahead_destroy(ahead);
    munmap(memory, SIZE);
}

static bool is_ready(size_t at) { /* the page that begins there */
    unsigned char resident;
    ck_assert_int_eq(mincore(memory + at, 1, &resident), 0);
    return resident & 1;
}

/* Whether the kernel can be asked to make memory ready at all. */
static bool is_possible(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool possible = madvise(page, 4096, 23 /* MADV_POPULATE_WRITE */) == 0;
    munmap(page, 4096);
    return possible;
}

static bool becomes_ready(size_t at) {
    static const struct timespec pause = {.tv_nsec = 1000000};
    for (int ms = 0; ms < WAIT_MS && !is_ready(at); ms++) {
        nanosleep(&pause, NULL);
    }
    return is_ready(at);
}

START_TEST(a_little_in_use_asks_for_nothing) {
    size_t quiet = tw_ahead_reach(ahead, 4096);
    ck_assert_uint_gt(quiet, 4096);
    ck_assert_uint_lt(quiet, SIZE);
    ck_assert(!is_ready(4096));
}
END_TEST

START_TEST(some_more_is_made_ready_and_no_more_than_that) {
    if (!is_possible()) {
        return;
    }
    size_t quiet = tw_ahead_reach(ahead, 5 * MIB);
    ck_assert_uint_gt(quiet, 5 * MIB);
    ck_assert(becomes_ready(quiet));
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(SIZE / 2));
    ck_assert_uint_gt(tw_ahead_reach(ahead, quiet), quiet);
    ck_assert(becomes_ready(2 * quiet - 5 * MIB));
}
END_TEST

START_TEST(all_of_it_in_the_end) {
    if (!is_possible()) {
        return;
    }
    size_t used = 0;
    while (used < SIZE) {
        size_t next = tw_ahead_reach(ahead, used);
        ck_assert_uint_gt(next, used);
        used = next;
    }
    ck_assert(becomes_ready(SIZE - 4096));
}
END_TEST

/* Written and made ready at the same time. */
START_TEST(what_was_written_stays) {
    for (size_t used = 0; used < SIZE; used += MIB) {
        memset(memory + used, 'x', MIB);
        tw_ahead_reach(ahead, used + MIB);
    }
    ck_assert(!is_possible() || becomes_ready(SIZE - 4096));
    tw_ahead_destroy(ahead);
    ahead = NULL;
    for (size_t i = 0; i < SIZE; i += 4096) {
        ck_assert_int_eq(memory[i], 'x');
    }
}
END_TEST

START_TEST(none_is_nothing_to_say) {
    ck_assert_uint_eq(tw_ahead_reach(NULL, 1), SIZE_MAX);
    tw_ahead_destroy(NULL);
}
END_TEST

Suite *suite_ahead(void) {
    Suite *suite = suite_create("ahead");
    TCase *tcase = tcase_create("ahead");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_little_in_use_asks_for_nothing);
    tcase_add_test(tcase, some_more_is_made_ready_and_no_more_than_that);
    tcase_add_test(tcase, all_of_it_in_the_end);
    tcase_add_test(tcase, what_was_written_stays);
    tcase_add_test(tcase, none_is_nothing_to_say);
    suite_add_tcase(suite, tcase);
    return suite;
}
