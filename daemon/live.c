/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "notify.h"
#include "packet.h"
#include "privileges.h"
#include "reload.h"

enum { PACKETS_AT_ONCE = 4096, STATUS_FAILED = 1, STATUS_USAGE = 2 };
enum { FOLDER_MODE = 0750, REPORT_FOLDER_MODE = 0755 };

/* Seconds, as libev has them. */
static const double tick_interval = 0.05, soon = 0.001, retry_first = 0.1, retry_most = 5;

static const tw_time drain_most = 5 * TW_SECOND, interval_without_reports = 60 * TW_SECOND;

/* Reports */

static void read_counters(struct live *live) {
    source_stats(&live->source, &live->session.kernel);
}

static bool is_away(const struct live *live) {
    return !live->source.now || live->link != CAPTURE_UP;
}

static void report(struct live *live, bool log) {
    read_counters(live);
    live->is_told_away = is_away(live);
    reports_write(&live->reports, &live->session, live->is_told_away, log, &live->line);
}

/* Packets */

static void retry_later(struct live *live, double after) {
    live->retry_after = after;
    ev_timer_set(&live->retry, after, 0);
    ev_timer_start(live->loop, &live->retry);
}

static void interface_is_gone(struct live *live, const char *why) {
    if (log_may(TOPIC_INTERFACE)) {
        log_error("%s; waiting for it", why);
    }
    ev_io_stop(live->loop, &live->readable);
    source_lose(&live->source);
    retry_later(live, retry_first);
}

/* An interface that is down stays open: the kernel goes on with it when it is up again. */
static void watch_link(struct live *live) {
    static const char *const said[] = {
        [CAPTURE_UP] = "is up again", [CAPTURE_DOWN] = "is down", [CAPTURE_NO_CARRIER] = "has no carrier"};
    enum capture_link link = live->source.now ? capture_link(live->source.now) : live->link;
    if (link == live->link) {
        return;
    }
    live->link = link;
    if (link == CAPTURE_AWAY) {
        char why[CAPTURE_PROBLEM_MAX];
        snprintf(why, sizeof(why), "%s: it has another name now", live->config->capture.interface);
        interface_is_gone(live, why);
        return;
    }
    if (log_may(TOPIC_INTERFACE)) {
        log_notice("%s %s", live->config->capture.interface, said[link]);
    }
}

/* Only what has really turned may say so. */
static void feed_watchdog(struct live *live, tw_time now) {
    if (live->feed_interval && now - live->fed >= live->feed_interval) {
        notify_alive();
        live->fed = now;
    }
}

static void on_readable(struct ev_loop *loop, struct ev_io *watcher, int events);

/* The source has a capture that it did not have before. Its link type is known. */
static bool use_capture(struct live *live) {
    struct capture *capture = live->source.now;
    ev_io_stop(live->loop, &live->readable);
    live->link = CAPTURE_UP; /* else that is said within a second */
    if (!session_source(&live->session, live->config->capture.interface, capture_link_type(capture),
                        capture_snaplen(capture))) {
        return false;
    }
    ev_io_init(&live->readable, on_readable, capture_fd(capture), EV_READ);
    live->readable.data = live;
    ev_io_start(live->loop, &live->readable);
    return true;
}

static double time_to_wait(const struct live *live, bool more) {
    double wait = more || live->source.next.capture ? soon : tick_interval;
    double required = live->source.now ? (double)capture_timeout(live->source.now) / (double)TW_SECOND : 0;
    return required > 0 && required < wait ? required : wait;
}

/* A turn: packets, then what time and room allow. Returns whether there were packets. */
static bool turn(struct live *live) {
    bool was_replacing = live->source.next.capture != NULL;
    int n = source_dispatch(&live->source, PACKETS_AT_ONCE, session_feed, &live->session);
    tw_engine_flush(live->session.engine);
    if (n == SOURCE_SWITCHED) {
        (void)use_capture(live);
    } else if (n < 0) {
        interface_is_gone(live, capture_problem(live->source.now));
    }
    tw_time now = session_clock();
    bool more = tw_engine_tick(live->session.engine, now, n <= 0 && !was_replacing);
    feed_watchdog(live, now);
    live->tick.repeat = time_to_wait(live, more);
    return n > 0;
}

static void on_readable(struct ev_loop *loop, struct ev_io *watcher, int events) {
    struct live *live = watcher->data;
    double before = live->tick.repeat;
    (void)events;
    (void)turn(live);
    if (live->tick.repeat < before) {
        ev_timer_again(loop, &live->tick);
    }
}

