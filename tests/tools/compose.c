/* SPDX-License-Identifier: MIT */
/*
 * compose.c — makes a capture file of a text, so that the corner cases of the golden runs are readable and small.
 *
 * usage: compose TEXT CAPTURE
 *
 * A line of the text is one of these; what follows # is a remark.
 *
 *   format nano|micro|big|ng   pcap (nanoseconds, microseconds, of the other byte order) or pcapng; first of all
 *   link DLT                   number of the link type, first of all; 1, Ethernet, unless given
 *   snaplen N                  first of all; bytes captured of a packet
 *   start SECONDS              what times count from, since the epoch; 1700000000 unless given
 *   in HEADER...               headers of the packets from here on, the outermost first; `ethernet ipv4` unless given
 *   drop N                     last of all: the file lacks its last N bytes
 *   MS SIDE FLAGS SEQ ACK WINDOW LEN [KEY=NUMBER]...
 *                              a segment with LEN bytes of payload, sent by A or B, MS milliseconds after the start
 *
 * FLAGS are letters of SFRP and a dot for ACK, as tcpdump writes them. Or something else stands there with numbers of its
 * own: `udp LEN`, `sctp LEN`, `icmp TYPE CODE ID LEN`, `proto NUMBER LEN` (any other protocol of IP), `ether TYPE LEN`
 * (what is not IP: with no IP header among the headers). Keys: flow, sport and dport (of A and B), scale; fragment
 * (id), offset, part (bytes) and more, for a piece of the datagram; length (what IP says of it, -1: that it is 0), cut
 * (bytes captured), wire (bytes on the wire).
 */
#include "build_packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADERS_MAX = 32, LINE_MAX_LEN = 512, A_PORT = 40000, B_PORT = 5001 };

struct header {
    char name[16];
    long number;
};

struct file {
    FILE *out;
    char format[8];
    long link, snaplen, drop;
    long long start;
    int begun;
    int number; /* of the line */
    struct header headers[HEADERS_MAX];
    size_t n_headers;
};

struct piece;

/* What is no TCP segment: how many numbers stand behind its name, the last one LEN, and what it puts around the payload. */
struct other {
    const char *name;
    size_t numbers;
    void (*put)(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport);
};

struct piece {
    long long time; /* ns after the start */
    int from_b;
    uint8_t flags;
    const struct other *other; /* NULL: TCP */
    unsigned number[4];        /* what stands behind its name */
    uint32_t seq, ack;
    uint16_t window;
    size_t len;
    long flow, sport, dport, scale, fragment, offset, part, more, length, cut, wire;
};

__attribute__((format(printf, 2, 3), noreturn)) static void fail(const struct file *file, const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "line %d: ", file->number);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

static int is_format(const struct file *file, const char *name) {
    return strcmp(file->format, name) == 0;
}

/* --- the file */

static void write_bytes(struct file *file, const void *bytes, size_t n) {
    if (n && fwrite(bytes, n, 1, file->out) != 1) {
        fail(file, "cannot write");
    }
}

/* Numbers of 32 bits. */
static void write_numbers(struct file *file, size_t n, ...) {
    va_list list;
    va_start(list, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = va_arg(list, uint32_t);
        value = is_format(file, "big") ? __builtin_bswap32(value) : value;
        write_bytes(file, &value, sizeof(value));
    }
    va_end(list);
}

/* Times of pcapng are unsigned; the interface's offset, in seconds, is not, and so it holds the start. */
static void begin_ng(struct file *file) {
    uint32_t low = (uint32_t)file->start, high = (uint32_t)((uint64_t)file->start >> 32);
    write_numbers(file, 7, 0x0A0D0D0Au, 28u, 0x1A2B3C4Du, 1u, 0xFFFFFFFFu, 0xFFFFFFFFu, 28u);
    write_numbers(file, 4, 1u, 44u, (uint32_t)file->link, (uint32_t)file->snaplen);
    write_numbers(file, 2, 9u | 1u << 16, 9u); /* if_tsresol: nanoseconds */
    write_numbers(file, 3, 14u | 8u << 16, low, high);
    write_numbers(file, 2, 0u, 44u);
}

static void begin(struct file *file) {
    if (file->begun) {
        return;
    }
    file->begun = 1;
    if (is_format(file, "ng")) {
        begin_ng(file);
    } else {
        uint32_t magic = is_format(file, "micro") ? 0xA1B2C3D4u : 0xA1B23C4Du;
        uint32_t version = is_format(file, "big") ? 2u << 16 | 4u : 4u << 16 | 2u;
        write_numbers(file, 6, magic, version, 0u, 0u, (uint32_t)file->snaplen, (uint32_t)file->link);
    }
}

