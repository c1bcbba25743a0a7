/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "log.h"
#include "naming.h"
#include "report.h"
#include "sandbox.h"

enum { LISTED_AT_ONCE = 256, REPORT_FOLDER_MODE = 0755 };

static const tw_time flush_time = 10 * TW_SECOND, poll_time = 5 * TW_MS, listing_interval = 100 * TW_MS;

static const char *const suffixes[] = {"_flows.tsv", "_alarms.jsonl", "_report.txt", "_report.json"};
enum { N_FIXED = 4, FIXED_FLOWS = 0, FIXED_ALARMS, FIXED_TEXT, FIXED_JSON };

/* The names that a report speaks of, as long as it is made. */
struct names {
    const char **files;
    size_t n_files;
    char fixed[N_FIXED][TW_NAME_MAX];
    const char *written[N_FIXED];
    size_t n_written;
};

/* A report and what it points to. */
struct description {
    struct tw_report report;
    struct names names;
};

tw_time session_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

/* Reports */

static uint64_t resident_bytes(void) {
    unsigned long long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%llu %llu", &total, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_written(const struct session *session, int i) {
    const struct tw_output_settings *output = &session->config->engine.output;
    return (i != FIXED_FLOWS || output->flows != TW_FLOWS_NONE) && (i != FIXED_ALARMS || output->alarms);
}

/*
 * What retention has removed is no file of ours any more. But an analysis that was interrupted is told from other files
 * by the numbers of its own, from 1: all of them.
 */
static bool collect_names(const struct session *session, uint32_t n_files, bool complete, struct names *ret) {
    bool all = !session->is_live && !complete;
    *ret = (struct names){.files = calloc(n_files + 1, sizeof(char *))};
    if (!ret->files) {
        return false;
    }
    for (uint32_t i = 0; i < n_files; i++) {
        const char *name = tw_writer_file(session->writer, i);
        if (name && (all || !tw_writer_has_removed(session->writer, i))) {
            ret->files[ret->n_files++] = name;
        }
    }
    for (int i = 0; i < N_FIXED; i++) {
        if (is_written(session, i) && tw_naming_fixed(session->output.prefix, suffixes[i], ret->fixed[i]) == 0) {
            ret->written[ret->n_written++] = ret->fixed[i];
        }
    }
    return true;
}

static void fill_run(const struct session *session, struct tw_report *report) {
    report->version = TW_VERSION;
    report->pid = getpid();
    report->uptime = (double)(session_clock() - session->begun) / (double)TW_SECOND;
    report->source.is_interface = session->is_live;
    report->source.name = session->source;
    report->source.n_files = session->is_live ? 0 : session->options->n_files;
    report->source.link_type = session->has_source ? capture_link_name(session->link_type) : NULL;
    report->source.snaplen = session->snaplen;
    report->source.truncated = session->truncated;
    report->source.filter = session->config->capture.filter;
    report->source.size = session->size;
    report->source.processed = session->processed;
    report->capture.received = session->is_live ? session->kernel.received : session->packets;
    report->capture.dropped_kernel = session->kernel.dropped_kernel;
    report->capture.dropped_interface = session->kernel.dropped_interface;
    report->memory.rss = resident_bytes();
    report->output.lost_log = log_lost();
    report->labeller = labels_labeller(session->labels);
}

static void fill_written(const struct session *session, const struct names *names, struct tw_report *report) {
    struct tw_writer_stats stats;
    tw_writer_stats(session->writer, &stats);
    report->extract.packets = stats.packets;
    report->extract.bytes = stats.bytes;
    report->extract.lost[TW_LOST_WRITE] += stats.lost_write;
    report->extract.write_errors = stats.write_errors;
    report->extract.files = names->files;
    report->extract.n_files = names->n_files;
    report->output.lost_alarms = stats.lost_alarms;
    report->output.lost_flows = stats.lost_flows;
    report->output.removed_files = stats.removed[TW_REMOVED_FILES];
    report->output.removed_bytes = stats.removed[TW_REMOVED_BYTES];
    report->output.removed_age = stats.removed[TW_REMOVED_AGE];
    report->output.removed_free = stats.removed[TW_REMOVED_FREE];
    report->written = names->written;
    report->n_written = names->n_written;
}

