/* SPDX-License-Identifier: MIT */
/*
 * whence.c — says which packets of a capture are in files that were extracted from it: their numbers, from 1.
 *
 * usage: whence CAPTURE FILE...
 *
 * One line for each file: its name, and the numbers in the order of its packets; a run of them as 3-9. All bytes and the
 * length on the wire must be the same; of a packet that was cut, the bytes left of it are told, as 3/68, and of one that
 * has another time than in the capture, that time, as 3@0.500000000. A packet that is none of the capture's or was written
 * before is "?", and the exit status 1. Times are compared in the 32 bits of seconds that pcap has.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct packet {
    uint32_t seconds, nanoseconds, caplen, wirelen;
    uint8_t *bytes;
    bool is_used;
};

struct capture {
    struct packet *packets;
    size_t n;
};

/* What can be read of a file. */
static struct capture load(const char *path) {
    struct capture capture = {0};
    char problem[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, problem);
    if (!pcap) {
        fprintf(stderr, "%s: %s\n", path, problem);
        exit(1);
    }
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        capture.packets = realloc(capture.packets, (capture.n + 1) * sizeof(capture.packets[0]));
        struct packet *packet = &capture.packets[capture.n++];
        *packet = (struct packet){(uint32_t)header->ts.tv_sec,
                                  (uint32_t)header->ts.tv_usec,
                                  header->caplen,
                                  header->len,
                                  malloc(header->caplen + 1),
                                  false};
        memcpy(packet->bytes, bytes, header->caplen);
    }
    pcap_close(pcap);
    return capture;
}

static void unload(struct capture *capture) {
    for (size_t i = 0; i < capture->n; i++) {
        free(capture->packets[i].bytes);
    }
    free(capture->packets);
}

static bool is_simultaneous(const struct packet *a, const struct packet *b) {
    return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

/* Whether b is a, or the front of it. */
static bool is_same(const struct packet *a, const struct packet *b) {
    return a->caplen >= b->caplen && a->wirelen == b->wirelen && memcmp(a->bytes, b->bytes, b->caplen) == 0;
}

/*
 * The packet that was not found before, looked for from number `from` on and then from the beginning: one of that time,
 * or else any. NULL: none.
 */
static struct packet *find(struct capture *capture, const struct packet *packet, size_t from) {
    struct packet *found = NULL;
    for (size_t i = 0; i < capture->n; i++) {
        struct packet *candidate = &capture->packets[(from + i) % capture->n];
        if (!candidate->is_used && is_same(candidate, packet)) {
            bool is_it = is_simultaneous(candidate, packet);
            found = found && !is_it ? found : candidate;
            if (is_it) {
                break;
            }
        }
    }
    if (found) {
        found->is_used = true;
    }
    return found;
}

/* Numbers that follow one another; 0: none. */
struct run {
    size_t first, last;
};

static void end_run(struct run *run) {
    if (run->last > run->first) {
        printf(" %zu-%zu", run->first, run->last);
    } else if (run->last) {
        printf(" %zu", run->first);
    }
    *run = (struct run){0};
}

/* A packet that is not quite as it was. */
static void print_changed(size_t number, const struct packet *was, const struct packet *is) {
    printf(" %zu", number);
    if (was->caplen != is->caplen) {
        printf("/%u", is->caplen);
    }
    if (!is_simultaneous(was, is)) {
        printf("@%u.%09u", is->seconds, is->nanoseconds);
    }
}

/* Returns whether the packet is one of the capture's. */
static bool print_packet(struct capture *capture, const struct packet *packet, size_t *last, struct run *run) {
    const struct packet *found = find(capture, packet, *last);
    size_t number = found ? (size_t)(found - capture->packets) + 1 : 0;
    bool is_whole = found && found->caplen == packet->caplen && is_simultaneous(found, packet);
    if (!is_whole || number != run->last + 1) {
        end_run(run);
    }
    if (is_whole) {
        *run = (struct run){run->last ? run->first : number, number};
    } else if (found) {
        print_changed(number, found, packet);
    } else {
        fputs(" ?", stdout);
    }
    *last = found ? number : *last;
    return found;
}

/* Returns whether every packet is one of the capture's. */
static bool print_file(struct capture *capture, const char *path) {
    struct capture file = load(path);
    struct run run = {0};
    size_t last = 0;
    bool ok = true;
    const char *slash = strrchr(path, '/');
    printf("%s:", slash ? slash + 1 : path);
    for (size_t i = 0; i < file.n; i++) {
        ok = print_packet(capture, &file.packets[i], &last, &run) && ok;
    }
    end_run(&run);
    putchar('\n');
    unload(&file);
    return ok;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: whence CAPTURE FILE...\n");
        return 2;
    }
    struct capture capture = load(argv[1]);
    bool ok = true;
    for (int i = 2; i < argc; i++) {
        ok = print_file(&capture, argv[i]) && ok;
    }
    unload(&capture);
    return ok ? 0 : 1;
}
