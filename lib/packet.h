/* SPDX-License-Identifier: MIT */
/*
 * packet.h — one captured packet, decoded to its innermost headers.
 *
 * From the link layer inwards each protocol has one function, which hands the cursor to the next.
 * What is looked through: VLAN tags, MPLS, PPPoE, LLC/SNAP, IP in IP, AH, IPv6 extension headers,
 * GRE, VXLAN, GENEVE, GTP-U, ERSPAN II. Lengths come from the IP header, never from the frame.
 * A packet that cannot be decoded to its end is no error: the view says how far it came and why.
 */
#ifndef TW_PACKET_H
#define TW_PACKET_H

#include "plain.h"
#include "settings.h"
#include "view.h"

/* Whether packets of this DLT (libpcap's number for the link type) can be decoded. */
bool tw_linktype_is_known(int dlt);

/*
 * Decode one packet.
 *
 *   dlt      the link type; an unknown one gives a view with ip_version 0
 *   data     caplen bytes, not kept
 *   wirelen  length on the wire, at least caplen
 *   ret      overwritten; fields that `has`, `status` or a count do not announce are unspecified
 *
 * Returns whether the packet is plain: by plain.h, of a flow, with TW_PLAIN_HEADERS headers, without anything to be
 * counted but its version of IP, its scope empty. Cannot fail: any bytes give a view.
 */
static inline bool tw_packet_decode(const struct tw_decode_settings *settings, int dlt, const uint8_t *data,
                                    uint32_t caplen, uint32_t wirelen, struct tw_packet *ret);

/* The same for any packet: plain ones, which tw_packet_decode() knows at a glance, come out alike. */
void tw_packet_walk(const struct tw_decode_settings *settings, int dlt, const uint8_t *data, uint32_t caplen,
                    uint32_t wirelen, struct tw_packet *ret);

static inline bool tw_packet_decode(const struct tw_decode_settings *settings, int dlt, const uint8_t *data,
                                    uint32_t caplen, uint32_t wirelen, struct tw_packet *ret) {
    if (dlt == TW_DLT_ETHERNET && tw_plain_decode(data, caplen, wirelen, ret)) {
        return true;
    }
    tw_packet_walk(settings, dlt, data, caplen, wirelen, ret);
    return false;
}

#endif
