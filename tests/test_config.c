/* SPDX-License-Identifier: MIT */
/*
 * test_config.c — the configuration: what is read, what is refused and in which words, what is printed.
 */
#include "config.h"

#include "keys.h"
#include "suites.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct config config;
static struct config_diag diag;

static void setup(void) {
    memset(&config, 0x5a, sizeof(config));
    diag = (struct config_diag)CONFIG_DIAG_INIT;
}

static void teardown(void) {
    config_diag_fini(&diag);
}

static bool load_mode(const char *text, const struct config_override *overrides, size_t n, enum config_mode mode) {
    return config_load_text("/etc/t.conf", text, strlen(text), overrides, n, mode, &config, &diag);
}

static bool load(const char *text) {
    return load_mode(text, NULL, 0, CONFIG_LIVE);
}

static bool set(const char *assignment) {
    struct config_override override = {.option = 'o', .text = assignment};
    return load_mode("", &override, 1, CONFIG_LIVE);
}

static char *printed(const struct config *what) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(out);
    config_print(what, out);
    fclose(out);
    return text;
}

static void assert_no_errors(const char *name) {
    ck_assert_msg(diag.n == 0, "%s: %s", name, diag.n ? diag.lines[0] : "");
}

/* Errors in the file: the text, and each line that must be said, in order. */
static const struct {
    const char *name, *text, *lines[4];
} file_errors[] = {
    {"an unknown key names the nearest",
     "detect: { treshold = 1; };",
     {"/etc/t.conf:1: detect.treshold: unknown key, the nearest is detect.threshold"}},
    {"an unknown group is said once",
     "\nx: { a = 1; b = 2; };",
     {"/etc/t.conf:2: x: unknown key, tcpwind -T prints all keys"}},
    {"a value where a group belongs",
     "ring = 5;",
     {"/etc/t.conf:1: ring: is a value, must be a group of keys in braces"}},
    {"a group where a value belongs",
     "ring: { size: { a = 1; }; };",
     {"/etc/t.conf:1: ring.size: is a group, must be a size"}},
    {"every error is said",
     "flow: {\n max = 0;\n vlan = 1;\n};\noutput: { flows = \"some\"; };",
     {"/etc/t.conf:2: flow.max: is 0, must be an integer from 1 to 268435456",
      "/etc/t.conf:3: flow.vlan: is 1, must be true or false",
      "/etc/t.conf:5: output.flows: is \"some\", must be \"none\", \"alarmed\" or \"all\""}},
    {"a string is no integer", "flow: { max = \"5\"; };", {"/etc/t.conf:1: flow.max: is \"5\", must be an integer"}},
    {"a float is no size", "ring: { size = 1e9; };", {"/etc/t.conf:1: ring.size: is 1e+09, must be a size"}},
    {"a float is no integer", "flow: { max = 1.5; };", {"/etc/t.conf:1: flow.max: is 1.5, must be an integer"}},
    {"an integer beyond 32 bits wants an L",
     "ring: {\n size = 2147483648; };",
     {"/etc/t.conf:2: ring.size: is an integer beyond 32 bits without a suffix, must be from -2147483648 to "
      "2147483647: write it with L or with a unit"}},
    {"so does a negative one",
     "detect: { cooldown = -2147483649; };",
     {"/etc/t.conf:1: detect.cooldown: is an integer beyond 32 bits"}},
    {"so does a hexadecimal one",
     "ring: { size = 0x80000000; };",
     {"/etc/t.conf:1: ring.size: is an integer beyond 32 bits"}},
    {"so does one in a nested group",
     "flow: { max = 1; timeout: { opening = 3000000000; }; };",
     {"/etc/t.conf:1: flow.timeout.opening: is an integer beyond 32 bits"}},
    {"the key behind a nested group is named rightly",
     "flow: { timeout: { reset = 1; }; max = 3000000000; };",
     {"/etc/t.conf:1: flow.max: is an integer beyond 32 bits"}},
    {"an integer beyond 64 bits",
     "ring: { size = 9223372036854775808L; };",
     {"/etc/t.conf:1: ring.size: is an integer beyond 64 bits"}},
    {"an integer as mode is shown in quotes",
     "pcap: { mode = 0640; };",
     {"/etc/t.conf:1: pcap.mode: is 640, an integer, must be in quotes: \"0640\""}},
    {"an include", "# @include \"x\"\n@include \"/nonexistent\"\n", {"/etc/t.conf:2: @include is not supported"}},
    {"an include after a block comment",
     "/* \n */\n  @include \"/nonexistent\"\n",
     {"/etc/t.conf:3: @include is not supported"}},
    {"a key twice",
     "detect: {\n threshold = 1;\n threshold = 2; cooldown = 0; };",
     {"/etc/t.conf:3: detect.threshold: is there twice, must be there once"}},
    {"a group twice", "ring: {};\nring: {};", {"/etc/t.conf:2: ring: is there twice"}},
    {"a syntax error", "ring: {\n size = ;\n};", {"/etc/t.conf:2: syntax error"}},
    {"a string behind the comma of a setting",
     "run: { name = \"x\", \"y\" };\n",
     {"/etc/t.conf:1: syntax error: a string without"}},
    {"33 brackets", "a=(((((((((((((((((((((((((((((((((", {"/etc/t.conf:1: more than 32 brackets"}},
    {"32 brackets are left to the syntax", "a=((((((((((((((((((((((((((((((((", {"/etc/t.conf:1: syntax error"}},
    {"a boolean is no size", "ring: { size = true; };", {"/etc/t.conf:1: ring.size: is true, must be a size"}},
    {"a boolean is no duration", "ring: { max_age = true; };", {"/etc/t.conf:1: ring.max_age: is true, must be"}},
    {"an infinite duration", "ring: { max_age = 1.5e999; };", {"/etc/t.conf:1: ring.max_age: is inf, must be"}},
    {"a string without an end", "run: {\n name = \"x\n};\n", {"/etc/t.conf:2: run.name: is a string without an end"}},
    {"a string without a name",
     "run: { name = \"x\"; \n \"y\" };\n",
     {"/etc/t.conf:2: syntax error: a string without"}},
    {"rearm below the threshold",
     "detect: {\n threshold = 100;\n rearm = 99; };",
     {"/etc/t.conf:3: detect.rearm: is 99, below detect.threshold, must be 0 (the same as the threshold) or at least "
      "100"}},
    {"control characters do not reach the terminal",
     "output: { flows = \"\x1b[2J\na\"; };",
     {"/etc/t.conf:1: output.flows: is \"?[2J?a\", must be"}},
};

