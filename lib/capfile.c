/* SPDX-License-Identifier: MIT */
#include "capfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interface.h"
#include "readahead.h"

enum {
    BUFFER = 1 << 20, /* measured: faster than 256 KiB and 4 MiB */
    ORIGINS_MAX = 1 << 20,
    PCAP_HEADER = 24,
    RECORD_HEADER = 16,
    SHORT_AHEAD = 512, /* bytes: about four short records, which are half a microsecond of work */
    BLOCK_HEADER = 8,
    BLOCK_MIN = BLOCK_HEADER + 4,
    BLOCK_MAX = 1 << 24,
    SECTION_FIELDS = 16,
    SECTION_MIN = BLOCK_MIN + SECTION_FIELDS,
    SECTION_MAX = 1 << 20, /* of the first one */
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    MAGIC_MICRO = (int)0xa1b2c3d4,
    MAGIC_NANO = (int)0xa1b23c4d,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    BYTE_ORDER_SWAPPED = 0x4d3c2b1a,
};

struct tw_capfile {
    int fd;
    struct tw_origins *origins;
    uint32_t first_origin, section; /* numbers of the file's, and of the section's first interface */
    bool is_ng, is_swapped;
    uint32_t plain_end, plain_scale; /* pcap: a record of fewer bytes is handed out whole; nanoseconds in a unit */
    struct tw_readahead *ahead;      /* NULL: it is read here */
    uint8_t *own;                    /* a buffer of so many bytes: */
    size_t room;
    uint8_t *buffer;               /*   it, or one that is lent by who reads ahead */
    size_t at, filled;             /* bytes at `at` to `filled` are not worked on yet */
    uint64_t base;                 /* position in the file of the buffer's first byte */
    bool at_end;                   /* nothing more to read */
    int error;                     /* of read(2), pread(2) or malloc(3), which was the reason; else 0 */
    bool interrupted;              /* the last wait was */
    enum tw_capfile_result result; /* once it is not TW_CAPFILE_PACKET, it stays */
    char problem[160];
};

/* The buffer. */

/* What is not worked on yet moves to the beginning of our own buffer, which has `n` bytes then, or more. */
static bool make_room(struct tw_capfile *file, size_t n) {
    size_t left = file->filled - file->at, room = n > left ? n : left;
    bool is_lent = file->buffer != file->own;
    if (room > file->room) {
        uint8_t *larger = realloc(file->own, room);
        if (!larger) {
            file->error = ENOMEM;
            return false;
        }
        file->own = larger;
        file->room = room;
    }
    memmove(file->own, (is_lent ? file->buffer : file->own) + file->at, left);
    file->buffer = file->own;
    file->base += file->at;
    file->filled = left;
    file->at = 0;
    return true;
}

/* Returns false when nothing more comes, or not now. */
static bool fill(struct tw_capfile *file) {
    if (file->at_end) {
        return false;
    }
    ssize_t got = read(file->fd, file->buffer + file->filled, file->room - file->filled);
    file->interrupted = got < 0 && errno == EINTR;
    if (got > 0) {
        file->filled += (size_t)got;
    } else if (!file->interrupted) {
        file->at_end = true;
        file->error = got < 0 ? errno : 0;
    }
    return got > 0;
}

/* Put a lent chunk behind the bytes that are left, or these before it: they are in our own buffer. */
static bool join(struct tw_capfile *file, uint8_t *chunk, size_t len) {
    size_t left = file->filled;
    if (left <= TW_READAHEAD_ROOM) {
        file->buffer = chunk - left;
        memcpy(file->buffer, file->own, left);
    } else if (make_room(file, left + len)) {
        memcpy(file->buffer + left, chunk, len);
    } else {
        return false;
    }
    file->filled = left + len;
    return true;
}

/* The same as below, out of lent chunks. */
static bool ensure_lent(struct tw_capfile *file, size_t n) {
    while (file->filled - file->at < n) {
        size_t len;
        if (!make_room(file, 0) || file->at_end) {
            return false;
        }
        uint8_t *chunk = tw_readahead_next(file->ahead, &len, &file->error);
        file->at_end = !chunk;
        if (!chunk || !join(file, chunk, len)) {
            return false;
        }
    }
    return true;
}

/* Make `n` bytes available at `at`. Returns false where there are not so many. */
static bool ensure(struct tw_capfile *file, size_t n) {
    if (file->filled - file->at >= n) {
        return true;
    }
    if (file->ahead) {
        return ensure_lent(file, n);
    }
    if (!make_room(file, n)) {
        return false;
    }
    while (file->filled < n && fill(file)) {
    }
    return file->filled >= n;
}

