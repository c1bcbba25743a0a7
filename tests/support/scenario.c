/* SPDX-License-Identifier: MIT */
/* scenario.c — see scenario.h. */
#include "scenario.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IP = 20, TCP = 20, OPTION = 4, DLT_RAW_IP = 12, FILE_HEAD = 24, RECORD_HEAD = 16, LARGEST = 65535 };

void scenario_init(struct scenario *s) {
    memset(s, 0, sizeof *s);
    tw_settings_init(&s->settings);
    tw_settings_offline(&s->settings);
    strcpy(s->settings.pcap.prefix, "p");
    s->settings.flow.max = 1000;
    s->queue = 1 << 20;
    folder_init(&s->folder);
}

/* Called by the engine's thread and by the writer's; what it reads was stored before. */
static bool fetch(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    const struct scenario *s = context;
    *ret = s->store[entry->offset].packet;
    return s->store[entry->offset].caplen >= entry->caplen && !(s->refused >> entry->offset & 1);
}

static void store(struct scenario *s, const struct tw_frame *frame) {
    ck_assert_uint_lt(s->fed, SCENARIO_STORE);
    uint8_t *bytes = malloc(frame->caplen);
    memcpy(bytes, frame->bytes, frame->caplen);
    s->store[s->fed].packet = (struct tw_ring_packet){frame->time, frame->wirelen, bytes};
    s->store[s->fed].caplen = frame->caplen;
}

void scenario_open(struct scenario *s) {
    struct tw_ring_fetch again = {fetch, s};
    struct tw_writer_options options = {.dirfd = s->folder.fd,
                                        .queue = s->queue,
                                        .wait = !s->live,
                                        .live = s->live,
                                        .host = "sensor",
                                        .pcap = s->settings.pcap,
                                        .output = s->settings.output,
                                        .fetch = s->stays ? &again : NULL};
    ck_assert_int_eq(tw_writer_create(&options, &s->writer), 0);
    ck_assert_int_eq(tw_writer_source(s->writer, "test.pcap"), 0);
    struct tw_engine_options engine = {.settings = &s->settings,
                                       .selection = &s->selection,
                                       .writer = s->writer,
                                       .next_pcap = 1,
                                       .fetch = s->stays ? &again : NULL,
                                       .live = s->live};
    memset(engine.key, s->key, sizeof engine.key);
    ck_assert_int_eq(tw_engine_create(&engine, &s->engine), 0);
    ck_assert_int_eq(tw_engine_source(s->engine, DLT_RAW_IP, 262144), 0);
}

static uint8_t *put(uint8_t *at, uint32_t value, int bytes) {
    while (bytes--)
        *at++ = (uint8_t)(value >> 8 * bytes);
    return at;
}

/* The serial number stands in the type of service and the checksum, which nobody looks at; so does the conversation. */
static uint8_t *put_ip(uint8_t *at, const struct segment *g, uint32_t serial, uint32_t length) {
    uint32_t a = 0x0a000001 + g->flow, b = 0xc0a80001;
    at = put(at, 0x45, 1);
    at = put(at, serial >> 16, 1);
    at = put(at, length, 2);
    at = put(at, g->fragment, 2);
    at = put(at, g->offset ? g->offset : g->fragment ? 0x2000 : 0, 2);
    at = put(at, 64, 1);
    at = put(at, 6, 1);
    at = put(at, serial & 0xffff, 2);
    at = put(at, g->from == TW_A ? a : b, 4);
    return put(at, g->from == TW_A ? b : a, 4);
}

static uint8_t *put_tcp(uint8_t *at, const struct segment *g) {
    at = put(at, g->from == TW_A ? 40000 : 8080, 2);
    at = put(at, g->from == TW_A ? 8080 : 40000, 2);
    at = put(at, g->seq, 4);
    at = put(at, g->ack, 4);
    at = put(at, (TCP + (g->scale ? OPTION : 0)) / 4 << 4, 1);
    at = put(at, g->flags, 1);
    at = put(at, g->window, 2);
    at = put(at, 0, 4);
    return g->scale ? put(at, 0x01030300 | (uint32_t)(g->scale - 1), 4) : at;
}

