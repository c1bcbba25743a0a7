/* SPDX-License-Identifier: MIT */
/*
 * keys.c — the table of keys, and the types that it is made of.
 */
#include "keys.h"

#include "ring.h"
#include "units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB        (INT64_C(1) << 20)
#define GIB        (INT64_C(1) << 30)
#define TIB        (INT64_C(1) << 40)
#define SIZE_LIMIT (INT64_C(1) << 60)
#define TIME_LIMIT (3650 * UNITS_DAY) /* added to any moment of this century it stays far from the end of tw_time */

enum { PREFIX_MAX = 128 }; /* leaves room for time, number, flow and endings in a file name of 255 bytes */

enum key_type {
    KEY_BOOL,
    KEY_COUNT,  /* an integer */
    KEY_SIZE,   /* bytes */
    KEY_TIME,   /* nanoseconds */
    KEY_ENUM,   /* one of words, kept as its index */
    KEY_STRING, /* an array of char */
    KEY_PATH,   /* an array of char; made absolute */
    KEY_PORTS,  /* struct tw_ports */
    KEY_MODE,   /* permission bits */
    KEY_BEFORE, /* struct tw_extract_settings: a duration or "none" */
    KEY_FREE,   /* struct tw_pcap_settings: a size or a percentage */
};

enum key_flag {
    KEY_LATER = 0x01, /* its feature comes with a later version: nothing but the defaults is accepted */
    KEY_NOT_EMPTY = 0x02,
    KEY_FILE_NAME = 0x04, /* begins file names */
    KEY_OR_ZERO = 0x08,   /* 0 is allowed although it is below min */
};

struct key {
    const char *name;
    enum key_type type;
    unsigned flags;
    size_t offset, width; /* of the field in struct config */
    int64_t min, max;     /* of numbers */
    const char *const *words;
};

#define WORDS(...)                 ((const char *const[]){__VA_ARGS__, NULL})
#define FIELD(member)              .offset = offsetof(struct config, member), .width = sizeof(((struct config *)0)->member)
#define BOOL(member)               .type = KEY_BOOL, FIELD(member)
#define COUNT(member, least, most) .type = KEY_COUNT, FIELD(member), .min = (least), .max = (most)
#define SIZE(member, least, most)  .type = KEY_SIZE, FIELD(member), .min = (least), .max = (most)
#define TIME(member, most)         .type = KEY_TIME, FIELD(member), .max = (most)
#define ENUM(member, ...)          .type = KEY_ENUM, FIELD(member), .words = WORDS(__VA_ARGS__)
#define STRING(member)             .type = KEY_STRING, FIELD(member)
#define PATH(member)               .type = KEY_PATH, FIELD(member)
#define PORTS(member)              .type = KEY_PORTS, FIELD(member)

