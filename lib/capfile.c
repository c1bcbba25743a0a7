/* SPDX-License-Identifier: MIT */
#include "capfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER = 1 << 20, /* measured: faster than 256 KiB and 4 MiB */
    BLOCK_MAX = 1 << 26,
    PCAP_HEADER = 24,
    RECORD_HEADER = 16,
    BLOCK_HEADER = 8,
    PACKET_HEADER_MAX = 28,
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    MAGIC_MICRO = (int)0xa1b2c3d4,
    MAGIC_NANO = (int)0xa1b23c4d,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_OFFSET = 14,
    DLT_RAW_NUMBER = 12,
    LINKTYPE_RAW_NUMBER = 101,
};

struct tw_capfile {
    int fd;
    struct tw_origins *origins;
    uint32_t first_origin, section; /* numbers of the file's, and of the section's first interface */
    bool is_ng, is_swapped;
    uint8_t *buffer;
    size_t room, at, filled;       /* bytes at `at` to `filled` are not worked on yet */
    uint64_t base;                 /* position in the file of the buffer's first byte */
    bool at_end;                   /* of the file: nothing more to read */
    enum tw_capfile_result result; /* once it is not TW_CAPFILE_PACKET, it stays */
    char problem[128];
    bool has_pending; /* a packet that was met while opening */
    struct tw_capfile_packet pending;
};

static uint32_t u32(bool is_swapped, const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return is_swapped ? __builtin_bswap32(v) : v;
}

static uint16_t u16(bool is_swapped, const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return is_swapped ? __builtin_bswap16(v) : v;
}

/* Origins. */

void tw_origins_fini(struct tw_origins *origins) {
    free(origins->list);
    free(origins->bytes);
    *origins = (struct tw_origins){0};
}

static int add_origin(struct tw_origins *origins, const struct tw_origin *origin) {
    if (origins->n == origins->room) {
        uint32_t room = origins->room ? 2 * origins->room : 16;
        struct tw_origin *list = realloc(origins->list, room * sizeof *list);
        if (!list) {
            return -ENOMEM;
        }
        origins->list = list;
        origins->room = room;
    }
    origins->list[origins->n] = *origin;
    origins->list[origins->n++].scale = (uint64_t)TW_SECOND % origin->units ? 0 : (uint64_t)TW_SECOND / origin->units;
    return 0;
}

static uint32_t snaplen_limit(const struct tw_origin *origin) {
    return !origin->is_ng && origin->snaplen && origin->snaplen < TW_CAPFILE_CAPLEN_MAX ? origin->snaplen
                                                                                        : TW_CAPFILE_CAPLEN_MAX;
}

/* Nanoseconds since the epoch; times that do not fit are moved to the nearest that do. */
static tw_time time_of(const struct tw_origin *origin, uint64_t stamp) {
    uint64_t time;
    if (origin->scale && !origin->offset && !__builtin_mul_overflow(stamp, origin->scale, &time) && time <= INT64_MAX) {
        return (tw_time)time; /* the general way takes a division of 128 bits */
    }
    __int128 t = (__int128)stamp * TW_SECOND / (__int128)origin->units + (__int128)origin->offset * TW_SECOND;
    return t > INT64_MAX ? INT64_MAX : t < INT64_MIN ? INT64_MIN : (tw_time)t;
}

/* What a record or packet block says of its packet. */
struct record {
    uint64_t stamp;
    uint32_t caplen, wirelen;
    uint32_t interface; /* in the section */
    uint32_t header;    /* bytes before the packet's */
};

static void parse_record(const struct tw_origin *origin, const uint8_t *p, struct record *ret) {
    bool swap = origin->is_swapped;
    ret->stamp = (uint64_t)u32(swap, p) * origin->units + u32(swap, p + 4);
    ret->caplen = u32(swap, p + 8);
    ret->wirelen = u32(swap, p + 12);
    ret->header = RECORD_HEADER;
}

/* A packet block of `len` bytes with its header; those of a simple one carry neither time nor captured length. */
static bool parse_block(bool swap, uint32_t type, const uint8_t *p, uint32_t len, uint32_t snaplen,
                        struct record *ret) {
    const uint8_t *body = p + BLOCK_HEADER;
    uint32_t body_len = len - BLOCK_HEADER - 4;
    if (type == BLOCK_SIMPLE) {
        if (body_len < 4) {
            return false;
        }
        *ret = (struct record){.wirelen = u32(swap, body), .header = BLOCK_HEADER + 4};
        ret->caplen = ret->wirelen;
        if (snaplen && ret->caplen > snaplen) {
            ret->caplen = snaplen;
        }
        if (ret->caplen > body_len - 4) {
            ret->caplen = body_len - 4;
        }
        return true;
    }
    if (body_len < 20) {
        return false;
    }
    ret->interface = type == BLOCK_ENHANCED ? u32(swap, body) : u16(swap, body);
    ret->stamp = (uint64_t)u32(swap, body + 4) << 32 | u32(swap, body + 8);
    ret->caplen = u32(swap, body + 12);
    ret->wirelen = u32(swap, body + 16);
    ret->header = BLOCK_HEADER + 20;
    return ret->caplen <= body_len - 20;
}

