/* SPDX-License-Identifier: MIT */
#include "reload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "log.h"
#include "notify.h"

/* What a reload has prepared. */
struct change {
    struct config *config;
    struct capture *capture; /* NULL: the one that is there stays */
    struct reports reports;  /* with a new folder only, as is `control` */
    struct control *control;
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
                          &diag);
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
    if (memcmp(&now->engine, &next->engine, sizeof(now->engine)) != 0 ||
        memcmp(&now->pcap, &next->pcap, sizeof(now->pcap)) != 0) {
        say(change, "only capture.*, report.* and label.* can be changed by a reload yet, must be a restart");
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

static bool prepare_reports(struct live *live, struct change *change) {
    char problem[REPORTS_PROBLEM_MAX];
    const char *directory = change->config->report.directory;
    if (strcmp(live->config->report.directory, directory) == 0) {
        return true;
    }
    if (!reports_open(directory, &change->reports, problem)) {
        bool is_sealed = errno == EROFS || errno == EACCES;
        say(change, "report.directory: %s%s", problem,
            is_sealed ? ": not writable inside the service's sandbox: add ReadWritePaths= and restart" : "");
        return false;
    }
    change->control = live_open_control(live, change->reports.dirfd);
    if (!change->control) {
        say(change, "%s/control: %s", directory, strerror(errno));
    }
    return change->control != NULL;
}

static bool prepare(struct live *live, struct change *change) {
    return load(live->session.options, change) && check_fixed(live, change) && prepare_reports(live, change) &&
           prepare_capture(live, change);
}

static void cancel(struct change *change) {
    capture_close(change->capture);
    live_close_control(&change->control);
    reports_close(&change->reports);
}

/* Committing: nothing below fails. */

static void commit_reports(struct live *live, struct change *change) {
    bool has_folder = change->control != NULL;
    if (has_folder) {
        change->reports.before = live->reports.before;
        change->reports.n_put = live->reports.n_put;
        live_close_control(&live->old_control);
        live->old_control = live->control; /* it may have to answer still */
        live->control = change->control;
        reports_close(&live->reports);
        live->reports = change->reports;
    }
    live_start_reports(live, has_folder);
}

static void commit(struct live *live, struct change *change) {
    *live->config = *change->config;
    (void)labels_open(live->session.labels, live->config->label.country, live->config->label.organisation);
    if (change->capture) {
        source_replace(&live->source, change->capture);
    }
    commit_reports(live, change);
}

/* All together */

/* Each line of the answer as a line of the log. */
static void log_lines(const struct tw_text *answer) {
    const char *at = answer->data, *end;
    for (size_t left = answer->len; left > 0; left -= (size_t)(end + 1 - at), at = end + 1) {
        end = memchr(at, '\n', left);
        if (!end) {
            return;
        }
        log_error("%.*s", (int)(end - at), at);
    }
}

static void finish(struct live *live, bool ok, const struct tw_text *answer) {
    if (ok) {
        log_notice("reloaded");
        notify_ready("reloaded");
    } else {
        char status[CAPTURE_PROBLEM_MAX];
        const char *end = answer->len ? memchr(answer->data, '\n', answer->len) : NULL;
        log_lines(answer);
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
    bool ok = change.config && prepare(live, &change);
    if (ok) {
        commit(live, &change);
        tw_text_str(answer, "reloaded\n");
    } else {
        cancel(&change);
    }
    free(change.config);
    finish(live, ok, answer);
    return ok;
}
