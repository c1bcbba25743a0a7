/* SPDX-License-Identifier: MIT */
#include "tracker.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "alarm.h"
#include "flowrecord.h"
#include "segment.h"
#include "writer.h"

static struct tw_hash_key key_of(const struct tw_engine_options *options) {
    struct tw_hash_key key;
    _Static_assert(sizeof key == sizeof options->key, "the key is made of two words");
    memcpy(&key, options->key, sizeof key);
    return key;
}

/* For the timers of silence. */

static bool silence_of(void *tracker, uint32_t slot, tw_time *ret, struct tw_timer_mark **mark) {
    const struct tw_tracker *t = tracker;
    struct tw_flow *flow = tw_flowtable_at(t->table, slot);
    *mark = &flow->timer;
    return flow->ip_version && tw_tracking_silence(t, flow, ret);
}

static uint64_t index_of(void *tracker, uint32_t slot) {
    const struct tw_tracker *t = tracker;
    return tw_flowtable_rest_at(t->table, slot)->index;
}

static void prefetch_flow(void *tracker, uint32_t slot) {
    const struct tw_tracker *t = tracker;
    tw_flowtable_prefetch_slot(t->table, slot);
}

int tw_tracker_create(const struct tw_engine_options *options, struct tw_tracker **ret) {
    struct tw_tracker *t = calloc(1, sizeof *t);
    if (!t) {
        return -ENOMEM;
    }
    struct tw_hash_key key = key_of(options);
    t->settings = *options->settings;
    t->writer = options->writer;
    t->table = tw_flowtable_create(&t->settings.flow, &key);
    t->timers = tw_timers_create(&(struct tw_timers_owner){t, silence_of, index_of, prefetch_flow});
    t->fragments = tw_fragments_create(&key);
    t->hosts = tw_hosts_create(TW_HOSTS_MAX, &key);
    struct tw_extract_options extract = {
        .settings = &t->settings,
        .selection = options->selection,
        .table = t->table,
        .writer = t->writer,
        .next_pcap = options->next_pcap,
        .fetch = options->fetch,
        .in_steps = options->live,
    };
    if (!t->table || !t->timers || !t->fragments || !t->hosts || !(t->extract = tw_extract_create(&extract))) {
        tw_tracker_destroy(t);
        return -ENOMEM;
    }
    t->ring = tw_extract_ring(t->extract);
    *ret = t;
    return 0;
}

void tw_tracker_destroy(struct tw_tracker *t) {
    if (t) {
        tw_extract_destroy(t->extract);
        tw_hosts_destroy(t->hosts);
        tw_fragments_destroy(t->fragments);
        tw_timers_destroy(t->timers);
        tw_flowtable_destroy(t->table);
        free(t);
    }
}

struct tw_flowtable *tw_tracker_table(struct tw_tracker *t) {
    return t->table;
}

struct tw_extract *tw_tracker_extract(struct tw_tracker *t) {
    return t->extract;
}

/* The end of a flow. */

