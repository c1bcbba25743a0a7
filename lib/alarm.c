/* SPDX-License-Identifier: MIT */
#include "alarm.h"

#include <string.h>

#include "flowrecord.h"
#include "writer.h"

static void report_alarm(struct tw_tracker *t, const struct tw_flow *flow, enum tw_side side, tw_time time,
                         tw_time duration, const enum tw_ended_by *ended_by) {
    const struct tw_detect *detect = tw_tracking_detect(t, flow, side);
    const struct tw_episode *episode = &detect->episode;
    if (!t->writer) {
        return;
    }
    struct tw_alarm_event event = {
        .is_end = ended_by,
        .ended_by = ended_by ? *ended_by : TW_ENDED_WINDOW,
        .time = time,
        .receiver = side,
        .window = detect->window,
        .threshold = t->settings.detect.threshold,
        .scale = (enum tw_scale)flow->side[side].window.scale,
        .shift = tw_window_shift(&flow->side[side].window),
        .episode = detect->episodes,
        .low_segments = episode->low,
        .zero_segments = episode->zero,
        .probes = episode->probes,
        .duration = duration,
    };
    tw_flowrecord_name(t->table, flow, &event.flow);
    strncpy(event.pcap, tw_extract_pcap(t->extract, flow), sizeof event.pcap - 1);
    (void)tw_writer_alarm(t->writer, &event); /* what finds no room is counted there */
}

static void count_alarm(struct tw_tracker *t, const struct tw_flow *flow, enum tw_side side) {
    const struct tw_detect *other = tw_tracking_detect(t, flow, tw_other_side(side));
    bool is_first = tw_tracking_detect(t, flow, side)->alarms == 1;
    t->counts.alarms.total++;
    t->counts.alarms.directions += is_first;
    t->counts.alarms.flows += is_first && !other->alarms;
}

void tw_alarm_try(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, tw_time time, tw_ref raising) {
    struct tw_detect *detect = tw_tracking_detect(t, flow, side);
    if (!detect || !detect->episode.is_open) {
        return;
    }
    enum tw_decision decision =
        tw_detect_decide(&t->settings.detect, detect, tw_flowtable_segments(t->table, flow, side), t->clock);
    if (decision == TW_DECISION_NONE) {
        return;
    }
    bool is_raised = decision == TW_DECISION_ALARM;
    tw_extract_alarm(t->extract, flow, side, is_raised, raising, t->clock);
    if (is_raised) {
        count_alarm(t, flow, side);
        report_alarm(t, flow, side, time, t->clock - detect->episode.start_clock, NULL);
    } else {
        t->counts.alarms.suppressed++;
    }
    tw_extract_flow(t->extract, flow, t->clock, time);
}

void tw_alarm_end_episode(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, enum tw_ended_by why,
                          tw_time clock, tw_time time) {
    struct tw_stall *stall = tw_flowtable_find_stall(t->table, flow);
    struct tw_detect *detect = &stall->detect[side];
    tw_time lasted = tw_detect_end(detect, clock);
    stall->extraction.episode_ended = clock;
    stall->extraction.episode_ended_time = time;
    if (detect->episode.alarmed) {
        report_alarm(t, flow, side, time, lasted, &why);
    }
    tw_time after = t->settings.extract.after;
    if (stall->extraction.current && after && !tw_extract_is_selecting(t->extract)) {
        tw_tracking_set_timer(t, flow, TW_TIMER_QUIET, clock + after + 1);
    }
}

void tw_alarm_end_episodes(struct tw_tracker *t, struct tw_flow *flow, enum tw_ended_by why, tw_time clock,
                           tw_time time) {
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        if (tw_tracking_is_in_episode(t, flow, (enum tw_side)side)) {
            tw_alarm_end_episode(t, flow, (enum tw_side)side, why, clock, time);
        }
    }
}
