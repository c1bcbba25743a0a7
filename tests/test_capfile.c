/* SPDX-License-Identifier: MIT */
/* Capture files read by the library: what it makes of every field, and that libpcap makes the same of it. */
#include "capfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build_capture.h"
#include "capture.h"
#include "suites.h"

enum { ETHERNET = 1, COOKED = 113, RAW_IN_FILES = 101, RAW = 12, PACKETS_MAX = 20000, SECOND_SWAPPED = 5 };

struct seen {
    tw_time time;
    uint32_t caplen, wirelen, sum;
    uint32_t origin;
    uint64_t offset;
};

/* All that a reader found. */
struct found {
    struct seen packets[PACKETS_MAX];
    unsigned n;
    int end; /* one of capture.h, also for a file that cannot be opened */
    char problem[CAPTURE_PROBLEM_MAX];
};

static struct cap build;
static struct tw_origins origins;
static struct tw_fetcher fetcher;
static struct found ours, theirs;
static int fd;

static void set_up(void) {
    fetcher = (struct tw_fetcher){.origins = &origins};
    fd = memfd_create("capture", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
}

static void tear_down(void) {
    close(fd);
    cap_fini(&build);
    tw_fetcher_fini(&fetcher);
    tw_origins_fini(&origins);
}

static void write_file(const uint8_t *bytes, size_t len) {
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    for (size_t at = 0; at < len;) {
        ssize_t n = pwrite(fd, bytes + at, len - at, (off_t)at);
        ck_assert_int_gt(n, 0);
        at += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t len) {
    uint32_t sum = 2166136261u;
    for (uint32_t i = 0; i < len; i++) {
        sum = (sum ^ bytes[i]) * 16777619u;
    }
    return sum;
}

static void see(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct found *found = context;
    ck_assert_uint_lt(found->n, PACKETS_MAX);
    found->packets[found->n++] = (struct seen){time, caplen, wirelen, sum_of(bytes, caplen), 0, 0};
}

/* Read everything with ours, out of the descriptor; problems begin with "F: ". Returns whether the format is ours. */
static bool read_ours(int from, struct found *ret) {
    uint8_t head[TW_CAPFILE_HEAD];
    struct tw_capfile *file = NULL;
    struct tw_frame p;
    enum tw_capfile_result result;
    ssize_t len = read(from, head, sizeof head);
    ret->n = 0;
    if (tw_capfile_open(from, head, len > 0 ? (size_t)len : 0, &origins, &file)) {
        return false;
    }
    while ((result = tw_capfile_next(file, &p)) == TW_CAPFILE_PACKET) {
        see(ret, p.time, p.caplen, p.wirelen, p.bytes);
        ret->packets[ret->n - 1].origin = p.origin;
        ret->packets[ret->n - 1].offset = p.offset;
    }
    ret->end = result == TW_CAPFILE_END ? CAPTURE_END : CAPTURE_BROKEN;
    ck_assert(tw_capfile_next(file, &p) == result);
    snprintf(ret->problem, sizeof ret->problem, "F: %s", tw_capfile_problem(file));
    tw_capfile_close(file);
    return true;
}

static void read_theirs(struct found *ret) {
    struct capture *capture = NULL;
    ret->n = 0;
    ret->end = CAPTURE_BROKEN;
    lseek(fd, 0, SEEK_SET);
    uint8_t first;
    size_t n_first = read(fd, &first, 1) == 1;
    if (capture_open_file("F", fd, &first, n_first, "", &capture, ret->problem)) {
        return;
    }
    do {
        ret->end = capture_dispatch(capture, 100, see, ret);
    } while (ret->end >= 0);
    snprintf(ret->problem, sizeof ret->problem, "%s", capture_problem(capture));
    capture_close(capture);
}

static bool read_built(void) {
    write_file(build.bytes, build.len);
    return read_ours(fd, &ours);
}

/* pcap */

/* _i: which of both byte orders, and which of both precisions */
START_TEST(a_record_is_read_in_both_byte_orders_and_precisions) {
    build.is_swapped = _i & 1;
    cap_pcap(&build, _i & 2 ? CAP_NANO : CAP_MICRO, 65535, ETHERNET);
    cap_record(&build, 5, 7, 60, 1500);
    cap_record(&build, UINT32_MAX, 999999, 0, 0);
    ck_assert(read_built());
    ck_assert_int_eq(ours.end, CAPTURE_END);
    ck_assert_uint_eq(ours.n, 2);
    ck_assert_int_eq(ours.packets[0].time, 5 * TW_SECOND + (_i & 2 ? 7 : 7 * TW_US));
    ck_assert_uint_eq(ours.packets[0].caplen, 60);
    ck_assert_uint_eq(ours.packets[0].wirelen, 1500);
    ck_assert_uint_eq(ours.packets[0].sum, sum_of(build.bytes + 40, 60));
    ck_assert_int_eq(ours.packets[1].time, UINT32_MAX * TW_SECOND + (_i & 2 ? 999999 : 999999 * TW_US));
    ck_assert_uint_eq(ours.packets[1].caplen, 0);
    ck_assert_uint_eq(ours.packets[1].offset, 24 + 16 + 60);
    ck_assert_uint_eq(origins.n, 1);
}
END_TEST

static const struct {
    const char *name;
    uint32_t snaplen, caplen, wirelen;
    uint32_t found, found_wire; /* UINT32_MAX: the file is broken there */
} lengths[] = {
    {"nothing captured", 100, 0, 60, 0, 60},
    {"longer captured than on the wire", 100, 60, 40, 60, 60},
    {"as long as the snapshot length", 100, 100, 100, 100, 100},
    {"longer than it: cut", 100, 101, 101, 100, 101},
    {"longer than it, a wire length below: as long as is left", 100, 101, 50, 100, 100},
    {"a snapshot length of 0: none", 0, 5000, 5000, 5000, 5000},
    {"an impossible snapshot length: none", UINT32_MAX, 5000, 5000, 5000, 5000},
    {"the longest of all", 0, 262144, 262144, 262144, 262144},
    {"one byte more", 0, 262145, 262145, UINT32_MAX, 0},
    {"one byte more, below the snapshot length", 300000, 262145, 262145, UINT32_MAX, 0},
    {"one byte more, above the snapshot length", 100, 262145, 262145, UINT32_MAX, 0},
    {"a length with the highest bit", 100, UINT32_MAX, 60, UINT32_MAX, 0},
};

START_TEST(lengths_of_records_have_libpcaps_limits) {
    cap_pcap(&build, CAP_MICRO, lengths[_i].snaplen, ETHERNET);
    bool is_whole = lengths[_i].caplen < 300000;
    cap_record(&build, 1, 2, is_whole ? lengths[_i].caplen : 0, lengths[_i].wirelen);
    memcpy(build.bytes + 32, &lengths[_i].caplen, 4);
    cap_record(&build, 3, 4, 1, 1);
    ck_assert(read_built());
    bool is_broken = lengths[_i].found == UINT32_MAX;
    ck_assert_msg(ours.n == (is_broken ? 0 : 2), "%s: %u, %s", lengths[_i].name, ours.n, ours.problem);
    ck_assert_int_eq(ours.end, is_broken ? CAPTURE_BROKEN : CAPTURE_END);
    ck_assert(is_broken || ours.packets[0].caplen == lengths[_i].found);
    ck_assert(is_broken || ours.packets[0].wirelen == lengths[_i].found_wire);
}
END_TEST

START_TEST(other_formats_are_left_to_others) {
    static const uint8_t gzip[24] = {0x1f, 0x8b, 8};
    cap_pcap(&build, CAP_MICRO, 0, ETHERNET);
    ck_assert(tw_capfile_knows(build.bytes, 24));
    ck_assert(!tw_capfile_knows(build.bytes, 23));
    build.bytes[6] = 3; /* version 2.3 */
    ck_assert(!tw_capfile_knows(build.bytes, 24));
    ck_assert(!tw_capfile_knows(gzip, 24));
    ck_assert(!tw_capfile_knows(NULL, 0));
    ck_assert(!read_built());
}
END_TEST

/* pcapng */

static const struct {
    const char *name;
    int resolution;
    int64_t offset;
    uint64_t stamp;
    tw_time time;
} stamps[] = {
    {"microseconds without saying so", -1, 0, 7, 7 * TW_US},
    {"seconds", 0, 0, 7, 7 * TW_SECOND},
    {"milliseconds", 3, 0, 7, 7 * TW_MS},
    {"nanoseconds", 9, 0, 7, 7},
    {"picoseconds are cut", 12, 0, 7999, 7},
    {"the finest decimal", 19, 0, UINT64_MAX, 1844674407},
    {"1/1024 s", 0x80 | 10, 0, 1024 + 512, TW_SECOND + 500 * TW_MS},
    {"the finest binary", 0x80 | 63, 0, UINT64_MAX, 1999999999},
    {"whole seconds, in binary", 0x80, 0, 7, 7 * TW_SECOND},
    {"an offset", 6, 1000, 7, 1000 * TW_SECOND + 7 * TW_US},
    {"an offset back", 9, -1, TW_SECOND + 5, 5},
    {"before the epoch", 9, -2, TW_SECOND, 0},
    {"the last time that fits", 9, 0, TW_ORIGIN_TIME_MAX, TW_ORIGIN_TIME_MAX},
    {"the first that does not", 9, 0, TW_ORIGIN_TIME_MAX + 1, TW_ORIGIN_TIME_MAX},
    {"the last stamp of all", -1, 0, UINT64_MAX, TW_ORIGIN_TIME_MAX},
    {"the latest offset", 0, INT64_MAX, UINT64_MAX, TW_ORIGIN_TIME_MAX},
    {"the earliest", 9, INT64_MIN, UINT64_MAX, 0},
};

START_TEST(time_stamps_have_the_interfaces_resolution_and_offset) {
    for (int swapped = 0; swapped < 2; swapped++) {
        cap_fini(&build);
        build.is_swapped = swapped;
        cap_section(&build);
        cap_interface(&build, ETHERNET, 0, stamps[_i].resolution, stamps[_i].offset);
        cap_enhanced(&build, 0, stamps[_i].stamp, 5, 5);
        cap_old(&build, 0, stamps[_i].stamp, 5, 5);
        ck_assert(read_built());
        ck_assert_uint_eq(ours.n, 2);
        ck_assert_msg(ours.packets[0].time == stamps[_i].time, "%s: %lld", stamps[_i].name,
                      (long long)ours.packets[0].time);
        ck_assert_int_eq(ours.packets[1].time, stamps[_i].time);
    }
}
END_TEST

/* A file with all there is: two sections of different byte orders, interfaces of all kinds. */
static void build_all(void) {
    cap_section(&build);
    cap_interface(&build, ETHERNET, 100, -1, 0);
    cap_interface(&build, RAW_IN_FILES, 0, 9, 0);
    cap_enhanced(&build, 1, 1, 150, 1500);
    cap_block(&build, 0x0bad); /* nobody knows it */
    cap_packet_bytes(&build, 33);
    cap_block_end(&build);
    cap_enhanced(&build, 0, 2, 99, 100);
    cap_simple(&build, 100, 1000);
    cap_simple(&build, 7, 7);
    cap_old(&build, 1, 3, 1, 2);
    build.is_swapped = !build.is_swapped;
    cap_section(&build);
    cap_interface(&build, COOKED, 65535, 0x80 | 10, 0);
    cap_enhanced(&build, 0, 1024, 50, 50);
    cap_enhanced(&build, 0, 2048, 0, 0);
}

static const struct {
    tw_time time;
    uint32_t caplen, wirelen, origin;
} all[] = {{1, 150, 1500, 1}, {2000, 99, 100, 0},     {0, 100, 1000, 0},       {0, 7, 7, 0},
           {3, 1, 2, 1},      {TW_SECOND, 50, 50, 2}, {2 * TW_SECOND, 0, 0, 2}};

static void check_all(unsigned n) {
    static const int types[] = {ETHERNET, RAW, COOKED};
    ck_assert_uint_le(n, 7);
    ck_assert_uint_eq(ours.n, n);
    for (unsigned i = 0; i < n; i++) {
        ck_assert_int_eq(ours.packets[i].time, all[i].time);
        ck_assert_uint_eq(ours.packets[i].caplen, all[i].caplen);
        ck_assert_uint_eq(ours.packets[i].wirelen, all[i].wirelen);
        ck_assert_uint_eq(ours.packets[i].origin, all[i].origin);
        ck_assert_int_eq(tw_origins_at(&origins, all[i].origin)->dlt, types[all[i].origin]);
    }
}

START_TEST(sections_and_interfaces_may_differ) {
    build.is_swapped = _i;
    build_all();
    ck_assert(read_built());
    ck_assert_int_eq(ours.end, CAPTURE_END);
    check_all(7);
}
END_TEST

/* Cut at _i times 16 bytes and the 15 after. */
START_TEST(a_file_cut_at_any_byte_is_read_up_to_there) {
    static size_t ends[7];
    build_all();
    ck_assert(read_built());
    for (unsigned i = 0; i < 7; i++) {
        uint32_t len;
        memcpy(&len, build.bytes + ours.packets[i].offset + 4, 4);
        ends[i] = ours.packets[i].offset + (i >= SECOND_SWAPPED ? __builtin_bswap32(len) : len);
    }
    for (size_t len = 12; len < build.len; len++) {
        unsigned n = 0;
        while (n < 7 && ends[n] <= len) {
            n++;
        }
        tw_origins_fini(&origins);
        write_file(build.bytes, len);
        ck_assert(read_ours(fd, &ours));
        check_all(n);
        ck_assert(
            ours.end == CAPTURE_END || strstr(ours.problem, "truncated pcapng dump file; tried to read ") ||
            strstr(ours.problem, "no Interface Description") ||
            strstr(ours.problem, "pcapng block size ") /* of a section that does not say its byte order any more */);
        ck_assert(n == 0 || ends[n - 1] != len || ours.end == CAPTURE_END);
    }
}
END_TEST

/* Fetching */

/* How many of the packets are still there, and the same. */
static unsigned fetch_all(void) {
    unsigned n = 0;
    for (unsigned i = 0; i < ours.n; i++) {
        const struct seen *seen = &ours.packets[i];
        struct tw_ring_entry entry = {.offset = seen->offset, .origin = seen->origin, .caplen = seen->caplen & 0x7ffff};
        struct tw_ring_packet packet;
        if (tw_fetcher_fetch(&fetcher, &entry, &packet)) {
            n += packet.time == seen->time && packet.wirelen == seen->wirelen &&
                 sum_of(packet.bytes, entry.caplen) == seen->sum;
        }
    }
    return n;
}

/* _i: pcap and pcapng in both byte orders */
static void build_kind(int kind) {
    build.is_swapped = kind & 1;
    if (kind & 2) {
        build_all();
        return;
    }
    cap_pcap(&build, CAP_MICRO, 100, ETHERNET);
    cap_record(&build, 1, 2, 60, 1500);
    cap_record(&build, 3, 4, 101, 60); /* above the snapshot length */
    cap_record(&build, 5, 6, 0, 0);
    cap_record(&build, UINT32_MAX, UINT32_MAX, 100, 100);
}

START_TEST(every_packet_is_fetched_again_as_it_was) {
    build_kind(_i);
    ck_assert(read_built());
    ck_assert_uint_eq(fetch_all(), _i & 2 ? 7 : 4);
    ck_assert_uint_eq(fetcher.lost, 0);
}
END_TEST

START_TEST(a_part_of_a_packet_is_fetched) {
    build_kind(_i);
    ck_assert(read_built());
    struct tw_ring_entry entry = {.offset = ours.packets[0].offset, .origin = ours.packets[0].origin, .caplen = 40};
    struct tw_ring_packet packet;
    ck_assert(tw_fetcher_fetch(&fetcher, &entry, &packet));
    ck_assert_int_eq(packet.time, ours.packets[0].time);
    ck_assert_uint_eq(packet.wirelen, 1500);
    ck_assert_uint_eq(sum_of(packet.bytes, 40), sum_of(build.bytes + entry.offset + (_i & 2 ? 28 : 16), 40));
}
END_TEST

START_TEST(what_a_shrunken_file_does_not_hold_is_lost) {
    build_kind(_i);
    ck_assert(read_built());
    unsigned before = fetch_all();
    for (size_t len = build.len; len-- > 0;) {
        uint64_t lost = fetcher.lost;
        ck_assert_int_eq(ftruncate(fd, (off_t)len), 0);
        unsigned n = fetch_all();
        ck_assert_uint_le(n, before);
        ck_assert_uint_eq(fetcher.lost - lost, ours.n - n);
        before = n;
    }
    ck_assert_uint_eq(before, 0);
}
END_TEST

START_TEST(an_overwritten_file_gives_no_packet_or_another_one) {
    build_kind(_i);
    ck_assert(read_built());
    for (int byte = 0; byte < 256; byte += 51) {
        memset(build.bytes, byte, build.len);
        write_file(build.bytes, build.len);
        ck_assert_uint_lt(fetch_all(), ours.n);
    }
}
END_TEST

/* Pipes */

static pid_t feed_pipe(const int ends[2], size_t step) {
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < build.len; at += step) {
            size_t n = build.len - at < step ? build.len - at : step;
            if (write(ends[1], build.bytes + at, n) != (ssize_t)n) {
                _exit(1);
            }
        }
        _exit(0);
    }
    close(ends[1]);
    return child;
}

