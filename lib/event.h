/* SPDX-License-Identifier: MIT */
/*
 * event.h — what the engine tells its outputs: plain copies, with no pointer into the engine, so that
 * another thread can format them when it gets to them.
 */
#ifndef TW_EVENT_H
#define TW_EVENT_H

#include "types.h"

enum { TW_NAME_MAX = 320 }; /* a file name in the output folder, with the final NUL */

/* What every line about a flow names it by. */
struct tw_flow_id {
    uint64_t index; /* from 1, in order of creation */
    struct tw_endpoint end[TW_SIDE_COUNT];
    struct tw_scope scope;
    uint8_t ip_version;
    uint8_t proto;
    uint16_t ethertype; /* 0: none */
    bool has_icmp;
    uint16_t icmp; /* of ICMP and ICMPv6: type << 8 | code of the flow's first packet */
};

enum tw_scale { TW_SCALE_UNKNOWN, TW_SCALE_NONE, TW_SCALE_KNOWN };

enum tw_ended_by { TW_ENDED_WINDOW, TW_ENDED_RESET, TW_ENDED_FIN, TW_ENDED_FLOW, TW_ENDED_EXIT, TW_ENDED_BY_COUNT };

/* An alarm, or the end of its episode. */
struct tw_alarm_event {
    bool is_end;
    enum tw_ended_by ended_by; /* with is_end */
    tw_time time;
    struct tw_flow_id flow;
    enum tw_side receiver; /* whose window fell: it is the sender of the low segments */
    uint32_t window;       /* last considered one, as the reading in use sees it */
    uint32_t threshold;
    enum tw_scale scale;
    uint8_t shift;    /* with TW_SCALE_KNOWN */
    uint64_t episode; /* number within the direction, from 1 */
    uint64_t low_segments, zero_segments, probes;
    tw_time duration;       /* so far */
    char pcap[TW_NAME_MAX]; /* finished name of the file that extraction writes to; "": none */
};

/* Why extracted packets are missing; what the writer lost itself it counts itself. */
enum tw_lost { TW_LOST_OVERRUN, TW_LOST_QUEUE, TW_LOST_WRITE, TW_LOST_COUNT };

/* The end of a flow's extraction; what was written is the writer's to say. */
struct tw_extract_event {
    tw_time time;
    struct tw_flow_id flow;
    uint32_t extraction; /* handle, as given with its packets */
    uint64_t alarms;     /* that it covers */
    bool was_alarmed;    /* else nothing counts as from before the first alarm */
    uint64_t lost[TW_LOST_COUNT];
};

/* Why a flow ended. */
enum tw_flow_end { TW_END_TIMEOUT, TW_END_REPLACED, TW_END_EVICTED, TW_END_EXIT, TW_FLOW_END_COUNT };

/* Bits of tcpWinStat. */
enum {
    TW_STAT_LOW = 0x01,
    TW_STAT_ZERO = 0x02,
    TW_STAT_ALARM = 0x04,
    TW_STAT_SUPPRESSED = 0x08,
    TW_STAT_SCALE_UNKNOWN = 0x10,
    TW_STAT_SCALE_ABOVE_14 = 0x20,
    TW_STAT_WINDOW_FULL = 0x40,
    TW_STAT_OPEN_AT_END = 0x80,
};

/* What one side of a flow has sent, at the flow's end. */
struct tw_direction_record {
    uint64_t packets; /* 0: nothing was sent, and all below is 0 */
    uint64_t segments, bytes, payload;
    tw_time first, last; /* times of its own packets */
    tw_time duration;    /* from the first to the last, by the engine's clock */
    uint64_t flow_stat;  /* what the packets set; direction, alarm and end are added when it is written */
    uint64_t layers[TW_CHAINS_PER_SIDE]; /* the chains of headers it has shown (layers.h); 0 behind the last */
    uint8_t smac[6], dmac[6];
    bool has_macs;
    uint8_t ttl;        /* of its first packet */
    uint8_t tcp_states; /* tcpStatesAFlags */
    uint8_t win_stat;   /* TW_STAT_... */
    int32_t win_init;   /* first raw window; -1: none was captured */
    enum tw_scale scale;
    uint8_t shift;
    uint32_t win_min, win_max; /* valid when considered > 0 */
    uint64_t considered, low, zero, episodes, alarms, probes, full;
    tw_time low_time, low_max; /* in episodes, all and the longest */
};

struct tw_flow_record {
    struct tw_flow_id id;
    enum tw_flow_end end;
    struct tw_direction_record side[TW_SIDE_COUNT];
};

#endif