/* Keys of one group stand together: the order is that of printing. */
static const struct key keys[] = {
    {"capture.interface", STRING(capture.interface), .flags = KEY_NOT_EMPTY},
    {"capture.filter", STRING(capture.filter)},
    {"capture.snaplen", SIZE(capture.snaplen, 0, CONFIG_SNAPLEN_MAX)},
    {"capture.promiscuous", BOOL(capture.promiscuous)},
    {"capture.buffer", SIZE(capture.buffer, 0, INT32_MAX)},

    {"decode.vxlan_ports", PORTS(engine.decode.vxlan_ports)},
    {"decode.geneve_ports", PORTS(engine.decode.geneve_ports)},
    {"decode.gtp_ports", PORTS(engine.decode.gtp_ports)},

    {"flow.max", COUNT(engine.flow.max, 1, 1 << 28)},
    {"flow.protocols", ENUM(engine.flow.all_protocols, "tcp", "ip")},
    {"flow.vlan", BOOL(engine.flow.vlan)},
    {"flow.tunnel", BOOL(engine.flow.tunnel)},
    {"flow.interface", BOOL(engine.flow.interface)},
    {"flow.timeout.opening", TIME(engine.flow.timeout[TW_FLOW_OPENING], TIME_LIMIT)},
    {"flow.timeout.established", TIME(engine.flow.timeout[TW_FLOW_ESTABLISHED], TIME_LIMIT)},
    {"flow.timeout.closing", TIME(engine.flow.timeout[TW_FLOW_CLOSING], TIME_LIMIT)},
    {"flow.timeout.closed", TIME(engine.flow.timeout[TW_FLOW_CLOSED], TIME_LIMIT)},
    {"flow.timeout.reset", TIME(engine.flow.timeout[TW_FLOW_RESET], TIME_LIMIT)},
    {"flow.timeout.other", TIME(engine.flow.timeout[TW_FLOW_OTHER], TIME_LIMIT)},

    {"detect.window", ENUM(engine.detect.window, "scaled", "raw")},
    {"detect.threshold", SIZE(engine.detect.threshold, 0, GIB)},
    {"detect.rearm", SIZE(engine.detect.rearm, 0, GIB)},
    {"detect.min_segments", COUNT(engine.detect.min_segments, 1, UINT32_MAX)},
    {"detect.min_duration", TIME(engine.detect.min_duration, TIME_LIMIT)},
    {"detect.min_packets", COUNT(engine.detect.min_packets, 0, UINT32_MAX)},
    {"detect.cooldown", TIME(engine.detect.cooldown, TIME_LIMIT)},
    {"detect.assume_scale", COUNT(engine.detect.assume_scale, -1, 14)},

    {"ring.size", SIZE(engine.ring.size, TW_RING_MIN_SIZE, 16 * TIB)},
    {"ring.max_age", TIME(engine.ring.max_age, TIME_LIMIT)},
    {"ring.snaplen", SIZE(engine.ring.snaplen, 0, CONFIG_SNAPLEN_MAX)},
    {"ring.handshakes", SIZE(engine.ring.handshakes, 0, 16 * TIB)},

    {"extract.direction", ENUM(engine.extract.direction, "both", "alarmed", "opposite")},
    {"extract.before", .type = KEY_BEFORE, FIELD(engine.extract), .max = TIME_LIMIT},
    {"extract.after", TIME(engine.extract.after, TIME_LIMIT)},
    {"extract.max_bytes", SIZE(engine.extract.max_bytes, 0, SIZE_LIMIT)},
    {"extract.max_rate", SIZE(engine.extract.max_rate, 0, TIB)},
    {"extract.invert", BOOL(engine.extract.invert)},

    {"pcap.directory", PATH(pcap.directory), .flags = KEY_NOT_EMPTY},
    {"pcap.prefix", STRING(engine.pcap.prefix), .flags = KEY_NOT_EMPTY | KEY_FILE_NAME},
    {"pcap.split", ENUM(engine.pcap.split, "none", "flow")},
    {"pcap.max_size", SIZE(engine.pcap.max_size, 0, SIZE_LIMIT)},
    {"pcap.max_age", TIME(engine.pcap.max_age, TIME_LIMIT)},
    {"pcap.max_packets", COUNT(engine.pcap.max_packets, 0, INT64_MAX)},
    {"pcap.keep_files", COUNT(engine.pcap.keep_files, 0, INT64_MAX)},
    {"pcap.keep_bytes", SIZE(engine.pcap.keep_bytes, 0, SIZE_LIMIT)},
    {"pcap.keep_age", TIME(engine.pcap.keep_age, TIME_LIMIT)},
    {"pcap.min_free", .type = KEY_FREE, FIELD(engine.pcap), .max = SIZE_LIMIT},
    {"pcap.format", ENUM(pcap.format, "pcap", "pcapng"), .flags = KEY_LATER},
    {"pcap.compress", ENUM(pcap.compress, "none", "zstd", "lz4"), .flags = KEY_LATER},
    {"pcap.flush", TIME(engine.pcap.flush, UNITS_DAY)},
    {"pcap.fsync", BOOL(engine.pcap.fsync)},
    {"pcap.mode", .type = KEY_MODE, FIELD(engine.pcap.mode)},
    {"pcap.group", STRING(pcap.group)},
    {"pcap.on_close", PATH(pcap.on_close)},

    {"output.flows", ENUM(engine.output.flows, "none", "alarmed", "all")},
    {"output.alarms", BOOL(engine.output.alarms)},

    {"report.interval", .type = KEY_TIME, FIELD(report.interval), .min = 100 * TW_MS, .max = TIME_LIMIT,
     .flags = KEY_OR_ZERO},
    {"report.directory", PATH(report.directory), .flags = KEY_NOT_EMPTY},

    {"label.country", PATH(label.country)},
    {"label.organisation", PATH(label.organisation)},

    {"run.name", STRING(engine.name)},
    {"run.user", STRING(run.user)},
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert(sizeof(keys) / sizeof(keys[0]) <= (size_t)KEY_COUNT_MAX, "KEY_COUNT_MAX is too small");

void keys_defaults(struct config *config, enum config_mode mode) {
    memset(config, 0, sizeof(*config));
    tw_settings_init(&config->engine);
    strcpy(config->capture.interface, "any");
    config->capture.snaplen = CONFIG_SNAPLEN_MAX;
    config->capture.promiscuous = true;
    config->capture.buffer = 64 * MIB;
    strcpy(config->pcap.directory, "/var/lib/tcpwind");
    config->report.interval = 60 * TW_SECOND;
    strcpy(config->report.directory, "/run/tcpwind");
    if (mode == CONFIG_OFFLINE) {
        tw_settings_offline(&config->engine);
        strncpy(config->pcap.directory, ".", sizeof(config->pcap.directory));
    }
}

const struct key *key_at(size_t i) {
    return i < N_KEYS ? &keys[i] : NULL;
}

size_t key_index(const struct key *key) {
    return (size_t)(key - keys);
}

const char *key_name(const struct key *key) {
    return key->name;
}

const struct key *key_find(const char *name) {
    for (size_t i = 0; i < N_KEYS; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

bool key_is_group(const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < N_KEYS; i++) {
        if (strncmp(keys[i].name, name, len) == 0 && keys[i].name[len] == '.') {
            return true;
        }
    }
    return false;
}

/* How many letters have to be changed, added or removed (Levenshtein); both shorter than KEY_NAME_MAX. */
static unsigned distance(const char *a, const char *b) {
    unsigned row[KEY_NAME_MAX + 1];
    size_t len = strlen(b);
    for (size_t j = 0; j <= len; j++) {
        row[j] = (unsigned)j;
    }
    for (; *a; a++) {
        unsigned diagonal = row[0]++;
        for (size_t j = 1; j <= len; j++) {
            unsigned best = diagonal + (*a != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[len];
}

const struct key *key_nearest(const char *name) {
    enum { NEAR = 3 };
    const struct key *nearest = NULL;
    unsigned least = NEAR + 1;
    if (strlen(name) >= KEY_NAME_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < N_KEYS; i++) {
        unsigned d = distance(name, keys[i].name);
        if (d < least) {
            least = d;
            nearest = &keys[i];
        }
    }
    return nearest;
}

/* Fields of numbers, whatever their width. */

static int64_t field_get(const struct key *key, const struct config *config) {
    const char *field = (const char *)config + key->offset;
    union {
        uint8_t u8;
        uint32_t u32;
        int32_t i32;
        int64_t i64;
    } u = {.i64 = 0};
    memcpy(&u, field, key->width);
    switch (key->width) {
    case 1:
        return u.u8;
    case 4:
        return key->min < 0 ? u.i32 : (int64_t)u.u32;
    default:
        return u.i64;
    }
}

static void field_put(const struct key *key, struct config *config, int64_t value) {
    char *field = (char *)config + key->offset;
    uint8_t u8 = (uint8_t)value;
    uint32_t u32 = (uint32_t)value;
    switch (key->width) {
    case 1:
        memcpy(field, &u8, sizeof(u8));
        break;
    case 4:
        memcpy(field, &u32, sizeof(u32));
        break;
    default:
        memcpy(field, &value, sizeof(value));
        break;
    }
}

static char *field_chars(const struct key *key, struct config *config) {
    return (char *)config + key->offset;
}

static bool value_to_size(const struct value *value, int64_t *ret) {
    if (value->type == VALUE_STRING) {
        return units_parse_size(value->string, ret);
    }
    *ret = value->integer;
    return value->type == VALUE_INT;
}

static bool value_to_time(const struct value *value, int64_t *ret) {
    const double limit = (double)(TIME_LIMIT / TW_SECOND);
    switch (value->type) {
    case VALUE_STRING:
        return units_parse_time(value->string, ret);
    case VALUE_INT:
        return !__builtin_mul_overflow(value->integer, TW_SECOND, ret);
    case VALUE_FLOAT:
        if (!(value->real >= 0 && value->real <= limit)) { /* also what is not a number */
            return false;
        }
        *ret = (int64_t)(value->real * (double)TW_SECOND + 0.5);
        return true;
    default:
        return false;
    }
}

static void print_ports(const struct tw_ports *ports, FILE *out) {
    fputc('[', out);
    for (unsigned i = 0; i < ports->n; i++) {
        fprintf(out, "%s%u", i ? ", " : "", ports->port[i]);
    }
    fputc(']', out);
}

void key_print(const struct key *key, const struct config *config, FILE *out) {
    switch (key->type) {
    case KEY_BOOL:
        fputs(field_get(key, config) ? "true" : "false", out);
        break;
    case KEY_COUNT: {
        int64_t value = field_get(key, config);
        fprintf(out, "%" PRId64 "%s", value, value > INT32_MAX ? "L" : "");
        break;
    }
    case KEY_SIZE:
        units_print_size(field_get(key, config), out);
        break;
    case KEY_TIME:
        units_print_time(field_get(key, config), out);
        break;
    case KEY_ENUM:
        value_print_string(key->words[field_get(key, config)], out);
        break;
    case KEY_STRING:
    case KEY_PATH:
        value_print_string((const char *)config + key->offset, out);
        break;
    case KEY_PORTS:
        print_ports((const void *)((const char *)config + key->offset), out);
        break;
    case KEY_MODE:
        fprintf(out, "\"%04o\"", config->engine.pcap.mode);
        break;
    case KEY_BEFORE:
        if (config->engine.extract.before_none) {
            value_print_string("none", out);
        } else {
            units_print_time(config->engine.extract.before, out);
        }
        break;
    case KEY_FREE:
        if (config->engine.pcap.min_free_percent) {
            fprintf(out, "\"%u %%\"", config->engine.pcap.min_free_percent);
        } else {
            units_print_size((int64_t)config->engine.pcap.min_free, out);
        }
        break;
    }
}

/* Texts of errors */

static void print_words(const char *const *words, FILE *out) {
    for (size_t i = 0; words[i]; i++) {
        fprintf(out, "%s\"%s\"", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
}

static void print_range(const struct key *key, void (*print)(int64_t, FILE *), FILE *out) {
    fputs(key->flags & KEY_OR_ZERO ? "0 or from " : "from ", out);
    print(key->min, out);
    fputs(" to ", out);
    print(key->max, out);
}

static void print_allowed_string(const struct key *key, FILE *out) {
    if (key->flags & KEY_FILE_NAME) {
        fprintf(out, "the beginning of a file name: 1 to %d bytes, no \"/\", no \".\" first, no control characters",
                PREFIX_MAX);
    } else {
        fprintf(out, "a string of %s%zu bytes%s", key->flags & KEY_NOT_EMPTY ? "1 to " : "at most ", key->width - 1,
                key->type == KEY_PATH ? " (a path, made absolute)" : "");
    }
}

static void print_allowed(const struct key *key, FILE *out) {
    switch (key->type) {
    case KEY_BOOL:
        fputs("true or false", out);
        break;
    case KEY_COUNT:
        fprintf(out, "an integer from %" PRId64 " to %" PRId64, key->min, key->max);
        break;
    case KEY_SIZE:
        fputs("a size in bytes or with a unit (1000, \"64 KiB\", \"100 MB\"), ", out);
        print_range(key, units_print_size, out);
        break;
    case KEY_BEFORE:
        fputs("\"none\" or ", out); /* fall through */
    case KEY_TIME:
        fputs("a duration in seconds or with a unit (30, \"250 ms\", \"5 min\", \"1 h\", \"7 d\"), ", out);
        print_range(key, units_print_time, out);
        break;
    case KEY_ENUM:
        print_words(key->words, out);
        break;
    case KEY_STRING:
    case KEY_PATH:
        print_allowed_string(key, out);
        break;
    case KEY_PORTS:
        fprintf(out, "a list of at most %d ports from 1 to 65535, such as [4789, 8472]", TW_PORTS_MAX);
        break;
    case KEY_MODE:
        fputs("permission bits, octal and in quotes, from \"0000\" to \"0777\"", out);
        break;
    case KEY_FREE:
        fputs("a size such as \"10 GB\", a percentage from \"1 %\" to \"99 %\", or 0", out);
        break;
    }
}

static void explain(const struct key *key, const struct value *value, char *problem) {
    FILE *out = fmemopen(problem, KEY_PROBLEM_MAX, "w");
    if (!out) {
        strcpy(problem, "no memory");
        return;
    }
    fputs("is ", out);
    value_print(value, out);
    if (key->type == KEY_MODE && value->type == VALUE_INT) {
        fprintf(out, ", an integer, must be in quotes: \"%04" PRId64 "\"", value->integer);
    } else {
        fputs(", must be ", out);
        print_allowed(key, out);
    }
    fclose(out);
    problem[KEY_PROBLEM_MAX - 1] = '\0';
}

/* Setting, one function per type; each checks everything before it writes. */

static bool in_range(const struct key *key, int64_t n) {
    return (n >= key->min && n <= key->max) || (n == 0 && (key->flags & KEY_OR_ZERO));
}

static bool set_number(const struct key *key, struct config *config, bool is_number, int64_t n) {
    if (!is_number || !in_range(key, n)) {
        return false;
    }
    field_put(key, config, n);
    return true;
}

static bool set_word(const struct key *key, struct config *config, const struct value *value) {
    for (size_t i = 0; value->type == VALUE_STRING && key->words[i]; i++) {
        if (strcmp(key->words[i], value->string) == 0) {
            field_put(key, config, (int64_t)i);
            return true;
        }
    }
    return false;
}

static bool begins_file_names(const char *s) {
    for (const char *c = s; *c; c++) {
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f) {
            return false;
        }
    }
    return *s != '.' && strlen(s) <= PREFIX_MAX;
}

static bool set_string(const struct key *key, struct config *config, const struct value *value) {
    if (value->type != VALUE_STRING || strlen(value->string) >= key->width ||
        ((key->flags & KEY_NOT_EMPTY) && !*value->string) ||
        ((key->flags & KEY_FILE_NAME) && !begins_file_names(value->string))) {
        return false;
    }
    strncpy(field_chars(key, config), value->string, key->width); /* fills up with 0: the struct can be compared */
    return true;
}

/* An absolute path, and an empty one, is taken as it is. */
static bool set_path(const struct key *key, struct config *config, const struct value *value, const char *folder) {
    char path[PATH_MAX];
    struct value absolute = {.type = VALUE_STRING, .string = path};
    if (value->type != VALUE_STRING || !*value->string || *value->string == '/') {
        return set_string(key, config, value);
    }
    const char *s = value->string;
    while (s[0] == '.' && (s[1] == '/' || !s[1])) {
        s += strspn(s + 1, "/") + 1;
    }
    const char *slash = *s && folder[strlen(folder) - 1] != '/' ? "/" : "";
    int len = snprintf(path, sizeof(path), "%s%s%s", folder, slash, s);
    return len > 0 && (size_t)len < sizeof(path) && set_string(key, config, &absolute);
}

static bool set_ports(const struct key *key, struct config *config, const struct value *value) {
    struct tw_ports ports = {.n = (uint8_t)value->n};
    if (value->type != VALUE_LIST || value->is_mixed || value->n > TW_PORTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < value->n; i++) {
        if (value->list[i] < 1 || value->list[i] > UINT16_MAX) {
            return false;
        }
        ports.port[i] = (uint16_t)value->list[i];
    }
    memcpy(field_chars(key, config), &ports, sizeof(ports));
    return true;
}

static bool set_mode(struct config *config, const struct value *value) {
    if (value->type != VALUE_STRING) {
        return false;
    }
    size_t len = strlen(value->string);
    if (len < 3 || len > 4 || strspn(value->string, "01234567") != len) {
        return false;
    }
    unsigned long mode = strtoul(value->string, NULL, 8);
    if (mode > 0777) {
        return false;
    }
    config->engine.pcap.mode = (uint32_t)mode;
    return true;
}

static bool set_before(const struct key *key, struct config *config, const struct value *value) {
    struct tw_extract_settings *extract = &config->engine.extract;
    int64_t n;
    bool none = value->type == VALUE_STRING && strcmp(value->string, "none") == 0;
    if (!none && !(value_to_time(value, &n) && in_range(key, n))) {
        return false;
    }
    extract->before_none = none;
    extract->before = none ? 0 : n;
    return true;
}

static bool set_free(const struct key *key, struct config *config, const struct value *value) {
    int64_t n;
    bool is_percent = value->type == VALUE_STRING && strchr(value->string, '%');
    if (is_percent && (!units_parse_percent(value->string, &n) || n < 1 || n > 99)) {
        return false;
    }
    if (!is_percent && (!value_to_size(value, &n) || !in_range(key, n))) {
        return false;
    }
    config->engine.pcap.min_free_percent = is_percent ? (uint32_t)n : 0;
    config->engine.pcap.min_free = is_percent ? 0 : (uint64_t)n;
    return true;
}

static bool set(const struct key *key, struct config *config, const struct value *value, const char *folder) {
    int64_t n = value->integer;
    switch (key->type) {
    case KEY_BOOL:
        return value->type == VALUE_BOOL && (field_put(key, config, n), true);
    case KEY_COUNT:
        return set_number(key, config, value->type == VALUE_INT, n);
    case KEY_SIZE:
        return value_to_size(value, &n) && set_number(key, config, true, n);
    case KEY_TIME:
        return value_to_time(value, &n) && set_number(key, config, true, n);
    case KEY_ENUM:
        return set_word(key, config, value);
    case KEY_STRING:
        return set_string(key, config, value);
    case KEY_PATH:
        return set_path(key, config, value, folder);
    case KEY_PORTS:
        return set_ports(key, config, value);
    case KEY_MODE:
        return set_mode(config, value);
    case KEY_BEFORE:
        return set_before(key, config, value);
    case KEY_FREE:
        return set_free(key, config, value);
    }
    return false;
}

/* Both compare as printed, which is the one form that every type has. */
static bool is_equal(const struct key *key, const struct config *a, const struct config *b) {
    char *text[2] = {NULL, NULL};
    size_t len;
    const struct config *configs[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        FILE *out = open_memstream(&text[i], &len);
        if (out) {
            key_print(key, configs[i], out);
            fclose(out);
        }
    }
    bool equal = text[0] && text[1] && strcmp(text[0], text[1]) == 0;
    free(text[0]);
    free(text[1]);
    return equal;
}

static bool is_default(const struct key *key, const struct config *config, char *problem) {
    struct config live, offline;
    keys_defaults(&live, CONFIG_LIVE);
    keys_defaults(&offline, CONFIG_OFFLINE);
    if (is_equal(key, config, &live) || is_equal(key, config, &offline)) {
        return true;
    }
    FILE *out = fmemopen(problem, KEY_PROBLEM_MAX, "w");
    if (out) {
        fputs("not supported yet, must be ", out);
        key_print(key, &live, out);
        fclose(out);
    }
    return false;
}

bool key_set(const struct key *key, struct config *config, const struct value *value, const char *folder,
             char *problem) {
    struct config trial = *config;
    if (!set(key, &trial, value, folder)) {
        explain(key, value, problem);
        return false;
    }
    if ((key->flags & KEY_LATER) && !is_default(key, &trial, problem)) {
        return false;
    }
    *config = trial;
    return true;
}

enum value_type key_wants(const struct key *key) {
    switch (key->type) {
    case KEY_BOOL:
        return VALUE_BOOL;
    case KEY_PORTS:
        return VALUE_LIST;
    case KEY_ENUM:
    case KEY_STRING:
    case KEY_PATH:
    case KEY_MODE:
        return VALUE_STRING;
    default:
        return VALUE_INT;
    }
}