START_TEST(error_in_file) {
    bool ok = load(file_errors[_i].text);
    ck_assert_msg(!ok, "%s: accepted", file_errors[_i].name);
    size_t n = 0;
    for (; n < N_OF(file_errors[_i].lines) && file_errors[_i].lines[n]; n++) {
        const char *want = file_errors[_i].lines[n];
        ck_assert_msg(n < diag.n && strncmp(diag.lines[n], want, strlen(want)) == 0, "%s: \"%s\", wanted \"%s\"",
                      file_errors[_i].name, n < diag.n ? diag.lines[n] : "", want);
    }
    ck_assert_msg(diag.n == n, "%s: %zu errors, the last is %s", file_errors[_i].name, diag.n, diag.lines[diag.n - 1]);
    ck_assert_msg(((unsigned char *)&config)[0] == 0x5a, "%s: the result was touched", file_errors[_i].name);
}
END_TEST

/* KEY=VALUE that is allowed, and how it is printed. Together with `later` every key is here, and none as its default. */
static const struct {
    const char *assignment, *want;
} accepted[] = {
    {"capture.interface=eth0", "\"eth0\""},
    {"run.user=nobody", "\"nobody\""},
    {"capture.interface=\"eth0\"", "\"eth0\""},
    {"capture.filter=tcp port 80 and not (host a)", "\"tcp port 80 and not (host a)\""},
    {"capture.filter=\"a\\\\b\\\"c\\x01\"", "\"a\\\\b\\\"c\\x01\""},
    {"capture.snaplen=1", "1"},
    {"capture.snaplen=256 KiB", "262144"},
    {"capture.snaplen=0", "262144"},
    {"capture.snaplen= 5 ", "5"},
    {"capture.promiscuous=FALSE", "false"},
    {"capture.buffer=2147483647", "2147483647"},
    {"decode.vxlan_ports=[1, 65535]", "[1, 65535]"},
    {"decode.vxlan_ports=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
     "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]"},
    {"decode.geneve_ports=", "[]"},
    {"decode.gtp_ports=2152,2153", "[2152, 2153]"},
    {"flow.max=1", "1"},
    {"flow.max=268435456", "268435456"},
    {"flow.protocols=ip", "\"ip\""},
    {"flow.vlan=false", "false"},
    {"flow.tunnel=true", "true"},
    {"flow.interface=false", "false"},
    {"flow.timeout.opening=0.25", "\"250 ms\""},
    {"flow.timeout.established=3650 d", "\"3650 d\""},
    {"flow.timeout.closing=\"1.5 h\"", "\"5400 s\""},
    {"flow.timeout.closed=0", "0"},
    {"flow.timeout.reset=0.000000001", "\"0.000000001 s\""},
    {"flow.timeout.other=5min", "\"300 s\""},
    {"detect.window=raw", "\"raw\""},
    {"detect.threshold=1460", "1460"},
    {"detect.threshold=1460L", "1460"},
    {"detect.threshold=0x10", "16"},
    {"detect.threshold=0", "0"},
    {"detect.rearm=1 GiB", "\"1 GiB\""},
    {"detect.min_segments=4294967295", "4294967295L"},
    {"detect.min_duration=1 h", "\"1 h\""},
    {"detect.min_packets=0", "0"},
    {"detect.cooldown=7 d", "\"7 d\""},
    {"detect.assume_scale=14", "14"},
    {"detect.assume_scale=0", "0"},
    {"ring.size=1048576", "\"1 MiB\""},
    {"ring.size=\"64 MiB\"", "\"64 MiB\""},
    {"ring.size=8589934593", "8589934593L"},
    {"ring.max_age=30 s", "\"30 s\""},
    {"ring.snaplen=128", "128"},
    {"ring.handshakes=0", "0"},
    {"extract.direction=opposite", "\"opposite\""},
    {"extract.before=none", "\"none\""},
    {"extract.before=10", "\"10 s\""},
    {"extract.after=0", "0"},
    {"extract.max_bytes=1 TB", "\"1 TB\""},
    {"extract.max_rate=0", "0"},
    {"extract.invert=true", "true"},
    {"pcap.directory=/x", "\"/x\""},
    {"pcap.prefix=a b", "\"a b\""},
    {"pcap.split=flow", "\"flow\""},
    {"pcap.max_size=100 kB", "100000"},
    {"pcap.max_age=1", "\"1 s\""},
    {"pcap.max_packets=9223372036854775807", "9223372036854775807L"},
    {"pcap.keep_files=5", "5"},
    {"pcap.keep_bytes=1 GB", "\"1 GB\""},
    {"pcap.keep_age=7 d", "\"7 d\""},
    {"pcap.min_free=10 %", "\"10 %\""},
    {"pcap.min_free=1 GiB", "\"1 GiB\""},
    {"pcap.min_free=0", "0"},
    {"pcap.flush=250 ms", "\"250 ms\""},
    {"pcap.fsync=true", "true"},
    {"pcap.group=adm", "\"adm\""},
    {"pcap.on_close=/bin/x", "\"/bin/x\""},
    {"pcap.mode=0600", "\"0600\""},
    {"pcap.mode=\"644\"", "\"0644\""},
    {"output.flows=none", "\"none\""},
    {"output.alarms=false", "false"},
    {"report.interval=0", "0"},
    {"report.interval=0.1", "\"100 ms\""},
    {"report.directory=/y", "\"/y\""},
    {"run.name=sensor \xc3\xa9", "\"sensor \xc3\xa9\""},
    {"label.country=/c.mmdb", "\"/c.mmdb\""},
    {"label.organisation=/o.mmdb", "\"/o.mmdb\""},
};

