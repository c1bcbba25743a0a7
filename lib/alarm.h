/* SPDX-License-Identifier: MIT */
/*
 * alarm.h — an alarm is raised, or suppressed; its episode ends. A part of tracker.h.
 */
#ifndef TW_ALARM_H
#define TW_ALARM_H

#include "tracking.h"

/*
 * Raise the alarm of the side's open episode if all is met: it is counted, extraction begins or goes on, it is logged.
 *
 *   time     as it will be printed
 *   raising  the entry of the packet that has met the last condition; 0: it is the time that has
 */
void tw_alarm_try(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side, tw_time time, tw_ref raising);

/* The side's open episode ends, at this clock and time. */
void tw_alarm_end_episode(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side, enum tw_ended_by why,
                          tw_time clock, tw_time time);

/* So do those of both sides, as far as they are open. */
void tw_alarm_end_episodes(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_ended_by why, tw_time clock,
                           tw_time time);

#endif
