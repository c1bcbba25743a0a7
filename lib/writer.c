/* SPDX-License-Identifier: MIT */
/*
 * writer.c — see writer.h.
 *
 * An operation is a struct below, followed by bytes where it has any, in the queue. The thread takes them one by one
 * and hands them to the sink.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "queue.h"
#include "sink.h"
#include "thread.h"

enum {
    QUEUE_DEFAULT = 64 << 20,
    QUEUE_MIN = 1 << 20, /* the largest packet is to fit half of what is left of it without the reserve */
    RESERVE_MAX = 16 << 20,
    WAKE_BYTES = 128 << 10,  /* so much gathers before a thread that only waits for the time of a flush is woken */
    ROUND_BYTES = 256 << 10, /* so much is carried out before room is given back and the clock is read */
    FETCHED_SHARE = 16,      /* of the queue for what is still to be fetched: its bytes would not fit */
};

#define GRACE         (500 * TW_MS)
#define KEEP_INTERVAL (10 * TW_SECOND) /* 15 s at most, and the thread may be busy */

enum op {
    OP_SOURCE = 1,
    OP_BEGIN,
    OP_PACKET,
    OP_FINISH,
    OP_ALARM,
    OP_FLOW,
    OP_EXTRACT_END,
    OP_REPLACE,
    OP_FLUSH,
    OP_CONFIGURE,
    OP_FINISH_ALL
};

struct op_begin {
    uint32_t file;
    int dlt;
    uint32_t snaplen;
    char name[TW_NAME_MAX];
};

struct op_replace {
    int dirfd; /* ours to close; negative: the output folder */
    uint32_t mode;
    char name[TW_NAME_MAX];
    size_t len;
};

struct op_configure {
    int dirfd, lock_fd; /* ours to close; lock_fd 0: none */
    bool has_directory;
    char directory[PATH_MAX], host[TW_STRING_MAX];
    struct tw_pcap_settings pcap;
    struct tw_output_settings output;
};

/* A file that was begun. */
struct known {
    char *name;
    bool is_removed; /* set by the thread */
};

/* An extract_end that found no room. */
struct late {
    struct late *next;
    struct tw_extract_event event;
};

struct tw_writer {
    struct tw_queue *queue;
    struct tw_sink *sink; /* the thread's, but for its stats */
    bool wait;
    size_t limit_alarms, limit; /* how full alarms and control, and how full all else may make the queue */
    size_t wake;
    tw_time keep_at;     /* the thread's: when the folder is looked after next */
    struct known *names; /* live a ring of TW_WRITER_NAMES */
    size_t names_room;
    uint32_t n_files;
    uint64_t lost_alarms, lost_flows; /* for want of room */
    struct late *late_first, **late_end;
    bool live;

    void (*on_alarm)(void *context, const struct tw_alarm_event *event);
    void *context;
    void (*on_finished)(void *hooks, const char *directory, const char *name);
    void *hooks;
    struct tw_ring_fetch fetch; /* the thread's */
    pthread_t thread;
    _Atomic bool abandoned; /* the deadline has passed: stop where you are */
    pthread_mutex_t lock;   /* of done, and of the names */
    pthread_cond_t ended;
    bool done;
};