static void write_packet(struct file *file, const struct piece *piece, const struct build *b) {
    size_t captured = build_len(b), wire = piece->wire >= 0 ? (size_t)piece->wire : captured;
    captured = piece->cut >= 0 ? (size_t)piece->cut : captured;
    captured = captured > (size_t)file->snaplen ? (size_t)file->snaplen : captured;
    begin(file);
    if (is_format(file, "ng")) {
        uint64_t time = (uint64_t)piece->time;
        uint32_t padded = ((uint32_t)captured + 3) / 4 * 4;
        write_numbers(file, 3, 6u, 32 + padded, 0u);
        write_numbers(file, 4, (uint32_t)(time >> 32), (uint32_t)time, (uint32_t)captured, (uint32_t)wire);
        write_bytes(file, build_bytes(b), captured);
        write_bytes(file, "\0\0\0", padded - captured);
        write_numbers(file, 1, 32 + padded);
    } else {
        long long time = file->start * 1000000000 + piece->time;
        uint32_t part = (uint32_t)(time % 1000000000);
        write_numbers(file, 4, (uint32_t)(time / 1000000000), is_format(file, "micro") ? part / 1000 : part,
                      (uint32_t)captured, (uint32_t)wire);
        write_bytes(file, build_bytes(b), captured);
    }
}

/* --- a packet */

static int is_ip(const struct header *header) {
    return strcmp(header->name, "ipv4") == 0 || strcmp(header->name, "ipv6") == 0;
}

/* The end points of a tunnel have addresses of their own. */
static struct build_ip ends(const struct piece *piece, int is_6, int is_outer) {
    static const char *const address[2][2][2] = {{{"10.0.0.1", "10.0.0.2"}, {"2001:db8::1", "2001:db8::2"}},
                                                 {{"192.0.2.1", "192.0.2.2"}, {"2001:db8:1::1", "2001:db8:1::2"}}};
    const char *const *both = address[is_outer][is_6];
    return (struct build_ip){.src = both[piece->from_b], .dst = both[!piece->from_b]};
}

/* Leave of the datagram that is built only a piece. */
static void cut_piece(struct build *b, const struct piece *piece, struct build_ip *ip) {
    uint8_t whole[BUILD_MAX];
    size_t len = build_len(b), from = 8u * (size_t)piece->offset, n = (size_t)piece->part;
    memcpy(whole, build_bytes(b), len);
    if (from + n > len) {
        abort();
    }
    uint8_t protocol = b->protocol;
    build_payload(b, 0);
    build_raw(b, whole + from, n);
    b->protocol = protocol;
    *ip = (struct build_ip){ip->src, ip->dst, .id = (uint16_t)piece->fragment, .offset = (uint16_t)piece->offset,
                            .more = (int)piece->more};
}

static void put_ip(struct build *b, const struct piece *piece, int is_6, int is_outer) {
    struct build_ip ip = ends(piece, is_6, is_outer);
    if (!is_outer) {
        ip.length = (int)piece->length;
    }
    if (!is_outer && piece->part) {
        cut_piece(b, piece, &ip);
    }
    is_6 ? build_ipv6(b, &ip) : build_ipv4(b, &ip);
}

static void put_family(struct build *b, uint32_t family) {
    build_raw(b, &family, sizeof(family));
}

static void put_wlan(struct build *b, int with_radiotap) {
    static const uint8_t header[24] = {0x08, 0x01}, radiotap[8] = {[2] = 8};
    build_raw(b, header, sizeof(header));
    if (with_radiotap) {
        build_raw(b, radiotap, sizeof(radiotap));
    }
}

/* Returns 0 when there is no such header. */
static int put_tunnel(struct build *b, const char *name, uint32_t n) {
    if (strcmp(name, "gre") == 0) {
        build_gre(b, (uint16_t)n, 7);
    } else if (strcmp(name, "erspan") == 0) {
        build_erspan(b);
    } else if (strcmp(name, "vxlan") == 0) {
        build_vxlan(b, n);
    } else if (strcmp(name, "geneve") == 0) {
        build_geneve(b, n, 2);
    } else if (strcmp(name, "gtp") == 0) {
        build_gtp(b, n);
    } else if (strcmp(name, "ah") == 0) {
        build_ah(b);
    } else if (strcmp(name, "extension") == 0) {
        build_extension(b, (uint8_t)n, n == 44 ? 0 : 1);
    } else {
        return 0;
    }
    return 1;
}

