/* SPDX-License-Identifier: MIT */
/*
 * test_trial.c — what a configuration names and is not there, and with which line it is said.
 */
#include "trial.h"

#include "suites.h"

#include <check.h>
#include <string.h>

static struct config config;
static struct config_diag diag;

static void setup(void) {
    diag = (struct config_diag)CONFIG_DIAG_INIT;
}

static void teardown(void) {
    config_diag_fini(&diag);
}

static void load(const char *text, const struct config_override *overrides, size_t n) {
    ck_assert(config_load_text("/t.conf", text, strlen(text), overrides, n, CONFIG_LIVE, &config, &diag));
}

static void assert_lines(const char *name, const char *const lines[]) {
    size_t n = 0;
    for (; lines[n]; n++) {
        ck_assert_msg(n < diag.n, "%s: not said: %s", name, lines[n]);
        ck_assert_msg(strncmp(diag.lines[n], lines[n], strlen(lines[n])) == 0, "%s: %s", name, diag.lines[n]);
    }
    ck_assert_msg(diag.n == n, "%s: also said: %s", name, diag.lines[n]);
}

/* The lines begin like this. */
static const struct {
    const char *name, *text, *needs[3], *wishes[3];
} files[] = {
    {"the defaults", "", {NULL}, {NULL}},
    {"all is there",
     "pcap: { group = \"root\"; on_close = \"/bin/sh\"; };\ncapture: { filter = \"tcp port 80\"; };\n"
     "run: { user = \"root\"; };",
     {NULL},
     {NULL}},
    {"a group", "pcap: {\ngroup = \"no such\"; };", {"/t.conf:2: pcap.group: is \"no such\", must be a group"}, {NULL}},
    {"a user", "\n\nrun: { user = \"no such\"; };", {"/t.conf:3: run.user: is \"no such\", must be a user"}, {NULL}},
    {"a filter",
     "capture: { filter = \"tcp prot 80\"; };",
     {"/t.conf:1: capture.filter: is \"tcp prot 80\", must be a filter of pcap-filter(7): "},
     {NULL}},
    {"a filter for Ethernet", "capture: { filter = \"ether host 02:00:00:00:00:01\"; };", {NULL}, {NULL}},
    {"a filter for 802.11", "capture: { filter = \"wlan type mgt\"; };", {NULL}, {NULL}},
    {"a filter for any", "capture: { filter = \"ifindex 2\"; };", {NULL}, {NULL}},
    {"a program",
     "pcap: { on_close = \"/no/such\"; };",
     {NULL},
     {"/t.conf:1: pcap.on_close: is \"/no/such\", must be a program: No such file or directory"}},
    {"a folder as program",
     "pcap: { on_close = \"/\"; };",
     {NULL},
     {"/t.conf:1: pcap.on_close: is \"/\", must be a program"}},
    {"databases",
     "label: { country = \"/no/such\";\norganisation = \"/dev/null\"; };",
     {NULL},
     {"/t.conf:1: label.country: is \"/no/such\", must be a MaxMind DB file: ",
      "/t.conf:2: label.organisation: is \"/dev/null\", must be a MaxMind DB file: "}},
    {"more than one",
     "pcap: { group = \"no such\"; };\ncapture: { filter = \"(\"; };",
     {"/t.conf:2: capture.filter: ", "/t.conf:1: pcap.group: "},
     {NULL}},
};

START_TEST(every_name_that_is_not_there_is_said) {
    load(files[_i].text, NULL, 0);
    ck_assert_int_eq(trial_needs(&config, CONFIG_LIVE, &diag), files[_i].needs[0] == NULL);
    assert_lines(files[_i].name, files[_i].needs);
    config_diag_fini(&diag);
    load(files[_i].text, NULL, 0);
    ck_assert_int_eq(trial_wishes(&config, &diag), files[_i].wishes[0] == NULL);
    assert_lines(files[_i].name, files[_i].wishes);
}
END_TEST

START_TEST(an_option_is_said_as_such) {
    static const struct config_override overrides[] = {{'o', "pcap.group=\"no such\""}, {'f', "("}};
    static const char *const lines[] = {"-f capture.filter: is \"(\"", "-o pcap.group: is \"no such\"", NULL};
    load("pcap: { group = \"root\"; };", overrides, 2);
    ck_assert(!trial_needs(&config, CONFIG_LIVE, &diag));
    assert_lines("options", lines);
}
END_TEST

START_TEST(reading_files_nobody_becomes_another_user) {
    load("run: { user = \"no such\"; };", NULL, 0);
    ck_assert(trial_needs(&config, CONFIG_OFFLINE, &diag));
    ck_assert_uint_eq(diag.n, 0);
}
END_TEST

START_TEST(a_key_that_was_never_set_has_no_place) {
    config_complain(&diag, "pcap.group", "is odd");
    load("", NULL, 0);
    config_complain(&diag, "pcap.group", "is odd");
    ck_assert_str_eq(diag.lines[0], "pcap.group: is odd");
    ck_assert_str_eq(diag.lines[1], "pcap.group: is odd");
}
END_TEST

Suite *suite_trial(void) {
    Suite *suite = suite_create("trial");
    TCase *tc = tcase_create("trial");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, every_name_that_is_not_there_is_said, 0, (int)(sizeof(files) / sizeof(files[0])));
    tcase_add_test(tc, an_option_is_said_as_such);
    tcase_add_test(tc, reading_files_nobody_becomes_another_user);
    tcase_add_test(tc, a_key_that_was_never_set_has_no_place);
    suite_add_tcase(suite, tc);
    return suite;
}
