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
#include "settings.h"

struct tw_sink;

struct tw_sink_options {
    int dirfd;        /* output folder, borrowed */
    bool wait;        /* reading a file: nothing is flushed because of its age, nothing waits for a second try */
    bool live;        /* PREFIX-current.pcap, appending to the logs of an earlier run */
    const char *host; /* run.name; copied */
    bool is_interface;
    struct tw_pcap_settings pcap;
    struct tw_output_settings output;
    void (*on_alarm)(void *context, const struct tw_alarm_event *event); /* NULL, or called after an alarm's line */
    void *context;
};

/* Open the logs. Returns 0, -ENOMEM, TW_ENAME or a negative errno of the opening; then *ret is untouched. */
int tw_sink_create(const struct tw_sink_options *options, struct tw_sink **ret);

/* Close all without finishing: begun files keep their .part, what is in buffers is lost. NULL is allowed. */
void tw_sink_destroy(struct tw_sink *sink);

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
    uint64_t replaced;            /* replacements carried out, or tried */
    int error;                    /* the present trouble; 0: none */
    int first_error;              /* the first of the run */
    char error_name[TW_NAME_MAX]; /* the file that has the present trouble */
};

void tw_sink_stats(struct tw_sink *sink, struct tw_sink_stats *ret);

#endif