bool tw_origins_fetch(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    struct tw_origins *origins = context;
    const struct tw_origin *origin = &origins->list[entry->origin];
    struct record record = {0};
    if (!origins->bytes && !(origins->bytes = malloc(PACKET_HEADER_MAX + TW_CAPFILE_CAPLEN_MAX))) {
        return false;
    }
    const uint8_t *p = origins->bytes;
    ssize_t got = pread(origin->fd, origins->bytes, PACKET_HEADER_MAX + (size_t)entry->caplen, (off_t)entry->offset);
    if (got < RECORD_HEADER) {
        return false;
    }
    if (!origin->is_ng) {
        parse_record(origin, p, &record);
    } else if (!parse_block(origin->is_swapped, u32(origin->is_swapped, p), p, BLOCK_MAX, origin->snaplen, &record)) {
        return false;
    }
    if (record.caplen < entry->caplen || (size_t)got < record.header + (size_t)entry->caplen) {
        return false;
    }
    uint32_t captured = record.caplen < snaplen_limit(origin) ? record.caplen : snaplen_limit(origin);
    *ret = (struct tw_ring_packet){time_of(origin, record.stamp), record.wirelen > captured ? record.wirelen : captured,
                                   p + record.header};
    return true;
}

/* The buffer. */

/* Make `n` bytes available at `at`. Returns false at the end of the file, or when there is no memory. */
static bool ensure(struct tw_capfile *file, size_t n) {
    if (file->filled - file->at >= n) {
        return true;
    }
    memmove(file->buffer, file->buffer + file->at, file->filled - file->at);
    file->base += file->at;
    file->filled -= file->at;
    file->at = 0;
    if (n > file->room) {
        uint8_t *larger = realloc(file->buffer, n);
        if (!larger) {
            file->result = TW_CAPFILE_NO_MEMORY;
            return false;
        }
        file->buffer = larger;
        file->room = n;
    }
    while (file->filled < n && !file->at_end) {
        ssize_t got = read(file->fd, file->buffer + file->filled, file->room - file->filled);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        file->at_end = got <= 0;
        file->filled += got > 0 ? (size_t)got : 0;
    }
    return file->filled >= n;
}

static const uint8_t *here(const struct tw_capfile *file) {
    return file->buffer + file->at;
}

/* The file is damaged from here on; in the words in which libpcap says it, so that both ways of reading agree. */
static enum tw_capfile_result broken(struct tw_capfile *file, const char *format, uint32_t a, uint32_t b) {
    if (file->result != TW_CAPFILE_NO_MEMORY) {
        file->result = TW_CAPFILE_BROKEN;
        (void)snprintf(file->problem, sizeof file->problem, format, a, b);
    }
    return file->result;
}

/* `wanted` bytes are not there: the end, when it is allowed here and not one is; else the file breaks off. */
static enum tw_capfile_result cut_off(struct tw_capfile *file, const char *format, uint32_t wanted, bool may_end) {
    uint32_t got = (uint32_t)(file->filled - file->at);
    if (may_end && !got && file->result == TW_CAPFILE_PACKET) {
        file->result = TW_CAPFILE_END;
        return file->result;
    }
    return broken(file, format, wanted, got);
}

static void hand_out(struct tw_capfile *file, uint32_t number, const struct record *record,
                     struct tw_capfile_packet *ret) {
    const struct tw_origin *origin = &file->origins->list[number];
    uint32_t limit = snaplen_limit(origin);
    ret->caplen = record->caplen < limit ? record->caplen : limit;
    ret->wirelen = record->wirelen > ret->caplen ? record->wirelen : ret->caplen;
    ret->time = time_of(origin, record->stamp);
    ret->bytes = here(file) + record->header;
    ret->origin = number;
    ret->offset = file->base + file->at;
}

/* pcap. */

static int open_pcap(struct tw_capfile *file) {
    const uint8_t *p = here(file);
    uint32_t magic = u32(file->is_swapped, p);
    uint32_t dlt = u32(file->is_swapped, p + 20) & 0x03ffffff;
    struct tw_origin origin = {
        .fd = file->fd,
        .dlt = dlt == LINKTYPE_RAW_NUMBER ? DLT_RAW_NUMBER : (int)dlt,
        .snaplen = u32(file->is_swapped, p + 16),
        .is_swapped = file->is_swapped,
        .units = magic == (uint32_t)MAGIC_NANO ? 1000000000 : 1000000,
    };
    if (u16(file->is_swapped, p + 4) != 2 || u16(file->is_swapped, p + 6) != 4) {
        return -ENOTSUP; /* versions with their own ideas of the lengths */
    }
    file->at += PCAP_HEADER;
    return add_origin(file->origins, &origin);
}

