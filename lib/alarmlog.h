/* SPDX-License-Identifier: MIT */
/*
 * alarmlog.h — the lines of PREFIX_alarms.jsonl, one JSON object each, with a final newline.
 */
#ifndef TW_ALARMLOG_H
#define TW_ALARMLOG_H

#include "event.h"
#include "label.h"
#include "text.h"

/* Where the events come from. */
struct tw_alarmlog_source {
    const char *host;  /* run.name */
    bool is_interface; /* the key of `name` is "interface", else "file" */
    const char *name;
    const struct tw_labeller *labeller; /* NULL: none; borrowed */
};

/* What the writer knows of an extraction when it ends. */
struct tw_alarmlog_written {
    const char *const *files; /* finished names, in the order of writing */
    size_t n_files;
    uint64_t packets, packets_before, bytes;
    uint64_t lost_write;
};

/* Append the line of an alarm or an alarm_end. */
void tw_alarmlog_alarm(struct tw_text *out, const struct tw_alarmlog_source *source,
                       const struct tw_alarm_event *event);

/* Append the line of an extract_end. The lost packets are the event's and written->lost_write together. */
void tw_alarmlog_extract_end(struct tw_text *out, const struct tw_alarmlog_source *source,
                             const struct tw_extract_event *event, const struct tw_alarmlog_written *written);

#endif