static const uint8_t *here(const struct tw_capfile *file) {
    return file->buffer + file->at;
}

/* Bytes there are beyond the next `n`; not more than a block's. */
static uint32_t left_after(const struct tw_capfile *file, size_t n) {
    return (uint32_t)(file->filled - file->at - n);
}

/* The file is damaged from here on; in libpcap's words, so that both ways of reading agree. */
__attribute__((format(printf, 2, 3))) static enum tw_capfile_result broken(struct tw_capfile *file, const char *format,
                                                                           ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(file->problem, sizeof file->problem, format, args);
    va_end(args);
    file->result = TW_CAPFILE_BROKEN;
    return file->result;
}

/* `wanted` bytes were not there after `before` that were: a signal, a failure, or the end too early. */
static enum tw_capfile_result cut_off(struct tw_capfile *file, const char *kind, const char *what, size_t wanted,
                                      size_t before) {
    if (file->error) {
        return broken(file, "error reading dump file: %s", strerror(file->error));
    }
    if (file->interrupted) {
        return TW_CAPFILE_AGAIN;
    }
    return broken(file, "truncated %sdump file; tried to read %zu %sbytes, only got %u", kind, wanted, what,
                  left_after(file, before));
}

static enum tw_capfile_result at_boundary(struct tw_capfile *file, const char *kind, const char *what, size_t wanted) {
    if (!file->interrupted && !file->error && !left_after(file, 0)) {
        file->result = TW_CAPFILE_END;
        return file->result;
    }
    return cut_off(file, kind, what, wanted, 0);
}

static void hand_out(struct tw_capfile *file, uint32_t number, const struct tw_record *record, struct tw_frame *ret) {
    const struct tw_origin *origin = tw_origins_at(file->origins, number);
    uint32_t snaplen = tw_origin_snaplen(origin);
    uint32_t limit = snaplen < TW_ORIGIN_CAPLEN_MAX ? snaplen : TW_ORIGIN_CAPLEN_MAX;
    ret->caplen = record->caplen < limit ? record->caplen : limit;
    ret->wirelen = record->wirelen > ret->caplen ? record->wirelen : ret->caplen;
    ret->time = tw_origin_time(origin, record->stamp);
    ret->bytes = here(file) + record->header;
    ret->origin = number;
    ret->offset = file->base + file->at;
}

/* pcap. */

static int open_pcap(struct tw_capfile *file) {
    const uint8_t *p = here(file);
    struct tw_origin origin = {
        .fd = file->fd,
        .dlt = tw_interface_dlt(tw_file_u32(file->is_swapped, p + 20) & 0x03ffffff),
        .snaplen = tw_file_u32(file->is_swapped, p + 16),
        .is_swapped = file->is_swapped,
        .units = tw_file_u32(file->is_swapped, p) == (uint32_t)MAGIC_NANO ? 1000000000 : 1000000,
    };
    file->at += PCAP_HEADER;
    file->plain_scale = 1000000000 / (uint32_t)origin.units;
    uint32_t snaplen = tw_origin_snaplen(&origin);
    file->plain_end = (snaplen < TW_ORIGIN_CAPLEN_MAX ? snaplen : TW_ORIGIN_CAPLEN_MAX) + 1;
    return tw_origins_add(file->origins, &origin);
}

/* Packets longer than the snapshot length were written by a mistake of their time: they are cut, as libpcap does it. */
static enum tw_capfile_result cut_record(struct tw_capfile *file, uint32_t caplen, uint32_t snaplen) {
    bool in_first_part = snaplen < caplen && left_after(file, RECORD_HEADER) < snaplen;
    return cut_off(file, "", "captured ", in_first_part ? snaplen : caplen, RECORD_HEADER);
}

/*
 * Of the next record, or block, what is looked at: 2 to 4 % less time on full packets. And the same of one that is to come
 * later, if all of them are short: a record ahead is too late when it was another processor that has read them (3 ns less
 * for a packet of headers).
 */
static inline TW_PREFETCH void ask_for_records(uintptr_t next) {
    __builtin_prefetch((const void *)next);
    __builtin_prefetch((const void *)(next + 64));
    __builtin_prefetch((const void *)(next + SHORT_AHEAD));
    __builtin_prefetch((const void *)(next + SHORT_AHEAD + 64));
}