struct tw_report *session_describe(struct session *session, bool complete) {
    struct tw_writer_stats stats;
    tw_writer_stats(session->writer, &stats);
    struct description *description = calloc(1, sizeof(*description));
    if (!description || !collect_names(session, stats.n_files, complete, &description->names)) {
        free(description);
        return NULL;
    }
    struct tw_report *report = &description->report;
    report->complete = complete;
    tw_engine_report(session->engine, report);
    fill_run(session, report);
    fill_written(session, &description->names, report);
    return report;
}

void session_forget(struct tw_report *report) {
    struct description *description = (struct description *)(void *)report; /* its first member */
    if (description) {
        free(description->names.files);
        free(description);
    }
}

/* Both texts of the state right now. Returns false when there is no memory. */
static bool make_report(struct session *session, bool complete, struct tw_text *text, struct tw_text *json) {
    struct tw_report *report = session_describe(session, complete);
    if (!report) {
        return false;
    }
    tw_report_text(text, report);
    tw_report_json(json, report);
    session_forget(report);
    return !text->failed && !json->failed;
}

static bool replace(struct session *session, int dirfd, const char *name, const struct tw_text *text) {
    int err = tw_filestore_replace(dirfd, name, text->data, text->len, session->pcap.mode);
    if (err) {
        log_error("%s: cannot be written: %s", name, tw_strerror(err));
    } else if (session->pcap.has_group) {
        (void)!fchownat(dirfd, name, (uid_t)-1, session->pcap.group, AT_SYMLINK_NOFOLLOW);
    }
    return err == 0;
}

static bool replace_fixed(struct session *session, int fixed, const struct tw_text *text) {
    char name[TW_NAME_MAX];
    return tw_naming_fixed(session->output.prefix, suffixes[fixed], name) == 0 &&
           replace(session, session->output.dirfd, name, text);
}

void session_list_files(struct session *session) {
    struct tw_writer_stats stats;
    struct tw_text text = TW_TEXT_INIT, json = TW_TEXT_INIT;
    char name[TW_NAME_MAX];
    tw_writer_stats(session->writer, &stats);
    if (stats.n_files == session->n_listed ||
        (stats.n_files > LISTED_AT_ONCE && session_clock() - session->listed < listing_interval)) {
        return;
    }
    if (make_report(session, false, &text, &json) &&
        tw_naming_fixed(session->output.prefix, suffixes[FIXED_JSON], name) == 0) {
        (void)tw_writer_replace(session->writer, name, json.data, json.len); /* in order with the files themselves */
    }
    session->n_listed = stats.n_files;
    session->listed = session_clock();
    tw_text_fini(&text);
    tw_text_fini(&json);
}

/* Life */

static void on_finished(void *context, const char *directory, const char *name) {
    struct session *session = context;
    hook_run(&session->hook, directory, name);
}

struct tw_writer_options session_writer_options(struct session *session, const struct config *config) {
    return (struct tw_writer_options){
        .dirfd = session->output.dirfd,
        .lock_fd = session->is_live ? session->output.lock_fd : 0, /* that of an analysis has no numbers in it */
        .directory = config->pcap.directory,
        .wait = !session->is_live,
        .live = session->is_live,
        .host = config->engine.name,
        .is_interface = session->is_live,
        .pcap = session->pcap,
        .output = config->engine.output,
        .on_alarm = log_has(session->is_live ? LEVEL_NOTICE : LEVEL_DETAIL) ? alarmlines_print : NULL,
        .context = &session->alarms,
        .on_finished = on_finished,
        .hooks = session,
        .labeller = labels_labeller(session->labels),
    };
}

static bool start_writer(struct session *session, const struct session_fetch *fetch) {
    struct tw_writer_options options = session_writer_options(session, session->config);
    options.fetch = fetch ? &fetch->writing : NULL;
    int err = tw_writer_create(&options, &session->writer);
    if (err) {
        log_error("%s: %s", session->config->pcap.directory, tw_strerror(err));
    }
    return err == 0;
}