static bool has_unknown_scale(const struct tw_flow *flow) {
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        if (tw_edge_has(&flow->edge[side], TW_EDGE_HAS_COUNTED) && flow->side[side].window.scale == TW_SCALE_UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* What the report counts of one side. Returns its payload. */
static inline uint64_t count_side(struct tw_report *counts, struct tw_hosts *hosts, const struct tw_flowtable *table,
                                  const struct tw_flow *flow, enum tw_side side, const struct tw_addr *addr) {
    const struct tw_stall *stall = tw_flowtable_find_stall(table, flow);
    uint64_t packets = tw_flowtable_sum(table, flow, side, TW_COUNT_PACKETS);
    uint64_t bytes = tw_flowtable_sum(table, flow, side, TW_COUNT_BYTES);
    uint64_t considered = tw_flowtable_considered(table, flow, side);
    uint64_t payload = tw_flowtable_sum(table, flow, side, TW_COUNT_PAYLOAD);
    counts->packets.side[side] += packets;
    counts->packets.side_bytes[side] += bytes;
    counts->flows.side[side] += tw_flow_has_spoken(flow, side);
    counts->window.considered += considered;
    if (hosts) {
        tw_hosts_feed(hosts, flow->ip_version, addr, packets, bytes, stall ? stall->detect[side].low : 0);
    }
    return payload;
}

/* What the report counts of a flow; for one that lives it is what would be counted if it ended now. */
static void count_flow(struct tw_report *counts, struct tw_hosts *hosts, const struct tw_flowtable *table,
                       const struct tw_flow *flow, const struct tw_flowkey *key) {
    uint64_t payload = 0;
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        payload += count_side(counts, hosts, table, flow, side, &key->addr[side ^ flow->initiator]);
    }
    *(flow->ip_version == 4 ? &counts->flows.ipv4 : &counts->flows.ipv6) += 1;
    if (flow->proto == IPPROTO_TCP && payload) {
        counts->flows.with_payload++;
        counts->flows.one_sided += !tw_flow_is_two_sided(flow);
    }
    counts->window.unknown_scale_flows += has_unknown_scale(flow);
}

static void count_end(struct tw_tracker *t, const struct tw_flow *flow, const struct tw_flowkey *key,
                      enum tw_flow_end why) {
    count_flow(&t->counts, t->hosts, t->table, flow, key);
    if (flow->state == TW_FLOW_CLOSED) {
        t->counts.flows.ended_closed++;
    } else if (flow->state == TW_FLOW_RESET) {
        t->counts.flows.ended_reset++;
    } else {
        t->counts.flows.ended[why]++;
    }
}

static void log_flow(struct tw_tracker *t, const struct tw_flow *flow, const struct tw_flowkey *key,
                     enum tw_flow_end why) {
    const struct tw_stall *stall = tw_flowtable_find_stall(t->table, flow);
    enum tw_output_flows wanted = t->settings.output.flows;
    bool has_alarmed = stall && (stall->detect[TW_A].alarms || stall->detect[TW_B].alarms);
    tw_flowrecord_gather(t->table, flow, key, why, &t->counts.bits);
    if (t->writer && (wanted == TW_FLOWS_ALL || (wanted == TW_FLOWS_ALARMED && has_alarmed))) {
        struct tw_flow_record record;
        tw_flowrecord_make(t->table, flow, why, &record);
        (void)tw_writer_flow(t->writer, &record); /* what finds no room is counted there */
    }
}

static void end_flow(struct tw_tracker *t, struct tw_flow *flow, enum tw_flow_end why) {
    struct tw_flowkey key;
    tw_flowtable_key(t->table, flow, &key);
    uint32_t hash = tw_flowtable_hash(t->table, &key, tw_flowtable_scope(t->table, flow));
    tw_flowtable_prefetch_bucket(t->table, hash); /* it is taken out in the end */
    tw_time silence = why == TW_END_TIMEOUT ? t->settings.flow.timeout[flow->state] : 0;
    tw_time clock = why == TW_END_TIMEOUT ? tw_flow_last_clock(flow) + silence : t->clock;
    tw_time time = why == TW_END_TIMEOUT ? tw_flowtable_last_time(t->table, flow) + silence : t->time;
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        if (tw_tracking_is_in_episode(t, flow, (enum tw_side)side)) {
            tw_tracking_detect(t, flow, (enum tw_side)side)->open_at_end = true;
        }
    }
    tw_alarm_end_episodes(t, flow, why == TW_END_EXIT ? TW_ENDED_EXIT : TW_ENDED_FLOW, clock, time);
    tw_extract_flow_end(t->extract, flow, t->clock);
    count_end(t, flow, &key, why);
    log_flow(t, flow, &key, why);
    tw_flowtable_remove(t->table, flow, hash);
}

/* Time. */

static void serve_silence(struct tw_tracker *t, struct tw_flow *flow) {
    tw_time timeout = t->settings.flow.timeout[flow->state];
    if (timeout && tw_flow_last_clock(flow) + timeout < t->clock) {
        end_flow(t, flow, TW_END_TIMEOUT);
    } else {
        tw_tracking_arm_silence(t, flow);
    }
}

static void serve_duration(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, tw_time when) {
    const struct tw_detect *detect = tw_tracking_detect(t, flow, side);
    tw_time lasted = t->settings.detect.min_duration;
    if (detect && detect->episode.is_open && detect->episode.start_clock + lasted == when) {
        tw_alarm_try(t, flow, side, detect->episode.start_time + lasted, 0);
    }
}

static void serve_quiet(struct tw_tracker *t, struct tw_flow *flow, tw_time when) {
    const struct tw_stall *stall = tw_flowtable_find_stall(t->table, flow);
    tw_time after = t->settings.extract.after;
    if (stall && stall->extraction.episode_ended + after + 1 == when && !tw_tracking_is_in_episode(t, flow, TW_A) &&
        !tw_tracking_is_in_episode(t, flow, TW_B)) {
        tw_extract_end(t->extract, flow, stall->extraction.episode_ended_time + after, t->clock);
    }
}