/* A record of a pcap file that is in the buffer and as it should be: nearly every one. Returns false for any other. */
static inline bool next_plain_record(struct tw_capfile *file, struct tw_frame *ret) {
    const uint8_t *p = here(file);
    bool swap = file->is_swapped;
    if (file->filled - file->at < RECORD_HEADER) {
        return false;
    }
    uint32_t caplen = tw_file_u32(swap, p + 8), wirelen = tw_file_u32(swap, p + 12);
    if (caplen >= file->plain_end || file->filled - file->at - RECORD_HEADER < caplen) {
        return false;
    }
    ret->time =
        (tw_time)(tw_file_u32(swap, p) * UINT64_C(1000000000) + (uint64_t)tw_file_u32(swap, p + 4) * file->plain_scale);
    ret->caplen = caplen;
    ret->wirelen = wirelen > caplen ? wirelen : caplen;
    ret->bytes = p + RECORD_HEADER;
    ret->origin = file->first_origin;
    ret->offset = file->base + file->at;
    file->at += RECORD_HEADER + (size_t)caplen;
    ask_for_records((uintptr_t)p + RECORD_HEADER + caplen);
    return true;
}

static enum tw_capfile_result next_record(struct tw_capfile *file, struct tw_frame *ret) {
    const struct tw_origin *origin = tw_origins_at(file->origins, file->first_origin);
    struct tw_record record;
    if (!ensure(file, RECORD_HEADER)) {
        return at_boundary(file, "", "header ", RECORD_HEADER);
    }
    tw_record_parse(origin, here(file), &record);
    uint32_t snaplen = tw_origin_snaplen(origin);
    if (record.caplen > TW_ORIGIN_CAPLEN_MAX) {
        bool is_above = record.caplen > snaplen;
        return broken(file, "invalid packet capture length %u, bigger than %s of %u", record.caplen,
                      is_above ? "snaplen" : "maximum", is_above ? snaplen : (uint32_t)TW_ORIGIN_CAPLEN_MAX);
    }
    if (!ensure(file, RECORD_HEADER + (size_t)record.caplen)) {
        return cut_record(file, record.caplen, snaplen);
    }
    hand_out(file, file->first_origin, &record, ret);
    file->at += RECORD_HEADER + (size_t)record.caplen;
    return TW_CAPFILE_PACKET;
}

/* pcapng. */

struct block {
    uint32_t type, len; /* of the whole */
    const uint8_t *body;
    uint32_t body_len;
};

static bool is_packet(const struct block *block) {
    return block->type == TW_BLOCK_ENHANCED_PACKET || block->type == TW_BLOCK_SIMPLE_PACKET ||
           block->type == TW_BLOCK_OLD_PACKET;
}

static enum tw_capfile_result too_short(struct tw_capfile *file, const struct block *block) {
    return broken(file, "block of type %u in pcapng dump file is too short", block->type);
}

/* A section says its byte order behind its length, which is written in that order. Returns false when interrupted. */
static bool see_byte_order(struct tw_capfile *file) {
    if (tw_file_u32(false, here(file)) != BLOCK_SECTION) {
        return true;
    }
    if (!ensure(file, BLOCK_HEADER + 4)) {
        return !file->interrupted;
    }
    uint32_t magic = tw_file_u32(false, here(file) + BLOCK_HEADER);
    if (magic == BYTE_ORDER_MAGIC || magic == BYTE_ORDER_SWAPPED) {
        file->is_swapped = magic == BYTE_ORDER_SWAPPED;
    }
    return true;
}

static enum tw_capfile_result check_length(struct tw_capfile *file, uint32_t len) {
    if (len < BLOCK_MIN) {
        return broken(file, "block in pcapng dump file has a length of %u < %d", len, BLOCK_MIN);
    }
    if (len % 4) {
        return broken(file, "block in pcapng dump file has a length of %u that is not a multiple of 4", len);
    }
    if (len > BLOCK_MAX) {
        return broken(file, "pcapng block size %u > maximum %d", len, BLOCK_MAX);
    }
    return TW_CAPFILE_PACKET;
}

