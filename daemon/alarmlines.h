/* SPDX-License-Identifier: MIT */
/*
 * alarmlines.h — a line for people per alarm, and one when its stall ends; never a flood.
 *
 * In the journal with fields: MESSAGE_ID, TCPWIND_FLOW, TCPWIND_RECEIVER, TCPWIND_SENDER, TCPWIND_PCAP and so on.
 * At most ten lines in a second, then their number. Threads: alarmlines_print is the writer's thread, alarmlines_flush
 * may come from another at the same time.
 */
#ifndef ALARMLINES_H
#define ALARMLINES_H

#include "event.h"

#include <stdatomic.h>

struct alarmlines {
    tw_time second;        /* monotonic: when the second of `printed` began */
    unsigned printed;      /* in it */
    _Atomic uint64_t more; /* alarms without a line since the last sum */
};

/* For struct tw_writer_options; context is a struct alarmlines, all zero at first. */
void alarmlines_print(void *context, const struct tw_alarm_event *event);

/* Say how many had no line, if any. To be called about once a second. */
void alarmlines_flush(struct alarmlines *lines);

#endif
