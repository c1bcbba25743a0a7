/* SPDX-License-Identifier: MIT */
#include "settings.h"

static const struct tw_settings defaults = {
    .decode =
        {
            .vxlan_ports = {2, {4789, 8472}},
            .geneve_ports = {1, {6081}},
            .gtp_ports = {1, {2152}},
        },
    .flow =
        {
            .max = 1 << 20,
            .vlan = true,
            .interface = true,
            .timeout =
                {
                    [TW_FLOW_OPENING] = 120 * TW_SECOND,
                    [TW_FLOW_ESTABLISHED] = 610 * TW_SECOND,
                    [TW_FLOW_CLOSING] = 120 * TW_SECOND,
                    [TW_FLOW_CLOSED] = 10 * TW_SECOND,
                    [TW_FLOW_RESET] = 2 * TW_SECOND,
                    [TW_FLOW_OTHER] = 182 * TW_SECOND,
                },
        },
    .detect = {.window = TW_WINDOW_SCALED, .threshold = 1, .min_segments = 1, .min_packets = 1, .assume_scale = -1},
    .ring = {.size = 256 << 20, .handshakes = 64 << 20},
    .extract = {.direction = TW_EXTRACT_BOTH, .after = 30 * TW_SECOND, .max_rate = 20000000},
    .pcap =
        {
            .prefix = "tcpwind",
            .split = TW_SPLIT_NONE,
            .max_size = 100000000,
            .max_age = 3600 * TW_SECOND,
            .flush = TW_SECOND,
            .mode = 0640,
            .keep_bytes = 10000000000,
            .min_free_percent = 5,
        },
    .output = {.flows = TW_FLOWS_ALARMED, .alarms = true},
};

void tw_settings_init(struct tw_settings *settings) {
    *settings = defaults;
}

void tw_settings_offline(struct tw_settings *settings) {
    settings->extract.max_rate = 0;
    settings->pcap.max_size = 0;
    settings->pcap.max_age = 0;
    settings->pcap.max_packets = 0;
    settings->pcap.keep_files = 0;
    settings->pcap.keep_bytes = 0;
    settings->pcap.keep_age = 0;
    settings->pcap.min_free = 0;
    settings->pcap.min_free_percent = 0;
    settings->output.flows = TW_FLOWS_ALL;
}
