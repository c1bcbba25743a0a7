/* SPDX-License-Identifier: MIT */
/* sink.c — see sink.h. */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alarmlog.h"
#include "err.h"
#include "fdio.h"
#include "filestore.h"
#include "flowlog.h"
#include "keeper.h"
#include "linefile.h"
#include "naming.h"
#include "tally.h"

enum {
    LOG_BUFFER = 64 * 1024,
    LINE_ROOM = 2048, /* a log is rotated while so much of pcap.max_size is left: a line is shorter */
};

#define ROTATE_RETRY (15 * TW_SECOND)

/* What can be in trouble, each by itself, so that a log that can be written does not hide a pcap that cannot. */
enum part { EVIDENCE, ALARMS, FLOWS, REPLACED, KEEPING, PART_COUNT };

struct evidence {
    bool begun;
    char name[TW_NAME_MAX];
    char link[TW_NAME_MAX];   /* the symbolic link to it; "": none */
    struct tw_keeper *keeper; /* of its folder; a reference */
    struct tw_pcapfile file;
    tw_time since; /* when the oldest record in the buffer came */
    tw_time retry; /* not before then, when it could not be opened */
};

struct log {
    bool wanted;
    enum part part;
    char name[TW_NAME_MAX];
    struct tw_linefile file;
    uint64_t *lost; /* its counter */
    tw_time since, retry;
    tw_time begun;        /* wall: when its first line came; 0: it has none */
    tw_time rotate_retry; /* not before then, when it could not be rotated */
};

struct tw_sink {
    struct tw_sink_options options;
    char *host, *source;
    char current[TW_NAME_MAX];
    struct tw_keeper *keeper; /* of the output folder */
    tw_time now, wall;
    struct evidence evidence[TW_SINK_FILES];
    struct log alarms, flows;
    struct tw_tallies tallies;

    pthread_mutex_t lock; /* of what follows, never held while a disk is waited for */
    struct tw_sink_stats stats;
    uint64_t removed_before[TW_REMOVED_COUNT]; /* by earlier keepers */
    struct trouble {
        int error;
        char name[TW_NAME_MAX];
    } trouble[PART_COUNT];
};

/* What the keeper says of itself is no failure of writing: whatever that keeps out of the files is noted by itself. */
static void note(struct tw_sink *sink, enum part part, int err, const char *name) {
    struct trouble *trouble = &sink->trouble[part];
    (void)pthread_mutex_lock(&sink->lock);
    if (err < 0 && trouble->error == 0) {
        sink->stats.write_errors += part != KEEPING;
        memcpy(trouble->name, name, strlen(name) + 1);
    }
    if (sink->stats.first_error == 0 && part != KEEPING)
        sink->stats.first_error = err;
    trouble->error = err;
    (void)pthread_mutex_unlock(&sink->lock);
}

/* What the keeper has done meanwhile. */
static void note_keeping(struct tw_sink *sink) {
    const struct tw_keeper_state *state = tw_keeper_state(sink->keeper);
    (void)pthread_mutex_lock(&sink->lock);
    for (int i = 0; i < TW_REMOVED_COUNT; i++)
        sink->stats.removed[i] = sink->removed_before[i] + state->removed[i];
    (void)pthread_mutex_unlock(&sink->lock);
    note(sink, KEEPING, state->error, state->error_name);
}

static void add(struct tw_sink *sink, uint64_t *counter, uint64_t n) {
    (void)pthread_mutex_lock(&sink->lock);
    *counter += n;
    (void)pthread_mutex_unlock(&sink->lock);
}

static bool may_try(const struct tw_sink *sink, tw_time retry) {
    return sink->options.wait || sink->now >= retry;
}

static bool is_due(const struct tw_sink *sink, tw_time since) {
    return sink->now - since >= sink->options.pcap.flush;
}

/* Evidence: the pcap files. */

static bool has_current(const struct tw_sink *sink) {
    return sink->options.live && sink->options.pcap.split == TW_SPLIT_NONE;
}

static void link_current(const struct tw_sink *sink, struct evidence *evidence) {
    char target[TW_NAME_MAX + sizeof(".part")];
    size_t len = strlen(evidence->name);
    memcpy(target, evidence->name, len);
    memcpy(target + len, ".part", sizeof(".part"));
    memcpy(evidence->link, sink->current, sizeof(evidence->link));
    (void)tw_filestore_link(tw_keeper_dirfd(evidence->keeper), evidence->link, target); /* a convenience, no evidence */
}