/* Read what was built out of a file, and out of a pipe in steps of so many bytes: both must be the same. */
static void compare_with_pipe(size_t step) {
    static struct found from_file;
    int ends[2];
    ck_assert(read_built());
    from_file = ours;
    tw_origins_fini(&origins);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = feed_pipe(ends, step);
    ck_assert(read_ours(ends[0], &ours));
    close(ends[0]); /* what is broken is not read to its end */
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_eq(ours.n, from_file.n);
    ck_assert_int_eq(ours.end, from_file.end);
    ck_assert_str_eq(ours.problem, from_file.problem);
    ck_assert_int_eq(memcmp(ours.packets, from_file.packets, ours.n * sizeof ours.packets[0]), 0);
}

START_TEST(a_pipe_is_read_like_a_file) {
    build_kind(_i);
    cap_record(&build, 0, 0, 262144, 262144); /* larger than the pipe; in pcapng the file is broken here */
    compare_with_pipe(24);
}
END_TEST

/* _i: whether pcapng, and how much is cut off its end. In it a block is larger than what is read ahead at a time. */
START_TEST(a_large_file_is_read_ahead_and_as_a_pipe_is) {
    static const size_t cuts[] = {0, 1, 20, 1000};
    unsigned seed = 5;
    bool is_ng = _i % 2;
    if (is_ng) {
        cap_section(&build);
        cap_interface(&build, ETHERNET, 262144, -1, 0);
    } else {
        cap_pcap(&build, CAP_MICRO, 262144, ETHERNET);
    }
    for (uint32_t i = 0; build.len < 12 << 20; i++) {
        uint32_t caplen = i % 200 == 7 ? 262144 - i : (uint32_t)rand_r(&seed) % 1500;
        if (is_ng && i == 3000) {
            cap_block(&build, 0x0bad);
            cap_packet_bytes(&build, 3 << 20);
            cap_block_end(&build);
        }
        if (is_ng) {
            cap_enhanced(&build, 0, i, caplen, caplen);
        } else {
            cap_record(&build, i, 0, caplen, caplen);
        }
    }
    build.len -= cuts[_i / 2];
    compare_with_pipe(50000);
    ck_assert_uint_gt(ours.n, 3000);
    ck_assert_int_eq(ours.end, _i < 2 ? CAPTURE_END : CAPTURE_BROKEN);
    tw_origins_fini(&origins);
    ck_assert(read_built()); /* once more, since a pipe's packets cannot be fetched */
    ck_assert_uint_eq(fetch_all(), ours.n);
}
END_TEST

