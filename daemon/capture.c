/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "origin.h"

enum { PACKET_TIMEOUT_MS = 20, FIRST_BYTE_PCAPNG = 0x0a };

static const tw_time latest = TW_ORIGIN_TIME_MAX;

/* A file of which something has been read already, as a stream. */
struct rest {
    int fd;
    uint8_t head[CAPTURE_HEAD_MAX];
    size_t len, at; /* of head */
    uint64_t done;
};

struct capture {
    pcap_t *pcap;
    char *name;
    bool is_live;
    bool is_classic;  /* a pcap file, not pcapng */
    struct rest rest; /* files */
    struct pcap_stat last;
    struct capture_stats stats;
    char problem[CAPTURE_PROBLEM_MAX];

    /* during a dispatch */
    capture_packet_fn *fn;
    void *context;
    int n;
};

/* Time */

/* libpcap 1.10 reads the unsigned fields of a pcap file into signed ones, and scales microseconds afterwards. */
static int64_t unsigned_fraction(int64_t fraction) {
    if (fraction >= 0) {
        return fraction;
    }
    return fraction % 1000 == 0 ? (int64_t)(uint32_t)(fraction / 1000) * 1000 : (int64_t)(uint32_t)fraction;
}

static tw_time time_of(const struct capture *capture, const struct timeval *ts) {
    int64_t seconds = capture->is_classic ? (int64_t)(uint32_t)ts->tv_sec : ts->tv_sec;
    int64_t fraction = capture->is_classic ? unsigned_fraction(ts->tv_usec) : ts->tv_usec; /* nanoseconds */
    tw_time t;
    if (seconds < 0) {
        return 0;
    }
    if (__builtin_mul_overflow(seconds, TW_SECOND, &t) || __builtin_add_overflow(t, fraction, &t) || t > latest) {
        return latest;
    }
    return t > 0 ? t : 0;
}

/* Opening */

static struct capture *capture_create(const char *name, bool is_live) {
    struct capture *capture = calloc(1, sizeof(*capture));
    if (capture) {
        capture->is_live = is_live;
        capture->name = strdup(name);
    }
    if (!capture || !capture->name) {
        free(capture);
        return NULL;
    }
    return capture;
}

void capture_close(struct capture *capture) {
    if (!capture) {
        return;
    }
    if (capture->pcap) {
        pcap_close(capture->pcap);
    }
    free(capture->name);
    free(capture);
}

/* The number by which libpcap knows a link type here: raw IP has others on other systems. */
static int known_here(int dlt) {
    return dlt == TW_DLT_RAW_OPENBSD || dlt == TW_DLT_RAW_FILE ? TW_DLT_RAW : dlt;
}

/* Compile a filter for the packets of a capture, also where libpcap has no filters for its number of their link type. */
static int compile_for(const struct capture *capture, const char *filter, struct bpf_program *ret) {
    int dlt = pcap_datalink(capture->pcap);
    if (known_here(dlt) == dlt) {
        return pcap_compile(capture->pcap, ret, filter, 1, PCAP_NETMASK_UNKNOWN);
    }
    pcap_t *alike = pcap_open_dead(known_here(dlt), CAPTURE_BYTES_MAX);
    int err = alike ? pcap_compile(alike, ret, filter, 1, PCAP_NETMASK_UNKNOWN) : -1;
    if (alike) {
        pcap_close(alike);
    }
    return err ? pcap_compile(capture->pcap, ret, filter, 1, PCAP_NETMASK_UNKNOWN) : 0; /* it says what is wrong */
}

static int set_filter(struct capture *capture, const char *filter, char *problem) {
    struct bpf_program program;
    if (!*filter) {
        return 0;
    }
    int err = compile_for(capture, filter, &program);
    if (err == 0) {
        err = pcap_setfilter(capture->pcap, &program);
        pcap_freecode(&program);
    }
    if (err != 0) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: the filter \"%s\" cannot be used: %s", capture->name, filter,
                 pcap_geterr(capture->pcap));
        return CAPTURE_EFILTER;
    }
    return 0;
}

