/* SPDX-License-Identifier: MIT */
#include "tcpopt.h"

#include <stdlib.h>
#include <string.h>

#include "suites.h"

#define LIST(...)                                                                                                      \
    sizeof((const uint8_t[]){__VA_ARGS__}), {                                                                          \
        __VA_ARGS__                                                                                                    \
    }

enum { NOP = 1, MSS = 2, WS = 3, SACK_PERMITTED = 4 };

static const struct {
    const char *name;
    int scale;
    size_t n;
    uint8_t list[40];
} cases[] = {
    {"no options offer no scale", -1, 0, {0}},
    {"the option alone", 7, LIST(WS, 3, 7)},
    {"the option behind padding", 7, LIST(NOP, NOP, NOP, WS, 3, 7)},
    {"as Linux sends it", 7, LIST(MSS, 4, 5, 180, SACK_PERMITTED, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, NOP, WS, 3, 7)},
    {"a scale of 0 is an offer", 0, LIST(WS, 3, 0)},
    {"14 as it is", 14, LIST(WS, 3, 14)},
    {"values that are not allowed are not judged here", 255, LIST(WS, 3, 255)},
    {"of two the last counts", 9, LIST(WS, 3, 7, WS, 3, 9)},
    {"nothing counts behind the end of the list", -1, LIST(0, WS, 3, 7)},
    {"what stands before the end of the list counts", 7, LIST(WS, 3, 7, 0, WS, 3, 9)},
    {"a shorter option of that kind is none", -1, LIST(WS, 2)},
    {"a longer option of that kind is none", -1, LIST(WS, 4, 7, 7)},
    {"behind an option of another length the list goes on", 7, LIST(WS, 4, 1, 1, WS, 3, 7)},
    {"a length of 0 ends the list", -1, LIST(MSS, 0, WS, 3, 7)},
    {"a length of 1 ends the list", -1, LIST(MSS, 1, WS, 3, 7)},
    {"a length of 2 is an option without a value", 7, LIST(SACK_PERMITTED, 2, WS, 3, 7)},
    {"a length that passes the end by one ends the list", -1, LIST(NOP, WS, 3)},
    {"a kind without a length ends the list", 7, LIST(WS, 3, 7, MSS)},
    {"an option up to the last byte is whole", 7, LIST(MSS, 4, 5, 180, NOP, WS, 3, 7)},
};

START_TEST(the_window_scale_is_found) {
    uint8_t *exact = malloc(cases[_i].n + 1); /* in a block that ends with the list, for the sanitizer */
    uint8_t *list = exact + 1;
    memcpy(list, cases[_i].list, cases[_i].n);
    int scale = tw_tcpopt_window_scale(list, cases[_i].n);
    free(exact);
    ck_assert_msg(scale == cases[_i].scale, "%s: %d", cases[_i].name, scale);
}
END_TEST

Suite *suite_tcpopt(void) {
    Suite *suite = suite_create("tcpopt");
    TCase *tc = tcase_create("options");
    tcase_add_loop_test(tc, the_window_scale_is_found, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
