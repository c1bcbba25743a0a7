/* SPDX-License-Identifier: MIT */
#include "wlan.h"

#include <string.h>

#include "link.h"

/* The frame control field, read little-endian (IEEE 802.11 9.2.4.1). */
enum {
    FC_TYPE_MASK = 0x000C,
    FC_TYPE_DATA = 0x0008,
    FC_NO_DATA = 0x0040,
    FC_QOS = 0x0080,
    FC_TO_DS = 0x0100,
    FC_FROM_DS = 0x0200,
    FC_DS_MASK = 0x0300,
    FC_PROTECTED = 0x4000,
    FC_ORDER = 0x8000, /* in QoS data: an HT control field follows */
};

enum {
    RADIOTAP_TSFT = 1u << 0,
    RADIOTAP_FLAGS = 1u << 1,
    RADIOTAP_EXT = 1u << 31,
    RADIOTAP_FLAG_DATA_PAD = 0x20,
};

static uint32_t le32(const uint8_t *p) {
    return __builtin_bswap32(tw_be32(p));
}

/* Where destination and source stand depends on who relays (IEEE 802.11 table 9-30). */
static void keep_addresses(struct tw_packet *view, const uint8_t *header, unsigned control) {
    const uint8_t *a1 = header + 4, *a2 = header + 10, *a3 = header + 16, *a4 = header + 24;
    unsigned ds = control & FC_DS_MASK;
    memcpy(view->dmac, ds & FC_TO_DS ? a3 : a1, 6);
    memcpy(view->smac, ds == FC_DS_MASK ? a4 : ds == FC_FROM_DS ? a3 : a2, 6);
    view->has_macs = true;
}

/* How long the header is, its fields for QoS included; 0: not there, or an aggregate of frames. */
static size_t header_length(struct tw_walk *walk, unsigned control) {
    size_t n = (control & FC_DS_MASK) == FC_DS_MASK ? 30 : 24;
    const uint8_t *h = tw_bytes_peek(&walk->bytes, n);
    bool is_later_fragment = h && h[22] & 0x0F;
    if (!h || is_later_fragment) {
        return 0;
    }
    if (control & FC_QOS) {
        h = tw_bytes_peek(&walk->bytes, n + 2);
        bool is_aggregate = h && h[n] & 0x80;
        if (!h || is_aggregate) {
            return 0;
        }
        n += control & FC_ORDER ? 6 : 2;
    }
    return n;
}

enum tw_step tw_wlan_frame(struct tw_walk *walk, bool is_padded) {
    const uint8_t *h = tw_bytes_peek(&walk->bytes, 2);
    if (!h) {
        return TW_STEP_END;
    }
    unsigned control = h[0] | (unsigned)h[1] << 8;
    if ((control & FC_TYPE_MASK) != FC_TYPE_DATA || control & (FC_NO_DATA | FC_PROTECTED)) {
        return TW_STEP_END;
    }
    size_t n = header_length(walk, control);
    if (n == 0) {
        return TW_STEP_END;
    }
    tw_walk_enter(walk, TW_LAYER_WLAN);
    keep_addresses(walk->view, h, control);
    tw_bytes_skip(&walk->bytes, is_padded ? (n + 3) / 4 * 4 : n);
    return tw_bytes_need(&walk->bytes, 8) ? tw_link_snap(walk) : TW_STEP_END;
}

/* Whether the radio has padded the frame's header; `fields` is where the fields begin, n the length of all. */
static bool is_padded(const uint8_t *header, uint32_t present, size_t fields, size_t n) {
    size_t flags = present & RADIOTAP_TSFT ? (fields + 7) / 8 * 8 + 8 : fields;
    return present & RADIOTAP_FLAGS && flags < n && header[flags] & RADIOTAP_FLAG_DATA_PAD;
}

enum tw_step tw_wlan_radiotap(struct tw_walk *walk) {
    struct tw_bytes *bytes = &walk->bytes;
    const uint8_t *h = tw_bytes_take(bytes, 8);
    if (!h) {
        return TW_STEP_END;
    }
    size_t n = h[2] | (size_t)h[3] << 8;
    uint32_t present = le32(h + 4), more = present;
    while (more & RADIOTAP_EXT) {
        const uint8_t *word = tw_bytes_take(bytes, 4);
        if (!word) {
            return TW_STEP_END;
        }
        more = le32(word);
    }
    size_t fields = bytes->pos;
    if (n < fields) {
        return tw_walk_malformed(walk);
    }
    bytes->pos = 0; /* radiotap is the outermost header, and its length counts from its first byte */
    h = tw_bytes_take(bytes, n);
    tw_walk_enter(walk, TW_LAYER_RADIOTAP);
    return h ? tw_wlan_frame(walk, is_padded(h, present, fields, n)) : TW_STEP_END;
}
