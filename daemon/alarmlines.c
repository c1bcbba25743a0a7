/* SPDX-License-Identifier: MIT */
#include "alarmlines.h"

#include <inttypes.h>
#include <time.h>

#include "log.h"
#include "text.h"

enum { LINES_PER_SECOND = 10 };

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

/* Is there a line left in this second? */
static bool may_print(struct alarmlines *lines) {
    tw_time now = monotonic();
    if (now - lines->second >= TW_SECOND) {
        lines->second = now;
        lines->printed = 0;
    }
    return lines->printed++ < LINES_PER_SECOND;
}

void alarmlines_print(void *context, const struct tw_alarm_event *event) {
    struct alarmlines *lines = context;
    if (!may_print(lines)) {
        atomic_fetch_add(&lines->more, !event->is_end);
        return;
    }
    struct tw_text text = TW_TEXT_INIT;
    (event->is_end ? put_end : put_begin)(&text, event);
    if (!text.failed) {
        log_notice("%s: %.*s", event->is_end ? "alarm over" : "alarm", (int)text.len, text.data);
    }
    tw_text_fini(&text);
}

void alarmlines_flush(struct alarmlines *lines) {
    uint64_t more = atomic_exchange(&lines->more, 0);
    if (more > 0) {
        log_notice("%" PRIu64 " more alarms", more);
    }
}