static tw_time read_clock(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

static tw_time monotonic(void) {
    return read_clock(CLOCK_MONOTONIC);
}

/* The thread. */

static void on_alarm(void *context, const struct tw_alarm_event *event) {
    struct tw_writer *writer = context;
    if (writer->on_alarm != NULL && !atomic_load(&writer->abandoned))
        writer->on_alarm(writer->context, event);
}

static void on_finished(void *context, const char *directory, const char *name) {
    struct tw_writer *writer = context;
    if (writer->on_finished != NULL && !atomic_load(&writer->abandoned))
        writer->on_finished(writer->hooks, directory, name);
}

/* Removed is what is oldest, so it is among the first. */
static void on_removed(void *context, const char *name) {
    struct tw_writer *writer = context;
    (void)pthread_mutex_lock(&writer->lock);
    size_t n = writer->n_files < writer->names_room ? writer->n_files : writer->names_room;
    for (uint32_t i = writer->n_files - (uint32_t)n; i < writer->n_files; i++) {
        struct known *known = &writer->names[i % writer->names_room];
        if (strcmp(known->name, name) == 0) {
            known->is_removed = true;
            break;
        }
    }
    (void)pthread_mutex_unlock(&writer->lock);
}

static void carry_out_configure(struct tw_writer *writer, const struct op_configure *op) {
    struct tw_sink_options options = {
        .dirfd = op->dirfd,
        .lock_fd = op->lock_fd,
        .directory = op->has_directory ? op->directory : NULL,
        .host = op->host,
        .pcap = op->pcap,
        .output = op->output,
        .on_finished = on_finished,
        .on_removed = on_removed,
        .hooks = writer,
    };
    tw_sink_configure(writer->sink, &options);
    (void)close(op->dirfd);
    if (op->lock_fd > 0)
        (void)close(op->lock_fd);
}

/*
 * Where there are bytes, they follow the operation: its pointer only tells that. To fetch packets of before their alarm
 * costs a system call each, which the other thread need not wait for.
 */
static void carry_out_packet(struct tw_writer *writer, const struct tw_writer_packet *op) {
    struct tw_ring_packet packet = {op->time, op->wirelen, (const uint8_t *)(op + 1)};
    if (op->bytes == NULL) {
        struct tw_ring_entry entry = {.offset = op->offset, .origin = op->origin, .caplen = op->caplen & 0x7ffff};
        if (!writer->fetch.fn(writer->fetch.context, &entry, &packet)) {
            tw_sink_lose(writer->sink, op->extraction);
            return;
        }
    }
    struct tw_pcapfile_packet record = {
        .time = packet.time,
        .caplen = op->caplen,
        .wirelen = packet.wirelen,
        .bytes = packet.bytes,
    };
    tw_sink_packet(writer->sink, op->file, op->extraction, op->before, &record);
}

static void carry_out_alarm(struct tw_sink *sink, const void *op, size_t len) {
    struct tw_alarm_event event; /* queued as far as its text goes */
    memcpy(&event, op, len < sizeof(event) ? len : sizeof(event));
    tw_sink_alarm(sink, &event);
}

static void carry_out_replace(struct tw_sink *sink, const struct op_replace *op) {
    if (op->dirfd < 0) {
        tw_sink_replace(sink, op->name, op + 1, op->len);
    } else {
        tw_sink_replace_in(sink, op->dirfd, op->mode, op->name, op + 1, op->len);
        (void)close(op->dirfd);
    }
}

static void carry_out(struct tw_writer *writer, enum op kind, const void *op, size_t len) {
    struct tw_sink *sink = writer->sink;
    const struct op_begin *begin = op;
    switch (kind) {
    case OP_SOURCE:
        tw_sink_source(sink, op);
        break;
    case OP_BEGIN:
        tw_sink_begin(sink, begin->file, begin->name, begin->dlt, begin->snaplen);
        break;
    case OP_PACKET:
        carry_out_packet(writer, op);
        break;
    case OP_FINISH:
        tw_sink_finish(sink, *(const uint32_t *)op);
        break;
    case OP_ALARM:
        carry_out_alarm(sink, op, len);
        break;
    case OP_FLOW:
        tw_sink_flow(sink, op);
        break;
    case OP_EXTRACT_END:
        tw_sink_extract_end(sink, op);
        break;
    case OP_REPLACE:
        carry_out_replace(sink, op);
        break;
    case OP_FLUSH:
        tw_sink_flush(sink);
        break;
    case OP_FINISH_ALL:
        tw_sink_finish_all(sink);
        break;
    case OP_CONFIGURE:
        carry_out_configure(writer, op);
        break;
    }
}

/* How much of a round it is; not 0. */
static size_t weight(enum op kind, const void *op, size_t len) {
    return len + (kind == OP_PACKET ? ((const struct tw_writer_packet *)op)->caplen : 1);
}

/* Carry out what is queued, at most a round of it. Returns whether there was anything. */
static bool carry_out_round(struct tw_writer *writer) {
    const void *op;
    uint32_t kind;
    size_t len, done = 0;
    while (done < ROUND_BYTES && !atomic_load_explicit(&writer->abandoned, memory_order_relaxed) &&
           (op = tw_queue_take(writer->queue, &kind, &len)) != NULL) {
        carry_out(writer, (enum op)kind, op, len);
        done += weight((enum op)kind, op, len);
    }
    tw_queue_release(writer->queue);
    return done > 0;
}

static void end(struct tw_writer *writer) {
    for (struct late *late = writer->late_first; late != NULL && !atomic_load(&writer->abandoned); late = late->next)
        tw_sink_extract_end(writer->sink, &late->event);
    if (!atomic_load(&writer->abandoned))
        tw_sink_finish_all(writer->sink);
    (void)pthread_mutex_lock(&writer->lock);
    writer->done = true;
    (void)pthread_cond_signal(&writer->ended);
    (void)pthread_mutex_unlock(&writer->lock);
}

/* Live, look after the folder now and then. Returns when to do so again; 0: never. */
static tw_time keep(struct tw_writer *writer, tw_time now) {
    tw_sink_wall(writer->sink, read_clock(CLOCK_REALTIME));
    if (!writer->live)
        return 0;
    if (now >= writer->keep_at) {
        tw_sink_keep(writer->sink);
        writer->keep_at = now + KEEP_INTERVAL;
    }
    return writer->keep_at;
}

/*
 * What is found after a sleep may have come at its beginning, and has to be in the file one pcap.flush after that; only
 * an idle thread is woken by the first operation.
 */
static void *run(void *arg) {
    struct tw_writer *writer = arg;
    tw_time slept = 0, due = 0, until;
    size_t wake;
    do {
        tw_sink_time(writer->sink, due != 0 ? slept : monotonic());
        while (carry_out_round(writer)) {
            slept = monotonic();
            (void)tw_sink_tick(writer->sink, slept);
            (void)keep(writer, slept);
        }
        slept = monotonic();
        due = tw_sink_tick(writer->sink, slept);
        until = keep(writer, slept);
        until = due != 0 && (until == 0 || due < until) ? due : until;
        wake = writer->wait || due != 0 ? writer->wake : 1;
    } while (!atomic_load(&writer->abandoned) && tw_queue_sleep(writer->queue, wake, until));
    end(writer);
    return NULL;
}

/* Putting. */

static void *try_reserve(struct tw_writer *writer, size_t len, size_t limit, bool wait) {
    void *op = tw_queue_reserve(writer->queue, len, limit);
    for (size_t fill = limit / 2; op == NULL && wait; fill = 0) {
        tw_queue_wait(writer->queue, fill);
        op = tw_queue_reserve(writer->queue, len, limit);
    }
    return op;
}

/* Put the late ones first. Returns whether none is left. */
static bool put_late(struct tw_writer *writer, bool wait) {
    struct late *late;
    while ((late = writer->late_first) != NULL) {
        void *op = try_reserve(writer, sizeof(late->event), writer->limit_alarms, wait);
        if (op == NULL)
            return false;
        memcpy(op, &late->event, sizeof(late->event));
        tw_queue_commit(writer->queue, OP_EXTRACT_END, false);
        writer->late_first = late->next;
        if (late->next == NULL)
            writer->late_end = &writer->late_first;
        free(late);
    }
    return true;
}

static void *reserve(struct tw_writer *writer, size_t len, size_t limit) {
    if (writer->late_first != NULL && !put_late(writer, writer->wait))
        return NULL;
    return try_reserve(writer, len, limit, writer->wait);
}

/* Duplicate both. Returns 0 or a negative errno, then neither is. */
static int copy_fds(const struct tw_writer_options *options, int *ret_dirfd, int *ret_lock) {
    *ret_lock = 0;
    *ret_dirfd = fcntl(options->dirfd, F_DUPFD_CLOEXEC, 3);
    if (*ret_dirfd < 0)
        return -errno;
    if (options->lock_fd > 0 && (*ret_lock = fcntl(options->lock_fd, F_DUPFD_CLOEXEC, 3)) < 0) {
        int err = -errno;
        (void)close(*ret_dirfd);
        return err;
    }
    return 0;
}

int tw_writer_configure(struct tw_writer *writer, const struct tw_writer_options *options) {
    const char *directory = options->directory != NULL ? options->directory : "";
    int dirfd, lock_fd;
    if (strlen(directory) >= PATH_MAX || strlen(options->host) >= TW_STRING_MAX)
        return TW_ENAME;
    int err = copy_fds(options, &dirfd, &lock_fd);
    struct op_configure *op = err < 0 ? NULL : reserve(writer, sizeof(*op), writer->limit_alarms);
    if (op == NULL) {
        if (err == 0)
            (void)close(dirfd);
        if (err == 0 && lock_fd > 0)
            (void)close(lock_fd);
        return err < 0 ? err : TW_EAGAIN;
    }
    op->dirfd = dirfd;
    op->lock_fd = lock_fd;
    op->has_directory = options->directory != NULL;
    memcpy(op->directory, directory, strlen(directory) + 1);
    memcpy(op->host, options->host, strlen(options->host) + 1);
    op->pcap = options->pcap;
    op->output = options->output;
    tw_queue_commit(writer->queue, OP_CONFIGURE, true);
    return 0;
}

int tw_writer_source(struct tw_writer *writer, const char *name) {
    size_t len = strlen(name) + 1;
    char *op = reserve(writer, len, writer->limit_alarms);
    if (op == NULL)
        return TW_EAGAIN;
    memcpy(op, name, len);
    tw_queue_commit(writer->queue, OP_SOURCE, false);
    return 0;
}

/* Room for one name more. Live the oldest gives it; what is read from a file has them all. */
static bool make_room_for_name(struct tw_writer *writer) {
    if (writer->n_files < writer->names_room || (writer->live && writer->names_room == TW_WRITER_NAMES))
        return true;
    size_t room = writer->names_room > 0 ? writer->names_room * 2 : 16;
    (void)pthread_mutex_lock(&writer->lock);
    struct known *names = realloc(writer->names, room * sizeof(*names));
    if (names != NULL) {
        memset(names + writer->names_room, 0, (room - writer->names_room) * sizeof(*names));
        writer->names = names;
        writer->names_room = room;
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return names != NULL;
}

static void keep_name(struct tw_writer *writer, char *name) {
    (void)pthread_mutex_lock(&writer->lock);
    struct known *place = &writer->names[writer->n_files++ % writer->names_room];
    free(place->name);
    *place = (struct known){.name = name};
    (void)pthread_mutex_unlock(&writer->lock);
}

int tw_writer_begin(struct tw_writer *writer, uint32_t file, const char *name, int dlt, uint32_t snaplen) {
    if (strlen(name) >= TW_NAME_MAX)
        return TW_ENAME;
    char *copy = make_room_for_name(writer) ? strdup(name) : NULL;
    if (copy == NULL)
        return -ENOMEM;
    struct op_begin *op = reserve(writer, sizeof(*op), writer->limit_alarms);
    if (op == NULL) {
        free(copy);
        return TW_EAGAIN;
    }
    op->file = file;
    op->dlt = dlt;
    op->snaplen = snaplen;
    memcpy(op->name, name, strlen(name) + 1);
    keep_name(writer, copy); /* first: no sooner may it be removed */
    tw_queue_commit(writer->queue, OP_BEGIN, false);
    return 0;
}

int tw_writer_packet(struct tw_writer *writer, const struct tw_writer_packet *packet) {
    size_t len = packet->bytes != NULL ? packet->caplen : 0;
    size_t limit = packet->bytes != NULL ? writer->limit : writer->limit / FETCHED_SHARE;
    struct tw_writer_packet *op = reserve(writer, sizeof(*op) + len, limit);
    if (op == NULL)
        return TW_EAGAIN;
    *op = *packet;
    if (len > 0)
        memcpy(op + 1, packet->bytes, len);
    tw_queue_commit(writer->queue, OP_PACKET, false);
    return 0;
}

int tw_writer_finish(struct tw_writer *writer, uint32_t file) {
    uint32_t *op = reserve(writer, sizeof(*op), writer->limit_alarms);
    if (op == NULL)
        return TW_EAGAIN;
    *op = file;
    tw_queue_commit(writer->queue, OP_FINISH, !writer->wait);
    return 0;
}

int tw_writer_finish_all(struct tw_writer *writer) {
    if (reserve(writer, 0, writer->limit_alarms) == NULL)
        return TW_EAGAIN;
    tw_queue_commit(writer->queue, OP_FINISH_ALL, true);
    return 0;
}

int tw_writer_alarm(struct tw_writer *writer, const struct tw_alarm_event *event) {
    size_t len = offsetof(struct tw_alarm_event, pcap) + strlen(event->pcap) + 1;
    void *op = reserve(writer, len, writer->limit_alarms);
    if (op == NULL) {
        writer->lost_alarms++;
        return TW_EAGAIN;
    }
    memcpy(op, event, len);
    tw_queue_commit(writer->queue, OP_ALARM, !writer->wait);
    return 0;
}

int tw_writer_flow(struct tw_writer *writer, const struct tw_flow_record *record) {
    struct tw_flow_record *op = reserve(writer, sizeof(*op), writer->limit);
    if (op == NULL) {
        writer->lost_flows += (record->side[TW_A].packets > 0) + (record->side[TW_B].packets > 0);
        return TW_EAGAIN;
    }
    *op = *record;
    tw_queue_commit(writer->queue, OP_FLOW, false);
    return 0;
}

int tw_writer_extract_end(struct tw_writer *writer, const struct tw_extract_event *event) {
    struct tw_extract_event *op = reserve(writer, sizeof(*op), writer->limit_alarms);
    if (op != NULL) {
        *op = *event;
        tw_queue_commit(writer->queue, OP_EXTRACT_END, false);
        return 0;
    }
    struct late *late = malloc(sizeof(*late));
    if (late == NULL) {
        writer->lost_alarms++;
        return -ENOMEM;
    }
    *late = (struct late){NULL, *event};
    *writer->late_end = late;
    writer->late_end = &late->next;
    return 0;
}

/* The descriptor is the operation's once this has returned 0. */
static int put_replace(struct tw_writer *writer, int dirfd, uint32_t mode, const char *name, const char *text,
                       size_t len) {
    struct op_replace *op;
    if (strlen(name) >= TW_NAME_MAX)
        return TW_ENAME;
    if (len > writer->limit / 2 - sizeof(*op) - 16)
        return -EMSGSIZE;
    op = reserve(writer, sizeof(*op) + len, writer->limit);
    if (op == NULL)
        return TW_EAGAIN;
    op->dirfd = dirfd;
    op->mode = mode;
    memcpy(op->name, name, strlen(name) + 1);
    op->len = len;
    memcpy(op + 1, text, len);
    tw_queue_commit(writer->queue, OP_REPLACE, true);
    return 0;
}

int tw_writer_replace(struct tw_writer *writer, const char *name, const char *text, size_t len) {
    return put_replace(writer, -1, 0, name, text, len);
}

int tw_writer_replace_in(struct tw_writer *writer, int dirfd, uint32_t mode, const char *name, const char *text,
                         size_t len) {
    int copy = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return -errno;
    int err = put_replace(writer, copy, mode, name, text, len);
    if (err != 0)
        (void)close(copy);
    return err;
}

void tw_writer_drain(struct tw_writer *writer) {
    (void)put_late(writer, true);
    (void)try_reserve(writer, 0, writer->limit_alarms, true);
    tw_queue_commit(writer->queue, OP_FLUSH, true);
    tw_queue_wait(writer->queue, 0);
}

/* Asking. */

bool tw_writer_wait(struct tw_writer *writer, tw_time *left) {
    static const struct timespec step = {.tv_nsec = 2 * TW_MS};
    size_t used = tw_queue_used(writer->queue);
    while (*left > 0 && tw_queue_used(writer->queue) >= used) {
        (void)nanosleep(&step, NULL);
        *left -= step.tv_nsec;
    }
    return tw_queue_used(writer->queue) < used;
}

void tw_writer_stats(struct tw_writer *writer, struct tw_writer_stats *ret) {
    struct tw_sink_stats sink;
    tw_sink_stats(writer->sink, &sink);
    *ret = (struct tw_writer_stats){
        .packets = sink.packets,
        .bytes = sink.bytes,
        .lost_write = sink.lost_write,
        .write_errors = sink.write_errors,
        .lost_alarms = sink.lost_alarms + writer->lost_alarms,
        .lost_flows = sink.lost_flows + writer->lost_flows,
        .queued = tw_queue_used(writer->queue),
        .queue_size = tw_queue_size(writer->queue),
        .replaced = sink.replaced,
        .error = sink.error,
        .n_files = writer->n_files,
    };
    memcpy(ret->removed, sink.removed, sizeof(ret->removed));
    memcpy(ret->error_name, sink.error_name, sizeof(ret->error_name));
}

const char *tw_writer_file(const struct tw_writer *writer, uint32_t n) {
    if (n >= writer->n_files || writer->n_files - n > writer->names_room)
        return NULL;
    return writer->names[n % writer->names_room].name;
}

bool tw_writer_has_removed(struct tw_writer *writer, uint32_t n) {
    (void)pthread_mutex_lock(&writer->lock);
    bool is_removed = tw_writer_file(writer, n) != NULL && writer->names[n % writer->names_room].is_removed;
    (void)pthread_mutex_unlock(&writer->lock);
    return is_removed;
}

/* Life. */

static int init_conditions(struct tw_writer *writer) {
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return -ENOMEM;
    int err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) | pthread_mutex_init(&writer->lock, NULL) |
              pthread_cond_init(&writer->ended, &attr);
    (void)pthread_condattr_destroy(&attr);
    return err == 0 ? 0 : -ENOMEM;
}

static int create_sink(struct tw_writer *writer, const struct tw_writer_options *options) {
    struct tw_sink_options sink = {
        .dirfd = options->dirfd,
        .lock_fd = options->lock_fd,
        .directory = options->directory,
        .wall = read_clock(CLOCK_REALTIME),
        .wait = options->wait,
        .live = options->live,
        .host = options->host,
        .is_interface = options->is_interface,
        .pcap = options->pcap,
        .output = options->output,
        .labeller = options->labeller,
        .on_alarm = on_alarm,
        .context = writer,
        .on_finished = on_finished,
        .on_removed = on_removed,
        .hooks = writer,
    };
    return tw_sink_create(&sink, &writer->sink);
}

static void init_limits(struct tw_writer *writer) {
    size_t size = tw_queue_size(writer->queue);
    size_t reserve_bytes = size / 4 < RESERVE_MAX ? size / 4 : RESERVE_MAX;
    writer->limit_alarms = size;
    writer->limit = size - reserve_bytes;
    writer->wake = WAKE_BYTES;
    writer->late_end = &writer->late_first;
}

static void free_all(struct tw_writer *writer) {
    struct late *next;
    for (struct late *late = writer->late_first; late != NULL; late = next) {
        next = late->next;
        free(late);
    }
    for (size_t i = 0; i < writer->names_room; i++)
        free(writer->names[i].name);
    free(writer->names);
    tw_sink_destroy(writer->sink);
    tw_queue_destroy(writer->queue);
    free(writer);
}

static int start(struct tw_writer *writer, const struct tw_writer_options *options) {
    size_t size = options->queue > 0 ? options->queue : QUEUE_DEFAULT;
    writer->queue = tw_queue_create(size > QUEUE_MIN ? size : QUEUE_MIN);
    if (writer->queue == NULL || init_conditions(writer) < 0)
        return -ENOMEM;
    init_limits(writer);
    int err = create_sink(writer, options);
    return err != 0 ? err : tw_thread_start(&writer->thread, run, writer);
}

int tw_writer_create(const struct tw_writer_options *options, struct tw_writer **ret) {
    struct tw_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return -ENOMEM;
    writer->wait = options->wait;
    writer->live = options->live;
    writer->on_alarm = options->on_alarm;
    writer->context = options->context;
    writer->on_finished = options->on_finished;
    writer->hooks = options->hooks;
    if (options->fetch != NULL)
        writer->fetch = *options->fetch;
    int err = start(writer, options);
    if (err != 0) {
        free_all(writer);
        return err;
    }
    *ret = writer;
    return 0;
}

/* Wait for the thread's end. Returns whether it came before `until`; 0: however long it takes. */
static bool wait_for_end(struct tw_writer *writer, tw_time until) {
    struct timespec at = {.tv_sec = (time_t)(until / TW_SECOND), .tv_nsec = (long)(until % TW_SECOND)};
    int err = 0;
    (void)pthread_mutex_lock(&writer->lock);
    while (!writer->done && err != ETIMEDOUT)
        err = until == 0 ? pthread_cond_wait(&writer->ended, &writer->lock)
                         : pthread_cond_timedwait(&writer->ended, &writer->lock, &at);
    bool done = writer->done;
    (void)pthread_mutex_unlock(&writer->lock);
    return done;
}

int tw_writer_destroy(struct tw_writer *writer, tw_time deadline) {
    struct tw_sink_stats stats;
    if (writer == NULL)
        return 0;
    tw_queue_close(writer->queue);
    bool in_time = wait_for_end(writer, deadline > 0 ? monotonic() + deadline : 0);
    if (!in_time) {
        atomic_store(&writer->abandoned, true);
        if (!wait_for_end(writer, monotonic() + GRACE)) {
            (void)pthread_detach(writer->thread);
            return -ETIMEDOUT;
        }
    }
    (void)pthread_join(writer->thread, NULL);
    tw_sink_stats(writer->sink, &stats);
    free_all(writer);
    return stats.first_error == 0 && !in_time ? -ETIMEDOUT : stats.first_error;
}
