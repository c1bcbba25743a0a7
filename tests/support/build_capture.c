/* SPDX-License-Identifier: MIT */
#include "build_capture.h"

#include <stdlib.h>
#include <string.h>

void cap_fini(struct cap *build) {
    free(build->bytes);
    *build = (struct cap){0};
}

void cap_bytes(struct cap *build, const void *bytes, size_t len) {
    if (build->len + len > build->room) {
        build->room = 2 * (build->len + len) + 64;
        build->bytes = realloc(build->bytes, build->room);
    }
    memcpy(build->bytes + build->len, bytes, len);
    build->len += len;
}

void cap_u16(struct cap *build, uint16_t value) {
    value = build->is_swapped ? __builtin_bswap16(value) : value;
    cap_bytes(build, &value, sizeof value);
}

void cap_u32(struct cap *build, uint32_t value) {
    value = build->is_swapped ? __builtin_bswap32(value) : value;
    cap_bytes(build, &value, sizeof value);
}

void cap_u64(struct cap *build, uint64_t value) {
    value = build->is_swapped ? __builtin_bswap64(value) : value;
    cap_bytes(build, &value, sizeof value);
}

void cap_packet_bytes(struct cap *build, uint32_t len) {
    uint8_t *bytes = malloc(len + 1);
    for (uint32_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(build->len + i * 7);
    }
    cap_bytes(build, bytes, len);
    free(bytes);
}

void cap_pcap(struct cap *build, int magic, uint32_t snaplen, uint32_t link_type) {
    cap_u32(build, (uint32_t)magic);
    cap_u16(build, 2);
    cap_u16(build, 4);
    cap_u64(build, 0);
    cap_u32(build, snaplen);
    cap_u32(build, link_type);
}

void cap_record(struct cap *build, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t wirelen) {
    cap_u32(build, seconds);
    cap_u32(build, fraction);
    cap_u32(build, caplen);
    cap_u32(build, wirelen);
    cap_packet_bytes(build, caplen);
}

void cap_block(struct cap *build, uint32_t type) {
    build->block = build->len;
    cap_u32(build, type);
    cap_u32(build, 0);
}

void cap_block_end(struct cap *build) {
    cap_bytes(build, "\0\0\0", (size_t)(-(build->len - build->block) & 3));
    uint32_t len = (uint32_t)(build->len - build->block) + 4;
    cap_u32(build, len);
    memcpy(build->bytes + build->block + 4, build->bytes + build->len - 4, 4);
}

void cap_section(struct cap *build) {
    cap_block(build, 0x0a0d0d0a);
    cap_u32(build, 0x1a2b3c4d);
    cap_u16(build, 1);
    cap_u16(build, 0);
    cap_u64(build, UINT64_MAX);
    cap_block_end(build);
}

void cap_option(struct cap *build, uint16_t code, const void *value, uint16_t len) {
    cap_u16(build, code);
    cap_u16(build, len);
    cap_bytes(build, value, len);
    cap_bytes(build, "\0\0\0", -len & 3u);
}

void cap_interface(struct cap *build, uint16_t link_type, uint32_t snaplen, int resolution, int64_t offset) {
    uint8_t byte = (uint8_t)resolution;
    uint64_t value = build->is_swapped ? __builtin_bswap64((uint64_t)offset) : (uint64_t)offset;
    cap_block(build, 1);
    cap_u16(build, link_type);
    cap_u16(build, 0);
    cap_u32(build, snaplen);
    cap_option(build, 2, "eth0", 4);
    if (resolution >= 0) {
        cap_option(build, 9, &byte, 1);
    }
    if (offset) {
        cap_option(build, 14, &value, 8);
    }
    cap_option(build, 0, "", 0);
    cap_block_end(build);
}

static void cap_stamp(struct cap *build, uint64_t stamp, uint32_t caplen, uint32_t wirelen) {
    cap_u32(build, (uint32_t)(stamp >> 32));
    cap_u32(build, (uint32_t)stamp);
    cap_u32(build, caplen);
    cap_u32(build, wirelen);
    cap_packet_bytes(build, caplen);
}

void cap_enhanced(struct cap *build, uint32_t interface, uint64_t stamp, uint32_t caplen, uint32_t wirelen) {
    cap_block(build, 6);
    cap_u32(build, interface);
    cap_stamp(build, stamp, caplen, wirelen);
    cap_block_end(build);
}

void cap_old(struct cap *build, uint16_t interface, uint64_t stamp, uint32_t caplen, uint32_t wirelen) {
    cap_block(build, 2);
    cap_u16(build, interface);
    cap_u16(build, 0xffff);
    cap_stamp(build, stamp, caplen, wirelen);
    cap_block_end(build);
}

void cap_simple(struct cap *build, uint32_t caplen, uint32_t wirelen) {
    cap_block(build, 3);
    cap_u32(build, wirelen);
    cap_packet_bytes(build, caplen);
    cap_block_end(build);
}
