/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <netinet/in.h>

enum tw_side tw_flow_first_side(const struct tw_packet *packet) {
    bool is_tcp = packet->status & TW_PACKET_TCP;
    uint8_t flags = is_tcp && packet->has & TW_HAS_FLAGS ? packet->flags : 0;
    if (flags & TW_TCP_SYN) {
        return flags & TW_TCP_ACK ? TW_B : TW_A;
    }
    if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6) { /* its ports are none */
        return packet->is_answer ? TW_B : TW_A;
    }
    return packet->sport < 1024 && packet->sport < packet->dport ? TW_B : TW_A;
}
