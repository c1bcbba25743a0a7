/* SPDX-License-Identifier: MIT */
/*
 * session.h — one run, of a capture file or live: an output folder, a writer, an engine, and the reports about them.
 *
 * What -r and -i have in common. Nothing here waits for packets.
 */
#ifndef SESSION_H
#define SESSION_H

#include "alarmlines.h"
#include "capture.h"
#include "config.h"
#include "engine.h"
#include "hook.h"
#include "labels.h"
#include "options.h"
#include "output.h"
#include "text.h"
#include "writer.h"

struct session {
    const struct options *options;
    const struct config *config;
    struct output output;
    struct tw_writer *writer;
    struct tw_engine *engine;
    struct labels *labels;
    struct alarmlines alarms;
    struct hook hook;
    struct tw_pcap_settings pcap; /* with this run's prefix */
    tw_time begun;                /* monotonic */
    bool is_live;

    /* for the reports */
    const char *source; /* borrowed */
    int link_type;
    uint32_t snaplen;
    bool has_source, truncated, failed;
    uint64_t packets;         /* fed */
    uint64_t size, processed; /* bytes of the files read, and how far they were; of those whose size is known */
    struct capture_stats kernel;
    uint32_t n_listed; /* files that the report in the folder knows of */
    tw_time listed;    /* monotonic */
};

/* CLOCK_MONOTONIC in nanoseconds. */
tw_time session_clock(void);

/* Where packets that stay in files are fetched again: in the thread that reads, and in the writer's. */
struct session_fetch {
    struct tw_ring_fetch reading, writing;
};

/*
 * Open the folder, start the writer, make the engine; an analysis begins its report.
 * `fetch`: where packets stay in files and are fetched again; NULL: they are copied.
 * What goes wrong is logged. Returns false when something did, then nothing is left open.
 */
bool session_open(struct session *ret, const struct options *options, const struct config *config, const char *prefix,
                  const struct session_fetch *fetch);

/*
 * What a writer of this configuration is told: as far as tw_writer_configure takes it, by session->output and
 * session->pcap, which are to be set before.
 */
struct tw_writer_options session_writer_options(struct session *session, const struct config *config);

/* What pcap.group is as a number, into *ret. Returns false, and says why, when there is no such group, or not for us. */
bool session_group(const struct config *config, struct tw_pcap_settings *ret, char *problem, size_t size);

/* From here on packets come from this source; name is borrowed. Returns false, and logs, for an unknown link type. */
bool session_source(struct session *session, const char *name, int dlt, uint32_t snaplen);

/* For capture_dispatch; context is the session. */
void session_feed(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes);

/* An analysis: let the report in the folder list the files that were begun meanwhile. Cheap when there are none. */
void session_list_files(struct session *session);

/* The state right now. Returns NULL when there is no memory; to be released with session_forget (NULL is allowed). */
struct tw_report *session_describe(struct session *session, bool complete);
void session_forget(struct tw_report *report);

/*
 * End everything, write the final report and print it; `complete` is false when it was interrupted.
 * Returns whether the whole run went well.
 */
bool session_close(struct session *session, bool complete);

#endif
