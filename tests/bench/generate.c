/* SPDX-License-Identifier: MIT */
/*
 * generate — a load of TCP connections with known stalls, as a capture file, and the truth about it beside it.
 *
 * usage: generate [OPTION]... FILE
 *
 * Makes FILE (`-`: standard output), FILE.json (totals) and FILE.stalls.tsv (a line for each connection that stalls). The
 * same options give the same bytes. Connections are numbered in the order of their first packets, and so does tcpwind.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "talk.h"

enum { RECORD_HEADER = 16, BUFFER = 1 << 20, NS = 1000000000, EPOCH = 1700000000 };

struct options {
    uint64_t flows, at_once, packets, rate, seed;
    uint32_t snaplen;
    double stalls, ipv6, reuse, chatty, traps;
    bool nanoseconds, hold;
};

struct load {
    struct options options;
    struct talk_world world;
    int fd;
    FILE *stalls;
    uint64_t begun, time; /* connections so far; nanoseconds since EPOCH */
    uint64_t packets, captured, wire, zero, episodes, stalled, directions, ipv6, zero_fields;
    size_t used;
    uint8_t buffer[BUFFER + RECORD_HEADER + FRAME_MAX];
};

static struct load load = {
    .options = {.flows = 1000,
                .at_once = 100,
                .packets = 20000,
                .rate = 100000,
                .seed = 1,
                .snaplen = 262144,
                .stalls = 0.01,
                .ipv6 = 0.1,
                .reuse = 0.02,
                .chatty = 0.3,
                .traps = 0.05},
};

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void refuse(const char *text, const char *why) {
    fprintf(stderr, "generate: %s: %s\n", text, why);
    exit(2);
}

/* The capture file. */

