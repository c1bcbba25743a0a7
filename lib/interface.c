/* SPDX-License-Identifier: MIT */
#include "interface.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 8, OPTION_HEADER = 4, OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14, BLOCK_INTERFACE = 1 };

/* What is being parsed. */
struct parse {
    struct tw_origin *origin;
    bool has_resolution, has_offset;
    char *problem;
    size_t problem_size;
};

int tw_interface_dlt(uint32_t linktype) {
    /* those whose DLT was not the same everywhere when files began to be exchanged */
    static const struct {
        uint32_t linktype;
        int dlt;
    } table[] = {{100, 11}, {101, 12}, {102, 15}, {103, 16}, {106, 19}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].linktype == linktype) {
            return table[i].dlt;
        }
    }
    return (int)linktype;
}

__attribute__((format(printf, 2, 3))) static bool wrong(const struct parse *parse, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(parse->problem, parse->problem_size, format, args);
    va_end(args);
    return false;
}

static bool take_resolution(struct parse *parse, const uint8_t *value, uint16_t len) {
    if (len != 1) {
        return wrong(parse, "Interface Description Block has if_tsresol option with length %u != 1", len);
    }
    if (parse->has_resolution) {
        return wrong(parse, "Interface Description Block has more than one if_tsresol option");
    }
    parse->has_resolution = true;
    unsigned exponent = *value & 0x7f;
    uint64_t *units = &parse->origin->units;
    if (*value & 0x80) {
        *units = UINT64_C(1) << (exponent & 63);
        return exponent <= 63 ||
               wrong(parse, "Interface Description Block if_tsresol option resolution 2^-%u is too high", exponent);
    }
    if (exponent > 19) {
        return wrong(parse, "Interface Description Block if_tsresol option resolution 10^-%u is too high", exponent);
    }
    for (*units = 1; exponent; exponent--) {
        *units *= 10;
    }
    return true;
}

static bool take_offset(struct parse *parse, const uint8_t *value, uint16_t len) {
    if (len != 8) {
        return wrong(parse, "Interface Description Block has if_tsoffset option with length %u != 8", len);
    }
    if (parse->has_offset) {
        return wrong(parse, "Interface Description Block has more than one if_tsoffset option");
    }
    parse->has_offset = true;
    uint64_t offset;
    memcpy(&offset, value, sizeof offset);
    parse->origin->offset = (int64_t)(parse->origin->is_swapped ? __builtin_bswap64(offset) : offset);
    return true;
}

static bool take_option(struct parse *parse, uint16_t code, const uint8_t *value, uint16_t len) {
    switch (code) {
    case OPTION_END:
        return !len || wrong(parse, "Interface Description Block has opt_endofopt option with length %u != 0", len);
    case OPTION_RESOLUTION:
        return take_resolution(parse, value, len);
    case OPTION_OFFSET:
        return take_offset(parse, value, len);
    default:
        return true;
    }
}

static bool take_options(struct parse *parse, const uint8_t *p, uint32_t len) {
    bool swap = parse->origin->is_swapped;
    while (len) {
        uint16_t code = len < OPTION_HEADER ? 0 : tw_file_u16(swap, p);
        uint16_t value_len = len < OPTION_HEADER ? 0 : tw_file_u16(swap, p + 2);
        uint32_t whole = OPTION_HEADER + (value_len + 3u) / 4 * 4;
        if (whole > len) {
            return wrong(parse, "block of type %u in pcapng dump file is too short", BLOCK_INTERFACE);
        }
        if (!take_option(parse, code, p + OPTION_HEADER, value_len)) {
            return false;
        }
        if (code == OPTION_END) {
            return true;
        }
        p += whole;
        len -= whole;
    }
    return true;
}

bool tw_interface_parse(const uint8_t *body, uint32_t len, struct tw_origin *origin, char *problem,
                        size_t problem_size) {
    struct parse parse = {.origin = origin, .problem = problem, .problem_size = problem_size};
    if (len < FIELDS) {
        return wrong(&parse, "block of type %u in pcapng dump file is too short", BLOCK_INTERFACE);
    }
    origin->dlt = tw_interface_dlt(tw_file_u16(origin->is_swapped, body));
    origin->snaplen = tw_file_u32(origin->is_swapped, body + 4);
    origin->units = 1000000;
    origin->offset = 0;
    return take_options(&parse, body + FIELDS, len - FIELDS);
}
