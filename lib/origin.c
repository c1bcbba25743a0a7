/* SPDX-License-Identifier: MIT */
#include "origin.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECORD_HEADER = 16, BLOCK_HEADER = 8, SIMPLE_FIELDS = 4, PACKET_FIELDS = 20, HEADER_MAX = 28 };

int tw_origins_add(struct tw_origins *origins, const struct tw_origin *origin) {
    uint32_t place = origins->n + TW_ORIGIN_BLOCK;
    if (!(place & (place - 1))) { /* the first of a block */
        struct tw_origin *block = calloc(place, sizeof *block);
        if (!block) {
            return -ENOMEM;
        }
        origins->block[__builtin_ctz(place / TW_ORIGIN_BLOCK)] = block;
    }
    struct tw_origin *added = tw_origins_at(origins, origins->n++);
    *added = *origin;
    added->scale = (uint64_t)TW_SECOND % origin->units ? 0 : (uint64_t)TW_SECOND / origin->units;
    return 0;
}

void tw_origins_fini(struct tw_origins *origins) {
    for (int i = 0; i < TW_ORIGIN_BLOCKS; i++) {
        free(origins->block[i]);
    }
    *origins = (struct tw_origins){0};
}

uint32_t tw_origin_snaplen(const struct tw_origin *origin) {
    return origin->snaplen && origin->snaplen <= INT32_MAX ? origin->snaplen : TW_ORIGIN_CAPLEN_MAX;
}

tw_time tw_origin_time(const struct tw_origin *origin, uint64_t stamp) {
    uint64_t time;
    if (origin->scale && !origin->offset && !__builtin_mul_overflow(stamp, origin->scale, &time)) {
        return time < TW_ORIGIN_TIME_MAX ? (tw_time)time : TW_ORIGIN_TIME_MAX;
    }
    /* The general way takes a division of 128 bits. */
    __int128 t = (__int128)stamp * TW_SECOND / (__int128)origin->units + (__int128)origin->offset * TW_SECOND;
    return t > TW_ORIGIN_TIME_MAX ? TW_ORIGIN_TIME_MAX : t < 0 ? 0 : (tw_time)t;
}

void tw_record_parse(const struct tw_origin *origin, const uint8_t *p, struct tw_record *ret) {
    bool swap = origin->is_swapped;
    ret->stamp = (uint64_t)tw_file_u32(swap, p) * origin->units + tw_file_u32(swap, p + 4);
    ret->caplen = tw_file_u32(swap, p + 8);
    ret->wirelen = tw_file_u32(swap, p + 12);
    ret->interface = 0;
    ret->header = RECORD_HEADER;
}

bool tw_record_parse_block(bool swap, uint32_t type, const uint8_t *p, uint32_t len, struct tw_record *ret) {
    const uint8_t *body = p + BLOCK_HEADER;
    if (type == TW_BLOCK_SIMPLE_PACKET && len >= BLOCK_HEADER + SIMPLE_FIELDS) {
        uint32_t wirelen = tw_file_u32(swap, body);
        *ret = (struct tw_record){.caplen = wirelen, .wirelen = wirelen, .header = BLOCK_HEADER + SIMPLE_FIELDS};
        return true;
    }
    if ((type != TW_BLOCK_ENHANCED_PACKET && type != TW_BLOCK_OLD_PACKET) || len < BLOCK_HEADER + PACKET_FIELDS) {
        return false;
    }
    ret->interface = type == TW_BLOCK_ENHANCED_PACKET ? tw_file_u32(swap, body) : tw_file_u16(swap, body);
    ret->stamp = (uint64_t)tw_file_u32(swap, body + 4) << 32 | tw_file_u32(swap, body + 8);
    ret->caplen = tw_file_u32(swap, body + 12);
    ret->wirelen = tw_file_u32(swap, body + 16);
    ret->header = BLOCK_HEADER + PACKET_FIELDS;
    return true;
}

static uint32_t min(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Read the bytes of a file from here on, about `len` of them. Returns how many there are; -1: none. */
static ssize_t read_at(struct tw_fetcher *fetcher, int fd, uint64_t offset, size_t len) {
    if (!fetcher->bytes && !(fetcher->bytes = malloc(HEADER_MAX + TW_ORIGIN_CAPLEN_MAX))) {
        return -1;
    }
    return pread(fd, fetcher->bytes, len, (off_t)offset);
}

static bool fetch(struct tw_fetcher *fetcher, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    const struct tw_origin *origin = tw_origins_at(fetcher->origins, entry->origin);
    struct tw_record record;
    ssize_t got = read_at(fetcher, origin->fd, entry->offset, HEADER_MAX + (size_t)entry->caplen);
    const uint8_t *p = fetcher->bytes;
    if (got < RECORD_HEADER && (!origin->is_ng || got < BLOCK_HEADER)) {
        return false;
    }
    if (!origin->is_ng) {
        tw_record_parse(origin, p, &record);
    } else if (!tw_record_parse_block(origin->is_swapped, tw_file_u32(origin->is_swapped, p), p, (uint32_t)got,
                                      &record)) {
        return false;
    }
    uint32_t captured = min(record.caplen, min(tw_origin_snaplen(origin), TW_ORIGIN_CAPLEN_MAX));
    if (captured < entry->caplen || (size_t)got < record.header + (size_t)entry->caplen) {
        return false;
    }
    *ret = (struct tw_ring_packet){tw_origin_time(origin, record.stamp),
                                   record.wirelen > captured ? record.wirelen : captured, p + record.header};
    return true;
}

bool tw_fetcher_fetch(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    struct tw_fetcher *fetcher = context;
    bool ok = fetch(fetcher, entry, ret);
    fetcher->lost += !ok;
    return ok;
}

void tw_fetcher_fini(struct tw_fetcher *fetcher) {
    free(fetcher->bytes);
    *fetcher = (struct tw_fetcher){0};
}