static void on_alarm(int number) {
    (void)number;
}

/* The pipe has all but the last _i bytes when the signal comes. */
START_TEST(a_signal_while_waiting_loses_nothing) {
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval again_and_again = {{.tv_usec = 20000}, {.tv_usec = 20000}}, never = {0};
    struct tw_capfile *file = NULL;
    struct tw_frame packet;
    int ends[2];
    cap_section(&build);
    cap_interface(&build, ETHERNET, 0, -1, 0);
    cap_section(&build);
    cap_interface(&build, ETHERNET, 0, -1, 0);
    cap_enhanced(&build, 0, 1, 4, 4);
    sigaction(SIGALRM, &action, NULL);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], build.bytes + 24, build.len - 24 - (size_t)_i),
                     (ssize_t)(build.len - 24 - (size_t)_i));
    ck_assert_int_eq(tw_capfile_open(ends[0], build.bytes, 24, &origins, &file), 0);
    setitimer(ITIMER_REAL, &again_and_again, NULL); /* the first may come before the reading has begun */
    ck_assert_int_eq(tw_capfile_next(file, &packet), TW_CAPFILE_AGAIN);
    setitimer(ITIMER_REAL, &never, NULL);
    ck_assert_int_eq(write(ends[1], build.bytes + build.len - _i, (size_t)_i), _i);
    close(ends[1]);
    ck_assert_int_eq(tw_capfile_next(file, &packet), TW_CAPFILE_PACKET);
    ck_assert_uint_eq(packet.caplen, 4);
    ck_assert_int_eq(tw_capfile_next(file, &packet), TW_CAPFILE_END);
    tw_capfile_close(file);
    close(ends[0]);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_broken) {
    struct tw_capfile *file = NULL;
    struct tw_frame packet;
    cap_pcap(&build, CAP_MICRO, 0, ETHERNET);
    ck_assert_int_eq(tw_capfile_open(-1, build.bytes, 24, &origins, &file), 0);
    ck_assert_int_eq(tw_capfile_next(file, &packet), TW_CAPFILE_BROKEN);
    ck_assert_str_eq(tw_capfile_problem(file), "error reading dump file: Bad file descriptor");
    tw_capfile_close(file);
}
END_TEST

