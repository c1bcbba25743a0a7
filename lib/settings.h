/* SPDX-License-Identifier: MIT */
/*
 * settings.h — everything that the engine and its outputs can be told, as plain data.
 *
 * The one home of the defaults. Each field is named after its configuration key; periods are in
 * nanoseconds, sizes in bytes, 0 switches a limit off.
 */
#ifndef TW_SETTINGS_H
#define TW_SETTINGS_H

#include "types.h"

enum {
    TW_PORTS_MAX = 16,   /* ports of one tunnel protocol */
    TW_STRING_MAX = 256, /* names and prefixes, with the final NUL */
};

struct tw_ports {
    uint8_t n;
    uint16_t port[TW_PORTS_MAX];
};

struct tw_decode_settings {
    struct tw_ports vxlan_ports, geneve_ports, gtp_ports; /* UDP destination ports */
};

/* The timeout classes: the states of a TCP flow, and one for all other protocols. */
enum tw_flow_state {
    TW_FLOW_OPENING,
    TW_FLOW_ESTABLISHED,
    TW_FLOW_CLOSING,
    TW_FLOW_CLOSED,
    TW_FLOW_RESET,
    TW_FLOW_OTHER,
    TW_FLOW_STATE_COUNT
};

struct tw_flow_settings {
    uint32_t max;                         /* flows in the table, at least 1 */
    bool all_protocols;                   /* flow.protocols = "ip" */
    bool vlan, tunnel, interface;         /* what counts in the key */
    tw_time timeout[TW_FLOW_STATE_COUNT]; /* silence that ends a flow; 0: never */
};

enum tw_window_reading { TW_WINDOW_SCALED, TW_WINDOW_RAW };

struct tw_detect_settings {
    enum tw_window_reading window;
    uint32_t threshold; /* a window below it is low */
    uint32_t rearm;     /* a window of at least this ends an episode; 0: the threshold */
    uint32_t min_segments, min_packets;
    tw_time min_duration, cooldown;
    int assume_scale; /* -1: none; else the shift used where the scale is unknown */
};

struct tw_ring_settings {
    size_t size;
    tw_time max_age;
    uint32_t snaplen; /* bytes kept of each packet; 0: all */
    size_t handshakes;
};

enum tw_extract_direction { TW_EXTRACT_BOTH, TW_EXTRACT_ALARMED, TW_EXTRACT_OPPOSITE };

struct tw_extract_settings {
    enum tw_extract_direction direction;
    bool before_none; /* extract.before = "none" */
    tw_time before;   /* 0: all that the ring holds */
    tw_time after;    /* 0: until the flow ends */
    uint64_t max_bytes;
    uint64_t max_rate; /* bytes per second */
    bool invert;
};

enum tw_pcap_split { TW_SPLIT_NONE, TW_SPLIT_FLOW };

struct tw_pcap_settings {
    char prefix[TW_STRING_MAX];
    enum tw_pcap_split split;
    uint64_t max_size;
    tw_time max_age;
    uint64_t max_packets;
    tw_time flush; /* at most this old is what is not yet in the file */
    bool fsync;
    uint32_t mode; /* permission bits of the files */
    bool has_group;
    uint32_t group; /* pcap.group as a number, with has_group */
    uint64_t keep_files, keep_bytes;
    tw_time keep_age;
    uint64_t min_free;         /* bytes, used where the percentage is 0 */
    uint32_t min_free_percent; /* 0 to 99 */
};

enum tw_output_flows { TW_FLOWS_NONE, TW_FLOWS_ALARMED, TW_FLOWS_ALL };

struct tw_output_settings {
    enum tw_output_flows flows;
    bool alarms;
};

struct tw_settings {
    struct tw_decode_settings decode;
    struct tw_flow_settings flow;
    struct tw_detect_settings detect;
    struct tw_ring_settings ring;
    struct tw_extract_settings extract;
    struct tw_pcap_settings pcap;
    struct tw_output_settings output;
    char name[TW_STRING_MAX]; /* run.name: this sensor */
};

/* The defaults of the daemon, except the name, which is "". */
void tw_settings_init(struct tw_settings *settings);

/* What differs when capture files are read: no rotation, no rate limit, all flows recorded. */
void tw_settings_offline(struct tw_settings *settings);

#endif
