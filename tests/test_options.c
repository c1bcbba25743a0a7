/* SPDX-License-Identifier: MIT */
/*
 * test_options.c — the command line: what it asks for, and what is wrong with it.
 */
#include "options.h"

#include "suites.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { ARGS_MAX = 16 };

static struct options options;
static char *message;

static void setup(void) {
    memset(&options, 0x5a, sizeof(options));
    message = NULL;
}

static void teardown(void) {
    free(message);
}

/* Parse the words of a line that are separated by one space each. */
static int parse(const char *line) {
    static char copy[512];
    char *argv[ARGS_MAX + 2] = {(char[]){"tcpwind"}}, *save;
    int argc = 1;
    size_t len;
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word && argc <= ARGS_MAX; word = strtok_r(NULL, " ", &save)) {
        argv[argc++] = word;
    }
    free(message);
    FILE *err = open_memstream(&message, &len);
    int status = options_parse(argc, argv, &options, err);
    fclose(err);
    return status;
}

static const struct {
    const char *line, *message;
} wrong[] = {
    {"-x", "tcpwind: unknown option -x"},
    {"-jx", "tcpwind: unknown option -x"},
    {"--bogus", "tcpwind: unknown or incomplete option --bogus"},
    {"-c", "tcpwind: -c needs a value"},
    {"--config", "tcpwind: --config needs a value"},
    {"file.pcap", "tcpwind: \"file.pcap\" is no option; -r reads capture files"},
    {"-- file.pcap", "tcpwind: \"file.pcap\" is no option; -r reads capture files"},
    {"-i a -r b", "tcpwind: -i and -r exclude each other"},
    {"-i a -i b", "tcpwind: -i can be given once only"},
    {"-c a -c b", "tcpwind: -c can be given once only"},
    {"--flows 1", "tcpwind: --flows needs -r"},
    {"--packets 1-2", "tcpwind: --packets needs -r"},
    {"-r - -r a -", "tcpwind: -r - can be given once only"},
    {"-r a --flows 0", "tcpwind: --flows: \"0\" must be flow indexes"},
    {"-r a --flows 1,x", "tcpwind: --flows: \"x\" must be flow indexes"},
    {"-r a --flows 5-3", "tcpwind: --flows: \"5-3\" must be flow indexes"},
    {"-r a --flows 5-", "tcpwind: --flows: \"5-\" must be flow indexes"},
    {"-r a --flows 1;2", "tcpwind: --flows: \"1;2\" must be flow indexes"},
    {"-r a --flows 18446744073709551616", "tcpwind: --flows: \"18446744073709551616\" must be flow indexes"},
    {"-r a --flows ,", "tcpwind: --flows: there is no flow in the list"},
    {"-r a --flows @/nonexistent", "tcpwind: --flows: /nonexistent cannot be read: No such file or directory"},
    {"-r a --packets 0-1", "tcpwind: --packets: \"0-1\" must be a range N-M"},
    {"-r a --packets 2-1", "tcpwind: --packets: \"2-1\" must be a range N-M"},
    {"-r a --packets 1-2,5", "tcpwind: --packets: \"1-2,5\" must be a range N-M"},
    {"-r a --packets -5", "tcpwind: --packets: \"-5\" must be a range N-M"},
};

START_TEST(wrong_usage_is_explained_in_one_line_with_a_hint) {
    ck_assert_int_eq(parse(wrong[_i].line), 2);
    ck_assert_msg(strncmp(message, wrong[_i].message, strlen(wrong[_i].message)) == 0, "%s: %s", wrong[_i].line,
                  message);
    ck_assert_msg(strstr(message, "tcpwind -h") && strchr(message, '\n') == message + strlen(message) - 1, "%s",
                  message);
    ck_assert_msg(((unsigned char *)&options)[0] == 0x5a, "%s: the result was touched", wrong[_i].line);
}
END_TEST

static const struct {
    const char *line;
    enum options_command command;
} commands[] = {
    {"-c x", OPTIONS_RUN},
    {"-t", OPTIONS_TEST},
    {"--test", OPTIONS_TEST},
    {"-T", OPTIONS_PRINT},
    {"--print-config", OPTIONS_PRINT},
    {"-V", OPTIONS_VERSION},
    {"--version", OPTIONS_VERSION},
    {"-h", OPTIONS_HELP},
    {"--help", OPTIONS_HELP},
    {"-i a -r b -h", OPTIONS_HELP},
};