/* Beside libpcap */

/* Times that libpcap 1.10 does not make sense of: its sums overflow, or it takes a fraction for negative. */
static bool is_doubtful(const struct seen *seen, const uint8_t *bytes) {
    const struct tw_origin *origin = tw_origins_at(&origins, seen->origin);
    if (origin->is_ng) {
        return origin->units < 1000 || origin->units > UINT64_C(1) << 34 || llabs(origin->offset) > INT64_MAX / 4;
    }
    return tw_file_u32(origin->is_swapped, bytes + seen->offset + 4) > INT32_MAX;
}

/* libpcap turns round the headers of USB and NFLOG packets, which are not decoded here. */
static bool is_rewritten(const struct seen *seen) {
    const struct tw_origin *origin = tw_origins_at(&origins, seen->origin);
    return origin->is_swapped && origin->dlt != ETHERNET;
}

/* What libpcap stops at and we do not. */
static bool is_refusal(void) {
    return theirs.end == CAPTURE_REFUSED || strstr(theirs.problem, "different byte orders");
}

static void compare(const char *name, const uint8_t *bytes, size_t len) {
    tw_origins_fini(&origins);
    write_file(bytes, len);
    if (!read_ours(fd, &ours)) {
        return;
    }
    read_theirs(&theirs);
    ck_assert_msg(ours.n == theirs.n || (ours.n > theirs.n && is_refusal()),
                  "%s, %zu bytes: %u packets (%s), not %u (%s)", name, len, ours.n, ours.problem, theirs.n,
                  theirs.problem);
    for (unsigned i = 0; i < theirs.n; i++) {
        const struct seen *a = &ours.packets[i], *b = &theirs.packets[i];
        ck_assert_msg(a->time == b->time || is_doubtful(a, bytes), "%s: time of packet %u: %lld, not %lld", name, i,
                      (long long)a->time, (long long)b->time);
        ck_assert_msg(a->caplen == b->caplen && a->wirelen == b->wirelen && (a->sum == b->sum || is_rewritten(a)),
                      "%s: packet %u: %u of %u, not %u of %u", name, i, a->caplen, a->wirelen, b->caplen, b->wirelen);
    }
    if (!is_refusal()) {
        ck_assert_msg(ours.end == theirs.end, "%s, %zu bytes: %s / %s", name, len, ours.problem, theirs.problem);
        ck_assert_msg(ours.end == CAPTURE_END || strcmp(ours.problem, theirs.problem) == 0, "%s, %zu bytes: %s / %s",
                      name, len, ours.problem, theirs.problem);
    }
}

