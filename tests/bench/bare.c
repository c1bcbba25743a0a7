/* SPDX-License-Identifier: MIT */
/*
 * bare — the yardstick: reads a capture file through libpcap and only counts.
 *
 * usage: bare FILE    (`-`: standard input)
 */
#include <pcap.h>
#include <stdint.h>
#include <stdio.h>

struct count {
    uint64_t packets, bytes;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
    struct count *sum = (struct count *)(void *)user;
    (void)bytes;
    sum->packets++;
    sum->bytes += header->caplen;
}

int main(int argc, char **argv) {
    char message[PCAP_ERRBUF_SIZE];
    struct count sum = {0, 0};
    if (argc != 2) {
        fprintf(stderr, "usage: bare FILE\n");
        return 2;
    }
    pcap_t *file = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, message);
    if (!file) {
        fprintf(stderr, "bare: %s\n", message);
        return 1;
    }
    int result = pcap_loop(file, -1, count, (u_char *)&sum);
    printf("%ju packets, %ju bytes\n", (uintmax_t)sum.packets, (uintmax_t)sum.bytes);
    pcap_close(file);
    return result < 0;
}