/* Split "a.b=c" at its sign. */
static const struct key *key_of(const char *assignment) {
    char name[KEY_NAME_MAX];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(assignment, "="), assignment);
    return key_find(name);
}

static void assert_prints(const struct key *key, const char *want, const char *name) {
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");
    key_print(key, &config, out);
    fclose(out);
    ck_assert_msg(strcmp(text, want) == 0, "%s: prints %s, wanted %s", name, text, want);
}

START_TEST(value_is_accepted_and_what_is_printed_is_read) {
    const char *assignment = accepted[_i].assignment;
    ck_assert_msg(set(assignment), "%s: %s", assignment, diag.n ? diag.lines[0] : "");
    assert_prints(key_of(assignment), accepted[_i].want, assignment);
    char *first = printed(&config);
    struct config before = config;
    ck_assert_msg(load(first), "%s: %s", assignment, diag.n ? diag.lines[0] : "");
    ck_assert_msg(memcmp(&before, &config, sizeof(config)) == 0, "%s: reads differently", assignment);
    free(first);
}
END_TEST

/* Features of later versions: any value but the default. */
static const char *const later[] = {
    "pcap.format=pcapng",
    "pcap.compress=zstd",
    "pcap.compress=lz4",
};

START_TEST(value_of_a_later_version_is_refused) {
    ck_assert_msg(!set(later[_i]), "%s: accepted", later[_i]);
    ck_assert_uint_eq(diag.n, 1);
    ck_assert_msg(strstr(diag.lines[0], ": not supported yet, must be ") != NULL, "%s", diag.lines[0]);
}
END_TEST