/* A file that libpcap reads whole. */
static void build_plain(int kind) {
    build.is_swapped = kind & 1;
    if (!(kind & 4)) {
        cap_pcap(&build, kind & 2 ? CAP_NANO : CAP_MICRO, 100, ETHERNET);
        cap_record(&build, 1700000000, 2, 60, 1500);
        cap_record(&build, 1700000001, 999999, 101, 60);
        cap_record(&build, 0, 0, 0, 0);
        return;
    }
    cap_section(&build);
    cap_interface(&build, ETHERNET, 100, kind & 2 ? 9 : -1, 0);
    cap_interface(&build, ETHERNET, 100, kind & 2 ? 0x80 | 10 : 3, kind & 2 ? -5 : 1000);
    cap_enhanced(&build, 1, UINT64_C(1700000000000), 99, 1500);
    cap_simple(&build, 100, 1500);
    cap_block(&build, 5);
    cap_packet_bytes(&build, 30);
    cap_block_end(&build);
    cap_old(&build, 0, UINT64_C(1700000000000000), 33, 32);
    cap_section(&build);
    cap_interface(&build, ETHERNET, 100, -1, 0);
    cap_enhanced(&build, 0, UINT64_C(1700000000000000), 0, 0);
}

START_TEST(cut_anywhere_it_is_as_with_libpcap) {
    build_plain(_i);
    for (size_t len = 0; len <= build.len; len++) {
        compare("cut", build.bytes, len);
    }
}
END_TEST

