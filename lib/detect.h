/* SPDX-License-Identifier: MIT */
/*
 * detect.h — from considered segments to low segments, episodes and alarms, for one direction.
 *
 * An episode begins at a low segment and ends at the first considered one whose window is wide enough again, or with
 * what makes the window meaningless. An alarm is raised once per episode, as soon as all of its conditions are met.
 * Pure: the caller says what was seen and when, and acts on the answers.
 */
#ifndef TW_DETECT_H
#define TW_DETECT_H

#include "settings.h"
#include "window.h"

struct tw_episode {
    tw_time start_clock; /* of its first low segment */
    tw_time start_time;  /* that packet's own */
    uint64_t low, zero, probes;
    bool is_open;
    bool decided; /* its alarm was raised or suppressed */
    bool alarmed;
};

struct tw_detect {
    uint64_t low, zero, episodes, alarms, suppressed, probes;
    tw_time low_time, low_max; /* in episodes that have ended: all, the longest */
    tw_time alarmed_at;        /* clock at the last alarm; alarms > 0 */
    uint32_t window;           /* of the last considered segment, as the reading in use sees it */
    bool open_at_end;          /* the flow ended inside an episode */
    struct tw_episode episode;
};

enum tw_verdict { TW_VERDICT_LOW, TW_VERDICT_BETWEEN, TW_VERDICT_REARMED };

/* What a window of this raw value means where no scale is applied. */
static inline enum tw_verdict tw_detect_raw(const struct tw_detect_settings *settings, uint32_t raw) {
    if (raw < settings->threshold) {
        return TW_VERDICT_LOW;
    }
    return raw >= settings->rearm ? TW_VERDICT_REARMED : TW_VERDICT_BETWEEN; /* never below the threshold */
}

/* What the segment that the window of `edge` was just fed means. Of an unknown scale only 0 is certain. */
static inline enum tw_verdict tw_detect_scaled(const struct tw_detect_settings *settings, const struct tw_edge *edge) {
    uint32_t effective = tw_edge_effective(edge);
    if (tw_edge_has(edge, TW_EDGE_HAS_EFFECTIVE)) {
        return tw_detect_raw(settings, effective);
    }
    return effective ? TW_VERDICT_REARMED : settings->threshold ? TW_VERDICT_LOW : TW_VERDICT_BETWEEN;
}

/* Count a low segment; returns true when an episode begins with it. */
bool tw_detect_low(struct tw_detect *detect, bool is_zero, tw_time clock, tw_time packet_time);

enum tw_decision { TW_DECISION_NONE, TW_DECISION_ALARM, TW_DECISION_SUPPRESSED };

/*
 * Whether the open episode alarms now, and remember it: each episode is decided once.
 *   segments   how many its direction has sent
 */
enum tw_decision tw_detect_decide(const struct tw_detect_settings *settings, struct tw_detect *detect,
                                  uint64_t segments, tw_time clock);

/* End the open episode; returns how long it lasted. It can still be read until the next begins. */
tw_time tw_detect_end(struct tw_detect *detect, tw_time clock);

#endif