static bool open_evidence(struct tw_sink *sink, struct evidence *evidence) {
    if (evidence->file.fd >= 0)
        return true;
    if (!may_try(sink, evidence->retry))
        return false;
    int fd = tw_keeper_begin(evidence->keeper, evidence->name);
    if (evidence->keeper == sink->keeper)
        note_keeping(sink);
    if (fd < 0) {
        evidence->retry = sink->now + TW_SECOND;
        note(sink, EVIDENCE, fd, evidence->name);
        return false;
    }
    tw_pcapfile_attach(&evidence->file, fd);
    if (has_current(sink))
        link_current(sink, evidence);
    return true;
}

static void close_evidence(struct tw_sink *sink, struct evidence *evidence) {
    (void)close(evidence->file.fd);
    evidence->file.fd = -1;
    evidence->retry = sink->now + TW_SECOND;
}

struct flush {
    struct tw_sink *sink;
    const struct evidence *evidence;
    uint64_t packets, bytes, lost;
};

#define TAG_BEFORE (UINT64_C(1) << 32) /* above the handle in a packet's tag */

static void on_fate(void *owner, uint64_t tag, uint32_t caplen, bool written) {
    struct flush *flush = owner;
    struct tw_tally *tally = tw_tally_find(&flush->sink->tallies, (uint32_t)tag);
    flush->packets += written;
    flush->bytes += written ? caplen : 0;
    flush->lost += !written;
    if (tally == NULL) /* there was no memory for it */
        return;
    tally->pending--;
    tally->lost += !written;
    if (!written)
        return;
    tally->packets++;
    tally->packets_before += (tag & TAG_BEFORE) != 0;
    tally->bytes += caplen;
    tw_tally_add_file(tally, flush->evidence->name);
}

static int flush_evidence(struct tw_sink *sink, struct evidence *evidence) {
    struct flush flush = {.sink = sink, .evidence = evidence};
    int err = tw_pcapfile_flush(&evidence->file, on_fate, &flush);
    (void)pthread_mutex_lock(&sink->lock);
    sink->stats.packets += flush.packets;
    sink->stats.bytes += flush.bytes;
    sink->stats.lost_write += flush.lost;
    (void)pthread_mutex_unlock(&sink->lock);
    if (err < 0 || flush.packets > 0) /* that nothing was to be written does not end a trouble */
        note(sink, EVIDENCE, err, evidence->name);
    if (err == -ENOENT) /* somebody removed it: another one is begun under the same name */
        close_evidence(sink, evidence);
    return err;
}

/* Flush because it is time to; with pcap.fsync it has to be on the disk then. */
static void flush_old_evidence(struct tw_sink *sink, struct evidence *evidence) {
    if (flush_evidence(sink, evidence) == 0 && sink->options.pcap.fsync && fsync(evidence->file.fd) < 0)
        note(sink, EVIDENCE, -errno, evidence->name);
}

void tw_sink_begin(struct tw_sink *sink, uint32_t file, const char *name, int dlt, uint32_t snaplen) {
    struct evidence *evidence = &sink->evidence[file];
    tw_sink_finish(sink, file);
    int err = tw_pcapfile_init(&evidence->file, dlt, snaplen);
    if (err < 0) {
        note(sink, EVIDENCE, err, name);
        return;
    }
    evidence->begun = true;
    evidence->keeper = tw_keeper_ref(sink->keeper);
    evidence->link[0] = '\0';
    evidence->retry = 0;
    memcpy(evidence->name, name, strlen(name) + 1);
    (void)open_evidence(sink, evidence);
}

static bool put(struct tw_sink *sink, struct evidence *evidence, const struct tw_pcapfile_packet *packet) {
    if (!evidence->begun || !open_evidence(sink, evidence))
        return false;
    if (tw_pcapfile_put(&evidence->file, packet))
        return true;
    (void)flush_evidence(sink, evidence);
    return open_evidence(sink, evidence) && tw_pcapfile_put(&evidence->file, packet);
}

void tw_sink_lose(struct tw_sink *sink, uint32_t extraction) {
    struct tw_tally *tally = tw_tally_get(&sink->tallies, extraction);
    add(sink, &sink->stats.lost_write, 1);
    if (tally != NULL)
        tally->lost++;
}

