/* SPDX-License-Identifier: MIT */
#include "detect.h"

bool tw_detect_low(struct tw_detect *detect, bool is_zero, tw_time clock, tw_time packet_time) {
    bool begins = !detect->episode.is_open;
    if (begins) {
        detect->episode = (struct tw_episode){.start_clock = clock, .start_time = packet_time, .is_open = true};
        detect->episodes++;
    }
    detect->low++;
    detect->episode.low++;
    detect->episode.zero += is_zero;
    return begins;
}

enum tw_decision tw_detect_decide(const struct tw_detect_settings *settings, struct tw_detect *detect,
                                  uint64_t segments, tw_time clock) {
    struct tw_episode *episode = &detect->episode;
    if (!episode->is_open || episode->decided || episode->low < settings->min_segments ||
        clock - episode->start_clock < settings->min_duration || segments < settings->min_packets) {
        return TW_DECISION_NONE;
    }
    episode->decided = true;
    if (settings->cooldown && detect->alarms && clock - detect->alarmed_at <= settings->cooldown) {
        detect->suppressed++;
        return TW_DECISION_SUPPRESSED;
    }
    episode->alarmed = true;
    detect->alarms++;
    detect->alarmed_at = clock;
    return TW_DECISION_ALARM;
}

tw_time tw_detect_end(struct tw_detect *detect, tw_time clock) {
    tw_time lasted = clock - detect->episode.start_clock;
    if (lasted < 0) {
        lasted = 0;
    }
    detect->episode.is_open = false;
    detect->low_time += lasted;
    if (lasted > detect->low_max) {
        detect->low_max = lasted;
    }
    return lasted;
}
