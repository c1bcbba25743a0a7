/* SPDX-License-Identifier: MIT */
/* Which files have to go: by number, bytes, age and free space, oldest first, and never the newest of a kind. */
#include "retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

#define PCAP   TW_NAME_PCAP
#define FLOWS  TW_NAME_FLOWS
#define ALARMS TW_NAME_ALARMS
#define NOW    (1000 * TW_SECOND)

enum { FILES_MAX = 8 };

/* Each file has 10 bytes. What goes is told as letters of the reason (n: files, b: bytes, a: age, f: free) and indexes. */
static const struct {
    const char *name;
    struct tw_retention_limits limits;
    uint64_t free;
    struct {
        enum tw_name_kind kind;
        uint64_t number;
        int64_t age; /* seconds */
    } files[FILES_MAX];
    const char *goes;
} cases[] = {
    {"nothing limits nothing", {0}, 0, {{PCAP, 1, 900}, {PCAP, 2, 800}}, ""},
    {"no files", {1, 1, 1, 1}, 0, {{0}}, ""},
    {"as many files as allowed", {.files = 2}, 0, {{PCAP, 1, 2}, {PCAP, 2, 1}}, ""},
    {"one file too many", {.files = 2}, 0, {{PCAP, 1, 3}, {PCAP, 2, 2}, {PCAP, 3, 1}}, "n0"},
    {"one file is always allowed", {.files = 1}, 0, {{PCAP, 1, 3}, {PCAP, 2, 2}, {PCAP, 3, 1}}, "n0 n1"},
    {"numbers say the order, not times", {.files = 2}, 0, {{PCAP, 3, 9}, {PCAP, 2, 2}, {PCAP, 10, 1}}, "n1"},
    {"logs do not count as files", {.files = 1}, 0, {{PCAP, 1, 3}, {FLOWS, 1, 4}, {FLOWS, 2, 4}, {ALARMS, 1, 5}}, ""},
    {"as many bytes as allowed", {.bytes = 20}, 0, {{PCAP, 1, 2}, {PCAP, 2, 1}}, ""},
    {"one byte too many", {.bytes = 29}, 0, {{PCAP, 1, 3}, {PCAP, 2, 2}, {PCAP, 3, 1}}, "b0"},
    {"the newest stays, however large", {.bytes = 1}, 0, {{PCAP, 1, 3}, {PCAP, 2, 2}, {PCAP, 3, 1}}, "b0 b1"},
    {"logs count as bytes, oldest first",
     {.bytes = 20},
     0,
     {{PCAP, 7, 3}, {FLOWS, 1, 5}, {FLOWS, 2, 4}, {PCAP, 8, 1}},
     "b1 b0"},
    {"the newest log stays", {.bytes = 1}, 0, {{PCAP, 1, 3}, {FLOWS, 1, 9}, {ALARMS, 1, 8}}, ""},
    {"as old as allowed", {.age = 60 * TW_SECOND}, 0, {{PCAP, 1, 60}, {PCAP, 2, 1}}, ""},
    {"older than allowed", {.age = 60 * TW_SECOND}, 0, {{PCAP, 1, 62}, {PCAP, 2, 61}, {PCAP, 3, 60}}, "a0 a1"},
    {"the newest may be old", {.age = TW_SECOND}, 0, {{PCAP, 1, 99}, {PCAP, 2, 98}}, "a0"},
    {"from the future", {.age = TW_SECOND}, 0, {{PCAP, 1, -3600}, {PCAP, 2, -3600}}, ""},
    {"enough is free", {.min_free = 5}, 5, {{PCAP, 1, 3}, {PCAP, 2, 2}}, ""},
    {"too little is free", {.min_free = 6}, 5, {{PCAP, 1, 3}, {PCAP, 2, 2}, {PCAP, 3, 1}}, "f0 f1"},
    {"each goes for the first reason that it has",
     {.files = 3, .bytes = 20, .age = TW_SECOND, .min_free = 1},
     0,
     {{PCAP, 1, 9}, {PCAP, 2, 8}, {PCAP, 3, 7}, {PCAP, 4, 6}},
     "n0 b1 a2"},
};

enum { SIZE = 10, N_CASES = sizeof(cases) / sizeof(cases[0]) };

static struct tw_retention_file file_of(size_t c, size_t i) {
    return (struct tw_retention_file){
        .name = {.kind = cases[c].files[i].kind, .number = cases[c].files[i].number, .time = (tw_time)i},
        .size = SIZE,
        .time = NOW - cases[c].files[i].age * TW_SECOND,
    };
}

START_TEST(what_has_to_go) {
    struct tw_retention retention = {.bytes = 0};
    struct tw_retention_file file;
    enum tw_removed reason;
    char goes[100] = "";
    for (size_t i = 0; i < FILES_MAX && cases[_i].files[i].number > 0; i++) {
        file = file_of((size_t)_i, i);
        ck_assert_int_eq(tw_retention_add(&retention, &file), 0);
    }
    while (tw_retention_next(&retention, &cases[_i].limits, NOW, cases[_i].free, &file, &reason)) {
        char one[20];
        snprintf(one, sizeof(one), "%s%c%d", goes[0] != '\0' ? " " : "", "nbaf"[reason], (int)file.name.time);
        strcat(goes, one);
    }
    ck_assert_msg(strcmp(goes, cases[_i].goes) == 0, "%s: %s goes, wanted %s", cases[_i].name, goes, cases[_i].goes);
    tw_retention_fini(&retention);
}
END_TEST

START_TEST(files_come_and_go_for_long) {
    enum { KEPT = 5, N = 10000 };
    struct tw_retention retention = {.bytes = 0};
    struct tw_retention_limits limits = {.files = KEPT};
    struct tw_retention_file file;
    enum tw_removed reason;
    for (uint64_t number = 1; number <= N; number++) {
        ck_assert_int_eq(
            tw_retention_add(&retention, &(struct tw_retention_file){.name = {.number = number}, .size = 3}), 0);
        bool removed = tw_retention_next(&retention, &limits, 0, 0, &file, &reason);
        ck_assert(removed == (number > KEPT));
        if (removed)
            ck_assert_uint_eq(file.name.number, number - KEPT);
    }
    ck_assert_uint_eq(retention.bytes, 3 * KEPT);
    ck_assert_uint_lt(retention.list[TW_NAME_PCAP].room, 1000);
    tw_retention_clear(&retention);
    ck_assert_uint_eq(retention.bytes, 0);
    ck_assert(!tw_retention_next(&retention, &(struct tw_retention_limits){.files = 1}, 0, 0, &file, &reason));
    tw_retention_fini(&retention);
}
END_TEST

Suite *suite_retention(void) {
    Suite *suite = suite_create("retention");
    TCase *tc = tcase_create("choice");
    tcase_add_loop_test(tc, what_has_to_go, 0, N_CASES);
    tcase_add_test(tc, files_come_and_go_for_long);
    suite_add_tcase(suite, tc);
    return suite;
}