void tw_sink_packet(struct tw_sink *sink, uint32_t file, uint32_t extraction, bool before,
                    const struct tw_pcapfile_packet *packet) {
    struct evidence *evidence = &sink->evidence[file];
    struct tw_tally *tally = tw_tally_get(&sink->tallies, extraction);
    struct tw_pcapfile_packet tagged = *packet;
    tagged.tag = extraction | (before ? TAG_BEFORE : 0);
    if (!put(sink, evidence, &tagged)) {
        tw_sink_lose(sink, extraction);
        return;
    }
    if (evidence->file.n == 1)
        evidence->since = sink->now;
    if (tally != NULL) {
        tally->pending++;
        tally->file = file;
    }
}

/* Give the open file its name. */
static void finish_open(struct tw_sink *sink, struct evidence *evidence) {
    struct tw_pcapfile *pcap = &evidence->file;
    int dirfd = tw_keeper_dirfd(evidence->keeper);
    if (evidence->link[0] != '\0')
        tw_filestore_unlink(dirfd, evidence->link);
    if (pcap->size <= TW_PCAP_FILE_HEADER) {
        tw_filestore_discard(dirfd, pcap->fd, evidence->name);
        return;
    }
    if (pcap->torn) { /* recovery cuts it */
        (void)close(pcap->fd);
        return;
    }
    int err = tw_keeper_finish(evidence->keeper, pcap->fd, evidence->name);
    if (err < 0)
        note(sink, EVIDENCE, err, evidence->name);
    if (evidence->keeper == sink->keeper)
        note_keeping(sink);
}

void tw_sink_finish(struct tw_sink *sink, uint32_t file) {
    struct evidence *evidence = &sink->evidence[file];
    if (!evidence->begun)
        return;
    if (evidence->file.fd >= 0)
        (void)flush_evidence(sink, evidence);
    if (evidence->file.fd >= 0)
        finish_open(sink, evidence);
    tw_pcapfile_fini(&evidence->file);
    tw_keeper_unref(evidence->keeper);
    evidence->keeper = NULL;
    evidence->begun = false;
}

/* Logs. */

/* The header line, before what already waits in the buffer. */
static int write_header(struct log *log) {
    uint64_t lost;
    struct tw_text waiting = log->file.text;
    log->file.text = (struct tw_text)TW_TEXT_INIT;
    tw_flowlog_header(&log->file.text);
    int err = tw_linefile_flush(&log->file, &lost);
    tw_text_fini(&log->file.text);
    log->file.text = waiting;
    return err;
}

/* Since when a file that was found has lines: its birth, where the file system knows it. */
static tw_time birth_of(int fd) {
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &st) < 0)
        return 0;
    const struct statx_timestamp *at = (st.stx_mask & STATX_BTIME) != 0 ? &st.stx_btime : &st.stx_mtime;
    return at->tv_sec * TW_SECOND + at->tv_nsec;
}

static bool has_lines(const struct log *log) {
    struct tw_text header = TW_TEXT_INIT;
    if (log->part == FLOWS)
        tw_flowlog_header(&header);
    size_t len = header.len;
    tw_text_fini(&header);
    return log->file.size > len;
}

static int open_log(struct tw_sink *sink, struct log *log, bool append) {
    int fd = tw_keeper_open_log(sink->keeper, log->name, append);
    if (fd < 0)
        return fd;
    int err = tw_linefile_attach(&log->file, fd);
    if (err == 0 && log->part == FLOWS && log->file.size == 0)
        err = write_header(log);
    if (err < 0) {
        (void)close(fd);
        log->file.fd = -1;
    } else if (log->begun == 0 && has_lines(log))
        log->begun = birth_of(fd);
    return err;
}

static void close_log(struct log *log) {
    if (log->file.fd >= 0)
        (void)close(log->file.fd);
    log->file.fd = -1;
}

static void flush_log(struct tw_sink *sink, struct log *log) {
    uint64_t lost;
    int open_err = 0;
    if (log->file.text.len == 0 && !log->file.text.failed)
        return;
    if (log->file.fd >= 0 && tw_fdio_is_removed(log->file.fd))
        close_log(log);
    if (log->file.fd < 0 && may_try(sink, log->retry)) {
        open_err = open_log(sink, log, true);
        log->retry = open_err < 0 ? sink->now + TW_SECOND : 0;
    }
    int err = tw_linefile_flush(&log->file, &lost);
    add(sink, log->lost, lost);
    if (err != -EBADF)
        note(sink, log->part, err, log->name);
    else if (open_err < 0)
        note(sink, log->part, open_err, log->name);
}