START_TEST(every_key_is_tested) {
    for (size_t i = 0; key_at(i); i++) {
        bool found = false;
        for (size_t j = 0; j < N_OF(accepted); j++) {
            found |= key_of(accepted[j].assignment) == key_at(i);
        }
        for (size_t j = 0; j < N_OF(later); j++) {
            found |= key_of(later[j]) == key_at(i);
        }
        ck_assert_msg(found, "%s is in no table", key_name(key_at(i)));
    }
}
END_TEST

static const char *const refused[] = {
    "capture.interface=",
    "capture.snaplen=262145",
    "capture.snaplen=-1",
    "capture.promiscuous=yes",
    "capture.promiscuous=1",
    "capture.buffer=2147483648",
    "decode.vxlan_ports=0",
    "decode.vxlan_ports=65536",
    "decode.vxlan_ports=[1",
    "decode.vxlan_ports=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
    "flow.max=0",
    "flow.max=268435457",
    "flow.max=1 kB",
    "flow.max=",
    "flow.protocols=udp",
    "flow.protocols=TCP",
    "flow.timeout.opening=-1",
    "flow.timeout.opening=3651 d",
    "flow.timeout.opening=1 week",
    "flow.timeout.opening=99999999999999999999",
    "flow.timeout.opening=9223372036854775807",
    "flow.timeout.opening=1e3",
    "flow.timeout.opening=nan",
    "flow.timeout.opening=",
    "detect.threshold=1073741825",
    "detect.threshold=-1",
    "detect.min_segments=0",
    "detect.min_segments=4294967296",
    "detect.assume_scale=-2",
    "detect.assume_scale=15",
    "ring.size=1048575",
    "ring.size=0",
    "ring.size=1 XB",
    "ring.size=1 mib",
    "ring.size=.5 GiB",
    "ring.size=17 TiB",
    "ring.size=99999999999 TiB",
    "ring.snaplen=262145",
    "extract.direction=all",
    "extract.before=never",
    "pcap.directory=",
    "pcap.prefix=",
    "pcap.prefix=.a",
    "pcap.prefix=a/b",
    "pcap.prefix=a\nb",
    "pcap.mode=0800",
    "pcap.mode=64",
    "pcap.mode=06400",
    "pcap.mode=1777",
    "pcap.mode=rw",
    "pcap.min_free=100 %",
    "pcap.min_free=0 %",
    "report.interval=0.05",
    "report.directory=",
};