START_TEST(command_is_recognised) {
    ck_assert_int_eq(parse(commands[_i].line), 0);
    ck_assert_msg(options.command == commands[_i].command, "%s: %d", commands[_i].line, (int)options.command);
    options_fini(&options);
}
END_TEST

START_TEST(files_keep_their_order_among_options) {
    ck_assert_int_eq(parse("-r a b -j - --read=c -q d -v -v -- -e"), 0);
    static const char *const want[] = {"a", "b", "-", "c", "d", "-e"};
    ck_assert_uint_eq(options.n_files, N_OF(want));
    for (size_t i = 0; i < N_OF(want); i++) {
        ck_assert_str_eq(options.files[i], want[i]);
    }
    ck_assert_int_eq(options.mode, CONFIG_OFFLINE);
    ck_assert(options.json && options.quiet && options.verbose == 2 && !options.foreground);
    ck_assert_ptr_null(options.config_file);
    options_fini(&options);
}
END_TEST

START_TEST(settings_keep_their_order) {
    static const struct config_override want[] = {
        {'o', "a=1"}, {'w', "out"}, {'i', "eth0"}, {'f', "tcp"}, {'o', "b=2"}};
    ck_assert_int_eq(parse("-o a=1 --write out --interface=eth0 -f tcp --set b=2"), 0);
    ck_assert_uint_eq(options.n_overrides, N_OF(want));
    for (size_t i = 0; i < N_OF(want); i++) {
        ck_assert_int_eq(options.overrides[i].option, want[i].option);
        ck_assert_str_eq(options.overrides[i].text, want[i].text);
    }
    ck_assert(options.foreground);
    ck_assert_int_eq(options.mode, CONFIG_LIVE);
    options_fini(&options);
}
END_TEST

/* NULL: the built-in defaults; "?": the default file if it is there. */
static const struct {
    const char *line, *file;
} config_files[] = {
    {"", CONFIG_DEFAULT_FILE},
    {"-w out", CONFIG_DEFAULT_FILE},
    {"-t", CONFIG_DEFAULT_FILE},
    {"-i eth0", "?"},
    {"-T", "?"},
    {"-r a", NULL},
    {"-T -r a", NULL},
    {"-r a -c f", "f"},
    {"-i eth0 -c f", "f"},
    {"-t --config f", "f"},
};

START_TEST(configuration_file_follows_from_what_is_done) {
    const char *want = config_files[_i].file;
    if (want && strcmp(want, "?") == 0) {
        want = access(CONFIG_DEFAULT_FILE, F_OK) == 0 ? CONFIG_DEFAULT_FILE : NULL;
    }
    ck_assert_int_eq(parse(config_files[_i].line), 0);
    ck_assert_msg(want ? options.config_file && strcmp(options.config_file, want) == 0 : !options.config_file, "%s: %s",
                  config_files[_i].line, options.config_file ? options.config_file : "(none)");
    options_fini(&options);
}
END_TEST

static const struct {
    const char *name, *list;
    struct tw_range want[4];
} lists[] = {
    {"one", "3", {{3, 3}}},
    {"a range", "17-20", {{17, 20}}},
    {"out of order", "17-20,3", {{3, 3}, {17, 20}}},
    {"neighbours become one", "3,4,5", {{3, 5}}},
    {"a gap of one stays", "3,5", {{3, 3}, {5, 5}}},
    {"overlapping", "1-10,5-15", {{1, 15}}},
    {"one inside another", "1-10,2-3,11", {{1, 11}}},
    {"twice", "7,7", {{7, 7}}},
    {"up to the end", "18446744073709551615,1-18446744073709551614", {{1, UINT64_MAX}}},
    {"empty places", ",3,,5,", {{3, 3}, {5, 5}}},
};

static void assert_flows(const struct tw_range want[4], const char *name) {
    size_t n = 0;
    for (; n < 4 && want[n].first; n++) {
        ck_assert_msg(n < options.n_flows && options.flows[n].first == want[n].first &&
                          options.flows[n].last == want[n].last,
                      "%s: range %zu differs", name, n);
    }
    ck_assert_msg(options.n_flows == n, "%s: %zu ranges", name, options.n_flows);
}

START_TEST(list_of_flows_is_sorted_and_merged) {
    char line[128];
    snprintf(line, sizeof(line), "-r a --flows %s", lists[_i].list);
    ck_assert_msg(parse(line) == 0, "%s: %s", lists[_i].name, message);
    assert_flows(lists[_i].want, lists[_i].name);
    options_fini(&options);
}
END_TEST