static enum tw_capfile_result next_record(struct tw_capfile *file, struct tw_capfile_packet *ret) {
    const struct tw_origin *origin = &file->origins->list[file->first_origin];
    struct record record;
    if (!ensure(file, RECORD_HEADER)) {
        return cut_off(file, "truncated dump file; tried to read %u header bytes, only got %u", RECORD_HEADER, true);
    }
    parse_record(origin, here(file), &record);
    uint32_t most = origin->snaplen > TW_CAPFILE_CAPLEN_MAX ? origin->snaplen : TW_CAPFILE_CAPLEN_MAX;
    if (record.caplen > most) {
        return broken(file, "invalid packet capture length %u, bigger than maximum of %u", record.caplen, most);
    }
    if (!ensure(file, RECORD_HEADER + (size_t)record.caplen)) {
        file->at += RECORD_HEADER;
        return cut_off(file, "truncated dump file; tried to read %u captured bytes, only got %u", record.caplen, false);
    }
    hand_out(file, file->first_origin, &record, ret);
    file->at += RECORD_HEADER + (size_t)record.caplen;
    return TW_CAPFILE_PACKET;
}

/* pcapng. */

static uint64_t units_of(uint8_t resolution) {
    uint64_t units = 1;
    for (int i = 0; i < (resolution & 0x7f); i++) {
        uint64_t base = resolution & 0x80 ? 2 : 10;
        if (units > UINT64_MAX / base) {
            return 0;
        }
        units *= base;
    }
    return units;
}

static void parse_options(bool swap, const uint8_t *p, uint32_t len, struct tw_origin *origin) {
    while (len >= 4) {
        uint16_t code = u16(swap, p), value_len = u16(swap, p + 2);
        uint32_t padded = (value_len + 3u) / 4 * 4;
        if (code == OPTION_END || value_len > len - 4) {
            return;
        }
        if (code == OPTION_RESOLUTION && value_len >= 1) {
            origin->units = units_of(p[4]);
        } else if (code == OPTION_OFFSET && value_len >= 8) {
            uint64_t first = u32(swap, p + 4), second = u32(swap, p + 8);
            uint64_t low = swap == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ? second : first;
            uint64_t high = swap == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ? first : second;
            origin->offset = (int64_t)(high << 32 | low);
        }
        if (padded > len - 4) {
            return;
        }
        p += 4 + padded;
        len -= 4 + padded;
    }
}

static bool take_interface(struct tw_capfile *file, const uint8_t *block, uint32_t len) {
    const uint8_t *body = block + BLOCK_HEADER;
    if (len < BLOCK_HEADER + 8 + 4) {
        return false;
    }
    int dlt = u16(file->is_swapped, body);
    struct tw_origin origin = {
        .fd = file->fd,
        .dlt = dlt == LINKTYPE_RAW_NUMBER ? DLT_RAW_NUMBER : dlt,
        .snaplen = u32(file->is_swapped, body + 4),
        .is_swapped = file->is_swapped,
        .is_ng = true,
        .units = 1000000,
    };
    parse_options(file->is_swapped, body + 8, len - BLOCK_HEADER - 8 - 4, &origin);
    return origin.units && add_origin(file->origins, &origin) == 0;
}

/* The byte order of the section that begins here. */
static bool take_section(struct tw_capfile *file, const uint8_t *block) {
    uint32_t magic = u32(false, block + BLOCK_HEADER);
    if (magic != BYTE_ORDER_MAGIC && magic != __builtin_bswap32(BYTE_ORDER_MAGIC)) {
        return false;
    }
    file->is_swapped = magic != BYTE_ORDER_MAGIC;
    file->section = file->origins->n;
    return true;
}

static enum tw_capfile_result take_packet(struct tw_capfile *file, uint32_t type, uint32_t len,
                                          struct tw_capfile_packet *ret) {
    struct record record = {0};
    uint32_t n = file->origins->n - file->section;
    uint32_t snaplen = n ? file->origins->list[file->section].snaplen : 0;
    if (!parse_block(file->is_swapped, type, here(file), len, snaplen, &record) || record.interface >= n) {
        return broken(file, "a packet block of %u bytes contradicts itself or names no interface of %u", len, n);
    }
    const struct tw_origin *origin = &file->origins->list[file->section + record.interface];
    uint32_t most = origin->snaplen > TW_CAPFILE_CAPLEN_MAX ? origin->snaplen : TW_CAPFILE_CAPLEN_MAX;
    if (record.caplen > most) {
        return broken(file, "invalid packet capture length %u, bigger than maximum of %u", record.caplen, most);
    }
    hand_out(file, file->section + record.interface, &record, ret);
    return TW_CAPFILE_PACKET;
}