/* What people give by mistake. */
static const char *advice_for(const uint8_t *head, size_t len, const char *error) {
    static const struct {
        const char *magic, *advice;
        size_t len;
    } known[] = {
        {"\x1f\x8b", ": it looks like gzip; try zcat FILE | tcpwind -r -", 2},
        {"\x28\xb5\x2f\xfd", ": it looks like zstd; try zstdcat FILE | tcpwind -r -", 4},
        {"\xfd\x37\x7a\x58\x5a", ": it looks like xz; try xzcat FILE | tcpwind -r -", 5},
        {"BZh", ": it looks like bzip2; try bzcat FILE | tcpwind -r -", 3},
        {"\x04\x22\x4d\x18", ": it looks like lz4; try lz4cat FILE | tcpwind -r -", 4},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (len >= known[i].len && memcmp(head, known[i].magic, known[i].len) == 0) {
            return known[i].advice;
        }
    }
    return strstr(error, "different from") ? "; split or convert it with editcap, or join converted parts with mergecap"
                                           : "";
}

static ssize_t read_rest(void *cookie, char *buffer, size_t size) {
    struct rest *rest = cookie;
    size_t left = rest->len - rest->at;
    ssize_t got = (ssize_t)(left < size ? left : size);
    if (left) {
        memcpy(buffer, rest->head + rest->at, (size_t)got);
        rest->at += (size_t)got;
    } else {
        got = read(rest->fd, buffer, size);
    }
    rest->done += got > 0 ? (uint64_t)got : 0;
    return got;
}

static int open_file(struct capture *capture, const char *filter, char *problem) {
    char error[PCAP_ERRBUF_SIZE] = "";
    struct rest *rest = &capture->rest;
    FILE *file = fopencookie(rest, "r", (cookie_io_functions_t){.read = read_rest});
    if (!file) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: no memory", capture->name);
        return CAPTURE_EOPEN;
    }
    capture->is_classic = rest->len && rest->head[0] != FIRST_BYTE_PCAPNG;
    capture->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (capture->pcap) {
        return set_filter(capture, filter, problem);
    }
    snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s%s", capture->name, rest->len ? error : "the file is empty",
             advice_for(rest->head, rest->len, error));
    fclose(file);
    return CAPTURE_EOPEN;
}

int capture_open_file(const char *name, int fd, const uint8_t *head, size_t len, const char *filter,
                      struct capture **ret, char *problem) {
    struct capture *capture = capture_create(name, false);
    if (!capture) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: no memory", name);
        return CAPTURE_EOPEN;
    }
    capture->rest = (struct rest){.fd = fd, .len = len};
    memcpy(capture->rest.head, head, len);
    int err = open_file(capture, filter, problem);
    if (err) {
        capture_close(capture);
        return err;
    }
    *ret = capture;
    return 0;
}

static int set_options(pcap_t *pcap, const struct capture_options *options) {
    bool is_any = strcmp(options->interface, "any") == 0;
    int buffer = options->buffer > INT32_MAX ? INT32_MAX : (int)options->buffer;
    int err = pcap_set_snaplen(pcap, (int)options->snaplen);
    err = err ? err : pcap_set_promisc(pcap, options->promiscuous && !is_any);
    err = err ? err : pcap_set_timeout(pcap, PACKET_TIMEOUT_MS);
    err = err ? err : pcap_set_buffer_size(pcap, buffer);
    err = err ? err : pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    return err;
}

/* What an opening that failed lacks, in words that help. */
static void explain(struct capture *capture, int err, char *problem) {
    const char *detail = pcap_geterr(capture->pcap);
    const char *text = pcap_statustostr(err), *advice = "";
    if (err == PCAP_ERROR_PERM_DENIED || err == PCAP_ERROR_PROMISC_PERM_DENIED) {
        advice = "; it takes CAP_NET_RAW: run as root, or give the program the capability";
    } else if (err == PCAP_ERROR_NO_SUCH_DEVICE) {
        advice = "; \"ip link\" lists the interfaces";
    }
    bool has_detail = *detail && strcmp(detail, text) != 0;
    snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s%s%s%s%s", capture->name, err == PCAP_ERROR ? "" : text,
             has_detail && err != PCAP_ERROR ? " (" : "", has_detail ? detail : "",
             has_detail && err != PCAP_ERROR ? ")" : "", advice);
}

/*
 * A socket that asks for stamps makes the kernel stamp each packet when it comes. Without one, each capture stamps a
 * packet by itself when it gets to it, and two of them could not tell by its stamp whose it is.
 */
