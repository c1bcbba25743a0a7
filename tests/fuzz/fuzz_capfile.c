/* SPDX-License-Identifier: MIT */
/*
 * fuzz_capfile.c — any bytes as a capture file: read from a file and from a pipe it is the same, every packet is within
 * its bounds and can be fetched again, and of pcap it makes the same packets as libpcap.
 */
#include "capfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIPE_ROOM = 60000, HASH_PRIME = 16777619 };

/* All that was read, and how it ended. */
struct found {
    uint64_t n;
    uint32_t lengths, rest; /* sums of what was found, in order */
    bool is_whole;
    char problem[CAPTURE_PROBLEM_MAX];
};

static void add(uint32_t *sum, const void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        *sum = (*sum ^ ((const uint8_t *)bytes)[i]) * HASH_PRIME;
    }
}

static void see(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct found *found = context;
    found->n++;
    add(&found->lengths, &caplen, sizeof(caplen));
    add(&found->lengths, &wirelen, sizeof(wirelen));
    add(&found->rest, &time, sizeof(time));
    add(&found->rest, bytes, caplen);
}

static void check_fetch(const struct tw_origins *origins, const struct tw_frame *frame) {
    struct tw_ring_entry entry = {
        .offset = frame->offset, .origin = frame->origin, .caplen = (uint32_t)frame->caplen & 0x7ffff};
    struct tw_ring_packet packet;
    struct tw_fetcher fetcher = {.origins = origins};
    if (frame->origin >= origins->n || !tw_fetcher_fetch(&fetcher, &entry, &packet) || packet.time != frame->time ||
        packet.wirelen != frame->wirelen || memcmp(packet.bytes, frame->bytes, frame->caplen) != 0) {
        abort();
    }
    tw_fetcher_fini(&fetcher);
}

/* Returns whether the format is ours. */
static bool read_ours(int fd, bool is_file, struct found *ret) {
    uint8_t head[TW_CAPFILE_HEAD];
    struct tw_origins origins = {0};
    struct tw_capfile *file = NULL;
    struct tw_frame frame;
    enum tw_capfile_result result;
    ssize_t len = read(fd, head, sizeof(head));
    *ret = (struct found){.n = 0};
    if (len < 0 || tw_capfile_open(fd, head, (size_t)len, &origins, &file) != 0) {
        tw_origins_fini(&origins);
        return false;
    }
    while ((result = tw_capfile_next(file, &frame)) == TW_CAPFILE_PACKET) {
        if (frame.caplen > TW_ORIGIN_CAPLEN_MAX || frame.wirelen < frame.caplen || frame.time < 0) {
            abort();
        }
        see(ret, frame.time, frame.caplen, frame.wirelen, frame.bytes);
        if (is_file) {
            check_fetch(&origins, &frame);
        }
    }
    ret->is_whole = result == TW_CAPFILE_END;
    snprintf(ret->problem, sizeof(ret->problem), "F: %s", ret->is_whole ? "" : tw_capfile_problem(file));
    tw_capfile_close(file);
    tw_origins_fini(&origins);
    return true;
}

static void check_same(const struct found *found, const struct found *want) {
    if (found->n != want->n || found->lengths != want->lengths || found->is_whole != want->is_whole ||
        strcmp(found->problem, want->problem) != 0) {
        abort();
    }
}

static void check_pipe(const uint8_t *data, size_t size, const struct found *want) {
    struct found found;
    int ends[2];
    if (size > PIPE_ROOM || pipe(ends) != 0) {
        return;
    }
    if (write(ends[1], data, size) != (ssize_t)size || close(ends[1]) != 0 || !read_ours(ends[0], false, &found)) {
        abort();
    }
    close(ends[0]);
    check_same(&found, want);
    if (found.rest != want->rest) {
        abort();
    }
}

/* Some times and headers libpcap 1.10 gets wrong (tests/test_capfile.c). */
static void check_libpcap(int fd, const struct found *want) {
    struct found found = {.n = 0};
    struct capture *capture = NULL;
    int result;
    (void)lseek(fd, 0, SEEK_SET);
    if (capture_open_file("F", fd, (const uint8_t *)"", 0, "", &capture, found.problem) != 0) {
        return;
    }
    do {
        result = capture_dispatch(capture, 100, see, &found);
    } while (result >= 0);
    found.is_whole = result == CAPTURE_END;
    snprintf(found.problem, sizeof(found.problem), "%s", found.is_whole ? "F: " : capture_problem(capture));
    capture_close(capture);
    check_same(&found, want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int fd = -1;
    struct found found;
    if (fd < 0 && (fd = memfd_create("capture", MFD_CLOEXEC)) < 0) {
        return 0;
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size) {
        abort();
    }
    (void)lseek(fd, 0, SEEK_SET);
    if (read_ours(fd, true, &found)) {
        check_pipe(data, size, &found);
        if (data[0] != 0x0a) {
            check_libpcap(fd, &found);
        }
    }
    return 0;
}