/* Grant a whole block. Returns its length, or 0 when there is none. */
static uint32_t next_block(struct tw_capfile *file, uint32_t *ret_type) {
    if (!ensure(file, BLOCK_HEADER)) {
        (void)cut_off(file, "truncated pcapng dump file; tried to read %u bytes, only got %u", BLOCK_HEADER, true);
        return 0;
    }
    *ret_type = u32(file->is_swapped, here(file));
    if (*ret_type == BLOCK_SECTION && (!ensure(file, BLOCK_HEADER + 4) || !take_section(file, here(file)))) {
        (void)broken(file, "the byte order of a section is neither one nor the other", 0, 0);
        return 0;
    }
    uint32_t len = u32(file->is_swapped, here(file) + 4);
    if (len < BLOCK_HEADER + 4 || len > BLOCK_MAX) {
        (void)broken(file, "a block has a length of %u, not of %u to 64 MiB", len, BLOCK_HEADER + 4);
        return 0;
    }
    if (!ensure(file, len)) {
        file->at += BLOCK_HEADER;
        (void)cut_off(file, "truncated pcapng dump file; tried to read %u bytes, only got %u", len - BLOCK_HEADER,
                      false);
        return 0;
    }
    return len;
}

static enum tw_capfile_result next_packet_block(struct tw_capfile *file, struct tw_capfile_packet *ret) {
    uint32_t type, len;
    while ((len = next_block(file, &type))) {
        if (type == BLOCK_INTERFACE && !take_interface(file, here(file), len)) {
            return broken(file, "the interface description in a block of %u bytes is damaged", len, 0);
        }
        bool is_packet = type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET;
        enum tw_capfile_result result = is_packet ? take_packet(file, type, len, ret) : TW_CAPFILE_PACKET;
        if (result != TW_CAPFILE_PACKET) {
            return result;
        }
        file->at += len;
        if (is_packet) {
            return TW_CAPFILE_PACKET;
        }
    }
    return file->result;
}

static int open_ng(struct tw_capfile *file) {
    file->is_ng = true;
    if (next_packet_block(file, &file->pending) == TW_CAPFILE_PACKET) {
        file->has_pending = true;
    }
    if (file->result == TW_CAPFILE_NO_MEMORY) {
        return -ENOMEM;
    }
    return file->origins->n > file->first_origin ? 0 : -ENOTSUP;
}

/* Life. */

static int sniff(struct tw_capfile *file) {
    if (!ensure(file, PCAP_HEADER)) {
        return -ENOTSUP;
    }
    uint32_t magic = u32(false, here(file));
    if (magic == BLOCK_SECTION) {
        return open_ng(file);
    }
    file->is_swapped =
        magic == __builtin_bswap32((uint32_t)MAGIC_MICRO) || magic == __builtin_bswap32((uint32_t)MAGIC_NANO);
    magic = u32(file->is_swapped, here(file));
    return magic == (uint32_t)MAGIC_MICRO || magic == (uint32_t)MAGIC_NANO ? open_pcap(file) : -ENOTSUP;
}

int tw_capfile_open(int fd, struct tw_origins *origins, struct tw_capfile **ret) {
    struct tw_capfile *file = calloc(1, sizeof *file);
    if (!file || !(file->buffer = malloc(BUFFER))) {
        free(file);
        return -ENOMEM;
    }
    file->fd = fd;
    file->origins = origins;
    file->room = BUFFER;
    file->first_origin = file->section = origins->n;
    int err = sniff(file);
    if (err) {
        origins->n = file->first_origin;
        tw_capfile_close(file);
        return err;
    }
    *ret = file;
    return 0;
}

void tw_capfile_close(struct tw_capfile *file) {
    if (file) {
        free(file->buffer);
        free(file);
    }
}

const struct tw_origin *tw_capfile_first(const struct tw_capfile *file) {
    return &file->origins->list[file->first_origin];
}

enum tw_capfile_result tw_capfile_next(struct tw_capfile *file, struct tw_capfile_packet *ret) {
    if (file->has_pending) {
        file->has_pending = false;
        *ret = file->pending;
        return TW_CAPFILE_PACKET;
    }
    if (file->result != TW_CAPFILE_PACKET) {
        return file->result;
    }
    return file->is_ng ? next_packet_block(file, ret) : next_record(file, ret);
}

const char *tw_capfile_problem(const struct tw_capfile *file) {
    return file->problem;
}

uint64_t tw_capfile_position(const struct tw_capfile *file) {
    return file->base + file->at;
}