static void share_stamps(const struct capture *capture) {
    int on = 1;
    (void)setsockopt(pcap_fileno(capture->pcap), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int open_live(struct capture *capture, const struct capture_options *options, char *problem) {
    char error[PCAP_ERRBUF_SIZE] = "";
    capture->pcap = pcap_create(options->interface, error);
    if (!capture->pcap) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s", options->interface, error);
        return CAPTURE_EOPEN;
    }
    int err = set_options(capture->pcap, options);
    err = err ? err : pcap_activate(capture->pcap); /* warnings are positive */
    if (err >= 0 && strcmp(options->interface, "any") == 0) {
        err = pcap_set_datalink(capture->pcap, DLT_LINUX_SLL2);
    }
    if (err < 0) {
        explain(capture, err, problem);
        return CAPTURE_EOPEN;
    }
    share_stamps(capture);
    if (pcap_setnonblock(capture->pcap, 1, error) < 0) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s", options->interface, error);
        return CAPTURE_EOPEN;
    }
    return set_filter(capture, options->filter, problem);
}

int capture_open_live(const struct capture_options *options, struct capture **ret, char *problem) {
    struct capture *capture = capture_create(options->interface, true);
    if (!capture) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: no memory", options->interface);
        return CAPTURE_EOPEN;
    }
    int err = open_live(capture, options, problem);
    if (err) {
        capture_close(capture);
        return err;
    }
    *ret = capture;
    return 0;
}

/* Asking */

int capture_link_type(const struct capture *capture) {
    return pcap_datalink(capture->pcap);
}

const char *capture_link_name(int dlt) {
    static __thread char unnamed[24];
    const char *name = pcap_datalink_val_to_name(known_here(dlt));
    if (name) {
        return name;
    }
    bool is_user = dlt >= DLT_USER0 && dlt <= DLT_USER15;
    snprintf(unnamed, sizeof(unnamed), is_user ? "USER%d" : "DLT %d", is_user ? dlt - DLT_USER0 : dlt);
    return unnamed;
}

uint32_t capture_snaplen(const struct capture *capture) {
    int snaplen = pcap_snapshot(capture->pcap);
    return snaplen > 0 && snaplen < CAPTURE_BYTES_MAX ? (uint32_t)snaplen : CAPTURE_BYTES_MAX;
}

int capture_fd(struct capture *capture) {
    return pcap_get_selectable_fd(capture->pcap);
}

tw_time capture_timeout(struct capture *capture) {
    const struct timeval *timeout = pcap_get_required_select_timeout(capture->pcap);
    return timeout ? timeout->tv_sec * TW_SECOND + timeout->tv_usec * TW_US : 0;
}

tw_time capture_latency(void) {
    return PACKET_TIMEOUT_MS * TW_MS;
}

enum capture_link capture_link(struct capture *capture) {
    struct ifreq request = {.ifr_flags = 0};
    size_t len = strlen(capture->name);
    if (len >= sizeof(request.ifr_name) || strcmp(capture->name, "any") == 0) {
        return CAPTURE_UP;
    }
    memcpy(request.ifr_name, capture->name, len);
    if (ioctl(pcap_fileno(capture->pcap), SIOCGIFFLAGS, &request) < 0) {
        return errno == ENODEV ? CAPTURE_AWAY : CAPTURE_UP;
    }
    if (!(request.ifr_flags & IFF_UP)) {
        return CAPTURE_DOWN;
    }
    return request.ifr_flags & IFF_RUNNING ? CAPTURE_UP : CAPTURE_NO_CARRIER;
}

void capture_stats(struct capture *capture, struct capture_stats *ret) {
    struct pcap_stat now;
    if (pcap_stats(capture->pcap, &now) == 0) {
        capture->stats.received += now.ps_recv - capture->last.ps_recv;
        capture->stats.dropped_kernel += now.ps_drop - capture->last.ps_drop;
        capture->stats.dropped_interface += now.ps_ifdrop - capture->last.ps_ifdrop;
        capture->last = now;
    }
    *ret = capture->stats;
}

uint64_t capture_position(const struct capture *capture) {
    return capture->rest.done;
}

const char *capture_problem(struct capture *capture) {
    const char *error = pcap_geterr(capture->pcap);
    snprintf(capture->problem, sizeof(capture->problem), "%s: %s%s", capture->name, error, advice_for(NULL, 0, error));
    return capture->problem;
}

