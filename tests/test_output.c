/* SPDX-License-Identifier: MIT */
/* The output folder: what an analysis may replace, what it must refuse without touching anything, and locks. */
#include "output.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "manifest.h"
#include "suites.h"

#define HEAD_OF(type, complete) "{\"tcpwind\":\"1\",\"complete\":" complete ",\"source\":{\"type\":\"" type "\"},"
#define LISTED                  "\"extract\":{\"files\":[\"s-20200101T000000Z-000001.pcap\"]}}\n"

static char folder[64];
static char problem[OUTPUT_PROBLEM_MAX];

static void make_folder(void) {
    strcpy(folder, "/tmp/test-output-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void path_of(const char *name, char ret[512]) {
    snprintf(ret, 512, "%s/%s", folder, name);
}

static void put(const char *name, const char *text) {
    char path[512];
    path_of(name, path);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static bool is_there(const char *name) {
    char path[512];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static const struct {
    const char *name, *path, *prefix;
} prefixes[] = {
    {"folder and ending go", "/a/b.c/d.pcap", "d"},
    {"the last ending only", "d.tar.pcap", "d.tar"},
    {"no ending", "a/d", "d"},
    {"a name that is all ending stays", "a/.pcap", ".pcap"},
    {"standard input", "-", "stdin"},
};

START_TEST(a_set_is_called_after_its_first_file) {
    char prefix[OUTPUT_PREFIX_MAX];
    output_prefix(prefixes[_i].path, prefix);
    ck_assert_msg(strcmp(prefix, prefixes[_i].prefix) == 0, "%s: %s", prefixes[_i].name, prefix);
}
END_TEST

/* What lies in the folder beside the report, what comes of a new set, and whether the file is still there. */
static const struct {
    const char *name, *report, *file;
    int err;
    bool stays;
} sets[] = {
    {"a listed file is replaced", HEAD_OF("file", "true") LISTED, "s-20200101T000000Z-000001.pcap", 0, false},
    {"a listed file's .part is replaced", HEAD_OF("file", "false") LISTED, "s-20200101T000000Z-000001.pcap.part", 0,
     false},
    {"an interrupted run's next file is replaced", HEAD_OF("file", "false") LISTED, "s-20200101T000000Z-000002.pcap", 0,
     false},
    {"a number that it cannot have reached is foreign", HEAD_OF("file", "false") LISTED,
     "s-20200101T000000Z-000077.pcap", TW_EFOREIGN, true},
    {"a completed run's next file is foreign", HEAD_OF("file", "true") LISTED, "s-20200101T000000Z-000002.pcap",
     TW_EFOREIGN, true},
    {"no report", NULL, "s-20200101T000000Z-000001.pcap", TW_EFOREIGN, true},
    {"a table without a report", NULL, "s_flows.tsv", TW_EFOREIGN, true},
    {"a table with a report", HEAD_OF("file", "true") LISTED, "s_flows.tsv", 0, false},
    {"a live run's report", HEAD_OF("interface", "true") LISTED, "s-20200101T000000Z-000001.pcap", TW_EFOREIGN, true},
    {"a report that breaks off", HEAD_OF("file", "true") "\"extract\":{\"files\":[\"s-20200101T000000Z-000001.pcap\"]",
     "s-20200101T000000Z-000001.pcap", TW_EFOREIGN, true},
    {"a listed file that is none of ours stays", HEAD_OF("file", "true") "\"extract\":{\"files\":[\"mine.txt\"]}}",
     "mine.txt", 0, true},
    {"a list elsewhere is no list", HEAD_OF("file", "true") "\"files\":[\"s-20200101T000000Z-000001.pcap\"]}",
     "s-20200101T000000Z-000001.pcap", TW_EFOREIGN, true},
    {"another prefix stays", NULL, "t-20200101T000000Z-000001.pcap", 0, true},
};

START_TEST(only_what_the_report_lists_is_replaced) {
    struct output output;
    put(sets[_i].file, "x");
    if (sets[_i].report)
        put("s_report.json", sets[_i].report);
    ck_assert_int_eq(output_open(folder, "s", false, &output, problem), 0);
    int err = output_replace_set(&output, NULL, 0, problem);
    output_close(&output);
    ck_assert_msg(err == sets[_i].err, "%s: %s (%s)", sets[_i].name, tw_strerror(err), problem);
    ck_assert_msg(is_there(sets[_i].file) == sets[_i].stays, "%s", sets[_i].name);
    ck_assert_msg(!is_there(".s.lock"), "%s: the lock stays", sets[_i].name);
}
END_TEST

START_TEST(a_file_of_the_set_that_is_an_input_is_refused_and_nothing_is_removed) {
    char input[512], other[512];
    const char *const inputs[] = {"/dev/null", other};
    struct output output;
    put("s-20200101T000000Z-000001.pcap", "x");
    put("s_flows.tsv", "x");
    put("s_report.json", HEAD_OF("file", "true") LISTED);
    path_of("s-20200101T000000Z-000001.pcap", input);
    path_of("another name", other);
    ck_assert_int_eq(link(input, other), 0);
    ck_assert_int_eq(output_open(folder, "s", false, &output, problem), 0);
    ck_assert_int_eq(output_replace_set(&output, inputs, 2, problem), TW_EINPUT);
    output_close(&output);
    ck_assert(is_there("s_flows.tsv") && is_there("s-20200101T000000Z-000001.pcap"));
}
END_TEST

START_TEST(a_prefix_has_one_user_at_a_time) {
    struct output first, second;
    ck_assert_int_eq(output_open(folder, "s", false, &first, problem), 0);
    ck_assert_int_eq(output_open(folder, "s", false, &second, problem), TW_ELOCKED);
    ck_assert(is_there(".s.lock"));
    ck_assert_int_eq(output_open(folder, "t", false, &second, problem), 0);
    output_close(&second);
    output_close(&first);
    ck_assert_int_eq(output_open(folder, "s", false, &first, problem), 0);
    output_close(&first);
}
END_TEST

START_TEST(no_analysis_goes_into_the_folder_of_a_running_daemon) {
    struct output live, analysis;
    ck_assert_int_eq(output_open(folder, "tcpwind", true, &live, problem), 0);
    ck_assert_int_eq(output_open(folder, "s", false, &analysis, problem), TW_ELOCKED);
    ck_assert(!is_there(".s.lock"));
    output_close(&live);
    ck_assert_int_eq(output_open(folder, "s", false, &analysis, problem), 0);
    output_close(&analysis);
}
END_TEST

START_TEST(live_numbers_never_repeat) {
    struct output live;
    put("tcpwind-20200101T000000Z-000041.pcap", "x");
    ck_assert_int_eq(output_open(folder, "tcpwind", true, &live, problem), 0);
    ck_assert_uint_eq(live.next_pcap, 42);
    output_close(&live);
    put(".tcpwind.lock", "pcap 1000\nflows 7\n"); /* retention or somebody has removed what came after */
    ck_assert_int_eq(output_open(folder, "tcpwind", true, &live, problem), 0);
    ck_assert_uint_eq(live.next_pcap, 1000);
    output_close(&live);
}
END_TEST

START_TEST(missing_folders_are_made_for_the_group_to_read) {
    char path[512];
    struct output output;
    struct stat st;
    path_of("a/b/c", path);
    (void)umask(022);
    ck_assert_int_eq(output_open(path, "s", false, &output, problem), 0);
    ck_assert_int_eq(fstat(output.dirfd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0750);
    output_close(&output);
}
END_TEST

/* Every beginning of a report is none; read from a block of just its size, so that a sanitizer sees one byte past. */
START_TEST(a_report_cut_anywhere_is_none) {
    static const char whole[] = HEAD_OF("file", "true") "\"x\\\"\":[1,{},null]," LISTED;
    struct manifest manifest;
    for (size_t len = 0; len < sizeof(whole) - 2; len++) {
        char *text = malloc(len + !len);
        ck_assert_ptr_nonnull(text);
        memcpy(text, whole, len);
        ck_assert_msg(!manifest_read(text, len, &manifest), "%zu bytes", len);
        free(text);
    }
    ck_assert(manifest_read(whole, sizeof(whole) - 1, &manifest));
    ck_assert(manifest.is_complete && manifest.is_analysis);
    ck_assert(manifest_has(&manifest, "s-20200101T000000Z-000001.pcap") && !manifest_has(&manifest, "s"));
    manifest_fini(&manifest);
}
END_TEST

Suite *suite_output(void) {
    Suite *suite = suite_create("output");
    TCase *cases = tcase_create("folder");
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_loop_test(cases, only_what_the_report_lists_is_replaced, 0, (int)(sizeof(sets) / sizeof(sets[0])));
    tcase_add_test(cases, a_file_of_the_set_that_is_an_input_is_refused_and_nothing_is_removed);
    tcase_add_test(cases, a_prefix_has_one_user_at_a_time);
    tcase_add_test(cases, no_analysis_goes_into_the_folder_of_a_running_daemon);
    tcase_add_test(cases, live_numbers_never_repeat);
    tcase_add_test(cases, missing_folders_are_made_for_the_group_to_read);
    suite_add_tcase(suite, cases);
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, a_set_is_called_after_its_first_file, 0, (int)(sizeof(prefixes) / sizeof(prefixes[0])));
    tcase_add_test(names, a_report_cut_anywhere_is_none);
    suite_add_tcase(suite, names);
    return suite;
}