static void flush(struct load *l) {
    for (size_t done = 0; done < l->used;) {
        ssize_t n = write(l->fd, l->buffer + done, l->used - done);
        if (n < 0 && errno != EINTR) {
            fail("write");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    l->used = 0;
}

static void put_words(struct load *l, const uint32_t *words, size_t n) {
    memcpy(l->buffer + l->used, words, n * sizeof *words);
    l->used += n * sizeof *words;
}

static void put_header(struct load *l) {
    uint32_t magic = l->options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
    put_words(l, (uint32_t[]){magic, 2 | 4 << 16, 0, 0, l->options.snaplen, 1}, 6);
}

/* Between packets half to one and a half of the mean. */
static uint32_t next_time(struct load *l) {
    uint32_t mean = (uint32_t)(NS / l->options.rate);
    l->time += mean / 2 + dice_below(&l->world.dice, mean + 1);
    return (uint32_t)(l->time % NS) / (l->options.nanoseconds ? 1 : 1000);
}

static void emit(void *sink, const struct talk *talk, const struct frame_segment *segment) {
    struct load *l = sink;
    struct frame_segment stamped = *segment;
    uint32_t fraction = next_time(l), snaplen = l->options.snaplen;
    stamped.stamp = (uint32_t)(l->time / 1000000) + 1;
    uint32_t wirelen = frame_build(&talk->ends, &stamped, snaplen, l->buffer + l->used + RECORD_HEADER);
    uint32_t caplen = wirelen < snaplen ? wirelen : snaplen;
    put_words(l, (uint32_t[]){(uint32_t)(EPOCH + l->time / NS), fraction, caplen, wirelen}, 4);
    l->used += caplen;
    l->packets++;
    l->captured += caplen;
    l->wire += wirelen;
    l->ipv6 += talk->ends.is_v6;
    l->zero_fields += !segment->window;
    if (l->used >= BUFFER) {
        flush(l);
    }
}

/* The truth. */

static void write_stall(struct load *l, const struct talk *t) {
    char client[64], server[64];
    fprintf(l->stalls, "%ju\t%s\t%u\t%s\t%u\t%u\t%u\t%u\t%u\n", (uintmax_t)t->index,
            frame_address(&t->ends, CLIENT, client, sizeof client), t->ends.port[CLIENT],
            frame_address(&t->ends, SERVER, server, sizeof server), t->ends.port[SERVER], t->zero[CLIENT],
            t->zero[SERVER], t->episodes[CLIENT], t->episodes[SERVER]);
}

static void note_end(struct load *l, const struct talk *t) {
    if (t->is_stalled) {
        l->stalled++;
        l->zero += t->zero[CLIENT] + t->zero[SERVER];
        l->episodes += t->episodes[CLIENT] + t->episodes[SERVER];
        l->directions += (t->episodes[CLIENT] > 0) + (t->episodes[SERVER] > 0);
        write_stall(l, t);
    }
}

static FILE *open_beside(const char *path, const char *ending) {
    char name[4096];
    snprintf(name, sizeof name, "%s%s", strcmp(path, "-") ? path : "load", ending);
    FILE *file = fopen(name, "w");
    if (!file) {
        fail(name);
    }
    return file;
}

static void write_totals(struct load *l, const char *path) {
    FILE *file = open_beside(path, ".json");
    fprintf(file,
            "{\"packets\": %ju, \"captured_bytes\": %ju, \"wire_bytes\": %ju, \"ipv6\": %ju, \"flows\": %ju,\n"
            " \"stalled\": %ju, \"alarms\": %ju, \"directions\": %ju, \"zero_segments\": %ju, \"stray\": %ju,\n"
            " \"zero_fields\": %ju, \"first\": %d, \"seconds\": %.9f, \"seed\": %ju}\n",
            (uintmax_t)l->packets, (uintmax_t)l->captured, (uintmax_t)l->wire, (uintmax_t)l->ipv6, (uintmax_t)l->begun,
            (uintmax_t)l->stalled, (uintmax_t)l->episodes, (uintmax_t)l->directions, (uintmax_t)l->zero,
            (uintmax_t)l->world.strays, (uintmax_t)l->zero_fields, EPOCH, (double)l->time / NS,
            (uintmax_t)l->options.seed);
    if (fclose(file) || fclose(l->stalls)) {
        fail(path);
    }
}

/* The connections. */

/* Clients have ports enough that no two connections have the same ends, but those that are reused on purpose. */
static void choose_ends(struct load *l, struct frame_ends *ends, uint64_t number) {
    enum { CLIENTS = 1 << 16, PORTS = 60000, FIRST_PORT = 1024 };
    static const uint16_t services[] = {443, 80, 22, 5201, 8080, 3306};
    struct dice *dice = &l->world.dice;
    ends->host[CLIENT] = (uint32_t)(number * 40503 % CLIENTS) + 256;
    ends->port[CLIENT] = (uint16_t)(FIRST_PORT + number / CLIENTS % PORTS);
    ends->host[SERVER] = dice_below(dice, 4096);
    ends->port[SERVER] = services[dice_below(dice, sizeof services / sizeof *services)];
    ends->is_v6 = dice_chance(dice, l->options.ipv6);
    ends->has_timestamps = dice_chance(dice, 0.9);
}

/* A quarter to seven quarters of what is left for each connection, so that the sum comes out right. */
static uint32_t choose_length(struct load *l, uint64_t running) {
    uint64_t rest = l->options.packets > l->packets ? l->options.packets - l->packets : 0;
    uint64_t mean = l->options.packets / l->options.flows;
    if (!l->options.hold && l->begun > running) {
        mean = (mean + rest / (l->options.flows - l->begun + running / 2 + 1)) / 2;
    }
    return l->options.hold ? (uint32_t)mean
                           : (uint32_t)(mean / 4 + dice_below(&l->world.dice, (uint32_t)mean * 3 / 2 + 1));
}

static void begin(struct load *l, struct talk *talk, bool reuse, uint64_t running) {
    struct dice *dice = &l->world.dice;
    if (!reuse) {
        choose_ends(l, &talk->ends, l->begun);
    }
    uint32_t length = choose_length(l, running);
    talk->index = ++l->begun;
    talk_begin(&l->world, talk, length, dice_chance(dice, l->options.stalls) ? (uint8_t)(1 + dice_below(dice, 3)) : 0);
}

/* One packet of each connection to begin with, in order; then of one at random. */
static void run(struct load *l) {
    uint64_t n = l->options.at_once < l->options.flows ? l->options.at_once : l->options.flows;
    struct talk *talks = calloc(n, sizeof *talks);
    if (!talks) {
        fail("memory for the connections");
    }
    for (uint64_t i = 0; i < n; i++) {
        begin(l, &talks[i], false, n);
        talk_step(&l->world, &talks[i]);
    }
    while (n) {
        struct talk *talk = &talks[dice_below(&l->world.dice, (uint32_t)n)];
        if (talk_step(&l->world, talk)) {
            continue;
        }
        note_end(l, talk);
        if (l->begun < l->options.flows) {
            begin(l, talk, talk->may_reuse && dice_chance(&l->world.dice, l->options.reuse), n);
            talk_step(&l->world, talk); /* so that numbers and first packets are in one order */
        } else {
            *talk = talks[--n];
        }
    }
    free(talks);
}

/* The command line. */

static const char help[] = "usage: generate [OPTION]... FILE\n"
                           "  --flows N      connections (1000)\n"
                           "  --at-once N    of them at the same time (100)\n"
                           "  --packets N    packets, about (20000)\n"
                           "  --snaplen N    bytes captured of each (262144)\n"
                           "  --stalls X     share of connections that stall, once to three times (0.01)\n"
                           "  --ipv6 X       share of connections over IPv6 (0.1)\n"
                           "  --reuse X      share of closed connections whose ports are used again at once (0.02)\n"
                           "  --chatty X     share of connections in small segments (0.3)\n"
                           "  --traps X      how often windows of 0 that mean nothing, and other traps (0.05)\n"
                           "  --rate N       packets per second (100000)\n"
                           "  --seed N       of the random numbers (1)\n"
                           "  --nanoseconds  the resolution of the file; else microseconds\n"
                           "  --hold         close no connection\n";

static uint64_t number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || value < 0) {
        refuse(text, "not a number");
    }
    return (uint64_t)value;
}