static void serve(struct tw_tracker *t, const struct tw_timer *timer) {
    struct tw_flow *flow = tw_flowtable_get(t->table, timer->slot);
    if (!flow || tw_flowtable_index(t->table, flow) != timer->tag) {
        return;
    }
    switch (timer->kind) {
    case TW_TIMER_DURATION_A:
    case TW_TIMER_DURATION_B:
        serve_duration(t, flow, timer->kind == TW_TIMER_DURATION_B ? TW_B : TW_A, timer->when);
        break;
    case TW_TIMER_QUIET:
        serve_quiet(t, flow, timer->when);
        break;
    default:
        serve_silence(t, flow);
    }
}

/* ring.max_age as of the clock. */
static void age_ring(struct tw_tracker *t) {
    if (t->settings.ring.max_age) {
        tw_ring_age(t->ring, t->clock - t->settings.ring.max_age);
    }
}

void tw_tracker_serve(struct tw_tracker *t, tw_time clock) {
    struct tw_timer timer;
    while (tw_timers_pop(t->timers, clock, &timer)) {
        if (timer.when > t->clock) { /* one that a new setting has made due in the past is served now */
            t->clock = timer.when;
        }
        age_ring(t); /* an alarm finds what the ring held at its own moment, not at that of the packet that shows it */
        serve(t, &timer);
    }
    t->clock = clock;
    age_ring(t);
}

/* Packets. */

/* Chain the packet's entry in the ring to the flow's one before. */
static inline void link_entry(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, tw_ref ref) {
    struct tw_ring_entry *entry = tw_ring_entry_at(t->ring, ref); /* it is there: a batch never pushes itself out */
    uint64_t distance = ref - flow->last_entry;
    entry->whose = tw_ring_whose(tw_flowtable_slot(t->table, flow), side);
    entry->link = flow->last_entry && distance <= UINT32_MAX ? (uint32_t)distance : 0;
    flow->last_entry = ref;
    if (flow->has_stall) {
        tw_extract_link(t->extract, flow, ref);
    }
}

static inline __attribute__((always_inline)) void account(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                                          const struct tw_tracked *tracked) {
    struct tw_moment moment = {tracked->clock, tracked->time};
    bool is_new = !flow->spoken;
    tw_account_packet(t->table, flow, side, &tracked->packet, moment, tracked->wirelen);
    link_entry(t, flow, side, tracked->ref);
    if (!tw_flow_is_two_sided(flow)) {
        tw_flowtable_line_up(t->table, flow, is_new);
    }
}

static struct tw_flow *new_flow(struct tw_tracker *t, const struct tw_tracked *tracked) {
    const struct tw_packet *packet = &tracked->packet;
    if (tw_flowtable_active(t->table) >= t->settings.flow.max) {
        end_flow(t, tw_flowtable_victim(t->table), TW_END_EVICTED);
    }
    struct tw_flow *flow = tw_flowtable_add(t->table, tracked->hash, &tracked->key, &packet->scope);
    bool is_tcp = packet->status & TW_PACKET_TCP;
    flow->state = is_tcp ? TW_FLOW_OPENING : TW_FLOW_OTHER;
    flow->initiator = (tracked->key_end ^ (int)tw_flow_first_side(packet)) & 1;
    tw_flowtable_rest(t->table, flow)->ethertype = packet->ethertype;
    if (packet->icmp >= 0) {
        flow->has_icmp = true;
        flow->side[TW_A].icmp = (uint16_t)packet->icmp;
    }
    flow->side[TW_A].last_clock = t->clock;
    t->counts.flows.total++;
    if (tw_flowtable_active(t->table) > t->counts.flows.peak) {
        t->counts.flows.peak = tw_flowtable_active(t->table);
    }
    tw_tracking_arm_silence(t, flow);
    tw_extract_flow_begin(t->extract, flow);
    return flow;
}

/* Whether a packet with the addresses of a flow begins another. */
static bool begins_anew(const struct tw_flow *flow, const struct tw_tracked *tracked) {
    const struct tw_packet *packet = &tracked->packet;
    enum tw_side side = tw_flow_side_of(flow, tracked->key_end);
    return packet->status & TW_PACKET_TCP && packet->has & TW_HAS_FLAGS &&
           tw_tcp_begins_anew((enum tw_flow_state)flow->state, &flow->side[side].tcp,
                              &flow->side[tw_other_side(side)].tcp, !tw_flow_has_spoken(flow, side), packet);
}