/* Packets */

static void take_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
    struct capture *capture = (struct capture *)(void *)user;
    uint32_t caplen = header->caplen < CAPTURE_BYTES_MAX ? header->caplen : CAPTURE_BYTES_MAX;
    uint32_t wirelen = header->len > caplen ? header->len : caplen;
    capture->n++;
    capture->fn(capture->context, time_of(capture, &header->ts), caplen, wirelen, bytes);
}

static int reason_of(const struct capture *capture) {
    if (capture->is_live) {
        return CAPTURE_GONE;
    }
    return strstr(pcap_geterr(capture->pcap), "different from") ? CAPTURE_REFUSED : CAPTURE_BROKEN;
}

int capture_dispatch(struct capture *capture, int max, capture_packet_fn *fn, void *context) {
    capture->fn = fn;
    capture->context = context;
    capture->n = 0;
    int err = pcap_dispatch(capture->pcap, max, take_packet, (u_char *)capture);
    if (err >= 0 || err == PCAP_ERROR_BREAK) {
        return capture->n == 0 && !capture->is_live && err == 0 ? CAPTURE_END : capture->n;
    }
    return reason_of(capture);
}

void capture_stop(struct capture *capture) {
    pcap_breakloop(capture->pcap);
}

/* Whether a filter compiles; what libpcap says is left in problem. */
static bool compiles(const char *filter, int dlt, char *problem) {
    struct bpf_program program;
    pcap_t *pcap = pcap_open_dead(dlt, CAPTURE_BYTES_MAX);
    bool ok = pcap && pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (ok) {
        pcap_freecode(&program);
    } else {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s", pcap ? pcap_geterr(pcap) : "no memory");
    }
    if (pcap) {
        pcap_close(pcap);
    }
    return ok;
}

/* What Ethernet lacks is said, but some words are for the packets of another link type only. */
bool capture_filter_check(const char *filter, char *problem) {
    static const int others[] = {DLT_LINUX_SLL2, DLT_IEEE802_11_RADIO, DLT_PPP};
    char ignored[CAPTURE_PROBLEM_MAX];
    bool ok = compiles(filter, DLT_EN10MB, problem);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !ok; i++) {
        ok = compiles(filter, others[i], ignored);
    }
    return ok;
}

/* Filters for packets that others read */

struct capture_filter {
    struct bpf_program program;
};

/* A capture file without packets, so that what cannot be asked of files is refused as it is there. */
static pcap_t *empty_file(int dlt, uint32_t snaplen, char *error) {
    static const uint32_t magic = 0xa1b23c4d, version = 2 | 4 << 16;
    uint32_t header[6] = {magic,   __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? version : version << 16 | version >> 16,
                          0,       0,
                          snaplen, (uint32_t)dlt};
    FILE *file = fmemopen(header, sizeof(header), "r");
    pcap_t *pcap = file ? pcap_fopen_offline(file, error) : NULL;
    if (file && !pcap) {
        fclose(file);
    }
    return pcap;
}

int capture_filter_create(const char *filter, int dlt, uint32_t snaplen, struct capture_filter **ret, const char *name,
                          char *problem) {
    char error[PCAP_ERRBUF_SIZE] = "no memory";
    struct capture_filter *made = calloc(1, sizeof(*made));
    pcap_t *pcap = made ? empty_file(known_here(dlt), snaplen, error) : NULL;
    int err = pcap ? pcap_compile(pcap, &made->program, filter, 1, PCAP_NETMASK_UNKNOWN) : -1;
    if (err) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: the filter \"%s\" cannot be used: %s", name, filter,
                 pcap ? pcap_geterr(pcap) : error);
        free(made);
    } else {
        *ret = made;
    }
    if (pcap) {
        pcap_close(pcap);
    }
    return err ? CAPTURE_EFILTER : 0;
}

void capture_filter_destroy(struct capture_filter *filter) {
    if (filter) {
        pcap_freecode(&filter->program);
        free(filter);
    }
}

bool capture_filter_takes(const struct capture_filter *filter, uint32_t caplen, uint32_t wirelen,
                          const uint8_t *bytes) {
    struct pcap_pkthdr header = {.caplen = caplen, .len = wirelen};
    return pcap_offline_filter(&filter->program, &header, bytes) != 0;
}