/* Take a whole block into the buffer, without going past it. TW_CAPFILE_PACKET: it is there. */
static enum tw_capfile_result next_block(struct tw_capfile *file, struct block *ret) {
    if (!ensure(file, BLOCK_HEADER)) {
        return at_boundary(file, "pcapng ", "", BLOCK_HEADER);
    }
    if (!see_byte_order(file)) {
        return TW_CAPFILE_AGAIN;
    }
    uint32_t len = tw_file_u32(file->is_swapped, here(file) + 4);
    enum tw_capfile_result result = check_length(file, len);
    if (result != TW_CAPFILE_PACKET) {
        return result;
    }
    if (!ensure(file, len)) {
        return cut_off(file, "pcapng ", "", len - BLOCK_HEADER, BLOCK_HEADER);
    }
    if (tw_file_u32(file->is_swapped, here(file) + len - 4) != len) {
        return broken(file, "block total length in header and trailer don't match");
    }
    *ret = (struct block){tw_file_u32(file->is_swapped, here(file)), len, here(file) + BLOCK_HEADER, len - BLOCK_MIN};
    return TW_CAPFILE_PACKET;
}

static enum tw_capfile_result take_interface(struct tw_capfile *file, const struct block *block) {
    struct tw_origin origin = {.fd = file->fd, .is_swapped = file->is_swapped, .is_ng = true};
    if (!tw_interface_parse(block->body, block->body_len, &origin, file->problem, sizeof file->problem)) {
        file->result = TW_CAPFILE_BROKEN;
    } else if (file->origins->n >= ORIGINS_MAX || tw_origins_add(file->origins, &origin)) {
        return broken(file, "out of memory for per-interface information (%u interfaces)", file->origins->n);
    }
    return file->result;
}

static enum tw_capfile_result take_section(struct tw_capfile *file, const struct block *block) {
    if (block->body_len < SECTION_FIELDS) {
        return too_short(file, block);
    }
    if (tw_file_u32(file->is_swapped, block->body) != BYTE_ORDER_MAGIC) {
        return broken(file, "the file has a section with a bad byte order magic field");
    }
    uint16_t major = tw_file_u16(file->is_swapped, block->body + 4);
    if (major != 1) {
        return broken(file, "unknown pcapng savefile major version number %u", major);
    }
    file->section = file->origins->n;
    return TW_CAPFILE_PACKET;
}

static enum tw_capfile_result take_packet(struct tw_capfile *file, const struct block *block, struct tw_frame *ret) {
    struct tw_record record;
    if (!tw_record_parse_block(file->is_swapped, block->type, here(file), block->len - 4, &record)) {
        return too_short(file, block);
    }
    if (record.interface >= file->origins->n - file->section) {
        return broken(file,
                      "a packet arrived on interface %u, but there's no Interface Description Block for that interface",
                      record.interface);
    }
    uint32_t number = file->section + record.interface;
    uint32_t snaplen = tw_origin_snaplen(tw_origins_at(file->origins, number));
    if (record.caplen > snaplen) {
        if (block->type != TW_BLOCK_SIMPLE_PACKET) {
            return broken(file, "invalid packet capture length %u, bigger than snaplen of %u", record.caplen, snaplen);
        }
        record.caplen = snaplen;
    }
    if (record.caplen > block->len - 4 - record.header) {
        return too_short(file, block);
    }
    hand_out(file, number, &record, ret);
    return TW_CAPFILE_PACKET;
}

static enum tw_capfile_result next_packet_block(struct tw_capfile *file, struct tw_frame *ret) {
    struct block block;
    enum tw_capfile_result result;
    while ((result = next_block(file, &block)) == TW_CAPFILE_PACKET) {
        bool found = is_packet(&block);
        if (found) {
            result = take_packet(file, &block, ret);
        } else if (block.type == BLOCK_INTERFACE) {
            result = take_interface(file, &block);
        } else if (block.type == BLOCK_SECTION) {
            result = take_section(file, &block);
        }
        if (result != TW_CAPFILE_PACKET) {
            return result;
        }
        file->at += block.len;
        if (found) {
            ask_for_records((uintptr_t)here(file));
            return result;
        }
    }
    return result;
}

/* The first section is looked at more closely than those that follow, and its trailer is not. */
static enum tw_capfile_result open_section(struct tw_capfile *file) {
    enum { READ_BEFORE = BLOCK_HEADER + 4 };
    (void)see_byte_order(file); /* it is in the head */
    uint32_t len = tw_file_u32(file->is_swapped, here(file) + 4);
    if (len < SECTION_MIN || len > SECTION_MAX) {
        return broken(file,
                      "Section Header Block in pcapng dump file has invalid length %d < _%u_ < %d (BT_SHB_INSANE_MAX)",
                      SECTION_MIN, len, SECTION_MAX);
    }
    while (!ensure(file, len)) {
        if (!file->interrupted) {
            return cut_off(file, "pcapng ", "", len - READ_BEFORE, READ_BEFORE);
        }
    }
    uint16_t major = tw_file_u16(file->is_swapped, here(file) + 12),
             minor = tw_file_u16(file->is_swapped, here(file) + 14);
    if (major != 1 || (minor != 0 && minor != 2)) {
        return broken(file, "unsupported pcapng savefile version %u.%u", major, minor);
    }
    file->at += len;
    return TW_CAPFILE_PACKET;
}