/* A folder that a reload has left: its files are finished by what was queued then. */
static void close_old_output(struct live *live) {
    struct tw_writer_stats stats;
    tw_writer_stats(live->session.writer, &stats);
    if (stats.queued == 0) {
        output_close(&live->old_output);
    }
}

static void on_interval(struct live *live, tw_time now) {
    alarmlines_flush(&live->session.alarms);
    log_next_interval();
    live->interval = now;
}

static void on_second(struct live *live, tw_time now) {
    tw_time interval = live->config->report.interval;
    hook_poll(&live->session.hook);
    reports_watch(&live->reports, &live->session);
    watch_link(live);
    if (is_away(live) != live->is_told_away) {
        report(live, false);
    }
    read_counters(live); /* often enough for 32 bits never to wrap unseen */
    close_old_output(live);
    if (now - live->interval >= (interval ? interval : interval_without_reports)) {
        on_interval(live, now);
    }
    live->second = now;
}

static void on_tick(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    struct live *live = watcher->data;
    tw_time now = session_clock();
    (void)events;
    (void)turn(live);
    ev_timer_again(loop, watcher);
    live_close_control(&live->old_control);
    if (live->control) {
        control_tick(live->control, now);
    }
    if (now - live->second >= TW_SECOND) {
        on_second(live, now);
    }
}

/* The interface */

int live_open_capture(const struct config *config, struct capture **ret, char *problem) {
    struct capture_options options = {
        .interface = config->capture.interface,
        .filter = config->capture.filter,
        .snaplen = config->capture.snaplen,
        .promiscuous = config->capture.promiscuous,
        .buffer = config->capture.buffer,
    };
    struct capture *capture = NULL;
    privileges_raise(true);
    int err = capture_open_live(&options, &capture, problem);
    privileges_raise(false);
    if (err == 0 && !tw_linktype_is_known(capture_link_type(capture))) {
        snprintf(problem, CAPTURE_PROBLEM_MAX, "%s: packets of link type %s cannot be decoded", options.interface,
                 capture_link_name(capture_link_type(capture)));
        capture_close(capture);
        err = CAPTURE_EOPEN;
    }
    if (err == 0) {
        *ret = capture;
    }
    return err;
}

static void on_retry(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    struct live *live = watcher->data;
    struct capture *capture = NULL;
    char problem[CAPTURE_PROBLEM_MAX];
    (void)loop;
    (void)events;
    if (live->source.now || live->source.next.capture) {
        return; /* a reload has brought another one */
    }
    if (live_open_capture(live->config, &capture, problem) == 0) {
        if (log_may(TOPIC_INTERFACE)) {
            log_notice("%s is back", live->config->capture.interface);
        }
        source_replace(&live->source, capture, false);
    } else {
        retry_later(live, live->retry_after * 2 < retry_most ? live->retry_after * 2 : retry_most);
    }
}

/* Reports in time */

static void on_report_due(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    (void)loop;
    (void)events;
    report(watcher->data, true);
}

void live_start_reports(struct live *live, bool at_once) {
    double interval = (double)live->config->report.interval / (double)TW_SECOND;
    ev_timer_stop(live->loop, &live->report);
    ev_timer_set(&live->report, at_once ? 0 : interval, interval);
    if (at_once || interval > 0) {
        ev_timer_start(live->loop, &live->report);
    }
}

/* Requests: by signals, and by the control socket */

static void on_stop(void *context) {
    struct live *live = context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    source_end_at(&live->source, now.tv_sec * TW_SECOND + now.tv_nsec);
    ev_break(live->loop, EVBREAK_ALL);
}

static void on_report(void *context) {
    report(context, true);
}

static void on_reload(void *context) {
    struct tw_text answer = TW_TEXT_INIT;
    (void)reload(context, &answer);
    tw_text_fini(&answer);
}

static void on_rotate(void *context) {
    struct live *live = context;
    tw_engine_cut(live->session.engine, 0);
}

static bool on_reload_request(void *context, struct tw_text *answer) {
    return reload(context, answer);
}

static uint64_t on_report_request(void *context) {
    struct live *live = context;
    report(live, false);
    return live->reports.n_put;
}

static bool is_report_written(void *context, uint64_t ticket) {
    const struct live *live = context;
    return reports_are_written(&live->session, ticket);
}

struct control *live_open_control(struct live *live, int dirfd) {
    const struct control_handlers handlers = {
        .reload = on_reload_request, .report = on_report_request, .is_written = is_report_written, .context = live};
    struct control *control = calloc(1, sizeof(*control));
    int err = control ? control_open(control, live->loop, dirfd, &handlers) : -ENOMEM;
    if (err) {
        free(control);
        errno = -err;
        return NULL;
    }
    return control;
}

