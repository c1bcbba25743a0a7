/* SPDX-License-Identifier: MIT */
/*
 * build_capture.h — capture files for tests, byte by byte, in either byte order.
 *
 * Fields may be wrong: nothing is checked, and lengths that a caller gives are written as they are.
 */
#ifndef BUILD_CAPTURE_H
#define BUILD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cap {
    uint8_t *bytes;
    size_t len, room;
    bool is_swapped; /* of what is put from here on */
    size_t block;    /* where the open block begins */
};

enum { CAP_MICRO = (int)0xa1b2c3d4, CAP_NANO = (int)0xa1b23c4d };

/* Free the bytes. A zeroed one is allowed. */
void cap_fini(struct cap *build);

void cap_bytes(struct cap *build, const void *bytes, size_t len);
void cap_u16(struct cap *build, uint16_t value);
void cap_u32(struct cap *build, uint32_t value);
void cap_u64(struct cap *build, uint64_t value);

/* A packet's bytes: `len` that differ from packet to packet. */
void cap_packet_bytes(struct cap *build, uint32_t len);

/* The header of a pcap file, version 2.4. */
void cap_pcap(struct cap *build, int magic, uint32_t snaplen, uint32_t link_type);

/* A record of a pcap file, with its bytes. */
void cap_record(struct cap *build, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t wirelen);

/* Blocks of pcapng: what is put between these is a block's body; its end pads it, and writes the length twice. */
void cap_block(struct cap *build, uint32_t type);
void cap_block_end(struct cap *build);

/* A section header block; one that begins a section of the other byte order is written after is_swapped was set. */
void cap_section(struct cap *build);

/* An option in an open block. */
void cap_option(struct cap *build, uint16_t code, const void *value, uint16_t len);

/* An interface description block; resolution (its byte in the file) and offset are written unless -1 and 0. */
void cap_interface(struct cap *build, uint16_t link_type, uint32_t snaplen, int resolution, int64_t offset);

/* Packet blocks: enhanced, old and simple ones. */
void cap_enhanced(struct cap *build, uint32_t interface, uint64_t stamp, uint32_t caplen, uint32_t wirelen);
void cap_old(struct cap *build, uint16_t interface, uint64_t stamp, uint32_t caplen, uint32_t wirelen);
void cap_simple(struct cap *build, uint32_t caplen, uint32_t wirelen);

#endif