static double share(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || value < 0 || value > 1) {
        refuse(text, "not between 0 and 1");
    }
    return value;
}

static void take_option(struct options *o, int option, const char *value) {
    switch (option) {
    case 'f':
        o->flows = number(value);
        break;
    case 'a':
        o->at_once = number(value);
        break;
    case 'p':
        o->packets = number(value);
        break;
    case 's':
        o->snaplen = (uint32_t)number(value);
        break;
    case 'S':
        o->stalls = share(value);
        break;
    case '6':
        o->ipv6 = share(value);
        break;
    case 'u':
        o->reuse = share(value);
        break;
    case 'c':
        o->chatty = share(value);
        break;
    case 't':
        o->traps = share(value);
        break;
    case 'r':
        o->rate = number(value);
        break;
    case 'x':
        o->seed = number(value);
        break;
    case 'n':
        o->nanoseconds = true;
        break;
    case 'h':
        o->hold = true;
        break;
    default:
        fputs(help, stderr);
        exit(2);
    }
}

static const char *parse(struct options *o, int argc, char **argv) {
    static const struct option known[] = {
        {"flows", 1, NULL, 'f'},  {"at-once", 1, NULL, 'a'},     {"packets", 1, NULL, 'p'}, {"snaplen", 1, NULL, 's'},
        {"stalls", 1, NULL, 'S'}, {"ipv6", 1, NULL, '6'},        {"reuse", 1, NULL, 'u'},   {"chatty", 1, NULL, 'c'},
        {"traps", 1, NULL, 't'},  {"rate", 1, NULL, 'r'},        {"seed", 1, NULL, 'x'},    {"hold", 0, NULL, 'h'},
        {"help", 0, NULL, '?'},   {"nanoseconds", 0, NULL, 'n'}, {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        take_option(o, option, optarg);
    }
    if (optind + 1 != argc || !o->flows || !o->at_once || !o->rate || o->rate > NS || !o->snaplen ||
        o->at_once > UINT32_MAX) {
        fputs(help, stderr);
        exit(2);
    }
    return argv[optind];
}

int main(int argc, char **argv) {
    struct load *l = &load;
    const char *path = parse(&l->options, argc, argv);
    l->fd = strcmp(path, "-") ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : STDOUT_FILENO;
    if (l->fd < 0) {
        fail(path);
    }
    l->stalls = open_beside(path, ".stalls.tsv");
    fputs("flow\tclient\tcport\tserver\tsport\tzero_client\tzero_server\tepisodes_client\tepisodes_server\n",
          l->stalls);
    l->world = (struct talk_world){{l->options.seed}, emit, l, l->options.chatty, l->options.traps, l->options.hold, 0};
    frame_init();
    put_header(l);
    run(l);
    flush(l);
    write_totals(l, path);
    return 0;
}