static void rotate_log(struct tw_sink *sink, struct log *log) {
    enum tw_name_kind kind = log->part == FLOWS ? TW_NAME_FLOWS : TW_NAME_ALARMS;
    if (log->begun == 0 || sink->now < log->rotate_retry)
        return;
    flush_log(sink, log);
    if (log->file.fd < 0 || tw_fdio_is_removed(log->file.fd))
        return;
    int err = tw_keeper_rotate(sink->keeper, log->file.fd, kind, log->name, log->begun);
    log->rotate_retry = err < 0 ? sink->now + ROTATE_RETRY : 0;
    if (err == 0) {
        close_log(log);
        log->begun = log->since = 0;
        err = open_log(sink, log, true);
    }
    if (err < 0)
        note(sink, log->part, err, log->name);
    note_keeping(sink);
}

/* Before a line is appended: the file it would make too large is finished first. */
static void make_room(struct tw_sink *sink, struct log *log) {
    uint64_t max = sink->options.live ? sink->options.pcap.max_size : 0;
    if (max > 0 && log->file.size + log->file.text.len + LINE_ROOM > max)
        rotate_log(sink, log);
    if (log->begun == 0)
        log->begun = sink->wall;
}

static void rotate_old_log(struct tw_sink *sink, struct log *log) {
    tw_time max = sink->options.live ? sink->options.pcap.max_age : 0;
    if (max > 0 && log->begun != 0 && sink->wall - log->begun > max)
        rotate_log(sink, log);
}

/* After a line was appended. An alarm is to be seen at once, unless a file is read. */
static void line_done(struct tw_sink *sink, struct log *log, bool at_once) {
    if (log->since == 0)
        log->since = sink->now;
    if ((at_once && !sink->options.wait) || log->file.text.len >= LOG_BUFFER || log->file.text.failed) {
        flush_log(sink, log);
        log->since = 0;
    }
}

static struct tw_alarmlog_source source_of(const struct tw_sink *sink) {
    return (struct tw_alarmlog_source){sink->host, sink->options.is_interface, sink->source, sink->options.labeller};
}

void tw_sink_alarm(struct tw_sink *sink, const struct tw_alarm_event *event) {
    struct tw_alarmlog_source source = source_of(sink);
    if (sink->alarms.wanted) {
        make_room(sink, &sink->alarms);
        tw_alarmlog_alarm(&sink->alarms.file.text, &source, event);
        line_done(sink, &sink->alarms, true);
    }
    if (sink->options.on_alarm != NULL)
        sink->options.on_alarm(sink->options.context, event);
}

void tw_sink_extract_end(struct tw_sink *sink, const struct tw_extract_event *event) {
    static const struct tw_tally nothing;
    const struct tw_tally *tally = tw_tally_find(&sink->tallies, event->extraction);
    if (tally != NULL && tally->pending > 0)
        (void)flush_evidence(sink, &sink->evidence[tally->file]);
    if (tally == NULL)
        tally = &nothing;
    if (sink->alarms.wanted) {
        struct tw_alarmlog_source source = source_of(sink);
        struct tw_alarmlog_written written = {
            .files = (const char *const *)tally->files,
            .n_files = tally->n_files,
            .packets = tally->packets,
            .packets_before = event->was_alarmed ? tally->packets_before : 0,
            .bytes = tally->bytes,
            .lost_write = tally->lost,
        };
        make_room(sink, &sink->alarms);
        tw_alarmlog_extract_end(&sink->alarms.file.text, &source, event, &written);
        line_done(sink, &sink->alarms, false);
    }
    tw_tally_drop(&sink->tallies, event->extraction);
}

void tw_sink_flow(struct tw_sink *sink, const struct tw_flow_record *record) {
    make_room(sink, &sink->flows);
    tw_flowlog_record(&sink->flows.file.text, sink->options.labeller, record);
    line_done(sink, &sink->flows, false);
}

