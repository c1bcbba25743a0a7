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

#include "capfile.h"
#include "err.h"
#include "packet.h"

enum { FDS_BESIDE = 64 /* that the rest of the program needs */ };

struct reader {
    struct readers *all;
    const char *path; /* borrowed */
    int fd;
    bool is_regular;
    uint64_t size;           /* of a regular file when it was opened; else 0 */
    struct capture *capture; /* NULL: read by the library */
    struct tw_capfile *plain;
    struct capture_filter *filter; /* for packets like the last one; NULL: none */
    struct tw_origin like;         /* the last packet's, which the session knows; valid with has_like */
    uint32_t origin;               /* its number */
    bool has_like;
    char problem[CAPTURE_PROBLEM_MAX];
};

/* Inputs. */

/* The first bytes of an input. Returns how many there are, or -errno. */
static ssize_t read_head(int fd, uint8_t head[TW_CAPFILE_HEAD]) {
    size_t len = 0;
    ssize_t got = 1;
    while (got && len < TW_CAPFILE_HEAD) {
        got = read(fd, head + len, TW_CAPFILE_HEAD - len);
        if (got < 0) {
            return -errno;
        }
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* Whether an input can be fetched from. One that cannot be opened is said when its turn comes, whoever reads. */
static bool can_stay(const char *path) {
    uint8_t head[TW_CAPFILE_HEAD];
    struct stat st;
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode))) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return true;
    }
    ssize_t len = read_head(fd, head);
    close(fd);
    return len > 0 && tw_capfile_knows(head, (size_t)len);
}

/* Every file stays open to the end. */
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
    *ret = (struct readers){.filter = filter, .stay = have_descriptors(n)};
    ret->reading = (struct tw_fetcher){.origins = &ret->origins};
    ret->writing = (struct tw_fetcher){.origins = &ret->origins};
    for (size_t i = 0; i < n && ret->stay; i++) {
        ret->stay = can_stay(paths[i]);
    }
    ret->fds = calloc(n, sizeof *ret->fds);
    return ret->fds;
}

uint64_t readers_lost(const struct readers *readers) {
    return readers->reading.lost + readers->writing.lost;
}

void readers_fini(struct readers *readers) {
    for (size_t i = 0; i < readers->n_fds; i++) {
        close(readers->fds[i]);
    }
    free(readers->fds);
    tw_fetcher_fini(&readers->reading);
    tw_fetcher_fini(&readers->writing);
    tw_origins_fini(&readers->origins);
}

/* One input. */

static int cannot_open(const struct reader *reader, const char *why, char *problem) {
    (void)snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: %s", reader->path, why);
    return CAPTURE_EOPEN;
}

static int open_input(struct reader *reader, char *problem) {
    struct stat st;
    reader->fd = strcmp(reader->path, "-") ? open(reader->path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (reader->fd < 0 || fstat(reader->fd, &st)) {
        return cannot_open(reader, strerror(errno), problem);
    }
    if (S_ISDIR(st.st_mode)) {
        return cannot_open(reader, "is a folder, must be a capture file", problem);
    }
    reader->is_regular = S_ISREG(st.st_mode);
    reader->size = reader->is_regular ? (uint64_t)st.st_size : 0;
    return 0;
}

static int compile(struct reader *reader, const struct tw_origin *origin, char *problem) {
    struct capture_filter *filter = NULL;
    if (!*reader->all->filter) {
        return 0;
    }
    int err = capture_filter_create(reader->all->filter, origin->dlt, tw_origin_snaplen(origin), &filter, reader->path,
                                    problem);
    if (!err) {
        capture_filter_destroy(reader->filter);
        reader->filter = filter;
    }
    return err;
}

static int open_plain(struct reader *reader, const uint8_t *head, size_t len, char *problem) {
    struct readers *all = reader->all;
    int err = tw_capfile_open(reader->fd, head, len, &all->origins, &reader->plain);
    if (err) {
        return cannot_open(reader, tw_strerror(err), problem);
    }
    const struct tw_origin *first = tw_capfile_first(reader->plain);
    return first ? compile(reader, first, problem) : cannot_open(reader, tw_capfile_problem(reader->plain), problem);
}

static int open_any(struct reader *reader, char *problem) {
    uint8_t head[TW_CAPFILE_HEAD];
    int err = open_input(reader, problem);
    if (err) {
        return err;
    }
    ssize_t len = read_head(reader->fd, head);
    if (len < 0) {
        return cannot_open(reader, strerror((int)-len), problem);
    }
    if (tw_capfile_knows(head, (size_t)len)) {
        return open_plain(reader, head, (size_t)len, problem);
    }
    if (reader->all->stay && len) {
        return cannot_open(reader, "is no capture file any more", problem);
    }
    return capture_open_file(reader->path, reader->fd, head, (size_t)len, reader->all->filter, &reader->capture,
                             problem);
}

int reader_open(struct readers *readers, const char *path, struct reader **ret, char *problem) {
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        (void)snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: no memory", path);
        return CAPTURE_EOPEN;
    }
    reader->all = readers;
    reader->path = path;
    int err = open_any(reader, problem);
    if (err) {
        reader_close(reader);
        return err;
    }
    *ret = reader;
    return 0;
}

