/* SPDX-License-Identifier: MIT */
#include "reload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "live.h"
#include "log.h"
#include "notify.h"
#include "trial.h"

/* What a reload has prepared. */
struct change {
    struct config *config;
    struct capture *capture; /* NULL: the one that is there stays */
    struct reports reports;  /* with a new folder only, as is `control` */
    struct control *control;
    struct output output; /* with a new folder or prefix only */
    bool has_output;
    struct tw_pcap_settings pcap;
    struct tw_engine_change *engine;
    struct tw_text *answer;
};

/* A line for the answer. */
__attribute__((format(printf, 2, 3))) static void say(struct change *change, const char *format, ...) {
    char line[CAPTURE_PROBLEM_MAX + REPORTS_PROBLEM_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    tw_text_str(change->answer, line);
    tw_text_char(change->answer, '\n');
}

/* Loading */

static bool load(const struct options *options, struct change *change) {
    struct config_diag diag = CONFIG_DIAG_INIT;
    bool ok = config_load(options->config_file, options->overrides, options->n_overrides, options->mode, change->config,
                          &diag) &&
              trial_needs(change->config, options->mode, &diag);
    for (size_t i = 0; i < diag.n; i++) {
        say(change, "%s", diag.lines[i]);
    }
    config_diag_fini(&diag);
    return ok;
}

/* What cannot change as long as the process lives. */
static bool check_fixed(const struct live *live, struct change *change) {
    const struct config *now = live->config, *next = change->config;
    if (strcmp(now->run.user, next->run.user) != 0) {
        say(change, "run.user: is \"%s\", must stay \"%s\" until a restart", next->run.user, now->run.user);
        return false;
    }
    return true;
}

/* Preparing */

static bool prepare_capture(const struct live *live, struct change *change) {
    char problem[CAPTURE_PROBLEM_MAX];
    if (memcmp(&live->config->capture, &change->config->capture, sizeof(live->config->capture)) == 0) {
        return true;
    }
    int err = live_open_capture(change->config, &change->capture, problem);
    if (err) {
        say(change, "%s: %s", err == CAPTURE_EFILTER ? "capture.filter" : "capture.interface", problem);
    }
    return err == 0;
}

/* Why a folder cannot be used; in the service's sandbox most of the disk is read-only. */
static void say_folder(struct change *change, const char *key, int err, const char *problem) {
    bool is_sealed = err == -EROFS || err == -EACCES;
    say(change, "%s: %s%s", key, problem,
        is_sealed ? ": not writable inside the service's sandbox: add ReadWritePaths= and restart" : "");
}

static bool prepare_reports(struct live *live, struct change *change) {
    char problem[REPORTS_PROBLEM_MAX];
    const char *directory = change->config->report.directory;
    if (strcmp(live->config->report.directory, directory) == 0) {
        return true;
    }
    int err = reports_open(directory, &change->reports, problem);
    if (err) {
        say_folder(change, "report.directory", err, problem);
        return false;
    }
    change->control = live_open_control(live, change->reports.dirfd);
    if (!change->control) {
        say(change, "report.directory: %s/control: %s", directory, strerror(errno));
    }
    return change->control != NULL;
}

/* A folder that was left just now is still ours, as long as its last file is not finished. */
static int open_output(const struct live *live, const struct config *next, struct output *ret, char *problem) {
    const char *directory = next->pcap.directory, *prefix = next->engine.pcap.prefix;
    if (!output_is(&live->old_output, directory, prefix)) {
        return output_open(directory, prefix, true, ret, problem);
    }
    int err = output_share(&live->old_output, ret);
    if (err) {
        snprintf(problem, OUTPUT_PROBLEM_MAX, "%.500s: %s", directory, tw_strerror(err));
    }
    return err;
}

static bool prepare_output(const struct live *live, struct change *change) {
    char problem[OUTPUT_PROBLEM_MAX];
    const struct config *now = live->config, *next = change->config;
    if (strcmp(now->pcap.directory, next->pcap.directory) == 0 &&
        strcmp(now->engine.pcap.prefix, next->engine.pcap.prefix) == 0) {
        return true;
    }
    int err = open_output(live, next, &change->output, problem);
    if (err) {
        say_folder(change, "pcap.directory", err, problem);
        return false;
    }
    change->has_output = true;
    return true;
}

static bool prepare_pcap(struct change *change) {
    char problem[CAPTURE_PROBLEM_MAX];
    change->pcap = change->config->engine.pcap;
    if (!session_group(change->config, &change->pcap, problem, sizeof(problem))) {
        say(change, "%s", problem);
        return false;
    }
    return true;
}

static bool prepare_engine(const struct live *live, struct change *change) {
    struct tw_settings settings = change->config->engine;
    settings.pcap = change->pcap;
    int err = tw_engine_prepare(live->session.engine, &settings, &change->engine);
    if (err) {
        say(change, "flow.max, ring.size: %s", tw_strerror(err));
    }
    return err == 0;
}

/* The last step: once the writer has taken its settings there is no way back. */
static bool tell_writer(const struct live *live, struct change *change) {
    struct session next = live->session; /* for what a writer's options are made of */
    if (change->has_output) {
        next.output = change->output;
    }
    next.pcap = change->pcap;
    struct tw_writer_options options = session_writer_options(&next, change->config);
    int err = tw_writer_configure(live->session.writer, &options);
    if (err) {
        say(change, "the writer takes no settings now: %s", tw_strerror(err));
    }
    return err == 0;
}

static bool prepare(struct live *live, struct change *change) {
    return load(live->session.options, change) && check_fixed(live, change) && prepare_pcap(change) &&
           prepare_output(live, change) && prepare_reports(live, change) && prepare_capture(live, change) &&
           prepare_engine(live, change);
}

static void cancel(struct change *change) {
    tw_engine_cancel(change->engine);
    capture_close(change->capture);
    live_close_control(&change->control);
    reports_close(&change->reports);
    if (change->has_output) {
        output_close(&change->output);
    }
}

/* Committing: nothing below fails, but that a database may be broken: then labels stay as they are, and that is said. */

static void commit_reports(struct live *live, struct change *change) {
    bool has_folder = change->control != NULL;
    if (has_folder) {
        change->reports.before = live->reports.before;
        change->reports.before_that = live->reports.before_that;
        change->reports.n_put = live->reports.n_put;
        live_close_control(&live->old_control);
        live->old_control = live->control; /* it may have to answer still */
        live->control = change->control;
        reports_close(&live->reports);
        live->reports = change->reports;
    }
    live_start_reports(live, has_folder);
}

static void leave_output(struct live *live) {
    struct tw_writer_stats stats;
    tw_writer_stats(live->session.writer, &stats);
    output_close(&live->old_output);
    live->old_output = live->session.output;
    live->old_output.next_pcap += stats.n_files - live->n_files_before; /* for the case that it is the next one again */
    live->n_files_before = stats.n_files;
}

static void commit_output(struct live *live, struct change *change) {
    if (change->has_output) {
        leave_output(live);
        live->session.output = change->output;
        tw_engine_cut(live->session.engine, change->output.next_pcap); /* what follows belongs into the new folder */
    }
    live->session.pcap = change->pcap;
    hook_set(&live->session.hook, change->config->pcap.on_close);
}

/* Do both see the same packets? */
static bool overlap(const char *interface, const char *other) {
    return strcmp(interface, other) == 0 || strcmp(interface, "any") == 0 || strcmp(other, "any") == 0;
}

static void commit(struct live *live, struct change *change) {
    bool is_beside = overlap(live->config->capture.interface, change->config->capture.interface);
    tw_engine_commit(live->session.engine, change->engine);
    commit_output(live, change);
    *live->config = *change->config;
    (void)labels_open(live->session.labels, live->config->label.country, live->config->label.organisation,
                      change->answer);
    if (change->capture) {
        source_replace(&live->source, change->capture, is_beside);
    }
    commit_reports(live, change);
}

/* All together */

static void finish(struct live *live, bool ok, const struct tw_text *answer) {
    log_error_lines(answer->data, answer->len);
    if (ok) {
        log_notice("reloaded");
        notify_ready("reloaded");
    } else {
        char status[CAPTURE_PROBLEM_MAX];
        const char *end = answer->len ? memchr(answer->data, '\n', answer->len) : NULL;
        log_error("kept the old configuration");
        (void)snprintf(status, sizeof(status), "kept the old configuration: %.*s", end ? (int)(end - answer->data) : 0,
                       end ? answer->data : "");
        notify_ready(status);
    }
    live->fed = 0; /* the watchdog is to be fed with the next turn */
}

bool reload(struct live *live, struct tw_text *answer) {
    struct change change = {.config = malloc(sizeof(struct config)), .answer = answer};
    notify_reloading();
    tw_engine_flush(live->session.engine);
    bool ok = change.config && prepare(live, &change) && tell_writer(live, &change);
    if (ok) {
        commit(live, &change);
    } else {
        cancel(&change);
    }
    free(change.config);
    finish(live, ok, answer);
    tw_text_str(answer, ok ? "reloaded\n" : "");
    return ok;
}