START_TEST(value_is_refused_with_what_is_allowed) {
    char begin[KEY_NAME_MAX + 8];
    snprintf(begin, sizeof(begin), "-o %s: is ", key_name(key_of(refused[_i])));
    ck_assert_msg(!set(refused[_i]), "%s: accepted", refused[_i]);
    ck_assert_uint_eq(diag.n, 1);
    ck_assert_msg(strncmp(diag.lines[0], begin, strlen(begin)) == 0 && strstr(diag.lines[0], ", must be "), "%s: %s",
                  refused[_i], diag.lines[0]);
}
END_TEST

START_TEST(longest_string_fits_and_one_more_does_not) {
    char text[TW_STRING_MAX + 32];
    size_t start = (size_t)snprintf(text, sizeof(text), "capture.interface=");
    memset(text + start, 'x', TW_STRING_MAX);
    text[start + TW_STRING_MAX - 1] = '\0';
    ck_assert(set(text));
    ck_assert_uint_eq(strlen(config.capture.interface), TW_STRING_MAX - 1);
    text[start + TW_STRING_MAX - 1] = 'x';
    text[start + TW_STRING_MAX] = '\0';
    ck_assert(!set(text));
}
END_TEST

START_TEST(assignment_that_is_none_is_refused) {
    static const char *const wrong[][2] = {
        {"ring.size", "-o ring.size: no value, must be KEY=VALUE"},
        {"ring=1", "-o ring: is a group of keys, must be a key"},
        {"ring.siz=1", "-o ring.siz: unknown key, the nearest is ring.size"},
        {"=1", "-o : unknown key"},
    };
    ck_assert(!set(wrong[_i][0]));
    ck_assert_msg(strncmp(diag.lines[0], wrong[_i][1], strlen(wrong[_i][1])) == 0, "%s", diag.lines[0]);
}
END_TEST

START_TEST(defaults_are_those_of_the_interface) {
    char host[TW_STRING_MAX];
    ck_assert(load(""));
    ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
    ck_assert_str_eq(config.engine.name, host);
    ck_assert_str_eq(config.capture.interface, "any");
    ck_assert_uint_eq(config.capture.snaplen, 262144);
    ck_assert_uint_eq(config.capture.buffer, 64u << 20);
    ck_assert(config.capture.promiscuous);
    ck_assert_uint_eq(config.engine.detect.threshold, 1);
    ck_assert_int_eq(config.engine.detect.assume_scale, -1);
    ck_assert_uint_eq(config.engine.extract.max_rate, 20000000);
    ck_assert_uint_eq(config.engine.pcap.max_size, 100000000);
    ck_assert_uint_eq(config.engine.pcap.mode, 0640);
    ck_assert_uint_eq(config.engine.pcap.keep_bytes, 10000000000);
    ck_assert_str_eq(config.pcap.directory, "/var/lib/tcpwind");
    ck_assert_str_eq(config.report.directory, "/run/tcpwind");
    ck_assert_int_eq(config.report.interval, 60 * TW_SECOND);
    ck_assert_int_eq(config.engine.output.flows, TW_FLOWS_ALARMED);
}
END_TEST

START_TEST(offline_nothing_is_rotated_and_all_flows_are_recorded) {
    char cwd[PATH_MAX];
    ck_assert(load_mode("", NULL, 0, CONFIG_OFFLINE));
    ck_assert_str_eq(config.pcap.directory, getcwd(cwd, sizeof(cwd)));
    ck_assert_uint_eq(config.engine.pcap.max_size, 0);
    ck_assert_int_eq(config.engine.pcap.max_age, 0);
    ck_assert_uint_eq(config.engine.extract.max_rate, 0);
    ck_assert_uint_eq(config.engine.pcap.keep_bytes, 0);
    ck_assert_int_eq(config.engine.output.flows, TW_FLOWS_ALL);
}
END_TEST

