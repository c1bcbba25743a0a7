/* SPDX-License-Identifier: MIT */
/*
 * follow.c — the verb follow: all extracted packets as one endless pcap stream on standard output.
 */
#include "ctl.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "interface.h"
#include "tail.h"

enum { OPT_FROM = 256, OPT_FILTER, OPT_PREFIX };
enum { LOOK_MS = 1000, PAUSE_MS = 20 }; /* look at least so often, where nothing tells of changes; at most so often */
enum { GOING_ON = -1 };                 /* no exit status yet */

static const struct option long_options[] = {
    {"from", required_argument, NULL, OPT_FROM},
    {"filter", required_argument, NULL, OPT_FILTER},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {NULL, 0, NULL, 0},
};

struct follow {
    const char *directory, *prefix, *filter;
    bool from_now;
    struct tail tail;
    int inotify;
    bool has_begun; /* the stream's header is out */
    uint32_t dlt;   /* of the stream, as the header has it */
    struct bpf_program program;
    bool has_complained; /* about the damage in the current file */
};

static volatile sig_atomic_t is_stopped;

static void stop(int number) {
    (void)number;
    is_stopped = 1;
}

/* The first signal ends the stream behind a whole record, a second one at once. */
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Returns GOING_ON, or the exit status: a reader that has gone is no trouble. */
static int put(const uint8_t *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EPIPE)
            return CTL_OK;
        if (n < 0 && errno != EINTR) {
            ctl_complain("follow: standard output: %s", strerror(errno));
            return CTL_TROUBLE;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return GOING_ON;
}

static uint32_t get_u32(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return value;
}

static int compile_filter(struct follow *follow) {
    pcap_t *pcap = pcap_open_dead_with_tstamp_precision(tw_interface_dlt(follow->dlt), TW_PCAP_CAPLEN_MAX,
                                                        PCAP_TSTAMP_PRECISION_NANO);
    if (pcap == NULL) {
        ctl_complain("follow: no memory");
        return CTL_TROUBLE;
    }
    int status = GOING_ON;
    if (pcap_compile(pcap, &follow->program, follow->filter, 1, PCAP_NETMASK_UNKNOWN) < 0) {
        ctl_complain("follow: --filter: %s", pcap_geterr(pcap));
        status = CTL_USAGE;
    }
    pcap_close(pcap);
    return status;
}

/* The stream's header is that of its first file, for packets of any length. */
static int begin_stream(struct follow *follow) {
    static const uint32_t snaplen = TW_PCAP_CAPLEN_MAX;
    follow->dlt = get_u32(follow->tail.header + 20);
    int status = follow->filter != NULL ? compile_filter(follow) : GOING_ON;
    if (status != GOING_ON)
        return status;
    memcpy(follow->tail.header + 16, &snaplen, sizeof(snaplen));
    follow->has_begun = true;
    return put(follow->tail.header, sizeof(follow->tail.header));
}

static int take_file(struct follow *follow) {
    const struct tail *tail = &follow->tail;
    follow->has_complained = false;
    if (!follow->has_begun)
        return begin_stream(follow);
    if (get_u32(tail->header + 20) != follow->dlt) {
        ctl_complain("follow: %s has link type %" PRIu32 ", the stream has %" PRIu32 ": start anew to go on",
                     tail->file, get_u32(tail->header + 20), follow->dlt);
        return CTL_TROUBLE;
    }
    if (tail->missing > 0)
        ctl_complain("follow: %" PRIu64 " of the files before %s are not there (any more)", tail->missing, tail->file);
    return GOING_ON;
}

static bool matches(const struct follow *follow, const uint8_t *record) {
    struct pcap_pkthdr header = {.caplen = get_u32(record + 8), .len = get_u32(record + 12)};
    return pcap_offline_filter(&follow->program, &header, record + TW_PCAP_RECORD_HEADER) != 0;
}

/* Whole records; those that match, run by run. */
static int take_records(const struct follow *follow, const uint8_t *records, size_t len) {
    if (follow->filter == NULL)
        return put(records, len);
    int status = GOING_ON;
    size_t from = 0, at = 0;
    while (at < len && status == GOING_ON) {
        size_t next = at + tail_record_len(records + at);
        if (!matches(follow, records + at)) {
            status = put(records + from, at - from);
            from = next;
        }
        at = next;
    }
    return status == GOING_ON ? put(records + from, len - from) : status;
}

