/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include "suites.h"

static const uint8_t eight[8] = {0x01, 0x02, 0x03, 0x04, 0xFF, 0xFE, 0xFD, 0xFC};

/* What asking for n bytes at pos gives, of 8 bytes captured where `limit` are said to be. */
static const struct {
    const char *name;
    size_t pos, limit, n;
    enum tw_bytes_error error;
} needs[] = {
    {"the first byte is there", 0, 8, 1, TW_BYTES_OK},
    {"all bytes are there", 0, 8, 8, TW_BYTES_OK},
    {"the last byte is there", 7, 8, 1, TW_BYTES_OK},
    {"one past the end of both is beyond", 8, 8, 1, TW_BYTES_BEYOND},
    {"a request across the end of both is beyond", 7, 8, 2, TW_BYTES_BEYOND},
    {"one past the captured ones is cut where more are said to be", 8, 9, 1, TW_BYTES_CUT},
    {"a request across the captured ones is cut", 5, 9, 4, TW_BYTES_CUT},
    {"a request that passes both ends is beyond, not cut", 5, 9, 5, TW_BYTES_BEYOND},
    {"captured, but past the stated length, is beyond", 4, 5, 2, TW_BYTES_BEYOND},
    {"the last byte of the stated length is there", 4, 5, 1, TW_BYTES_OK},
    {"nothing is there at the end without an error", 8, 8, 0, TW_BYTES_OK},
    {"not even nothing is there past the end", 9, 8, 0, TW_BYTES_BEYOND},
};

START_TEST(a_request_fails_by_the_end_that_it_passes) {
    struct tw_bytes b = tw_bytes_init(eight, sizeof(eight));
    b.limit = needs[_i].limit;
    tw_bytes_skip(&b, needs[_i].pos);
    ck_assert_msg(tw_bytes_need(&b, needs[_i].n) == (needs[_i].error == TW_BYTES_OK), "%s", needs[_i].name);
    ck_assert_msg(b.error == needs[_i].error, "%s: error %d", needs[_i].name, (int)b.error);
    ck_assert_msg(b.pos == needs[_i].pos, "%s: moved", needs[_i].name);
}
END_TEST

START_TEST(taking_moves_and_peeking_does_not) {
    struct tw_bytes b = tw_bytes_init(eight, sizeof(eight));
    ck_assert_ptr_eq(tw_bytes_peek(&b, 2), eight);
    ck_assert_ptr_eq(tw_bytes_take(&b, 2), eight);
    ck_assert_ptr_eq(tw_bytes_take(&b, 6), eight + 2);
    ck_assert_ptr_null(tw_bytes_take(&b, 1));
    ck_assert_uint_eq(b.pos, 8);
}
END_TEST

START_TEST(the_first_error_stays) {
    struct tw_bytes b = tw_bytes_init(eight, sizeof(eight));
    b.limit = 20;
    ck_assert(!tw_bytes_need(&b, 9));
    ck_assert(!tw_bytes_need(&b, 21));
    ck_assert_int_eq(b.error, TW_BYTES_CUT);
    ck_assert_ptr_null(tw_bytes_take(&b, 1));
    ck_assert_uint_eq(b.pos, 0);
}
END_TEST

START_TEST(what_is_left_ends_at_the_nearer_end) {
    struct tw_bytes b = tw_bytes_init(eight, sizeof(eight));
    ck_assert_uint_eq(tw_bytes_left(&b), 8);
    b.limit = 100;
    ck_assert_uint_eq(tw_bytes_left(&b), 8);
    b.limit = 5;
    ck_assert_uint_eq(tw_bytes_left(&b), 5);
    tw_bytes_skip(&b, 5);
    ck_assert_uint_eq(tw_bytes_left(&b), 0);
    tw_bytes_skip(&b, 1);
    ck_assert_uint_eq(tw_bytes_left(&b), 0);
}
END_TEST

START_TEST(numbers_are_read_big_endian_and_unsigned) {
    ck_assert_uint_eq(tw_be16(eight), 0x0102);
    ck_assert_uint_eq(tw_be16(eight + 4), 0xFFFE);
    ck_assert_uint_eq(tw_be24(eight + 1), 0x020304);
    ck_assert_uint_eq(tw_be32(eight), 0x01020304);
    ck_assert_uint_eq(tw_be32(eight + 4), 0xFFFEFDFCu);
}
END_TEST

Suite *suite_bytes(void) {
    Suite *suite = suite_create("bytes");
    TCase *tc = tcase_create("cursor");
    tcase_add_loop_test(tc, a_request_fails_by_the_end_that_it_passes, 0, sizeof(needs) / sizeof(needs[0]));
    tcase_add_test(tc, taking_moves_and_peeking_does_not);
    tcase_add_test(tc, the_first_error_stays);
    tcase_add_test(tc, what_is_left_ends_at_the_nearer_end);
    tcase_add_test(tc, numbers_are_read_big_endian_and_unsigned);
    suite_add_tcase(suite, tc);
    return suite;
}
