/* SPDX-License-Identifier: MIT */
/*
 * sink.h — the files of a run as one object: evidence, logs, replaced files, and what went wrong with them.
 *
 * This is what the writer's thread does, without the thread and without a clock. Every operation succeeds as far as
 * its caller is concerned: what a disk keeps out is lost and counted, the files stay valid to their last whole record
 * or line, and the next operation tries again (live, a file that cannot be opened is tried once a second).
 *
 * Threads: one; tw_sink_stats may be called from any.
 */
#ifndef TW_SINK_H
#define TW_SINK_H

#include "event.h"
#include "pcapfile.h"
#include "retention.h"
#include "settings.h"

struct tw_sink;

struct tw_sink_options {
    int dirfd;             /* output folder; duplicated */
    int lock_fd;           /* its lock file, duplicated; 0: there is none */
    const char *directory; /* its path, to open it again when it was removed; copied; NULL: it never is */
    tw_time wall;          /* nanoseconds since 1970, as tw_sink_wall */
    bool wait;             /* reading a file: nothing is flushed because of its age, nothing waits for a second try */
    bool live;             /* PREFIX-current.pcap, appending to the logs of an earlier run */
    const char *host;      /* run.name; copied */
    bool is_interface;
    struct tw_pcap_settings pcap;
    struct tw_output_settings output;
    const struct tw_labeller *labeller; /* asked for addresses in logs; borrowed; NULL: none */
    void (*on_alarm)(void *context, const struct tw_alarm_event *event); /* NULL, or called after an alarm's line */
    void *context;
    /* NULL, or called for each finished pcap file, with the path of its folder */
    void (*on_finished)(void *hooks, const char *directory, const char *name);
    void (*on_removed)(void *hooks, const char *name); /* NULL, or called for each pcap file that retention removed */
    void *hooks;
};

/*
 * Live, look after the folder as tw_sink_keep; then open the logs. Returns 0, -ENOMEM, TW_ENAME or a negative errno of
 * the opening; then *ret is untouched.
 */
int tw_sink_create(const struct tw_sink_options *options, struct tw_sink **ret);

/* Close all without finishing: begun files keep their .part, what is in buffers is lost. NULL is allowed. */
void tw_sink_destroy(struct tw_sink *sink);

/*
 * From here on other settings, and perhaps another folder, as far as they are not for the whole run: files that are
 * begun stay where they are and are finished there. What goes wrong is a trouble like any other.
 */
void tw_sink_configure(struct tw_sink *sink, const struct tw_sink_options *options);

/* Say what time it is for people: nanoseconds since 1970, for the age of files. */
void tw_sink_wall(struct tw_sink *sink, tw_time wall);

/*
 * Finish what was left as .part, remove files as pcap.keep_* say, rotate logs that are old. Live, to be called at least
 * every 15 s.
 */
void tw_sink_keep(struct tw_sink *sink);

/* Say when the operations that follow came (any clock that never runs back, above 0). */
void tw_sink_time(struct tw_sink *sink, tw_time now);

/*
 * Say what time it is now, likewise, and write what has waited for pcap.flush.
 * Returns when it wants to be called again at the latest; 0: nothing waits.
 */
tw_time tw_sink_tick(struct tw_sink *sink, tw_time now);

void tw_sink_source(struct tw_sink *sink, const char *name);

enum { TW_SINK_FILES = 64 };
void tw_sink_begin(struct tw_sink *sink, uint32_t file, const char *name, int dlt, uint32_t snaplen);

/* The packet's tag is set here. */
void tw_sink_packet(struct tw_sink *sink, uint32_t file, uint32_t extraction, bool before,
                    const struct tw_pcapfile_packet *packet);

/* A packet of the extraction was kept out of the files before it came here. */
void tw_sink_lose(struct tw_sink *sink, uint32_t extraction);

void tw_sink_finish(struct tw_sink *sink, uint32_t file);
void tw_sink_alarm(struct tw_sink *sink, const struct tw_alarm_event *event);
void tw_sink_flow(struct tw_sink *sink, const struct tw_flow_record *record);
void tw_sink_extract_end(struct tw_sink *sink, const struct tw_extract_event *event);
void tw_sink_replace(struct tw_sink *sink, const char *name, const void *bytes, size_t len);

/* The same in another folder, with these permission bits. */
void tw_sink_replace_in(struct tw_sink *sink, int dirfd, uint32_t mode, const char *name, const void *bytes,
                        size_t len);

/* Write all that is in buffers. */
void tw_sink_flush(struct tw_sink *sink);

/* Finish every begun file and flush the logs. */
void tw_sink_finish_all(struct tw_sink *sink);

struct tw_sink_stats {
    uint64_t packets, bytes, lost_write, write_errors, lost_alarms, lost_flows;
    uint64_t replaced;                  /* replacements carried out, or tried */
    uint64_t removed[TW_REMOVED_COUNT]; /* files, by reason */
    int error;                          /* the present trouble; 0: none */
    int first_error;                    /* the first of the run */
    char error_name[TW_NAME_MAX];       /* the file that has the present trouble */
};

void tw_sink_stats(struct tw_sink *sink, struct tw_sink_stats *ret);

#endif
