/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <arpa/inet.h>
#include <string.h>

enum { ETHERNET = 14, IPV4 = 20, IPV6 = 40, TCP = 20, STAMPS = 12, SYN_OPTIONS = 8, PROTO_TCP = 6 };

static uint8_t text[FRAME_MAX];
static uint32_t text_sum[FRAME_MAX + 1]; /* of the first n bytes as 16-bit words, zero padded */

void frame_init(void) {
    for (uint32_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(' ' + i * 7 % 95);
        text_sum[i + 1] = text_sum[i] + (i % 2 ? text[i] : (uint32_t)text[i] << 8);
    }
}

static uint8_t *put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) {
    return put16(put16(at, value >> 16), value);
}

static uint32_t sum(const uint8_t *at, size_t size, uint32_t start) {
    for (size_t i = 0; i < size; i += 2) {
        start += (uint32_t)at[i] << 8 | at[i + 1];
    }
    return start;
}

static uint16_t fold(uint32_t value) {
    value = (value >> 16) + (value & 0xffff);
    return (uint16_t) ~((value >> 16) + value);
}

static uint8_t *put_address(uint8_t *at, const struct frame_ends *ends, enum frame_side side) {
    uint32_t host = ends->host[side];
    if (!ends->is_v6) {
        return put32(at, (side == CLIENT ? 0x0a000000 : 0xc6120000) + host);
    }
    at = put32(at, 0xfd000000 | (side == CLIENT ? 1 : 2));
    at = put32(put32(at, 0), 0);
    return put32(at, host + 1);
}

const char *frame_address(const struct frame_ends *ends, enum frame_side side, char *buffer, size_t size) {
    uint8_t bytes[16];
    put_address(bytes, ends, side);
    return inet_ntop(ends->is_v6 ? AF_INET6 : AF_INET, bytes, buffer, (socklen_t)size);
}

uint16_t frame_mss(const struct frame_ends *ends) {
    return (uint16_t)(FRAME_MAX - ETHERNET - (ends->is_v6 ? IPV6 : IPV4) - TCP - (ends->has_timestamps ? STAMPS : 0));
}

static uint8_t *put_ethernet(uint8_t *at, const struct frame_ends *ends, enum frame_side from) {
    at = put32(put16(at, 0x0200), 2 - from);
    at = put32(put16(at, 0x0200), 1 + from);
    return put16(at, ends->is_v6 ? 0x86dd : 0x0800);
}

static uint8_t *put_ip(uint8_t *at, const struct frame_ends *ends, const struct frame_segment *s, uint32_t length) {
    uint8_t *header = at;
    if (ends->is_v6) {
        at = put16(put32(at, 0x60000000), length);
        at = put16(at, PROTO_TCP << 8 | 64);
    } else {
        at = put32(at, 0x45000000 | (IPV4 + length));
        at = put32(at, s->seq << 16 | 0x4000);
        at = put32(at, 64 << 24 | PROTO_TCP << 16);
    }
    at = put_address(put_address(at, ends, s->from), ends, !s->from);
    if (!ends->is_v6) {
        put16(header + 10, fold(sum(header, IPV4, 0)));
    }
    return at;
}

static uint8_t *put_options(uint8_t *at, const struct frame_ends *ends, const struct frame_segment *s) {
    if (s->flags & FRAME_SYN) {
        at = put32(at, 0x02040000 | frame_mss(ends));
        at = put32(at, s->scale >= 0 ? 0x01030300 | (uint32_t)s->scale : 0x01010402);
    }
    if (ends->has_timestamps) {
        at = put32(put32(put32(at, 0x0101080a), s->stamp), s->flags & FRAME_ACK ? s->stamp - 1 : 0);
    }
    return at;
}

static uint8_t *put_tcp(uint8_t *at, const struct frame_ends *ends, const struct frame_segment *s, uint32_t header) {
    at = put16(put16(at, ends->port[s->from]), ends->port[!s->from]);
    at = put32(put32(at, s->seq), s->flags & FRAME_ACK ? s->ack : 0);
    at = put16(put16(at, header / 4 << 12 | s->flags), s->window);
    return put_options(put32(at, 0), ends, s);
}

uint32_t frame_build(const struct frame_ends *ends, const struct frame_segment *s, uint32_t snaplen, uint8_t *ret) {
    uint32_t header = TCP + (s->flags & FRAME_SYN ? SYN_OPTIONS : 0) + (ends->has_timestamps ? STAMPS : 0);
    uint32_t length = header + s->payload;
    uint8_t *tcp = put_ip(put_ethernet(ret, ends, s->from), ends, s, length);
    uint8_t *payload = put_tcp(tcp, ends, s, header);
    uint32_t addresses = ends->is_v6 ? 32 : 8; /* of the pseudo header, right before */
    put16(tcp + 16, fold(sum(tcp - addresses, addresses + header, text_sum[s->payload] + length + PROTO_TCP)));
    uint32_t before = (uint32_t)(payload - ret), whole = before + s->payload;
    if (snaplen > before) {
        memcpy(payload, text, (snaplen < whole ? snaplen : whole) - before);
    }
    return whole;
}