void scenario_feed(struct scenario *s, const struct segment *g) {
    uint8_t *packet = calloc(1, LARGEST);
    uint32_t head = g->offset ? IP : (uint32_t)(IP + TCP + (g->scale ? OPTION : 0));
    ck_assert_uint_le(head + g->len, LARGEST);
    uint8_t *at = put_ip(packet, g, ++s->fed, head + g->len);
    if (!g->offset)
        put_tcp(at, g);
    struct tw_frame frame = {.time = SCENARIO_START + g->ms * TW_MS,
                             .caplen = head + g->len,
                             .wirelen = head + g->len,
                             .bytes = packet,
                             .offset = s->fed};
    if (s->stays)
        store(s, &frame);
    tw_engine_feed(s->engine, &frame);
    free(packet);
}

/* Reading back. */

static uint32_t get32(const uint8_t *at, bool is_network) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return is_network ? __builtin_bswap32(value) : value;
}

static void add_packet(struct scenario *s, const uint8_t *record, uint32_t caplen) {
    const uint8_t *ip = record + RECORD_HEAD;
    bool from_a = ip[12] == 10;
    struct written packet = {.time = get32(record, false) * TW_SECOND + get32(record + 4, false),
                             .serial = (uint32_t)ip[1] << 16 | (uint32_t)ip[10] << 8 | ip[11],
                             .flow = get32(ip + (from_a ? 12 : 16), true) - 0x0a000001,
                             .file = (uint32_t)s->n_files,
                             .caplen = caplen};
    s->written = realloc(s->written, (s->n_written + 1) * sizeof *s->written);
    s->written[s->n_written++] = packet;
}

static void read_pcap(struct scenario *s, const uint8_t *bytes, size_t len) {
    ck_assert_uint_ge(len, FILE_HEAD);
    ck_assert_uint_eq(get32(bytes, false), 0xa1b23c4d);
    for (size_t at = FILE_HEAD; at < len;) {
        uint32_t caplen = get32(bytes + at + 8, false);
        ck_assert_uint_le(at + RECORD_HEAD + caplen, len);
        add_packet(s, bytes + at, caplen);
        at += RECORD_HEAD + caplen;
    }
    s->n_files++;
}