/* Go on to the first interface. */
static void open_ng(struct tw_capfile *file) {
    struct block block;
    enum tw_capfile_result result = open_section(file);
    while (result == TW_CAPFILE_PACKET && file->origins->n == file->first_origin) {
        do {
            result = next_block(file, &block);
        } while (result == TW_CAPFILE_AGAIN);
        if (result == TW_CAPFILE_END) {
            (void)broken(file, "the capture file has no Interface Description Blocks");
        } else if (result == TW_CAPFILE_PACKET && is_packet(&block)) {
            result = broken(file, "the capture file has a packet block before any Interface Description Blocks");
        } else if (result == TW_CAPFILE_PACKET && block.type == BLOCK_INTERFACE) {
            result = take_interface(file, &block);
        }
        file->at += result == TW_CAPFILE_PACKET ? block.len : 0;
    }
}

/* Life. */

static bool is_ng(const uint8_t *head, size_t len) {
    if (len < BLOCK_HEADER + 4 || tw_file_u32(false, head) != BLOCK_SECTION) {
        return false;
    }
    uint32_t magic = tw_file_u32(false, head + BLOCK_HEADER);
    return magic == BYTE_ORDER_MAGIC || magic == BYTE_ORDER_SWAPPED;
}

static bool is_magic(uint32_t magic) {
    return magic == (uint32_t)MAGIC_MICRO || magic == (uint32_t)MAGIC_NANO;
}

static bool is_pcap(const uint8_t *head, size_t len, bool is_swapped) {
    /* other versions have their own ideas of the lengths */
    return len >= PCAP_HEADER && is_magic(tw_file_u32(is_swapped, head)) && tw_file_u16(is_swapped, head + 4) == 2 &&
           tw_file_u16(is_swapped, head + 6) == 4;
}

bool tw_capfile_knows(const uint8_t *head, size_t len) {
    return is_ng(head, len) || is_pcap(head, len, false) || is_pcap(head, len, true);
}

static int begin(struct tw_capfile *file, const uint8_t *head, size_t len) {
    file->buffer = file->own;
    memcpy(file->buffer, head, len);
    file->filled = len;
    if (is_ng(head, len)) {
        file->is_ng = true;
        open_ng(file);
        return 0;
    }
    file->is_swapped = is_pcap(head, len, true);
    return open_pcap(file);
}

int tw_capfile_open(int fd, const uint8_t *head, size_t len, struct tw_origins *origins, struct tw_capfile **ret) {
    if (!tw_capfile_knows(head, len)) {
        return -ENOTSUP;
    }
    struct tw_capfile *file = calloc(1, sizeof *file);
    if (!file || !(file->own = malloc(BUFFER))) {
        free(file);
        return -ENOMEM;
    }
    file->fd = fd;
    file->origins = origins;
    file->room = BUFFER;
    file->first_origin = file->section = origins->n;
    int err = begin(file, head, len);
    if (err) {
        tw_capfile_close(file);
        return err;
    }
    if (tw_readahead_is_for(fd)) { /* no sooner: the caller has yet to confine its threads */
        file->ahead = tw_readahead_create(fd);
    }
    *ret = file;
    return 0;
}

void tw_capfile_close(struct tw_capfile *file) {
    if (file) {
        tw_readahead_destroy(file->ahead);
        free(file->own);
        free(file);
    }
}

const struct tw_origin *tw_capfile_first(const struct tw_capfile *file) {
    return file->origins->n > file->first_origin ? tw_origins_at(file->origins, file->first_origin) : NULL;
}

static __attribute__((noinline)) enum tw_capfile_result next_any(struct tw_capfile *file, struct tw_frame *ret) {
    if (file->result != TW_CAPFILE_PACKET) {
        return file->result;
    }
    return file->is_ng ? next_packet_block(file, ret) : next_record(file, ret);
}

enum tw_capfile_result tw_capfile_next(struct tw_capfile *file, struct tw_frame *ret) {
    return next_plain_record(file, ret) ? TW_CAPFILE_PACKET : next_any(file, ret);
}

const char *tw_capfile_problem(const struct tw_capfile *file) {
    return file->problem;
}

uint64_t tw_capfile_position(const struct tw_capfile *file) {
    return file->base + file->at;
}
