/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "packet.h"

enum { FDS_BESIDE = 64 /* that the rest of the program needs */ };

struct reader {
    struct readers *all;
    const char *path;        /* borrowed */
    struct capture *capture; /* NULL: a plain file */
    struct tw_capfile *plain;
    uint64_t size;
    uint32_t origin; /* of the last packet; the session knows it */
    bool has_origin;
    char problem[CAPTURE_PROBLEM_MAX];
};

/* The descriptor of a regular file at its beginning; -1: it is none, or cannot be opened. */
static int open_regular(const char *path, uint64_t *ret_size) {
    struct stat st;
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        return -1;
    }
    if (fd >= 0) {
        *ret_size = (uint64_t)st.st_size;
    }
    return fd;
}

static bool is_plain(const char *path) {
    struct tw_origins origins = {0};
    struct tw_capfile *file = NULL;
    uint64_t size;
    int fd = open_regular(path, &size);
    bool ok = fd >= 0 && tw_capfile_open(fd, &origins, &file) == 0;
    tw_capfile_close(file);
    tw_origins_fini(&origins);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Every plain file stays open to the end. */
static bool have_descriptors(size_t n) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) {
        return false;
    }
    if (n + FDS_BESIDE > limit.rlim_cur) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    return n + FDS_BESIDE <= limit.rlim_cur;
}

bool readers_init(struct readers *ret, const char *const *paths, size_t n, const char *filter) {
    *ret = (struct readers){.filter = filter, .is_plain = !*filter && have_descriptors(n)};
    for (size_t i = 0; i < n && ret->is_plain; i++) {
        /* one that is not there is said when its turn comes, whoever reads */
        ret->is_plain = is_plain(paths[i]) || (strcmp(paths[i], "-") && access(paths[i], R_OK));
    }
    ret->fds = calloc(n, sizeof *ret->fds);
    return ret->fds;
}

void readers_fini(struct readers *readers) {
    for (size_t i = 0; i < readers->n_fds; i++) {
        close(readers->fds[i]);
    }
    free(readers->fds);
    tw_origins_fini(&readers->origins);
}

static int open_plain(struct reader *reader, char *problem) {
    struct readers *all = reader->all;
    int fd = open_regular(reader->path, &reader->size);
    if (fd < 0) {
        (void)snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s", reader->path, errno ? strerror(errno) : "is no file");
        return CAPTURE_EOPEN;
    }
    all->fds[all->n_fds++] = fd;
    int err = tw_capfile_open(fd, &all->origins, &reader->plain);
    if (err) {
        (void)snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s", reader->path,
                       err == -ENOTSUP ? "is no capture file any more" : tw_strerror(err));
        return CAPTURE_EOPEN;
    }
    return 0;
}

int reader_open(struct readers *readers, const char *path, struct reader **ret, char *problem) {
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        (void)snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: no memory", path);
        return CAPTURE_EOPEN;
    }
    reader->all = readers;
    reader->path = path;
    int err = readers->is_plain ? open_plain(reader, problem)
                                : capture_open_file(path, readers->filter, &reader->capture, problem);
    if (err) {
        reader_close(reader);
        return err;
    }
    *ret = reader;
    return 0;
}

void reader_close(struct reader *reader) {
    if (reader) {
        capture_close(reader->capture);
        tw_capfile_close(reader->plain);
        free(reader);
    }
}

int reader_link_type(const struct reader *reader) {
    return reader->capture ? capture_link_type(reader->capture) : tw_capfile_first(reader->plain)->dlt;
}

uint32_t reader_snaplen(const struct reader *reader) {
    uint32_t snaplen = reader->capture ? capture_snaplen(reader->capture) : tw_capfile_first(reader->plain)->snaplen;
    return snaplen && snaplen < CAPTURE_BYTES_MAX ? snaplen : CAPTURE_BYTES_MAX;
}

/* The packet's interface is another than the one before: say so. Returns false when it cannot be decoded. */
static bool change_origin(struct reader *reader, uint32_t number, struct session *session) {
    const struct tw_origin *origin = &reader->all->origins.list[number];
    if (tw_engine_source(session->engine, origin->dlt, origin->snaplen)) {
        (void)snprintf(reader->problem, sizeof reader->problem, "%s: packets of link type %s (%d) cannot be decoded",
                       reader->path, capture_link_name(origin->dlt), origin->dlt);
        return false;
    }
    reader->origin = number;
    reader->has_origin = true;
    return true;
}

static int end_of_plain(struct reader *reader, enum tw_capfile_result result, int fed) {
    if (result == TW_CAPFILE_END) {
        return fed ? fed : CAPTURE_END;
    }
    (void)snprintf(reader->problem, sizeof reader->problem, "%s: %s", reader->path,
                   result == TW_CAPFILE_NO_MEMORY ? "no memory" : tw_capfile_problem(reader->plain));
    return CAPTURE_BROKEN;
}

static int dispatch_plain(struct reader *reader, int max, struct session *session) {
    struct tw_capfile_packet packet;
    for (int n = 0; n < max; n++) {
        enum tw_capfile_result result = tw_capfile_next(reader->plain, &packet);
        if (result != TW_CAPFILE_PACKET) {
            return end_of_plain(reader, result, n);
        }
        if ((!reader->has_origin || packet.origin != reader->origin) &&
            !change_origin(reader, packet.origin, session)) {
            return CAPTURE_REFUSED;
        }
        session->packets++;
        tw_engine_feed(session->engine, &(struct tw_engine_packet){packet.time, packet.caplen, packet.wirelen,
                                                                   packet.bytes, packet.origin, packet.offset});
    }
    return max;
}

int reader_dispatch(struct reader *reader, int max, struct session *session) {
    return reader->capture ? capture_dispatch(reader->capture, max, session_feed, session)
                           : dispatch_plain(reader, max, session);
}

const char *reader_problem(struct reader *reader) {
    return reader->capture ? capture_problem(reader->capture) : reader->problem;
}

void reader_position(struct reader *reader, uint64_t *ret_done, uint64_t *ret_size) {
    if (reader->capture) {
        capture_position(reader->capture, ret_done, ret_size);
        return;
    }
    *ret_done = tw_capfile_position(reader->plain);
    *ret_size = reader->size;
}