void tw_sink_replace_in(struct tw_sink *sink, int dirfd, uint32_t mode, const char *name, const void *bytes,
                        size_t len) {
    note(sink, REPLACED, tw_filestore_replace(dirfd, name, bytes, len, mode), name);
    add(sink, &sink->stats.replaced, 1);
}

void tw_sink_replace(struct tw_sink *sink, const char *name, const void *bytes, size_t len) {
    tw_sink_replace_in(sink, tw_keeper_dirfd(sink->keeper), sink->options.pcap.mode, name, bytes, len);
}

void tw_sink_source(struct tw_sink *sink, const char *name) {
    char *copy = strdup(name);
    if (copy == NULL)
        return;
    free(sink->source);
    sink->source = copy;
}

/* All together. */

static void sooner(tw_time *ret, tw_time at) {
    if (*ret == 0 || at < *ret)
        *ret = at;
}

static void tick_log(struct tw_sink *sink, struct log *log, tw_time *next) {
    if (log->since != 0 && is_due(sink, log->since)) {
        flush_log(sink, log);
        log->since = 0;
    }
    if (log->since != 0)
        sooner(next, log->since + sink->options.pcap.flush);
}

void tw_sink_wall(struct tw_sink *sink, tw_time wall) {
    sink->wall = wall;
    tw_keeper_time(sink->keeper, wall);
}

void tw_sink_keep(struct tw_sink *sink) {
    tw_keeper_round(sink->keeper);
    note_keeping(sink);
    rotate_old_log(sink, &sink->alarms);
    rotate_old_log(sink, &sink->flows);
}

void tw_sink_time(struct tw_sink *sink, tw_time now) {
    sink->now = now;
}

tw_time tw_sink_tick(struct tw_sink *sink, tw_time now) {
    tw_time next = 0;
    sink->now = now;
    if (sink->options.wait)
        return 0;
    for (int i = 0; i < TW_SINK_FILES; i++) {
        struct evidence *evidence = &sink->evidence[i];
        if (evidence->begun && evidence->file.n > 0 && is_due(sink, evidence->since))
            flush_old_evidence(sink, evidence);
        if (evidence->begun && evidence->file.n > 0)
            sooner(&next, evidence->since + sink->options.pcap.flush);
    }
    tick_log(sink, &sink->alarms, &next);
    tick_log(sink, &sink->flows, &next);
    return next;
}

void tw_sink_flush(struct tw_sink *sink) {
    for (int i = 0; i < TW_SINK_FILES; i++) {
        if (sink->evidence[i].begun && sink->evidence[i].file.n > 0)
            (void)flush_evidence(sink, &sink->evidence[i]);
    }
    flush_log(sink, &sink->alarms);
    flush_log(sink, &sink->flows);
    sink->alarms.since = sink->flows.since = 0;
}

void tw_sink_finish_all(struct tw_sink *sink) {
    for (uint32_t i = 0; i < TW_SINK_FILES; i++)
        tw_sink_finish(sink, i);
    tw_sink_flush(sink);
}

void tw_sink_stats(struct tw_sink *sink, struct tw_sink_stats *ret) {
    (void)pthread_mutex_lock(&sink->lock);
    *ret = sink->stats;
    ret->error = 0;
    ret->error_name[0] = '\0';
    for (int i = 0; i < PART_COUNT && ret->error == 0; i++) {
        ret->error = sink->trouble[i].error;
        if (ret->error < 0)
            memcpy(ret->error_name, sink->trouble[i].name, sizeof(ret->error_name));
    }
    (void)pthread_mutex_unlock(&sink->lock);
}

static int make_names(struct tw_sink *sink) {
    const char *prefix = sink->options.pcap.prefix;
    int err = tw_naming_fixed(prefix, "-current.pcap", sink->current);
    if (err == 0)
        err = tw_naming_fixed(prefix, "_alarms.jsonl", sink->alarms.name);
    return err == 0 ? tw_naming_fixed(prefix, "_flows.tsv", sink->flows.name) : err;
}

static int open_wanted(struct tw_sink *sink) {
    int err = make_names(sink);
    if (err == 0)
        err = open_log(sink, &sink->flows, sink->options.live);
    return err == 0 && sink->alarms.wanted ? open_log(sink, &sink->alarms, sink->options.live) : err;
}