static unsigned seed;

static uint32_t random_below(uint32_t n) {
    return (uint32_t)rand_r(&seed) % n;
}

static void mutate(uint8_t *bytes, size_t len) {
    static const uint8_t favourites[] = {0, 1, 4, 0x7f, 0x80, 0xff, 12, 28, 99, 100, 101};
    for (uint32_t n = 1 + random_below(3); n > 0; n--) {
        size_t at = random_below((uint32_t)len);
        bytes[at] = random_below(2) ? favourites[random_below(sizeof favourites)] : (uint8_t)random_below(256);
    }
}

START_TEST(with_any_bytes_changed_it_is_as_with_libpcap) {
    char name[64];
    build_plain(_i);
    uint8_t *bytes = malloc(build.len);
    for (unsigned round = 0; round < 3000; round++) {
        unsigned first = seed = (unsigned)time(NULL) * 8000 + round + (unsigned)_i * 100000;
        memcpy(bytes, build.bytes, build.len);
        mutate(bytes, build.len);
        snprintf(name, sizeof name, "kind %d, seed %u", _i, first);
        compare(name, bytes, build.len);
    }
    free(bytes);
}
END_TEST

START_TEST(a_block_larger_than_the_buffer_is_as_with_libpcap) {
    cap_section(&build);
    cap_interface(&build, ETHERNET, 0, -1, 0);
    cap_enhanced(&build, 0, 1, 5, 5);
    cap_block(&build, 10);
    cap_packet_bytes(&build, (uint32_t)_i << 20);
    cap_block_end(&build);
    cap_enhanced(&build, 0, 2, 262144, 262144);
    cap_enhanced(&build, 0, 3, 262145, 262145);
    compare("large blocks", build.bytes, build.len);
    ck_assert_uint_eq(ours.n, _i < 16 ? 2 : 1);
    ck_assert_int_eq(ours.end, CAPTURE_BROKEN);
}
END_TEST

