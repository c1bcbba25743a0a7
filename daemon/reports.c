/* SPDX-License-Identifier: MIT */
#include "reports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0640, METRICS_MODE = 0644, TROUBLE_MAX = TW_NAME_MAX + 128 };

/* The folder */

static int open_locked(const char *directory, struct reports *ret) {
    struct reports reports = {0};
    int err = output_make_folder(directory, FOLDER_MODE);
    if (err) {
        return err;
    }
    reports.dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (reports.dirfd < 0) {
        return -errno;
    }
    reports.lock_fd = tw_filestore_lock(reports.dirfd, ".report.lock");
    if (reports.lock_fd < 0) {
        close(reports.dirfd);
        return reports.lock_fd;
    }
    *ret = reports;
    return 0;
}

int reports_open(const char *directory, struct reports *ret, char *problem) {
    int err = open_locked(directory, ret);
    if (err) {
        snprintf(problem, REPORTS_PROBLEM_MAX, "%.500s: %s", directory,
                 err == TW_ELOCKED ? "another tcpwind reports into this folder" : tw_strerror(err));
    }
    return err;
}

void reports_close(struct reports *reports) {
    if (reports->dirfd > 0) {
        close(reports->lock_fd);
        close(reports->dirfd);
    }
    reports->dirfd = reports->lock_fd = 0;
}

/* Trouble */

static bool describe_trouble(const struct session *session, char ret[TROUBLE_MAX]) {
    struct tw_writer_stats stats;
    tw_writer_stats(session->writer, &stats);
    if (stats.error) {
        snprintf(ret, TROUBLE_MAX, "%s cannot be written: %s", stats.error_name, tw_strerror(stats.error));
    }
    return stats.error != 0;
}

void reports_watch(struct reports *reports, const struct session *session) {
    char trouble[TROUBLE_MAX];
    bool failing = describe_trouble(session, trouble);
    if (failing != reports->failing && log_may(TOPIC_WRITING)) {
        if (failing) {
            log_error("%s; going on without", trouble);
        } else {
            log_notice("everything can be written again");
        }
    }
    reports->failing = failing;
}

/* Reports */

static void put(struct reports *reports, struct session *session, const char *name, unsigned mode,
                const struct tw_text *text) {
    int err = text->failed ? -ENOMEM
                           : tw_writer_replace_in(session->writer, reports->dirfd, mode, name, text->data, text->len);
    if (err) {
        log_detail("%s: not written this time: %s", name, tw_strerror(err));
    } else {
        reports->n_put++;
    }
}

static void put_files(struct reports *reports, struct session *session, const struct tw_report *report,
                      const struct status *status) {
    struct tw_text text = TW_TEXT_INIT;
    tw_report_text(&text, report);
    put(reports, session, "report.txt", FILE_MODE, &text);
    tw_text_clear(&text);
    tw_report_json(&text, report);
    status_json(&text, status);
    put(reports, session, "status.json", FILE_MODE, &text);
    tw_text_clear(&text);
    metrics_text(&text, report, session->config->engine.name);
    put(reports, session, "tcpwind.prom", METRICS_MODE, &text);
    tw_text_fini(&text);
}

void reports_write(struct reports *reports, struct session *session, bool is_away, bool log, struct tw_text *line) {
    char trouble[TROUBLE_MAX];
    struct status status;
    struct tw_report *report = session_describe(session, false);
    tw_text_clear(line);
    line->failed = !report;
    if (!report) {
        return;
    }
    bool is_regular = log || session->config->report.interval == 0;
    status_init(&status, report, is_regular ? &reports->before : &reports->before_that);
    status.is_away = is_away;
    status.trouble = describe_trouble(session, trouble) ? trouble : NULL;
    status_line(line, &status);
    tw_text_char(line, '\0');
    put_files(reports, session, report, &status);
    if (!line->failed) {
        notify_status(line->data);
        if (log) {
            log_notice("%s", line->data);
        }
    }
    if (is_regular) {
        reports->before_that = reports->before;
        reports->before = status.total;
    }
    session_forget(report);
}

bool reports_are_written(const struct session *session, uint64_t n_put) {
    struct tw_writer_stats stats;
    tw_writer_stats(session->writer, &stats);
    return stats.replaced >= n_put;
}
