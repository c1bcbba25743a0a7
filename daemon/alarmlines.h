/* SPDX-License-Identifier: MIT */
/*
 * alarmlines.h — a line for people per alarm, and one when its stall ends; never a flood.
 *
 * In the journal with fields: MESSAGE_ID, TCPWIND_FLOW, TCPWIND_RECEIVER, TCPWIND_SENDER, TCPWIND_PCAP and so on.
 * In a flood a line per second, and once in an interval the number of the others. Threads: alarmlines_print is the
 * writer's thread, alarmlines_flush may come from another at the same time.
 */
#ifndef ALARMLINES_H
#define ALARMLINES_H

#include "event.h"

#include <stdatomic.h>

enum { ALARMLINES_BURST = 60 };

struct alarmlines {
    tw_time full;          /* monotonic: when as many lines as a burst has may be printed again */
    _Atomic uint64_t more; /* alarms without a line since the last sum */
};

/* For struct tw_writer_options; context is a struct alarmlines, all zero at first. */
void alarmlines_print(void *context, const struct tw_alarm_event *event);

/* Say how many alarms had no line, if any. To be called once in an interval. */
void alarmlines_flush(struct alarmlines *lines);

#endif