static bool make_engine(struct session *session, const struct session_fetch *fetch) {
    const struct options *options = session->options;
    struct tw_settings settings = session->config->engine;
    struct tw_selection selection = {options->flows, options->n_flows, options->packets};
    struct tw_engine_options engine = {
        .settings = &settings,
        .selection = options->n_flows || options->packets.last ? &selection : NULL,
        .writer = session->writer,
        .next_pcap = session->output.next_pcap,
        .fetch = fetch ? &fetch->reading : NULL,
        .live = session->is_live,
    };
    settings.pcap = session->pcap;
    if (getrandom(engine.key, sizeof(engine.key), 0) != (ssize_t)sizeof(engine.key)) {
        log_error("no random numbers: %s", strerror(errno));
        return false;
    }
    int err = tw_engine_create(&engine, &session->engine);
    if (err) {
        log_error("%s for the flow table and the ring; flow.max and ring.size say how much", tw_strerror(err));
    }
    return err == 0;
}

/* May we give a file of ours to this group? To find out is simpler than to know all the rules. */
static bool may_give_to(gid_t group) {
    int fd = memfd_create("pcap.group", MFD_CLOEXEC);
    bool may = fd >= 0 && fchown(fd, (uid_t)-1, group) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return may;
}

bool session_group(const struct config *config, struct tw_pcap_settings *ret, char *problem, size_t size) {
    const char *name = config->pcap.group;
    struct group *group = *name ? getgrnam(name) : NULL;
    ret->has_group = group != NULL;
    ret->group = group ? group->gr_gid : 0;
    if (*name && (!group || !may_give_to(group->gr_gid))) {
        snprintf(problem, size, "pcap.group: %s: %s", name,
                 group ? "this process is no member of it" : "there is no such group");
        return false;
    }
    return true;
}

/* The helper is forked before the writer's thread; a reload may set a program later. */
static bool open_hook(struct session *session) {
    const char *program = session->config->pcap.on_close;
    int err = session->is_live || *program ? hook_open(&session->hook) : 0;
    if (err) {
        log_error("pcap.on_close: no helper process: %s", strerror(-err));
        return false;
    }
    hook_set(&session->hook, program);
    return true;
}

/* A database that cannot be used is no reason not to start. */
static bool open_labels(struct session *session) {
    session->labels = labels_create();
    if (!session->labels) {
        log_error("no memory for labels");
        return false;
    }
    struct tw_text problems = TW_TEXT_INIT;
    (void)labels_open(session->labels, session->config->label.country, session->config->label.organisation, &problems);
    log_error_lines(problems.data, problems.len);
    tw_text_fini(&problems);
    return true;
}

static bool prepare_files(struct session *session) {
    char problem[256];
    if (!session_group(session->config, &session->pcap, problem, sizeof(problem))) {
        log_error("%s", problem);
        return false;
    }
    return open_hook(session) && open_labels(session);
}

static bool open_folder(struct session *session, const char *prefix) {
    const struct options *options = session->options;
    char problem[OUTPUT_PROBLEM_MAX];
    bool ok = output_open(session->config->pcap.directory, prefix, session->is_live, &session->output, problem) == 0;
    if (ok && !session->is_live) {
        ok = output_replace_set(&session->output, options->files, options->n_files, problem) == 0;
    }
    if (!ok) {
        log_error("%s", problem);
    }
    return ok;
}

/* From here on nothing is done but what packets and reloads need. The writer's thread inherits it. */
static void enter_sandbox(const struct session *session) {
    const char *const folders[] = {session->config->pcap.directory, session->config->report.directory};
    if (session->is_live) {
        (void)output_make_folder(folders[1], REPORT_FOLDER_MODE); /* who opens it says what is wrong */
    }
    unsigned holds = sandbox_enter(folders, session->is_live ? 2 : 1);
    log_detail("system calls are %sfiltered, writing is %slimited to the output folders",
               holds & SANDBOX_CALLS ? "" : "not ", holds & SANDBOX_FOLDERS ? "" : "not ");
}

/* The report is there before any other file: it is what allows an interrupted run to be repeated. */
static bool begin_report(struct session *session) {
    struct tw_report *report = calloc(1, sizeof(*report));
    struct tw_text json = TW_TEXT_INIT;
    bool ok = false;
    if (report) {
        fill_run(session, report);
        tw_report_json(&json, report);
        ok = !json.failed && replace_fixed(session, FIXED_JSON, &json);
    }
    tw_text_fini(&json);
    free(report);
    return ok;
}

static void free_all(struct session *session) {
    tw_engine_destroy(session->engine);
    (void)tw_writer_destroy(session->writer, 0);
    output_close(&session->output);
    hook_close(&session->hook);
    labels_destroy(session->labels);
    session->engine = NULL;
    session->writer = NULL;
    session->labels = NULL;
}

