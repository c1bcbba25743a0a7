/* SPDX-License-Identifier: MIT */
/* A file in chunks: all of it, once, in order; then its end, or what went wrong. */
#include "readahead.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suites.h"
#include "threads.h"

enum { MIB = 1 << 20, SIZE = 9 * MIB + 123 };

static int fd;
static uint8_t *written;

static void setup(void) {
    fd = memfd_create("capture", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    written = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        written[i] = (uint8_t)(i * 2654435761u >> 24);
    ck_assert_int_eq(write(fd, written, SIZE), SIZE);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
}

static void teardown(void) {
    close(fd);
    free(written);
}

/* Bytes that were read before, and whether a thread can be had: who wants a chunk that is not there reads it himself. */
static const struct whole {
    off_t before;
    bool has_thread;
} wholes[] = {{0, true}, {1, true}, {0, false}, {1, false}};

/* The room before a chunk is the caller's. */
START_TEST(a_file_comes_whole_and_in_order) {
    const struct whole *p = &wholes[_i];
    struct tw_readahead *readahead = tw_readahead_create(fd);
    size_t at = (size_t)p->before, len;
    int error = -1;
    ck_assert_int_eq(lseek(fd, p->before, SEEK_SET), p->before);
    if (!p->has_thread)
        threads_forbid();
    for (uint8_t *chunk; (chunk = tw_readahead_next(readahead, &len, &error)) != NULL; at += len) {
        ck_assert_int_eq(error, 0);
        ck_assert_uint_le(at + len, SIZE);
        ck_assert_int_eq(memcmp(chunk, written + at, len), 0);
        memset(chunk - TW_READAHEAD_ROOM, 0xee, TW_READAHEAD_ROOM);
    }
    if (!p->has_thread)
        threads_allow();
    ck_assert_uint_eq(at, SIZE);
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(write(fd, written, 100), 100); /* what grows after its end is not read any more */
    for (int i = 0; i < 10; i++) {
        ck_assert_ptr_null(tw_readahead_next(readahead, &len, &error));
        ck_assert_int_eq(error, 0);
    }
    tw_readahead_destroy(readahead);
}
END_TEST

/* The ends of the chunks are looked at alone: so it is waited for the thread, or rather not, all the time. */
START_TEST(who_is_faster_than_the_thread_gets_the_same) {
    for (int round = 0; round < 100; round++) {
        struct tw_readahead *readahead = tw_readahead_create(fd);
        size_t at = 0, len;
        int error;
        for (const uint8_t *chunk; (chunk = tw_readahead_next(readahead, &len, &error)) != NULL; at += len)
            ck_assert(chunk[0] == written[at] && chunk[len - 1] == written[at + len - 1]);
        ck_assert_uint_eq(at, SIZE);
        tw_readahead_destroy(readahead);
    }
}
END_TEST

START_TEST(an_error_of_reading_is_told_and_stays) {
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
    struct tw_readahead *readahead = tw_readahead_create(folder);
    size_t len;
    for (int i = 0; i < 10; i++) {
        ck_assert_ptr_null(tw_readahead_next(readahead, &len, &error));
        ck_assert_int_eq(error, EISDIR);
    }
    tw_readahead_destroy(readahead);
    close(folder);
}
END_TEST

START_TEST(it_may_be_left_at_any_time) {
    for (int n = 0; n < 20; n++) {
        struct tw_readahead *readahead = tw_readahead_create(fd);
        size_t len;
        int error;
        for (int i = 0; i < n; i++)
            (void)tw_readahead_next(readahead, &len, &error);
        tw_readahead_destroy(readahead);
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    }
    tw_readahead_destroy(NULL);
}
END_TEST

START_TEST(it_is_for_large_files) {
    int ends[2];
    ck_assert(tw_readahead_is_for(fd));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(!tw_readahead_is_for(ends[0]));
    ck_assert(!tw_readahead_is_for(-1));
    ck_assert_int_eq(ftruncate(fd, MIB), 0);
    ck_assert(!tw_readahead_is_for(fd));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

Suite *suite_readahead(void) {
    Suite *suite = suite_create("readahead");
    TCase *tc = tcase_create("readahead");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_file_comes_whole_and_in_order, 0, sizeof wholes / sizeof wholes[0]);
    tcase_add_test(tc, who_is_faster_than_the_thread_gets_the_same);
    tcase_add_test(tc, an_error_of_reading_is_told_and_stays);
    tcase_add_test(tc, it_may_be_left_at_any_time);
    tcase_add_test(tc, it_is_for_large_files);
    suite_add_tcase(suite, tc);
    return suite;
}