void live_close_control(struct control **control) {
    if (*control) {
        control_close(*control);
        free(*control);
        *control = NULL;
    }
}

/* Life */

/* What the kernel still holds from before the signal. */
static void drain(struct live *live) {
    tw_time begun = session_clock(), last = begun;
    tw_time silence = 2 * capture_latency();
    struct timespec nap = {.tv_nsec = TW_MS};
    while ((live->source.now || live->source.next.capture) && !live->source.has_ended &&
           session_clock() - begun < drain_most && session_clock() - last < silence) {
        if (turn(live)) {
            last = session_clock();
        } else {
            (void)nanosleep(&nap, NULL);
        }
    }
}

static void loop_until_stopped(struct live *live) {
    const struct signals_handlers handlers = {
        .stop = on_stop, .report = on_report, .reload = on_reload, .rotate = on_rotate, .context = live};
    signals_open(&live->signals, live->loop, &handlers);
    ev_timer_again(live->loop, &live->tick);
    live_start_reports(live, false);
    notify_ready(live->line.failed ? "capturing" : live->line.data);

    ev_run(live->loop, 0);

    notify_stopping("stopping: working on what the kernel still holds");
    drain(live);
    ev_timer_stop(live->loop, &live->report);
    ev_timer_stop(live->loop, &live->tick);
    ev_timer_stop(live->loop, &live->retry);
    read_counters(live);
    signals_close(&live->signals, live->loop);
}

static void announce(const struct live *live) {
    const struct config *config = live->config;
    log_notice("capturing on %s (%s) into %s", config->capture.interface,
               capture_link_name(capture_link_type(live->source.now)), config->pcap.directory);
    if (strcmp(config->capture.interface, "any") == 0) {
        log_notice("any: not promiscuous; a mirror port needs capture.interface");
    }
}

static bool open_reports(struct live *live) {
    char problem[REPORTS_PROBLEM_MAX];
    const char *directory = live->config->report.directory;
    if (reports_open(directory, &live->reports, problem)) {
        log_error("%s", problem);
        return false;
    }
    live->control = live_open_control(live, live->reports.dirfd);
    if (!live->control) {
        log_error("%s/control: %s", directory, strerror(errno));
    }
    return live->control != NULL;
}

static bool drop_privileges(const struct config *config) {
    const struct privileges_folder folders[] = {{config->pcap.directory, FOLDER_MODE},
                                                {config->report.directory, REPORT_FOLDER_MODE}};
    char problem[PRIVILEGES_PROBLEM_MAX];
    bool ok = privileges_drop(config->run.user, folders, 2, problem);
    if (!ok) {
        log_error("%s", problem);
    }
    return ok;
}

static int run(struct live *live, const struct options *options) {
    struct config *config = live->config;
    struct capture *capture = NULL;
    char problem[CAPTURE_PROBLEM_MAX];
    int err = live_open_capture(config, &capture, problem);
    if (err) {
        log_error("%s", problem);
        return err == CAPTURE_EFILTER ? STATUS_USAGE : STATUS_FAILED;
    }
    source_open(&live->source, capture);
    if (!drop_privileges(config) || !session_open(&live->session, options, config, config->engine.pcap.prefix, NULL)) {
        return STATUS_FAILED;
    }
    bool ok = open_reports(live) && use_capture(live);
    if (ok) {
        announce(live);
        report(live, false);
        live->feed_interval = notify_watchdog();
        loop_until_stopped(live);
    }
    return session_close(&live->session, ok) && ok ? 0 : STATUS_FAILED;
}

static void init_watchers(struct live *live) {
    ev_timer_init(&live->tick, on_tick, 0, tick_interval);
    ev_init(&live->retry, on_retry);
    ev_init(&live->report, on_report_due);
    ev_init(&live->readable, on_readable);
    live->tick.data = live->retry.data = live->report.data = live->readable.data = live;
}

int live_run(const struct options *options, struct config *config) {
    struct live *live = calloc(1, sizeof(*live));
    struct ev_loop *loop = live ? ev_loop_new(EVFLAG_AUTO) : NULL;
    if (!loop) {
        log_error("no memory for the event loop");
        free(live);
        return STATUS_FAILED;
    }
    live->loop = loop;
    live->config = config;
    init_watchers(live);
    int status = run(live, options);
    ev_io_stop(loop, &live->readable);
    source_close(&live->source);
    live_close_control(&live->control);
    live_close_control(&live->old_control);
    reports_close(&live->reports);
    output_close(&live->old_output);
    tw_text_fini(&live->line);
    ev_loop_destroy(loop);
    free(live);
    return status;
}