/* The flow of the packet: the one that its addresses belong to, unless it begins another. */
static inline struct tw_flow *flow_of(struct tw_tracker *t, const struct tw_tracked *tracked) {
    const struct tw_scope *scope = tracked->is_scoped ? &tracked->packet.scope : NULL;
    struct tw_flow *flow = tw_flowtable_find(t->table, tracked->hash, &tracked->key, scope, tracked->guess);
    if (flow && tracked->packet.flags & TW_TCP_SYN && begins_anew(flow, tracked)) {
        end_flow(t, flow, TW_END_REPLACED);
        flow = NULL;
    }
    return flow ? flow : new_flow(t, tracked);
}

static void remember_fragments(struct tw_tracker *t, const struct tw_flow *flow, enum tw_side side,
                               const struct tw_tracked *tracked) {
    struct tw_fragment_owner owner = {tw_flowtable_index(t->table, flow), tw_flowtable_slot(t->table, flow), side};
    for (int i = 0; i < tracked->packet.n_first; i++) {
        tw_fragments_put(t->fragments, &tracked->packet.first[i], &owner, tracked->clock);
    }
}

static inline void take(struct tw_tracker *t, const struct tw_tracked *tracked) {
    if (tracked->clock >= t->timers->quiet_until || t->settings.ring.max_age) {
        tw_tracker_serve(t, tracked->clock);
    }
    t->clock = tracked->clock;
    t->time = tracked->time;
    struct tw_flow *flow = flow_of(t, tracked);
    enum tw_side side = tw_flow_side_of(flow, tracked->key_end);
    if (tracked->packet.n_first) {
        remember_fragments(t, flow, side, tracked);
    }
    account(t, flow, side, tracked);
    if (tracked->packet.status & TW_PACKET_TCP) {
        tw_segment_take(t, flow, side, &tracked->packet, tracked->ref);
    } else {
        tw_account_no_segment(t->table, flow, side, &tracked->packet);
    }
    if (flow->has_stall) {
        tw_extract_flow(t->extract, flow, t->clock, t->time);
    }
}

void tw_tracker_packets(struct tw_tracker *t, const struct tw_tracked *tracked, size_t n) {
    for (const struct tw_tracked *end = tracked + n; tracked < end; tracked++) {
        take(t, tracked);
    }
}

static struct tw_flow *owner_flow(const struct tw_tracker *t, const struct tw_fragment_owner *owner) {
    struct tw_flow *flow = owner ? tw_flowtable_get(t->table, owner->slot) : NULL;
    return flow && tw_flowtable_index(t->table, flow) == owner->flow ? flow : NULL;
}

bool tw_tracker_knows(const struct tw_tracker *t, const struct tw_datagram *datagram, tw_time clock) {
    return owner_flow(t, tw_fragments_find(t->fragments, datagram, clock));
}

void tw_tracker_fragment(struct tw_tracker *t, const struct tw_tracked *tracked) {
    const struct tw_fragment_owner *owner = tw_fragments_find(t->fragments, &tracked->packet.later, tracked->clock);
    struct tw_flow *flow = owner_flow(t, owner);
    t->clock = tracked->clock;
    t->time = tracked->time;
    account(t, flow, owner->side, tracked);
    tw_account_no_segment(t->table, flow, owner->side, &tracked->packet);
    tw_extract_flow(t->extract, flow, t->clock, t->time);
}

/* The end. */

enum { ASKED_BEFORE = 8 }; /* flows before its turn a flow is asked for from memory */

struct numbered {
    uint64_t index;
    struct tw_flow *flow;
};

static int by_index(const void *a, const void *b) {
    uint64_t x = ((const struct numbered *)a)->index, y = ((const struct numbered *)b)->index;
    return (x > y) - (x < y);
}