/* What can be wrong with an option of an interface. */
static const struct {
    const char *name;
    uint16_t code, len;
    const char *value;
    const char *words; /* "": nothing */
} options[] = {
    {"a resolution of two bytes", 9, 2, "\6\0", "if_tsresol option with length 2 != 1"},
    {"a resolution of no bytes", 9, 0, "", "if_tsresol option with length 0 != 1"},
    {"the finest decimal resolution", 9, 1, "\x13", ""},
    {"a finer one", 9, 1, "\x14", "10^-20 is too high"},
    {"the finest binary resolution", 9, 1, "\xbf", ""},
    {"a finer one, binary", 9, 1, "\xc0", "2^-64 is too high"},
    {"an offset of four bytes", 14, 4, "\0\0\0\0", "if_tsoffset option with length 4 != 8"},
    {"an end with a value", 0, 4, "\0\0\0\0", "opt_endofopt option with length 4 != 0"},
    {"one that nobody knows", 77, 3, "abc", ""},
};

START_TEST(options_are_as_with_libpcap) {
    for (int twice = 1; twice <= 2; twice++) {
        cap_fini(&build);
        cap_section(&build);
        cap_block(&build, 1);
        cap_u32(&build, ETHERNET);
        cap_u32(&build, 0);
        for (int i = 0; i < twice; i++) {
            cap_option(&build, options[_i].code, options[_i].value, options[_i].len);
        }
        cap_block_end(&build);
        cap_enhanced(&build, 0, 1, 4, 4);
        compare(options[_i].name, build.bytes, build.len);
        ck_assert_msg(strstr(ours.problem, options[_i].words), "%s: %s", options[_i].name, ours.problem);
        ck_assert_int_eq(ours.n, !*options[_i].words && (twice == 1 || options[_i].code != 9));
    }
}
END_TEST

