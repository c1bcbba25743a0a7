/* SPDX-License-Identifier: MIT */
/*
 * fuzz_events.c — any bytes as events within their types' ranges: every alarm line is one line of JSON, every flow record
 * one line of 50 fields for each side that has sent.
 */
#include "alarmlog.h"
#include "check_json.h"
#include "flowlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct tw_flow_record record;
    struct tw_alarm_event alarm;
    struct tw_extract_event extract;
    char name[64];
    bool is_interface;
};

/*
 * The bytes as they come; what is missing is 0. Enumerations, flags and lengths are taken from integers, so that they
 * are valid.
 */
static void read_input(const uint8_t *data, size_t size, struct input *ret) {
    uint8_t raw[sizeof(*ret)] = {0};
    memcpy(raw, data, size < sizeof(raw) ? size : sizeof(raw));
    memcpy(ret, raw, sizeof(raw));
#define LIMIT(field, count)                                                                                            \
    do {                                                                                                               \
        uint8_t value;                                                                                                 \
        memcpy(&value, &(field), 1);                                                                                   \
        memset(&(field), 0, sizeof(field));                                                                            \
        value = (uint8_t)(value % (count));                                                                            \
        memcpy(&(field), &value, 1); /* little endian, as this target is run */                                        \
    } while (0)
    struct tw_flow_id *ids[] = {&ret->record.id, &ret->alarm.flow, &ret->extract.flow};
    for (size_t i = 0; i < 3; i++) {
        ids[i]->ip_version = ids[i]->ip_version % 2 ? 4 : 6;
        ids[i]->scope.n_vlans %= TW_VLAN_MAX + 1;
    }
    for (size_t i = 0; i < TW_SIDE_COUNT; i++) {
        LIMIT(ret->record.side[i].has_macs, 2);
        LIMIT(ret->record.side[i].scale, 3);
    }
    LIMIT(ret->record.end, TW_FLOW_END_COUNT);
    LIMIT(ret->alarm.is_end, 2);
    LIMIT(ret->alarm.ended_by, TW_ENDED_BY_COUNT);
    LIMIT(ret->alarm.receiver, TW_SIDE_COUNT);
    LIMIT(ret->alarm.scale, 3);
    LIMIT(ret->is_interface, 2);
#undef LIMIT
    ret->alarm.pcap[TW_NAME_MAX - 1] = '\0';
    ret->name[sizeof(ret->name) - 1] = '\0';
}

static void check(bool good) {
    if (!good)
        abort();
}

/* Count the bytes that are `c`; a record has no control characters but tabs and newlines. */
static size_t count(const struct tw_text *text, char c) {
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++) {
        check(text->data[i] == '\t' || text->data[i] == '\n' || (text->data[i] >= 0x20 && text->data[i] < 0x7f));
        n += text->data[i] == c;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input *input = malloc(sizeof(*input));
    struct tw_text text = TW_TEXT_INIT;
    read_input(data, size, input);
    struct tw_alarmlog_source source = {input->name, input->is_interface, input->alarm.pcap, NULL};
    const char *files[] = {input->name, input->alarm.pcap};
    struct tw_alarmlog_written written = {.files = files, .n_files = size % 3};

    tw_flowlog_record(&text, NULL, &input->record);
    size_t lines = (input->record.side[TW_A].packets > 0) + (input->record.side[TW_B].packets > 0);
    check(!text.failed && count(&text, '\n') == lines && count(&text, '\t') == 49 * lines);
    tw_text_clear(&text);
    tw_alarmlog_alarm(&text, &source, &input->alarm);
    check(check_json_line(text.data, text.len));
    tw_text_clear(&text);
    tw_alarmlog_extract_end(&text, &source, &input->extract, &written);
    check(check_json_line(text.data, text.len));
    tw_text_fini(&text);
    free(input);
    return 0;
}