static int put_link(struct build *b, const char *name, uint32_t n) {
    if (strcmp(name, "ethernet") == 0) {
        build_ethernet(b, NULL);
    } else if (strcmp(name, "vlan") == 0) {
        build_vlan(b, 0x8100, (uint16_t)n);
    } else if (strcmp(name, "svlan") == 0) {
        build_vlan(b, 0x88A8, (uint16_t)n);
    } else if (strcmp(name, "mpls") == 0) {
        build_mpls(b, n);
    } else if (strcmp(name, "pppoe") == 0) {
        build_pppoe(b);
    } else if (strcmp(name, "ppp") == 0) {
        build_ppp(b);
    } else if (strcmp(name, "snap") == 0) {
        build_snap(b);
    } else if (strcmp(name, "cooked") == 0) {
        build_cooked(b);
    } else if (strcmp(name, "cooked2") == 0) {
        build_cooked_2(b, n);
    } else if (strcmp(name, "null") == 0) {
        put_family(b, n);
    } else if (strcmp(name, "loop") == 0) {
        put_family(b, __builtin_bswap32(n));
    } else if (strcmp(name, "wlan") == 0 || strcmp(name, "radiotap") == 0) {
        put_wlan(b, *name == 'r');
    } else {
        return 0;
    }
    return 1;
}

static void put_headers(struct file *file, struct build *b, const struct piece *piece) {
    int is_outer = 0;
    for (size_t i = file->n_headers; i-- > 0;) {
        const struct header *header = &file->headers[i];
        if (is_ip(header)) {
            put_ip(b, piece, header->name[3] == '6', is_outer);
            is_outer = 1;
        } else if (!put_tunnel(b, header->name, (uint32_t)header->number) &&
                   !put_link(b, header->name, (uint32_t)header->number)) {
            fail(file, "no header is called %s", header->name);
        }
    }
}

static void put_udp(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport) {
    (void)piece;
    build_udp(b, sport, dport);
}

static void put_sctp(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport) {
    (void)piece;
    build_sctp(b, sport, dport);
}

/* TYPE CODE ID; the protocol is IPv6's when the header put around it is. */
static void put_icmp(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport) {
    (void)sport, (void)dport;
    uint8_t header[8] = {(uint8_t)piece->number[0],        (uint8_t)piece->number[1], 0, 0,
                         (uint8_t)(piece->number[2] >> 8), (uint8_t)piece->number[2]};
    build_raw(b, header, sizeof(header));
    b->protocol = piece->number[0] >= 128 ? 58 : 1;
}

static void put_proto(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport) {
    (void)sport, (void)dport;
    b->protocol = (uint8_t)piece->number[0];
}

static void put_ether(struct build *b, const struct piece *piece, uint16_t sport, uint16_t dport) {
    (void)sport, (void)dport;
    b->ethertype = (uint16_t)piece->number[0];
}

static const struct other others[] = {{"udp", 1, put_udp},
                                      {"sctp", 1, put_sctp},
                                      {"icmp", 4, put_icmp},
                                      {"proto", 2, put_proto},
                                      {"ether", 2, put_ether}};

static void put_segment(struct build *b, const struct piece *piece) {
    /* As Linux has them: the scale is last, so that a short snapshot length cuts it off. */
    uint8_t options[20] = {2, 4, 0x05, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1};
    if (piece->scale >= 0) {
        memcpy(options + 17, (uint8_t[]){3, 3, (uint8_t)piece->scale}, 3);
    }
    uint16_t ports[2] = {(uint16_t)(piece->sport + piece->flow), (uint16_t)piece->dport};
    struct build_tcp tcp = {.sport = ports[piece->from_b],
                            .dport = ports[!piece->from_b],
                            .seq = piece->seq,
                            .ack = piece->ack,
                            .flags = piece->flags,
                            .window = piece->window,
                            .options = options,
                            .n_options = piece->flags & 2 ? sizeof(options) : 0};
    if (piece->other) {
        piece->other->put(b, piece, tcp.sport, tcp.dport);
    } else {
        build_tcp(b, &tcp);
    }
}

/* --- the text */

static uint8_t flags_of(const struct file *file, const char *text) {
    static const char letters[] = "FSRP.";
    uint8_t flags = 0;
    for (; *text; text++) {
        const char *place = strchr(letters, *text);
        if (!place && *text != '-') {
            fail(file, "no flag is called %c", *text);
        }
        flags |= place ? (uint8_t)(1 << (place - letters)) : 0;
    }
    return flags;
}

static void take_key(const struct file *file, struct piece *piece, const char *word) {
    const struct {
        const char *name;
        long *value;
    } keys[] = {{"flow", &piece->flow},   {"sport", &piece->sport},       {"dport", &piece->dport},
                {"scale", &piece->scale}, {"fragment", &piece->fragment}, {"offset", &piece->offset},
                {"part", &piece->part},   {"more", &piece->more},         {"length", &piece->length},
                {"cut", &piece->cut},     {"wire", &piece->wire}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t n = strlen(keys[i].name);
        if (strncmp(word, keys[i].name, n) == 0 && word[n] == '=') {
            *keys[i].value = strtol(word + n + 1, NULL, 0);
            return;
        }
    }
    fail(file, "no key is called %s", word);
}