/* An interface block is cut short after _i bytes of its options. */
START_TEST(options_cut_short_are_as_with_libpcap) {
    cap_section(&build);
    cap_block(&build, 1);
    cap_u32(&build, ETHERNET);
    cap_u32(&build, 0);
    cap_option(&build, 9, "\6", 1);
    cap_option(&build, 14, "\0\0\0\0\0\0\0\1", 8);
    build.len -= 20 - (size_t)_i * 4;
    cap_block_end(&build);
    cap_enhanced(&build, 0, 1, 4, 4);
    compare("cut options", build.bytes, build.len);
    ck_assert_int_eq(ours.n, _i == 0 || _i == 2 || _i == 5);
}
END_TEST

static void compare_folder(const char *folder) {
    static uint8_t bytes[4 << 20];
    char path[512];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = strstr(entry->d_name, ".pcap") ? fopen(path, "rb") : NULL;
        if (!file) {
            continue;
        }
        size_t len = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        compare(entry->d_name, bytes, len);
        ck_assert_msg(ours.n == fetch_all(), "%s", entry->d_name);
        for (size_t cut = 0; len < 10000 && cut < len; cut++) {
            compare(entry->d_name, bytes, cut);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

START_TEST(captures_of_others_are_as_with_libpcap) {
    compare_folder("tests/captures");
    compare_folder("../shared/captures");
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof(table)[0]))

static TCase *add_case(Suite *suite, const char *name) {
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_capfile(void) {
    Suite *suite = suite_create("capfile");
    TCase *reading = add_case(suite, "reading");
    tcase_add_loop_test(reading, a_record_is_read_in_both_byte_orders_and_precisions, 0, 4);
    tcase_add_loop_test(reading, lengths_of_records_have_libpcaps_limits, 0, N(lengths));
    tcase_add_test(reading, other_formats_are_left_to_others);
    tcase_add_loop_test(reading, time_stamps_have_the_interfaces_resolution_and_offset, 0, N(stamps));
    tcase_add_loop_test(reading, sections_and_interfaces_may_differ, 0, 2);
    tcase_add_test(reading, a_file_cut_at_any_byte_is_read_up_to_there);
    TCase *fetching = add_case(suite, "fetching");
    tcase_add_loop_test(fetching, every_packet_is_fetched_again_as_it_was, 0, 4);
    tcase_add_loop_test(fetching, a_part_of_a_packet_is_fetched, 0, 4);
    tcase_add_loop_test(fetching, what_a_shrunken_file_does_not_hold_is_lost, 0, 4);
    tcase_add_loop_test(fetching, an_overwritten_file_gives_no_packet_or_another_one, 0, 4);
    TCase *pipes = add_case(suite, "pipes");
    tcase_add_loop_test(pipes, a_pipe_is_read_like_a_file, 0, 4);
    tcase_add_loop_test(pipes, a_large_file_is_read_ahead_and_as_a_pipe_is, 0, 8);
    tcase_add_loop_test(pipes, a_signal_while_waiting_loses_nothing, 1, 97);
    tcase_add_test(pipes, a_file_that_cannot_be_read_is_broken);
    TCase *libpcap = add_case(suite, "beside libpcap");
    tcase_add_loop_test(libpcap, cut_anywhere_it_is_as_with_libpcap, 0, 8);
    tcase_add_loop_test(libpcap, with_any_bytes_changed_it_is_as_with_libpcap, 0, 8);
    tcase_add_loop_test(libpcap, a_block_larger_than_the_buffer_is_as_with_libpcap, 1, 17);
    tcase_add_loop_test(libpcap, options_are_as_with_libpcap, 0, N(options));
    tcase_add_loop_test(libpcap, options_cut_short_are_as_with_libpcap, 0, 6);
    tcase_add_test(libpcap, captures_of_others_are_as_with_libpcap);
    return suite;
}