/* Standard input is not ours to close, and what may be fetched from stays open. */
static void let_go(struct reader *reader, bool is_plain) {
    struct readers *all = reader->all;
    if (all->stay && is_plain) {
        all->fds[all->n_fds++] = reader->fd;
    } else if (reader->fd > STDIN_FILENO) {
        close(reader->fd);
    }
}

void reader_close(struct reader *reader) {
    if (reader) {
        bool is_plain = reader->plain;
        capture_close(reader->capture);
        tw_capfile_close(reader->plain); /* before the file: it may be read ahead */
        let_go(reader, is_plain);
        capture_filter_destroy(reader->filter);
        free(reader);
    }
}

int reader_link_type(const struct reader *reader) {
    return reader->capture ? capture_link_type(reader->capture) : tw_capfile_first(reader->plain)->dlt;
}

uint32_t reader_snaplen(const struct reader *reader) {
    uint32_t snaplen =
        reader->capture ? capture_snaplen(reader->capture) : tw_origin_snaplen(tw_capfile_first(reader->plain));
    return snaplen < CAPTURE_BYTES_MAX ? snaplen : CAPTURE_BYTES_MAX;
}

/* Packets. */

/* The packet's interface is another than the one before: say so where it differs. Returns false when it cannot be used. */
static bool change_origin(struct reader *reader, uint32_t number, struct session *session) {
    const struct tw_origin *origin = tw_origins_at(&reader->all->origins, number);
    bool is_alike = reader->has_like && origin->dlt == reader->like.dlt && origin->snaplen == reader->like.snaplen;
    reader->origin = number;
    if (is_alike) {
        return true;
    }
    if (reader->has_like && compile(reader, origin, reader->problem)) {
        return false;
    }
    if (tw_engine_source(session->engine, origin->dlt, tw_origin_snaplen(origin))) {
        (void)snprintf(reader->problem, sizeof reader->problem, "%s: packets of link type %s (%d) cannot be decoded",
                       reader->path, capture_link_name(origin->dlt), origin->dlt);
        return false;
    }
    reader->like = *origin;
    reader->has_like = true;
    return true;
}

static int broken(struct reader *reader, const char *why) {
    (void)snprintf(reader->problem, sizeof reader->problem, "%s: %s", reader->path, why);
    return CAPTURE_BROKEN;
}

static int end_of_plain(struct reader *reader, enum tw_capfile_result result, int fed) {
    struct stat st;
    if (result == TW_CAPFILE_BROKEN) {
        return broken(reader, tw_capfile_problem(reader->plain));
    }
    if (fed || result == TW_CAPFILE_AGAIN) {
        return fed;
    }
    if (reader->is_regular && reader->all->stay && fstat(reader->fd, &st) == 0 &&
        (uint64_t)st.st_size < tw_capfile_position(reader->plain)) {
        return broken(reader, "became shorter while it was read");
    }
    return CAPTURE_END;
}

static bool passes(const struct reader *reader, const struct tw_frame *packet) {
    return !reader->filter || capture_filter_takes(reader->filter, packet->caplen, packet->wirelen, packet->bytes);
}

static int dispatch_plain(struct reader *reader, int max, struct session *session) {
    struct tw_frame packet;
    for (int n = 0; n < max; n++) {
        enum tw_capfile_result result = tw_capfile_next(reader->plain, &packet);
        if (result != TW_CAPFILE_PACKET) {
            return end_of_plain(reader, result, n);
        }
        if ((!reader->has_like || packet.origin != reader->origin) && !change_origin(reader, packet.origin, session)) {
            return CAPTURE_REFUSED;
        }
        if (passes(reader, &packet)) {
            session->packets++;
            tw_engine_feed(session->engine, &packet);
        }
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
    *ret_done = reader->capture ? capture_position(reader->capture) : tw_capfile_position(reader->plain);
    *ret_size = reader->size;
}