static int make_keeper(const struct tw_sink *sink, const struct tw_sink_options *options, struct tw_keeper **ret) {
    struct tw_keeper_options keeper = {
        .dirfd = options->dirfd,
        .lock_fd = options->lock_fd,
        .directory = options->directory,
        .live = sink->options.live,
        .pcap = options->pcap,
        .on_finished = options->on_finished,
        .on_removed = options->on_removed,
        .context = options->hooks,
    };
    if (sink->keeper != NULL && tw_keeper_configure(sink->keeper, &keeper)) {
        *ret = tw_keeper_ref(sink->keeper);
        return 0;
    }
    return tw_keeper_create(&keeper, ret);
}

static int open_first(struct tw_sink *sink) {
    int err = make_keeper(sink, &sink->options, &sink->keeper);
    if (err < 0)
        return err;
    tw_sink_wall(sink, sink->options.wall);
    if (sink->options.live)
        tw_sink_keep(sink);
    return open_wanted(sink);
}

static void init_log(struct log *log, enum part part, bool wanted, uint64_t *lost) {
    *log = (struct log){.wanted = wanted, .part = part, .lost = lost};
    tw_linefile_init(&log->file);
}

static void leave_log(struct tw_sink *sink, struct log *log) {
    flush_log(sink, log);
    close_log(log);
    log->begun = log->since = log->retry = log->rotate_retry = 0;
}

/* The files that are open in the folder of before hold on to it. */
static void change_folder(struct tw_sink *sink, struct tw_keeper *keeper) {
    if (keeper == sink->keeper)
        return;
    for (int i = 0; i < TW_REMOVED_COUNT; i++)
        sink->removed_before[i] += tw_keeper_state(sink->keeper)->removed[i];
    tw_keeper_unref(sink->keeper);
    sink->keeper = tw_keeper_ref(keeper);
    tw_sink_wall(sink, sink->wall);
}

static void take_settings(struct tw_sink *sink, const struct tw_sink_options *options) {
    char *host = strdup(options->host);
    if (host != NULL) {
        free(sink->host);
        sink->host = host;
    }
    sink->options.pcap = options->pcap;
    sink->options.output = options->output;
    sink->alarms.wanted = options->output.alarms;
}

void tw_sink_configure(struct tw_sink *sink, const struct tw_sink_options *options) {
    struct tw_keeper *keeper;
    int err = make_keeper(sink, options, &keeper);
    if (err < 0) {
        note(sink, KEEPING, err, options->pcap.prefix);
        return;
    }
    leave_log(sink, &sink->alarms);
    leave_log(sink, &sink->flows);
    change_folder(sink, keeper);
    tw_keeper_unref(keeper);
    take_settings(sink, options);
    tw_sink_keep(sink);
    err = open_wanted(sink);
    if (err < 0)
        note(sink, FLOWS, err, sink->flows.name);
}

int tw_sink_create(const struct tw_sink_options *options, struct tw_sink **ret) {
    struct tw_sink *sink = calloc(1, sizeof(*sink));
    if (sink == NULL)
        return -ENOMEM;
    sink->options = *options;
    sink->host = strdup(options->host);
    sink->source = strdup("");
    init_log(&sink->alarms, ALARMS, options->output.alarms, &sink->stats.lost_alarms);
    init_log(&sink->flows, FLOWS, true, &sink->stats.lost_flows);
    (void)pthread_mutex_init(&sink->lock, NULL);
    int err = sink->host == NULL || sink->source == NULL ? -ENOMEM : open_first(sink);
    if (err != 0) {
        tw_sink_destroy(sink);
        return err;
    }
    *ret = sink;
    return 0;
}

void tw_sink_destroy(struct tw_sink *sink) {
    if (sink == NULL)
        return;
    for (int i = 0; i < TW_SINK_FILES; i++) {
        struct evidence *evidence = &sink->evidence[i];
        if (evidence->begun && evidence->file.fd >= 0)
            (void)close(evidence->file.fd);
        if (evidence->begun)
            tw_pcapfile_fini(&evidence->file);
        tw_keeper_unref(evidence->keeper);
    }
    close_log(&sink->alarms);
    close_log(&sink->flows);
    tw_linefile_fini(&sink->alarms.file);
    tw_linefile_fini(&sink->flows.file);
    tw_tally_fini(&sink->tallies);
    tw_keeper_unref(sink->keeper);
    (void)pthread_mutex_destroy(&sink->lock);
    free(sink->host);
    free(sink->source);
    free(sink);
}