static void add_to_hash(struct scenario *s, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        s->bytes_hash = (s->bytes_hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
}

static void read_file(struct scenario *s, const char *name) {
    size_t len;
    char *text = folder_read(&s->folder, name, &len);
    add_to_hash(s, name, strlen(name));
    add_to_hash(s, text, len);
    if (strstr(name, ".pcap")) {
        ck_assert_msg(!strstr(name, ".part"), "%s was left", name);
        read_pcap(s, (const uint8_t *)text, len);
    } else if (strcmp(name, "p_alarms.jsonl") == 0) {
        s->alarms = text;
        return;
    } else if (strcmp(name, "p_flows.tsv") == 0) {
        s->flows = text;
        return;
    }
    free(text);
}

/* Names sort as their numbers do, for all pcap files have the same time here or are less than a million. */
static int by_number(const struct dirent **a, const struct dirent **b) {
    const char *x = strstr((*a)->d_name, "Z-"), *y = strstr((*b)->d_name, "Z-");
    return x && y ? strcmp(x, y) : (x != NULL) - (y != NULL);
}

static int is_file(const struct dirent *entry) {
    return entry->d_type == DT_REG && entry->d_name[0] != '.';
}

void scenario_close(struct scenario *s) {
    tw_engine_finish(s->engine);
    tw_engine_report(s->engine, &s->report);
    tw_engine_destroy(s->engine);
    s->engine = NULL;
    ck_assert_int_eq(tw_writer_destroy(s->writer, 0), 0);
    s->writer = NULL;
    struct dirent **entries;
    int n = scandir(s->folder.path, &entries, is_file, by_number);
    for (int i = 0; i < n; i++) {
        read_file(s, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

void scenario_fini(struct scenario *s) {
    free(s->alarms);
    free(s->flows);
    free(s->written);
    for (int i = 0; i < SCENARIO_STORE; i++)
        free((void *)(uintptr_t)s->store[i].packet.bytes);
    folder_fini(&s->folder);
}

/* Looking. */

static const char *line_of(const struct scenario *s, const char *event, int n) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "{\"event\":\"%s\"", event);
    for (const char *at = s->alarms; at && (at = strstr(at, wanted)) != NULL; at++) {
        if (!n--)
            return at;
    }
    return NULL;
}

static const char *value_in(const char *line, const char *key) {
    static char value[512];
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"%s\":", key);
    const char *end = line ? strchr(line, '\n') : NULL, *at = line ? strstr(line, wanted) : NULL;
    if (!at || !end || at > end)
        return "?";
    at += strlen(wanted);
    size_t len = *at == '[' ? strcspn(at, "]") + 1 : *at == '{' ? strcspn(at, "}") + 1 : strcspn(at, ",}");
    if (*at == '"') {
        at++;
        len = strcspn(at, "\"");
    }
    snprintf(value, sizeof value, "%.*s", (int)(len < sizeof value ? len : sizeof value - 1), at);
    return value;
}

const char *scenario_value(const struct scenario *s, const char *event, int n, const char *key) {
    return value_in(line_of(s, event, n), key);
}

static long long milliseconds(const char *line) {
    struct tm tm = {0};
    const char *rest = strptime(value_in(line, "time"), "%Y-%m-%dT%H:%M:%S", &tm);
    ck_assert_msg(rest != NULL, "no time in %s", line);
    return ((long long)timegm(&tm) - SCENARIO_START / TW_SECOND) * 1000 + (long long)(atof(rest) * 1000 + 0.5);
}

const char *scenario_events(const struct scenario *s) {
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (const char *line = s->alarms; line && *line && len < sizeof text - 64; line = strchr(line, '\n') + 1) {
        const char *comma = len ? ", " : "";
        long long ms = milliseconds(line);
        bool is_alarm = strncmp(line, "{\"event\":\"alarm\"", 16) == 0;
        bool is_end = strncmp(line, "{\"event\":\"alarm_end\"", 20) == 0;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %lld", comma,
                                is_alarm ? "alarm"
                                : is_end ? "end"
                                         : "extract",
                                ms);
        if (is_alarm || is_end)
            len += (size_t)snprintf(text + len, sizeof text - len, " %s", value_in(line, "direction"));
        if (is_end)
            len += (size_t)snprintf(text + len, sizeof text - len, " %s", value_in(line, "ended_by"));
    }
    return text;
}

static int column_number(const char *header, const char *column) {
    int n = 0;
    size_t len = strlen(column);
    for (const char *at = header + 1; at; at = strpbrk(at, "\t\n"), at = at && *at == '\t' ? at + 1 : NULL, n++) {
        if (strncmp(at, column, len) == 0 && (at[len] == '\t' || at[len] == '\n'))
            return n;
    }
    return -1;
}

double scenario_column(const struct scenario *s, uint64_t flow, enum tw_side side, const char *column) {
    char wanted[32];
    int n = column_number(s->flows, column);
    snprintf(wanted, sizeof wanted, "\n%c\t%llu\t", side == TW_A ? 'A' : 'B', (unsigned long long)flow);
    const char *at = strstr(s->flows, wanted);
    if (!at || n < 0)
        return -1;
    for (at++; n > 0; n--)
        at = strchr(at, '\t') + 1;
    char *end;
    double value = at[0] == '0' && at[1] == 'x' ? (double)strtoull(at, &end, 16) : strtod(at, &end);
    return end == at ? -1 : value;
}

const char *scenario_serials(const struct scenario *s, uint32_t flow) {
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s->n_written && len < sizeof text - 16; i++) {
        if (s->written[i].flow == flow)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%u", len ? " " : "", s->written[i].serial);
    }
    return text;
}