START_TEST(strings_and_comments_hold_no_integers) {
    ck_assert(load("# 3000000000\n// 3000000000\n/* 3000000000\n @include \"x\" */\n"
                   "run: { name = \"3000000000 \\\" 3000000000\\\\\"; };\ncapture: { filter = \"\n@include\"; };\n"
                   "detect: { cooldown = 3000000.000; min_duration = .3000000000; };"));
    assert_no_errors("comments");
    ck_assert_str_eq(config.engine.name, "3000000000 \" 3000000000\\");
    ck_assert_str_eq(config.capture.filter, "\n@include");
}
END_TEST

START_TEST(long_integers_and_floats_are_read) {
    ck_assert(
        load("ring: { size = 4294967296L; }; detect: { cooldown = 1.5; }; flow: { timeout: { reset = 1e2; }; };"));
    ck_assert_uint_eq(config.engine.ring.size, UINT64_C(4294967296));
    ck_assert_int_eq(config.engine.detect.cooldown, 1500 * TW_MS);
    ck_assert_int_eq(config.engine.flow.timeout[TW_FLOW_RESET], 100 * TW_SECOND);
}
END_TEST

START_TEST(command_line_stands_above_the_file_and_later_above_earlier) {
    const struct config_override overrides[] = {
        {'o', "detect.threshold=2"}, {'o', "detect.threshold=3"}, {'f', "\"port 1\""}, {'i', "eth7"}, {'w', "/out"},
    };
    ck_assert(load_mode("detect: { threshold = 1; }; capture: { filter = \"x\"; };", overrides, N_OF(overrides),
                        CONFIG_LIVE));
    ck_assert_uint_eq(config.engine.detect.threshold, 3);
    ck_assert_str_eq(config.capture.filter, "\"port 1\"");
    ck_assert_str_eq(config.capture.interface, "eth7");
    ck_assert_str_eq(config.pcap.directory, "/out");
    ck_assert_str_eq(config.report.directory, "/out");
}
END_TEST

START_TEST(reports_by_hand_go_elsewhere_only_by_option) {
    const struct config_override overrides[] = {{'i', "eth7"}, {'o', "report.directory=/r"}};
    const char *text = "pcap: { directory = \"/p\"; }; report: { directory = \"/q\"; };";
    ck_assert(load_mode(text, overrides, 0, CONFIG_LIVE));
    ck_assert_str_eq(config.report.directory, "/q");
    ck_assert(load_mode(text, overrides, 1, CONFIG_LIVE));
    ck_assert_str_eq(config.report.directory, "/p");
    ck_assert(load_mode(text, overrides, 2, CONFIG_LIVE));
    ck_assert_str_eq(config.report.directory, "/r");
}
END_TEST

START_TEST(relative_paths_follow_the_file_or_the_working_folder) {
    char cwd[PATH_MAX], want[PATH_MAX + 16];
    const struct config_override override = {'o', "report.directory=./r"};
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
    ck_assert(load_mode("pcap: { directory = \"p/q\"; };", &override, 1, CONFIG_LIVE));
    ck_assert_str_eq(config.pcap.directory, "/etc/p/q");
    snprintf(want, sizeof(want), "%s/r", cwd);
    ck_assert_str_eq(config.report.directory, want);
    const char *text = "pcap: { directory = \"p\"; }; report: { directory = \".\"; };";
    ck_assert(config_load_text("a/b.conf", text, strlen(text), NULL, 0, CONFIG_LIVE, &config, &diag));
    snprintf(want, sizeof(want), "%s/a/p", cwd);
    ck_assert_str_eq(config.pcap.directory, want);
    snprintf(want, sizeof(want), "%s/a", cwd);
    ck_assert_str_eq(config.report.directory, want);
}
END_TEST