static int parse_flow_file(const char *text) {
    char path[] = "/tmp/test_options.XXXXXX", line[64];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    snprintf(line, sizeof(line), "-r a --flows @%s", path);
    int status = parse(line);
    unlink(path);
    return status;
}

START_TEST(file_of_flows_has_lines_and_comments) {
    const struct tw_range want[4] = {{2, 2}, {7, 9}, {100, 100}};
    ck_assert_int_eq(parse_flow_file("% flowInd\n9\r\n\n  7 # seven\n8\n#100\n100%x\n2"), 0);
    assert_flows(want, "file");
    options_fini(&options);
}
END_TEST

START_TEST(file_of_flows_may_be_a_table) {
    const struct tw_range want[4] = {{3, 3}, {17, 17}};
    static const char rows[] = "%dir\tflowInd\tflowStat\nA\t17\t0x00\t# 5\nB\t17\t0x01\nB\t3\t0x01\n";
    ck_assert_int_eq(parse_flow_file(rows), 0);
    assert_flows(want, "rows");
    options_fini(&options);
    ck_assert_int_eq(parse_flow_file("flowInd\n17\n3\n"), 0);
    assert_flows(want, "column");
    options_fini(&options);
    ck_assert_int_eq(parse_flow_file("A\tx\t0x00\n"), 2);
    ck_assert_ptr_nonnull(strstr(message, ":1: \"x\" must be a flow index"));
    ck_assert_int_eq(parse_flow_file("C\t1\n"), 2);
    ck_assert_int_eq(parse_flow_file("flowIndex\n"), 2);
}
END_TEST

START_TEST(error_in_a_file_of_flows_names_the_line) {
    ck_assert_int_eq(parse_flow_file("1\n\nx\n"), 2);
    ck_assert_ptr_nonnull(strstr(message, ":3: \"x\" must be a flow index"));
    ck_assert_int_eq(parse_flow_file("% nothing\n"), 2);
    ck_assert_ptr_nonnull(strstr(message, "there is no flow in /tmp/"));
}
END_TEST

START_TEST(packets_are_a_range) {
    static const struct {
        const char *line;
        struct tw_range want;
    } cases[] = {
        {"-r a", {0, 0}},
        {"-r a --packets 1-10", {1, 10}},
        {"-r a --packets 5", {5, 5}},
        {"-r a --packets 5-", {5, UINT64_MAX}},
    };
    ck_assert_int_eq(parse(cases[_i].line), 0);
    ck_assert_uint_eq(options.packets.first, cases[_i].want.first);
    ck_assert_uint_eq(options.packets.last, cases[_i].want.last);
    options_fini(&options);
}
END_TEST

START_TEST(help_names_every_option_within_the_width_of_a_page) {
    static const char *const names[] = {
        "-c, --config",  "-r, --read",    "-i, --interface",    "-w, --write", "-f, --filter",
        "-o, --set",     "-t, --test",    "-T, --print-config", "-j, --json",  "-q, --quiet",
        "-v, --verbose", "-V, --version", "-h, --help",         "--flows",     "--packets",
    };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    options_help(out);
    fclose(out);
    for (size_t i = 0; i < N_OF(names); i++) {
        ck_assert_msg(strstr(text, names[i]) != NULL, "%s is missing", names[i]);
    }
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        ck_assert_uint_le(strcspn(line, "\n"), 110);
    }
    free(text);
}
END_TEST

Suite *suite_options(void) {
    Suite *suite = suite_create("options");
    TCase *tc = tcase_create("options");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, wrong_usage_is_explained_in_one_line_with_a_hint, 0, (int)N_OF(wrong));
    tcase_add_loop_test(tc, command_is_recognised, 0, (int)N_OF(commands));
    tcase_add_test(tc, files_keep_their_order_among_options);
    tcase_add_test(tc, settings_keep_their_order);
    tcase_add_loop_test(tc, configuration_file_follows_from_what_is_done, 0, (int)N_OF(config_files));
    tcase_add_loop_test(tc, list_of_flows_is_sorted_and_merged, 0, (int)N_OF(lists));
    tcase_add_test(tc, file_of_flows_has_lines_and_comments);
    tcase_add_test(tc, file_of_flows_may_be_a_table);
    tcase_add_test(tc, error_in_a_file_of_flows_names_the_line);
    tcase_add_loop_test(tc, packets_are_a_range, 0, 4);
    tcase_add_test(tc, help_names_every_option_within_the_width_of_a_page);
    suite_add_tcase(suite, tc);
    return suite;
}