bool session_open(struct session *ret, const struct options *options, const struct config *config, const char *prefix,
                  const struct session_fetch *fetch) {
    struct session *session = ret;
    memset(session, 0, sizeof(*session));
    session->options = options;
    session->config = config;
    session->begun = session_clock();
    session->is_live = options->mode == CONFIG_LIVE;
    session->source = session->is_live ? config->capture.interface : options->files[0];
    session->pcap = config->engine.pcap;
    if (snprintf(session->pcap.prefix, sizeof(session->pcap.prefix), "%s", prefix) >=
        (int)sizeof(session->pcap.prefix)) {
        log_error("%s: %s", prefix, tw_strerror(TW_ENAME));
        return false;
    }
    bool ok = prepare_files(session) && open_folder(session, prefix) && (session->is_live || begin_report(session));
    if (ok) {
        enter_sandbox(session);
        ok = start_writer(session, fetch) && make_engine(session, fetch);
    }
    if (!ok) {
        free_all(session);
    }
    return ok;
}

bool session_source(struct session *session, const char *name, int dlt, uint32_t snaplen) {
    tw_engine_flush(session->engine); /* what happens by packets from before happened there */
    if (tw_engine_source(session->engine, dlt, snaplen)) {
        log_error("%s: packets of link type %s (%d) cannot be decoded", name, capture_link_name(dlt), dlt);
        return false;
    }
    if (tw_writer_source(session->writer, name)) {
        log_error("%s: no room to name it in events", name);
    }
    if (session->is_live || !session->has_source) {
        session->link_type = dlt;
        session->snaplen = snaplen;
        session->has_source = true;
    }
    return true;
}

void session_feed(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct session *session = context;
    session->packets++;
    tw_engine_feed(session->engine,
                   &(struct tw_frame){.time = time, .caplen = caplen, .wirelen = wirelen, .bytes = bytes});
}

/* Wait until everything is in the files; live not longer than the flush may take. Returns what is left of that. */
static tw_time settle(struct session *session) {
    struct tw_writer_stats stats;
    struct timespec nap = {.tv_nsec = poll_time};
    tw_time until = session_clock() + flush_time;
    do {
        tw_writer_stats(session->writer, &stats);
    } while (session->is_live && stats.queued > 0 && session_clock() < until && nanosleep(&nap, NULL) == 0);
    if (!session->is_live || stats.queued == 0) {
        tw_writer_drain(session->writer); /* a disk that has just followed */
    }
    tw_time left = until - session_clock();
    return session->is_live ? (left > TW_MS ? left : TW_MS) : 0;
}

static void print_report(const struct session *session, const struct tw_text *text, const struct tw_text *json) {
    const struct tw_text *shown = session->options->json ? json : text;
    if (session->options->json || !session->options->quiet) {
        fwrite(shown->data, 1, shown->len, stdout);
    }
}

/* Stop the writer; what it could not do is said. */
static bool stop_writer(struct session *session, tw_time left) {
    int err = tw_writer_destroy(session->writer, left);
    session->writer = NULL;
    if (err == -ETIMEDOUT) {
        log_error("%s: the disk does not follow; what was not written is left as .part",
                  session->config->pcap.directory);
    } else if (err) {
        log_error("%s: not everything was written: %s", session->config->pcap.directory, tw_strerror(err));
    }
    return err == 0;
}

bool session_close(struct session *session, bool complete) {
    struct tw_text text = TW_TEXT_INIT, json = TW_TEXT_INIT;
    tw_engine_finish(session->engine);
    (void)tw_writer_finish_all(session->writer); /* else destroying does it, later than the report */
    tw_time left = settle(session);
    bool ok = make_report(session, complete, &text, &json);
    ok &= stop_writer(session, left);
    alarmlines_flush(&session->alarms);
    output_follow(&session->output, session->config->pcap.directory);
    ok &= replace_fixed(session, FIXED_TEXT, &text);
    ok &= replace_fixed(session, FIXED_JSON, &json);
    print_report(session, &text, &json);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        log_error("standard output: %s", strerror(errno));
        ok = false;
    }
    tw_text_fini(&text);
    tw_text_fini(&json);
    free_all(session);
    return ok && !session->failed;
}
