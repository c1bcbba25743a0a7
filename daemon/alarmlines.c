/* SPDX-License-Identifier: MIT */
#include "alarmlines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "journal.h"
#include "log.h"
#include "text.h"

static const char *const ended_by[TW_ENDED_BY_COUNT] = {
    [TW_ENDED_WINDOW] = "the window opened", [TW_ENDED_RESET] = "reset",       [TW_ENDED_FIN] = "the other side closed",
    [TW_ENDED_FLOW] = "the flow ended",      [TW_ENDED_EXIT] = "tcpwind ends",
};

static tw_time monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

static void put_endpoint(struct tw_text *out, const struct tw_flow_id *flow, enum tw_side side) {
    bool is_v6 = flow->ip_version == 6;
    tw_text_str(out, is_v6 ? "[" : "");
    tw_text_addr(out, flow->ip_version, &flow->end[side].addr);
    tw_text_str(out, is_v6 ? "]:" : ":");
    tw_text_u64(out, flow->end[side].port);
}

static void put_scale(struct tw_text *out, const struct tw_alarm_event *event) {
    tw_text_str(out, ", scale ");
    if (event->scale == TW_SCALE_KNOWN) {
        tw_text_u64(out, event->shift);
    } else {
        tw_text_str(out, event->scale == TW_SCALE_NONE ? "none" : "unknown");
    }
}

static void put_begin(struct tw_text *out, const struct tw_alarm_event *event) {
    put_endpoint(out, &event->flow, event->receiver);
    tw_text_str(out, " stopped ");
    put_endpoint(out, &event->flow, tw_other_side(event->receiver));
    tw_text_str(out, " (window ");
    tw_text_u64(out, event->window);
    tw_text_str(out, event->window < event->threshold ? " < " : " for a threshold of ");
    tw_text_u64(out, event->threshold);
    put_scale(out, event);
    tw_text_str(out, "), flow ");
    tw_text_u64(out, event->flow.index);
    if (event->pcap[0]) {
        tw_text_str(out, ", file ");
        tw_text_str(out, event->pcap);
    }
}

static void put_end(struct tw_text *out, const struct tw_alarm_event *event) {
    put_endpoint(out, &event->flow, event->receiver);
    tw_text_str(out, " had stopped ");
    put_endpoint(out, &event->flow, tw_other_side(event->receiver));
    tw_text_str(out, " for ");
    tw_text_seconds(out, event->duration);
    tw_text_str(out, " s (");
    tw_text_str(out, ended_by[event->ended_by]);
    tw_text_str(out, "), flow ");
    tw_text_u64(out, event->flow.index);
}

/* Fields of the journal */

static void put_text(struct tw_text *entry, const char *name, const struct tw_text *value) {
    journal_field(entry, name, value->data, value->len);
}

static void put_number(struct tw_text *entry, const char *name, uint64_t number) {
    char digits[24];
    journal_field(entry, name, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number));
}

static void put_string(struct tw_text *entry, const char *name, const char *string) {
    journal_field(entry, name, string, strlen(string));
}

static void put_side(struct tw_text *entry, const char *name, const struct tw_flow_id *flow, enum tw_side side) {
    struct tw_text text = TW_TEXT_INIT;
    put_endpoint(&text, flow, side);
    put_text(entry, name, &text);
    tw_text_fini(&text);
}

static void put_what_ended(struct tw_text *entry, const struct tw_alarm_event *event) {
    struct tw_text text = TW_TEXT_INIT;
    tw_text_seconds(&text, event->duration);
    put_text(entry, "TCPWIND_DURATION_S", &text);
    put_string(entry, "TCPWIND_ENDED_BY", ended_by[event->ended_by]);
    tw_text_fini(&text);
}

/* The identifiers are ours for these two messages, for good. */
static void put_fields(struct tw_text *entry, const struct tw_alarm_event *event, const struct tw_text *message) {
    put_text(entry, "MESSAGE", message);
    put_string(entry, "MESSAGE_ID",
               event->is_end ? "f59e02f203404f20b9ea37aaec75dd04" : "68d7dc15fd784f3c8b40b12165577e32");
    put_string(entry, "PRIORITY", event->is_end ? "5" : "4");
    put_string(entry, "SYSLOG_IDENTIFIER", "tcpwind");
    put_string(entry, "TCPWIND_EVENT", event->is_end ? "alarm_end" : "alarm");
    put_number(entry, "TCPWIND_FLOW", event->flow.index);
    put_side(entry, "TCPWIND_RECEIVER", &event->flow, event->receiver);
    put_side(entry, "TCPWIND_SENDER", &event->flow, tw_other_side(event->receiver));
    put_number(entry, "TCPWIND_WINDOW", event->window);
    put_number(entry, "TCPWIND_THRESHOLD", event->threshold);
    put_number(entry, "TCPWIND_EPISODE", event->episode);
    if (event->pcap[0]) {
        put_string(entry, "TCPWIND_PCAP", event->pcap);
    }
    if (event->is_end) {
        put_what_ended(entry, event);
    }
}

static bool tell_journal(const struct tw_alarm_event *event, const struct tw_text *message) {
    struct tw_text entry = TW_TEXT_INIT;
    put_fields(&entry, event, message);
    bool ok = journal_send(&entry);
    tw_text_fini(&entry);
    return ok;
}

/* Each line takes a second of those that have been saved, which are as many as a burst has. */
static bool may_print(struct alarmlines *lines) {
    tw_time now = monotonic(), next = (lines->full > now ? lines->full : now) + TW_SECOND;
    if (next - now > ALARMLINES_BURST * TW_SECOND) {
        return false;
    }
    lines->full = next;
    return true;
}

void alarmlines_print(void *context, const struct tw_alarm_event *event) {
    struct alarmlines *lines = context;
    if (!may_print(lines)) {
        atomic_fetch_add(&lines->more, !event->is_end);
        return;
    }
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, event->is_end ? "alarm over: " : "alarm: ");
    (event->is_end ? put_end : put_begin)(&text, event);
    if (!text.failed && !tell_journal(event, &text)) {
        log_notice("%.*s", (int)text.len, text.data);
    }
    tw_text_fini(&text);
}

void alarmlines_flush(struct alarmlines *lines) {
    uint64_t more = atomic_exchange(&lines->more, 0);
    if (more > 0) {
        log_notice("%" PRIu64 " more alarm%s, not listed here", more, more == 1 ? "" : "s");
    }
}
