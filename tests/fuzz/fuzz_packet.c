/* SPDX-License-Identifier: MIT */
/*
 * fuzz_packet.c — any bytes as a packet of any link type; what the view announces must be within its bounds, and the same
 * whether a plain packet is known at a glance or walked through.
 *
 * The input: the link type (2 bytes), what the wire had beyond the capture (2 bytes), the packet.
 */
#include "packet.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_valid(const struct tw_packet *view, size_t wirelen) {
    bool is_tcp = view->status & TW_PACKET_TCP;
    return view->scope.n_vlans <= TW_VLAN_MAX && view->scope.n_vnis <= TW_VNI_MAX && view->n_first <= TW_IP_MAX &&
           (is_tcp || !view->has) && (view->has & (view->has + 1)) == 0 && (!is_tcp || view->proto == 6) &&
           !(is_tcp && view->status & (TW_PACKET_MALFORMED | TW_PACKET_TOO_DEEP | TW_PACKET_LATER_FRAGMENT)) &&
           view->window_scale >= -1 && view->window_scale <= 255 && view->payload <= wirelen + 65575;
}

/* What may be taken for granted of a packet that is called plain. */
static bool is_plain_indeed(const struct tw_packet *view) {
    return view->status == TW_PACKET_TCP && (view->ip_version == 4 || view->ip_version == 6) && view->proto == 6 &&
           view->has == 0x1f && !view->n_first && tw_scope_is_empty(&view->scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) {
        return 0;
    }
    struct tw_settings settings;
    tw_settings_init(&settings);
    size_t caplen = size - 4, wirelen = caplen + tw_be16(data + 2);
    uint8_t *packet = malloc(caplen ? caplen : 1);
    memcpy(packet, data + 4, caplen);
    struct tw_packet view, walked;
    memset(&view, 0xA5, sizeof(view));
    memset(&walked, 0xA5, sizeof(walked));
    bool is_plain =
        tw_packet_decode(&settings.decode, tw_be16(data), packet, (uint32_t)caplen, (uint32_t)wirelen, &view);
    tw_packet_walk(&settings.decode, tw_be16(data), packet, (uint32_t)caplen, (uint32_t)wirelen, &walked);
    free(packet);
    if (!is_valid(&view, wirelen) || memcmp(&view, &walked, sizeof(view)) || (is_plain && !is_plain_indeed(&view))) {
        abort();
    }
    return 0;
}
