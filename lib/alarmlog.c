/* SPDX-License-Identifier: MIT */
/*
 * alarmlog.c — see alarmlog.h.
 */
#include "alarmlog.h"

#include "community.h"
#include "json.h"

static const char *const ended_by[TW_ENDED_BY_COUNT] = {
    [TW_ENDED_WINDOW] = "window", [TW_ENDED_RESET] = "reset", [TW_ENDED_FIN] = "fin",
    [TW_ENDED_FLOW] = "flow_end", [TW_ENDED_EXIT] = "exit",
};

static void put_community_id(struct tw_text *out, const struct tw_flow_id *flow) {
    char id[TW_COMMUNITY_MAX];
    bool has_id = tw_community_of_flow(flow, id);
    tw_json_member_string(out, "community_id", has_id ? id : NULL);
}

static void put_vlans(struct tw_text *out, const struct tw_scope *scope) {
    tw_json_key(out, "vlan");
    tw_json_begin_array(out);
    for (size_t i = 0; i < scope->n_vlans; i++)
        tw_json_u64(out, scope->vlan[i]);
    tw_json_end_array(out);
}

/* What every line begins with; the object stays open. */
static void begin_line(struct tw_text *out, const struct tw_alarmlog_source *source, const char *event, tw_time time,
                       const struct tw_flow_id *flow) {
    tw_json_begin_object(out);
    tw_json_member_string(out, "event", event);
    tw_json_key(out, "time");
    tw_json_time(out, time);
    tw_json_member_string(out, "host", source->host);
    tw_json_member_string(out, source->is_interface ? "interface" : "file", source->name);
    tw_json_member_u64(out, "flow", flow->index);
    put_community_id(out, flow);
    put_vlans(out, &flow->scope);
}

static void end_line(struct tw_text *out) {
    tw_json_end_object(out);
    tw_text_char(out, '\n');
}

/* Address and port; the object stays open. */
static void begin_end(struct tw_text *out, const char *key, const struct tw_flow_id *flow, enum tw_side side) {
    tw_json_key(out, key);
    tw_json_begin_object(out);
    tw_json_key(out, "ip");
    tw_json_addr(out, flow->ip_version, &flow->end[side].addr);
    tw_json_member_u64(out, "port", flow->end[side].port);
}

static void put_labelled_end(struct tw_text *out, const char *key, const struct tw_labeller *labeller,
                             const struct tw_flow_id *flow, enum tw_side side) {
    struct tw_label label;
    tw_label_find(labeller, flow->ip_version, &flow->end[side].addr, &label);
    begin_end(out, key, flow, side);
    tw_json_member_string(out, "country", label.country[0] ? label.country : NULL);
    tw_json_member_string(out, "organisation", label.organisation[0] ? label.organisation : NULL);
    tw_json_end_object(out);
}

static void put_scale(struct tw_text *out, const struct tw_alarm_event *event) {
    tw_json_key(out, "scale");
    if (event->scale == TW_SCALE_KNOWN)
        tw_json_u64(out, event->shift);
    else
        tw_json_string(out, event->scale == TW_SCALE_NONE ? "none" : "unknown");
}

static void put_episode(struct tw_text *out, const struct tw_alarm_event *event) {
    tw_json_member_u64(out, "window", event->window);
    tw_json_member_u64(out, "threshold", event->threshold);
    put_scale(out, event);
    tw_json_member_u64(out, "episode", event->episode);
    tw_json_member_u64(out, "low_segments", event->low_segments);
    tw_json_member_u64(out, "zero_segments", event->zero_segments);
    tw_json_member_u64(out, "probes", event->probes);
    tw_json_key(out, "duration_s");
    tw_json_seconds(out, event->duration);
}

void tw_alarmlog_alarm(struct tw_text *out, const struct tw_alarmlog_source *source,
                       const struct tw_alarm_event *event) {
    begin_line(out, source, event->is_end ? "alarm_end" : "alarm", event->time, &event->flow);
    tw_json_member_string(out, "direction", event->receiver == TW_A ? "A" : "B");
    put_labelled_end(out, "receiver", source->labeller, &event->flow, event->receiver);
    put_labelled_end(out, "sender", source->labeller, &event->flow, tw_other_side(event->receiver));
    put_episode(out, event);
    tw_json_member_string(out, "pcap", event->pcap[0] != '\0' ? event->pcap : NULL);
    if (event->is_end)
        tw_json_member_string(out, "ended_by", ended_by[event->ended_by]);
    end_line(out);
}

static void put_lost(struct tw_text *out, const struct tw_extract_event *event, uint64_t lost_write) {
    tw_json_key(out, "packets_lost");
    tw_json_begin_object(out);
    tw_json_member_u64(out, "overrun", event->lost[TW_LOST_OVERRUN]);
    tw_json_member_u64(out, "queue", event->lost[TW_LOST_QUEUE]);
    tw_json_member_u64(out, "write", event->lost[TW_LOST_WRITE] + lost_write);
    tw_json_end_object(out);
}

void tw_alarmlog_extract_end(struct tw_text *out, const struct tw_alarmlog_source *source,
                             const struct tw_extract_event *event, const struct tw_alarmlog_written *written) {
    begin_line(out, source, "extract_end", event->time, &event->flow);
    begin_end(out, "a", &event->flow, TW_A);
    tw_json_end_object(out);
    begin_end(out, "b", &event->flow, TW_B);
    tw_json_end_object(out);
    tw_json_member_u64(out, "alarms", event->alarms);
    tw_json_key(out, "pcap");
    tw_json_begin_array(out);
    for (size_t i = 0; i < written->n_files; i++)
        tw_json_string(out, written->files[i]);
    tw_json_end_array(out);
    tw_json_member_u64(out, "packets_before", written->packets_before);
    tw_json_member_u64(out, "packets_written", written->packets);
    tw_json_member_u64(out, "bytes_written", written->bytes);
    put_lost(out, event, written->lost_write);
    end_line(out);
}
