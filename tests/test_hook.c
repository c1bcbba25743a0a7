/* SPDX-License-Identifier: MIT */
/* Programs run for finished files: what they are given, how many at once, and what is told of those that fail. */
#include "hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "log.h"
#include "suites.h"

static struct folder folder;
static struct hook hook;
static char program[100];

static void write_program(const char *text) {
    snprintf(program, sizeof(program), "%s/program", folder.path);
    folder_write(&folder, "program", text, strlen(text));
    ck_assert_int_eq(chmod(program, 0700), 0);
}

static void setup(void) {
    log_open(LEVEL_ERROR);
    folder_init(&folder);
    ck_assert_int_eq(hook_open(&hook), 0);
}

static void teardown(void) {
    hook_close(&hook);
    folder_fini(&folder);
}

/* Wait for so many results. */
static void await(const uint64_t *count, uint64_t n) {
    while (*count < n) {
        hook_poll(&hook);
        usleep(10000);
    }
}

START_TEST(a_program_gets_the_path_and_no_shell_sees_it) {
    write_program("#!/bin/sh\nprintf '%s|%s' \"$#\" \"$1\" >\"${0%/*}/result\"\n");
    hook_set(&hook, program);
    hook_run(&hook, "/a b", "$(touch x); c.pcap");
    await(&hook.run, 1);
    char *text = folder_read(&folder, "result", NULL);
    ck_assert_str_eq(text, "1|/a b/$(touch x); c.pcap");
    free(text);
    ck_assert_uint_eq(hook.run, 1);
    ck_assert_uint_eq(hook.failed, 0);
}
END_TEST

START_TEST(without_a_program_nothing_is_run) {
    hook_run(&hook, "/a", "b");
    hook_close(&hook);
    ck_assert_uint_eq(hook.run + hook.failed, 0);
}
END_TEST

START_TEST(failures_are_counted) {
    write_program("#!/bin/sh\nexit 3\n");
    hook_set(&hook, program);
    hook_run(&hook, "/a", "b");
    hook_set(&hook, "/nonexistent/program");
    hook_run(&hook, "/a", "b");
    write_program("#!/bin/sh\nkill -9 $$\n");
    await(&hook.run, 2);
    hook_set(&hook, program);
    hook_run(&hook, "/a", "b");
    await(&hook.run, 3);
    ck_assert_uint_eq(hook.run, 3);
    ck_assert_uint_eq(hook.failed, 3);
}
END_TEST

START_TEST(at_most_four_run_at_once_and_all_run_at_the_end) {
    enum { N = 10 };
    write_program(
        "#!/bin/sh\nd=${0%/*}; mkdir \"$d/run$$\"; ls -d \"$d\"/run* 2>/dev/null | wc -l >>\"$d/counts\"; sleep 0.2; "
        "rmdir \"$d/run$$\"\n");
    hook_set(&hook, program);
    for (int i = 0; i < N; i++)
        hook_run(&hook, "/a", "b");
    hook_close(&hook);
    char *text = folder_read(&folder, "counts", NULL);
    int n = 0, most = 0;
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; n++)
        most = atoi(line) > most ? atoi(line) : most;
    free(text);
    ck_assert_int_eq(n, N);
    ck_assert_int_le(most, HOOK_AT_ONCE);
    ck_assert_int_gt(most, 1);
}
END_TEST

START_TEST(a_program_has_no_capabilities_and_no_network) {
    write_program("#!/bin/sh\ncd \"${0%/*}\"; grep -E 'Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp:' /proc/self/status | "
                  "tr -d '\\t\\n' >result\n");
    hook_set(&hook, program);
    hook_run(&hook, "/a", "b");
    await(&hook.run, 1);
    char *text = folder_read(&folder, "result", NULL);
    ck_assert_msg(strstr(text, "CapPrm:0000000000000000") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "CapEff:0000000000000000") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "CapAmb:0000000000000000") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "NoNewPrivs:1") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "Seccomp:2") != NULL, "%s", text);
    free(text);
}
END_TEST

START_TEST(nobody_waits_long_for_a_program_that_hangs) {
    write_program("#!/bin/sh\nsleep 30\n");
    hook_set(&hook, program);
    hook_run(&hook, "/a", "b");
    time_t before = time(NULL);
    hook_close(&hook);
    ck_assert_int_le(time(NULL) - before, 5);
}
END_TEST

Suite *suite_hook(void) {
    Suite *suite = suite_create("hook");
    TCase *tc = tcase_create("programs");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_program_gets_the_path_and_no_shell_sees_it);
    tcase_add_test(tc, without_a_program_nothing_is_run);
    tcase_add_test(tc, failures_are_counted);
    tcase_add_test(tc, at_most_four_run_at_once_and_all_run_at_the_end);
    tcase_add_test(tc, a_program_has_no_capabilities_and_no_network);
    tcase_add_test(tc, nobody_waits_long_for_a_program_that_hangs);
    suite_add_tcase(suite, tc);
    return suite;
}
