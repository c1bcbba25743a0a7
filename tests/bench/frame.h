/* SPDX-License-Identifier: MIT */
/*
 * frame.h — one TCP segment of a made-up connection as an Ethernet frame with right lengths and checksums.
 *
 * Addresses are numbers: client n is 10.x.y.z or fd00:1::n, server n is 198.18.y.z or fd00:2::n (RFC 2544, RFC 4193).
 * The payload is always the beginning of one fixed text, so that its checksum costs nothing.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_side { CLIENT, SERVER };

enum { FRAME_MAX = 1514, FRAME_SYN = 0x02, FRAME_FIN = 0x01, FRAME_RST = 0x04, FRAME_PSH = 0x08, FRAME_ACK = 0x10 };

/* What all segments of one connection share. */
struct frame_ends {
    uint32_t host[2]; /* numbers, below 2^24 and 2^16 */
    uint16_t port[2];
    bool is_v6, has_timestamps;
};

struct frame_segment {
    enum frame_side from;
    uint8_t flags;
    uint16_t window, payload;
    uint32_t seq, ack;
    uint32_t stamp; /* of the timestamp option, where the connection has it */
    int scale;      /* offered in a SYN; -1: the option is left out */
};

/* The largest payload that fits into FRAME_MAX. */
uint16_t frame_mss(const struct frame_ends *ends);

/* Write the frame's first `snaplen` bytes to `ret`, which holds FRAME_MAX. Returns its whole length. */
uint32_t frame_build(const struct frame_ends *ends, const struct frame_segment *segment, uint32_t snaplen,
                     uint8_t *ret);

/* The text form of one end's address. */
const char *frame_address(const struct frame_ends *ends, enum frame_side side, char *buffer, size_t size);

/* To be called once, before anything is built. */
void frame_init(void);

#endif
