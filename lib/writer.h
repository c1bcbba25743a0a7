/* SPDX-License-Identifier: MIT */
/*
 * writer.h — the files, and the thread that writes them, behind a bounded queue.
 *
 * The engine's thread decides (which file, which name, where to cut) and puts operations into a first-in-first-out
 * queue; the writer's thread carries them out and formats what has to be formatted. So a slow disk never holds the
 * capture up, and no order in any file depends on the writer's speed.
 *
 * Two ways to meet a full queue: live, a put that finds no room returns TW_EAGAIN and changes nothing; reading a
 * file (`wait`), the put waits. A share of the queue is reserved for alarms: 16 MiB, or a quarter of a smaller queue.
 *
 * What a disk keeps out of the files is lost and counted, never waited for: see sink.h. The writer's thread reads
 * CLOCK_MONOTONIC, for pcap.flush and for trying again, and CLOCK_REALTIME, for the age of files; they are the only
 * clocks of the library.
 *
 * Threads: all functions are for one thread, the engine's.
 */
#ifndef TW_WRITER_H
#define TW_WRITER_H

#include "event.h"
#include "retention.h"
#include "ring.h"
#include "settings.h"

struct tw_writer;

struct tw_writer_options {
    int dirfd;             /* output folder; duplicated */
    int lock_fd;           /* its lock file, with the next numbers; duplicated; 0: there is none */
    const char *directory; /* its path, to open it again when it was removed; copied; NULL: it never is */
    size_t queue;          /* bytes of the queue, a power of two of at least 1 MiB (else rounded up); 0: 64 MiB */
    bool wait;             /* a put waits for room */
    bool live;             /* PREFIX-current.pcap, appending to the logs of an earlier run */
    const char *host;      /* run.name; copied */
    bool is_interface;     /* the source is called "interface" in events, else "file" */
    struct tw_pcap_settings pcap;
    struct tw_output_settings output;
    const struct tw_labeller *labeller; /* asked in the writer's thread for addresses in logs; borrowed; NULL: none */
    /* NULL, or called in the writer's thread for every alarm and alarm_end; live, after its line was written */
    void (*on_alarm)(void *context, const struct tw_alarm_event *event);
    void *context;
    /* NULL, or called in the writer's thread for each finished pcap file, with the path of its folder */
    void (*on_finished)(void *hooks, const char *directory, const char *name);
    void *hooks;
    const struct tw_ring_fetch
        *fetch; /* packets without bytes are fetched so, in the writer's thread; copied; NULL: none are */
};

/*
 * Open the folder's logs as far as they are wanted (PREFIX_flows.tsv with its header line, PREFIX_alarms.jsonl) and
 * start the thread. Returns 0; -ENOMEM, TW_ENAME or a negative errno of the opening, and *ret untouched.
 */
int tw_writer_create(const struct tw_writer_options *options, struct tw_writer **ret);

/*
 * Carry out all that is queued, finish and rename every open file, close the logs, stop the thread, free.
 * With `deadline` (nanoseconds from now, 0: none) what is not written by then is left: files keep their .part; a thread
 * that the disk blocks even half a second longer is left behind, with its memory, for the process to end soon.
 * Returns 0, or the first error of the run as a negative errno; -ETIMEDOUT when something was left. NULL is allowed.
 */
int tw_writer_destroy(struct tw_writer *writer, tw_time deadline);

/*
 * Take other settings over, in order with what was put before and comes after: dirfd, lock_fd, directory, host, pcap,
 * output; the others are for the whole run. Begun files stay in their folder and are finished there; the logs go on in
 * the new one.
 * Returns 0, TW_EAGAIN, TW_ENAME for a path that is too long, or a negative errno of the duplication; then nothing
 * changed.
 */
int tw_writer_configure(struct tw_writer *writer, const struct tw_writer_options *options);

/* From here on events come from this source (a file's path, an interface's name; copied). */
int tw_writer_source(struct tw_writer *writer, const char *name);

/*
 * Begin the pcap file that will be called `name` when it is finished (`name`.part until then).
 *
 *   file     the caller's number for it, below TW_WRITER_FILES; not open now
 *   name     shorter than TW_NAME_MAX; in the folder
 */