/* Wait for a change in the folder. Returns GOING_ON, or CTL_OK when the reader has gone. */
static int wait_for_more(const struct follow *follow) {
    char events[4096];
    struct pollfd fds[] = {{.fd = STDOUT_FILENO}, {.fd = follow->inotify, .events = POLLIN}};
    if (poll(fds, 1, PAUSE_MS) > 0 && fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
        return CTL_OK;
    if (is_stopped || poll(fds, 2, LOOK_MS) <= 0)
        return GOING_ON;
    if (fds[1].revents != 0)
        (void)!read(follow->inotify, events, sizeof(events));
    return fds[0].revents & (POLLERR | POLLHUP | POLLNVAL) ? CTL_OK : GOING_ON;
}

static int take_error(struct follow *follow, int result) {
    if (result == TAIL_FOREIGN) {
        ctl_complain("follow: %s is no pcap file as tcpwind writes it; it is left out", follow->tail.file);
        return GOING_ON;
    }
    if (result == TAIL_SEVERAL) {
        ctl_complain("follow: %s has files of several prefixes: choose one with --prefix", follow->directory);
        return CTL_USAGE;
    }
    ctl_complain("follow: %s: %s", follow->directory, strerror(-result));
    return CTL_TROUBLE;
}

static int turn(struct follow *follow) {
    const uint8_t *records;
    size_t len;
    int result = tail_read(&follow->tail, &records, &len);
    if (follow->tail.is_damaged && !follow->has_complained) {
        ctl_complain("follow: %s is damaged; the rest of it is left out", follow->tail.file);
        follow->has_complained = true;
    }
    switch (result) {
    case TAIL_WAIT:
        return wait_for_more(follow);
    case TAIL_FILE:
        return take_file(follow);
    case TAIL_RECORDS:
        return take_records(follow, records, len);
    default:
        return take_error(follow, result);
    }
}

static int run(struct follow *follow) {
    int result = tail_open(&follow->tail, follow->directory, follow->prefix);
    if (result < 0)
        return take_error(follow, result);
    follow->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC); /* without it we look every LOOK_MS */
    if (follow->inotify >= 0)
        (void)inotify_add_watch(follow->inotify, follow->directory, IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE);
    result = follow->from_now ? tail_skip(&follow->tail) : 0;
    int status = result != 0 ? take_error(follow, result) : GOING_ON;
    while (status == GOING_ON && !is_stopped)
        status = turn(follow);
    pcap_freecode(&follow->program);
    tail_close(&follow->tail);
    if (follow->inotify >= 0)
        close(follow->inotify);
    return status == GOING_ON ? CTL_OK : status;
}

static int take_option(struct follow *follow, int option) {
    switch (option) {
    case OPT_FROM:
        follow->from_now = strcmp(optarg, "now") == 0;
        return follow->from_now || strcmp(optarg, "start") == 0
                   ? CTL_OK
                   : ctl_wrong_usage("follow", "--from takes start or now");
    case OPT_FILTER:
        follow->filter = optarg;
        return CTL_OK;
    case OPT_PREFIX:
        follow->prefix = optarg;
        return *optarg != '\0' ? CTL_OK : ctl_wrong_usage("follow", "--prefix needs the beginning of a file name");
    default:
        return CTL_USAGE;
    }
}

int ctl_follow(int argc, char **argv) {
    struct follow follow = {.directory = CTL_PCAP_DIRECTORY, .inotify = -1};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int status = take_option(&follow, option);
        if (status != CTL_OK)
            return status;
    }
    if (argc - optind > 1)
        return ctl_wrong_usage("follow", "takes one folder");
    if (optind < argc)
        follow.directory = argv[optind];
    if (isatty(STDOUT_FILENO))
        return ctl_wrong_usage("follow", "writes packets, which no terminal can show: tcpwindctl follow | tshark -r -");
    catch_signals();
    return run(&follow);
}
