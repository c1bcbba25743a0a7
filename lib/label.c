/* SPDX-License-Identifier: MIT */
#include "label.h"

#include <string.h>

struct range {
    uint8_t prefix[16];
    uint8_t bits;
    const char *name;
};

static const char private[] = "private", loopback[] = "loopback", link_local[] = "link-local",
                  multicast[] = "multicast", documentation[] = "documentation", unspecified[] = "unspecified",
                  benchmarking[] = "benchmarking";

/* The narrower range before the wider one. */
static const struct range ranges_4[] = {
    {{10}, 8, private},
    {{172, 16}, 12, private},
    {{192, 168}, 16, private},
    {{127}, 8, loopback},
    {{169, 254}, 16, link_local},
    {{224}, 4, multicast},
    {{192, 0, 2}, 24, documentation},
    {{198, 51, 100}, 24, documentation},
    {{203, 0, 113}, 24, documentation},
    {{100, 64}, 10, "carrier-grade NAT"},
    {{198, 18}, 15, benchmarking},
    {{0, 0, 0, 0}, 8, unspecified},
    {{255, 255, 255, 255}, 32, "broadcast"},
    {{240}, 4, "reserved"},
};

static const struct range ranges_6[] = {
    {{0xfc}, 7, private},
    {{[15] = 1}, 128, loopback},
    {{[15] = 0}, 128, unspecified},
    {{0xfe, 0x80}, 10, link_local},
    {{0xff}, 8, multicast},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, documentation},
    {{0x3f, 0xff}, 20, documentation},
    {{0x20, 0x01, 0x00, 0x02}, 48, benchmarking},
};

static bool is_within(const struct range *range, const uint8_t *address) {
    unsigned bytes = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->prefix, address, bytes) != 0) {
        return false;
    }
    return rest == 0 || (range->prefix[bytes] ^ address[bytes]) >> (8 - rest) == 0;
}

static const char *find(const struct range *ranges, size_t n, const uint8_t *address) {
    for (size_t i = 0; i < n; i++) {
        if (is_within(&ranges[i], address)) {
            return ranges[i].name;
        }
    }
    return NULL;
}

/* RFC 4291 2.5.5.2 */
static bool is_mapped(const struct tw_addr *addr) {
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(addr->bytes, prefix, sizeof(prefix)) == 0;
}

static struct tw_addr mapped(const struct tw_addr *addr) {
    struct tw_addr ret = {{0}};
    memcpy(ret.bytes, addr->bytes + 12, 4);
    return ret;
}

const char *tw_label_range(int ip_version, const struct tw_addr *addr) {
    return ip_version == 4 ? find(ranges_4, sizeof(ranges_4) / sizeof(ranges_4[0]), addr->bytes)
                           : find(ranges_6, sizeof(ranges_6) / sizeof(ranges_6[0]), addr->bytes);
}

void tw_label_find(const struct tw_labeller *labeller, int ip_version, const struct tw_addr *addr,
                   struct tw_label *ret) {
    struct tw_addr plain = *addr;
    if (ip_version == 6 && is_mapped(addr)) {
        plain = mapped(addr);
        ip_version = 4;
    }
    ret->country[0] = ret->organisation[0] = '\0';
    if (labeller) {
        labeller->find(labeller->context, ip_version, &plain, ret);
    }
    const char *range = ret->organisation[0] ? NULL : tw_label_range(ip_version, &plain);
    if (range) {
        strcpy(ret->organisation, range); /* far shorter than there is room */
    }
}