void tw_tracker_finish(struct tw_tracker *t, tw_time clock, tw_time packet_time) {
    struct tw_report report;
    tw_extract_report(t->extract, &report);
    t->finished = true;
    t->handshakes_kept = report.ring.handshakes_kept;
    t->clock = clock;
    t->time = packet_time;
    size_t n = 0;
    struct numbered *flows = malloc((tw_flowtable_active(t->table) + 1) * sizeof *flows);
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(t->table); slot++) {
        struct tw_flow *flow = tw_flowtable_get(t->table, slot);
        if (flow && flows) {
            flows[n++] = (struct numbered){tw_flowtable_index(t->table, flow), flow};
        } else if (flow) {
            end_flow(t, flow, TW_END_EXIT); /* without memory in another order, but all of them */
        }
    }
    if (flows) {
        qsort(flows, n, sizeof *flows, by_index);
    }
    for (size_t i = 0; i < n; i++) {
        if (n - i > ASKED_BEFORE) {
            tw_flowtable_prefetch_slot(t->table, tw_flowtable_slot(t->table, flows[i + ASKED_BEFORE].flow));
        }
        end_flow(t, flows[i].flow, TW_END_EXIT);
    }
    free(flows);
}

/* What running flows add to the report. */
static void add_running(const struct tw_tracker *t, struct tw_hosts *hosts, struct tw_report *counts) {
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(t->table); slot++) {
        const struct tw_flow *flow = tw_flowtable_get(t->table, slot);
        if (flow) {
            struct tw_flowkey key;
            tw_flowtable_key(t->table, flow, &key);
            count_flow(counts, hosts, t->table, flow, &key);
            tw_flowrecord_gather(t->table, flow, &key, TW_END_EXIT, &counts->bits);
        }
    }
}

void tw_tracker_report(struct tw_tracker *t, struct tw_report *ret) {
    struct tw_report counts = t->counts;
    struct tw_hosts *hosts = tw_hosts_copy(t->hosts);
    add_running(t, hosts, &counts);
    tw_hosts_top(hosts ? hosts : t->hosts, ret);
    tw_hosts_destroy(hosts);
    memcpy(ret->packets.side, counts.packets.side, sizeof ret->packets.side);
    memcpy(ret->packets.side_bytes, counts.packets.side_bytes, sizeof ret->packets.side_bytes);
    ret->flows = counts.flows;
    ret->flows.active = tw_flowtable_active(t->table);
    ret->flows.max = t->settings.flow.max;
    ret->bits = counts.bits;
    ret->window = counts.window;
    ret->window.threshold = t->settings.detect.threshold;
    ret->alarms = counts.alarms;
    tw_extract_report(t->extract, ret);
    if (t->finished) {
        ret->ring.handshakes_kept = t->handshakes_kept;
    }
    ret->memory.flow_table = tw_flowtable_memory(t->table) + tw_timers_memory(t->timers);
}

/* Other settings. */

int tw_tracker_prepare(struct tw_tracker *t, const struct tw_settings *settings, struct tw_extract_change **ret) {
    if (tw_flowtable_grow(t->table, settings->flow.max)) {
        return -ENOMEM;
    }
    return tw_extract_prepare(t->extract, settings, ret);
}

/* Every timer that depends on a setting; one that was set before is known by its moment not to matter any more. */
static void arm_again(struct tw_tracker *t, struct tw_flow *flow) {
    const struct tw_stall *stall = tw_flowtable_find_stall(t->table, flow);
    tw_tracking_arm_silence(t, flow);
    for (int side = 0; stall && side < TW_SIDE_COUNT; side++) {
        const struct tw_episode *episode = &stall->detect[side].episode;
        if (episode->is_open && !episode->decided && t->settings.detect.min_duration) {
            tw_tracking_set_timer(t, flow, side == TW_A ? TW_TIMER_DURATION_A : TW_TIMER_DURATION_B,
                                  episode->start_clock + t->settings.detect.min_duration);
        }
    }
    if (stall && stall->extraction.current && t->settings.extract.after && stall->extraction.episode_ended_time) {
        tw_tracking_set_timer(t, flow, TW_TIMER_QUIET, stall->extraction.episode_ended + t->settings.extract.after + 1);
    }
}

void tw_tracker_commit(struct tw_tracker *t, const struct tw_settings *settings, struct tw_extract_change *change) {
    t->settings = *settings;
    tw_flowtable_configure(t->table, &settings->flow);
    tw_extract_commit(t->extract, change);
    t->ring = tw_extract_ring(t->extract);
    while (tw_flowtable_active(t->table) > settings->flow.max) {
        end_flow(t, tw_flowtable_victim(t->table), TW_END_EVICTED);
    }
    for (uint32_t slot = 1; slot <= tw_flowtable_slots(t->table); slot++) {
        struct tw_flow *flow = tw_flowtable_get(t->table, slot);
        if (flow) {
            arm_again(t, flow);
        }
    }
}