START_TEST(more_than_1000_settings_are_refused) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (int i = 0; i <= 1000; i++) {
        fprintf(out, "k%d = 1;\n", i);
    }
    fclose(out);
    ck_assert(!load(text));
    ck_assert_uint_eq(diag.n, 1);
    ck_assert_ptr_nonnull(strstr(diag.lines[0], "more than 1000 settings"));
    free(text);
}
END_TEST

START_TEST(nul_byte_is_refused_wherever_it_is) {
    static const char *const texts[] = {"\0 ", "\"\0\"", "#\0\n"};
    ck_assert(!config_load_text("t", texts[_i], 3, NULL, 0, CONFIG_LIVE, &config, &diag));
    ck_assert_str_eq(diag.lines[0], "t:1: there is a NUL byte, must be text");
}
END_TEST

/* Files */

static char folder[] = "/tmp/test_config.XXXXXX", path[sizeof(folder) + 16];

static void setup_file(void) {
    setup();
    strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/t.conf", folder);
}

static void teardown_file(void) {
    unlink(path);
    rmdir(folder);
    teardown();
}

static void write_file(size_t len, mode_t mode) {
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs("pcap: { directory = \"x\"; };\n", out);
    for (size_t i = (size_t)ftell(out); i < len; i++) {
        fputc('\n', out);
    }
    fclose(out);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static bool load_file(void) {
    return config_load(path, NULL, 0, CONFIG_LIVE, &config, &diag);
}

START_TEST(file_is_read_and_its_folder_is_that_of_its_paths) {
    char want[sizeof(folder) + 2];
    write_file(0, 0644);
    ck_assert(load_file());
    snprintf(want, sizeof(want), "%s/x", folder);
    ck_assert_str_eq(config.pcap.directory, want);
}
END_TEST

static const struct {
    size_t len;
    mode_t mode;
    const char *error; /* NULL: accepted */
} files[] = {
    {0, 0600, NULL},
    {CONFIG_FILE_MAX, 0644, NULL},
    {CONFIG_FILE_MAX + 1, 0644, "is larger than 1 MiB"},
    {0, 0664, "others may write it (mode 0664)"},
    {0, 0646, "others may write it (mode 0646)"},
};

START_TEST(file_is_trusted_by_its_size_and_mode) {
    write_file(files[_i].len, files[_i].mode);
    ck_assert_int_eq(load_file(), files[_i].error == NULL);
    ck_assert(!files[_i].error || strstr(diag.lines[0], files[_i].error));
}
END_TEST

START_TEST(file_of_another_user_is_refused) {
    write_file(0, 0644);
    if (geteuid() != 0 || chown(path, 12345, (gid_t)-1) != 0) {
        return; /* only root can give a file away */
    }
    ck_assert(!load_file());
    ck_assert_ptr_nonnull(strstr(diag.lines[0], "belongs to user 12345, must belong to root or to user 0"));
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused) {
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* opening it must not wait for a writer either */
    ck_assert(!load_file());
    ck_assert_ptr_nonnull(strstr(diag.lines[0], "is no regular file"));
    ck_assert(!config_load(folder, NULL, 0, CONFIG_LIVE, &config, &diag));
    ck_assert_ptr_nonnull(strstr(diag.lines[1], "is no regular file"));
}
END_TEST

START_TEST(missing_file_and_wrong_options_are_both_said) {
    const struct config_override override = {'o', "flow.max=0"};
    ck_assert(!config_load("/nonexistent/t.conf", &override, 1, CONFIG_LIVE, &config, &diag));
    ck_assert_uint_eq(diag.n, 2);
    ck_assert_str_eq(diag.lines[0], "/nonexistent/t.conf: cannot be read: No such file or directory");
}
END_TEST

/* The file that is installed */

static char *read_whole(const char *name) {
    FILE *in = fopen(name, "r");
    char *text = NULL;
    size_t room = 0;
    if (in && getdelim(&text, &room, '\0', in) < 0) {
        ck_abort_msg("%s is empty", name);
    }
    if (in) {
        fclose(in);
    }
    return text;
}

START_TEST(installed_file_has_every_key_with_its_default) {
    char *text = read_whole("conf/tcpwind.conf");
    ck_assert_msg(text != NULL, "run the tests in the folder of the project");
    ck_assert(load(""));
    struct config defaults = config;
    ck_assert_msg(load(text), "%s", diag.n ? diag.lines[0] : "");
    ck_assert_msg(memcmp(&defaults, &config, sizeof(config)) == 0,
                  "tcpwind -T -c conf/tcpwind.conf shows the difference");
    for (size_t i = 0; key_at(i); i++) {
        char setting[KEY_NAME_MAX];
        snprintf(setting, sizeof(setting), "%s = ", strrchr(key_name(key_at(i)), '.') + 1);
        ck_assert_msg(strstr(text, setting) != NULL, "%s is not in conf/tcpwind.conf", key_name(key_at(i)));
    }
    free(text);
}
END_TEST

START_TEST(installed_file_serves_to_read_captures_too) {
    char *text = read_whole("conf/tcpwind.conf");
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(load_mode(text, NULL, 0, CONFIG_OFFLINE), "%s", diag.n ? diag.lines[0] : "");
    free(text);
}
END_TEST

static TCase *case_reading(void) {
    TCase *tc = tcase_create("reading");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, error_in_file, 0, (int)N_OF(file_errors));
    tcase_add_test(tc, strings_and_comments_hold_no_integers);
    tcase_add_test(tc, long_integers_and_floats_are_read);
    tcase_add_test(tc, more_than_1000_settings_are_refused);
    tcase_add_loop_test(tc, nul_byte_is_refused_wherever_it_is, 0, 3);
    tcase_add_test(tc, defaults_are_those_of_the_interface);
    tcase_add_test(tc, offline_nothing_is_rotated_and_all_flows_are_recorded);
    tcase_add_test(tc, relative_paths_follow_the_file_or_the_working_folder);
    return tc;
}