static const struct other *find_other(const char *name) {
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(others[i].name, name) == 0) {
            return &others[i];
        }
    }
    return NULL;
}

static void take_packet(struct file *file, char **words, size_t n) {
    struct piece piece = {.sport = A_PORT, .dport = B_PORT, .scale = -1, .cut = -1, .wire = -1};
    piece.other = find_other(words[2]);
    size_t at = 3 + (piece.other ? piece.other->numbers : 4);
    if (n < at) {
        fail(file, "a packet is MS SIDE FLAGS SEQ ACK WINDOW LEN, or MS SIDE %s with its numbers", words[2]);
    }
    double ms = strtod(words[0], NULL);
    piece.time = (long long)(ms * 1e6 + (ms < 0 ? -0.5 : 0.5));
    piece.from_b = *words[1] == 'B';
    piece.len = strtoul(words[at - 1], NULL, 0);
    for (size_t i = 3; piece.other && i < at - 1; i++) {
        piece.number[i - 3] = (unsigned)strtoul(words[i], NULL, 0);
    }
    if (!piece.other) {
        piece.flags = flags_of(file, words[2]);
        piece.seq = (uint32_t)strtoul(words[3], NULL, 0);
        piece.ack = (uint32_t)strtoul(words[4], NULL, 0);
        piece.window = (uint16_t)strtoul(words[5], NULL, 0);
    }
    for (; at < n; at++) {
        take_key(file, &piece, words[at]);
    }
    struct build b;
    build_payload(&b, piece.len);
    put_segment(&b, &piece);
    put_headers(file, &b, &piece);
    write_packet(file, &piece, &b);
}

static void take_headers(struct file *file, char **words, size_t n) {
    if (n - 1 > HEADERS_MAX) {
        fail(file, "too many headers");
    }
    for (size_t i = 1; i < n; i++) {
        struct header *header = &file->headers[i - 1];
        const char *colon = strchr(words[i], ':');
        snprintf(header->name, sizeof(header->name), "%.*s", (int)strcspn(words[i], ":"), words[i]);
        header->number = colon ? strtol(colon + 1, NULL, 0) : 0;
    }
    file->n_headers = n - 1;
}

static void take_setting(struct file *file, const char *name, const char *value) {
    if (strcmp(name, "format") == 0) {
        snprintf(file->format, sizeof(file->format), "%s", value);
    } else if (strcmp(name, "link") == 0) {
        file->link = atol(value);
    } else if (strcmp(name, "snaplen") == 0) {
        file->snaplen = atol(value);
    } else if (strcmp(name, "start") == 0) {
        file->start = atoll(value);
    } else if (strcmp(name, "drop") == 0) {
        file->drop = atol(value);
    } else {
        fail(file, "no line begins with %s", name);
    }
}

static void take_line(struct file *file, char *line) {
    char *words[HEADERS_MAX + 2], *rest = line;
    size_t n = 0;
    line[strcspn(line, "#\n")] = '\0';
    while (n < sizeof(words) / sizeof(words[0]) && (words[n] = strtok_r(rest, " ", &rest))) {
        n++;
    }
    if (n > 2 && strchr("AB", *words[1])) {
        take_packet(file, words, n);
    } else if (n > 1 && strcmp(words[0], "in") == 0) {
        take_headers(file, words, n);
    } else if (n == 2) {
        take_setting(file, words[0], words[1]);
    } else if (n > 0) {
        fail(file, "cannot be read: %s", words[0]);
    }
}

int main(int argc, char **argv) {
    struct file file = {.format = "nano",
                        .link = 1,
                        .snaplen = 262144,
                        .start = 1700000000,
                        .headers = {{"ethernet", 0}, {"ipv4", 0}},
                        .n_headers = 2};
    FILE *text = argc == 3 ? fopen(argv[1], "r") : NULL;
    file.out = text ? fopen(argv[2], "w") : NULL;
    if (!file.out) {
        fprintf(stderr, "usage: compose TEXT CAPTURE\n");
        return 2;
    }
    char line[LINE_MAX_LEN];
    while (fgets(line, sizeof(line), text)) {
        file.number++;
        take_line(&file, line);
    }
    begin(&file);
    fflush(file.out);
    if (file.drop && ftruncate(fileno(file.out), ftell(file.out) - file.drop)) {
        fail(&file, "cannot shorten the file");
    }
    fclose(text);
    return fclose(file.out) ? 1 : 0;
}