enum { TW_WRITER_FILES = 64 };
int tw_writer_begin(struct tw_writer *writer, uint32_t file, const char *name, int dlt, uint32_t snaplen);

/*
 * A packet to be written: its bytes are copied into the queue. One without bytes is fetched when its turn comes, which
 * must be allowed; one that cannot be counts as lost to the disk.
 */
struct tw_writer_packet {
    uint32_t file;       /* open */
    uint32_t extraction; /* the caller's handle of what it counts for: small, free again after its extract_end */
    bool before;         /* from before the extraction's first alarm */
    union {
        tw_time time;
        uint64_t offset; /* without bytes: where it is fetched, and in which origin, as in an entry of the ring */
    };
    uint32_t caplen; /* at most 262144 */
    union {
        uint32_t wirelen;
        uint32_t origin;
    };
    const uint8_t *bytes;
};

int tw_writer_packet(struct tw_writer *writer, const struct tw_writer_packet *packet);

/* Flush, fsync, close, rename to the finished name. A file into which no packet came is removed instead. */
int tw_writer_finish(struct tw_writer *writer, uint32_t file);

/* Finish every open file, as before destroying: what is counted then has all. */
int tw_writer_finish_all(struct tw_writer *writer);

/* Lines of PREFIX_alarms.jsonl and PREFIX_flows.tsv. What finds no room live is dropped and counted; then TW_EAGAIN. */
int tw_writer_alarm(struct tw_writer *writer, const struct tw_alarm_event *event);
int tw_writer_flow(struct tw_writer *writer, const struct tw_flow_record *record);

/*
 * The end of an extraction: its line, with what was really written; frees the handle's counters. Always finds room:
 * what does not fit the queue waits beside it, before all later operations. Returns 0, or -ENOMEM, then it is lost.
 */
int tw_writer_extract_end(struct tw_writer *writer, const struct tw_extract_event *event);

/*
 * Replace a file of the folder by these bytes, whole or not at all.
 * Returns 0, TW_EAGAIN, TW_ENAME, or -EMSGSIZE for more bytes than about three eighths of the queue.
 */
int tw_writer_replace(struct tw_writer *writer, const char *name, const char *text, size_t len);

/*
 * The same in another folder, with these permission bits; `dirfd` is duplicated. The replacement is counted by
 * tw_writer_stats().replaced once it was tried, as all are. Returns also a negative errno of the duplication.
 */
int tw_writer_replace_in(struct tw_writer *writer, int dirfd, uint32_t mode, const char *name, const char *text,
                         size_t len);

/* Wait until all that was put so far has been carried out and is in the files. */
void tw_writer_drain(struct tw_writer *writer);

/*
 * Live: wait until the thread has made some room, but not longer than `*left` (nanoseconds), from which the time waited
 * is taken. Returns whether there is more room than before.
 */
bool tw_writer_wait(struct tw_writer *writer, tw_time *left);

struct tw_writer_stats {
    uint64_t packets, bytes;            /* written to pcap files, captured bytes */
    uint64_t lost_write;                /* packets that a disk error, or a failed fetch, kept out of the files */
    uint64_t write_errors;              /* times that writing began to fail */
    uint64_t lost_alarms, lost_flows;   /* lines, for want of room or by a disk error */
    uint64_t removed[TW_REMOVED_COUNT]; /* finished files, by reason */
    uint64_t replaced;                  /* replacements carried out, or tried */
    size_t queued, queue_size;          /* bytes */
    int error;                          /* the present trouble as a negative errno; 0: all is well */
    char error_name[TW_NAME_MAX];       /* the file that has it */
    uint32_t n_files;                   /* begun so far; names by tw_writer_file */
};

/* Never waits for the disk. */
void tw_writer_stats(struct tw_writer *writer, struct tw_writer_stats *ret);

/* The finished name of the n-th file begun, from 0. NULL: no such, or, live, not one of the last TW_WRITER_NAMES. */
enum { TW_WRITER_NAMES = 1024 };
const char *tw_writer_file(const struct tw_writer *writer, uint32_t n);

/* Whether retention has removed that file since; false for one that is not known. */
bool tw_writer_has_removed(struct tw_writer *writer, uint32_t n);

#endif