static TCase *case_setting(void) {
    TCase *tc = tcase_create("setting");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, value_is_accepted_and_what_is_printed_is_read, 0, (int)N_OF(accepted));
    tcase_add_loop_test(tc, value_of_a_later_version_is_refused, 0, (int)N_OF(later));
    tcase_add_loop_test(tc, value_is_refused_with_what_is_allowed, 0, (int)N_OF(refused));
    tcase_add_test(tc, every_key_is_tested);
    tcase_add_test(tc, longest_string_fits_and_one_more_does_not);
    tcase_add_loop_test(tc, assignment_that_is_none_is_refused, 0, 4);
    tcase_add_test(tc, command_line_stands_above_the_file_and_later_above_earlier);
    tcase_add_test(tc, reports_by_hand_go_elsewhere_only_by_option);
    return tc;
}

static TCase *case_file(void) {
    TCase *tc = tcase_create("file");
    tcase_add_checked_fixture(tc, setup_file, teardown_file);
    tcase_add_test(tc, file_is_read_and_its_folder_is_that_of_its_paths);
    tcase_add_loop_test(tc, file_is_trusted_by_its_size_and_mode, 0, (int)N_OF(files));
    tcase_add_test(tc, file_of_another_user_is_refused);
    tcase_add_test(tc, what_is_no_regular_file_is_refused);
    tcase_add_test(tc, missing_file_and_wrong_options_are_both_said);
    tcase_add_test(tc, installed_file_has_every_key_with_its_default);
    tcase_add_test(tc, installed_file_serves_to_read_captures_too);
    return tc;
}

Suite *suite_config(void) {
    Suite *suite = suite_create("config");
    suite_add_tcase(suite, case_reading());
    suite_add_tcase(suite, case_setting());
    suite_add_tcase(suite, case_file());
    return suite;
}
