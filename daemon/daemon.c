/* SPDX-License-Identifier: MIT */
/*
 * daemon.c — the live loop.
 *
 * The capture's descriptor and a timer wake it; each time a bounded number of packets is taken, so that signals and
 * timers have their turn under any load. An interface that vanishes is opened again by name until it is back.
 */
#include "daemon.h"

#include "capture.h"
#include "log.h"
#include "notify.h"
#include "offline.h"
#include "reports.h"
#include "session.h"
#include "signals.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PACKETS_AT_ONCE = 4096, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* Seconds, as libev has them. */
static const double tick_interval = 0.05, soon = 0.001, retry_first = 0.1, retry_most = 5;

static const tw_time drain_most = 5 * TW_SECOND;

struct live {
    struct session session;
    struct capture *capture;     /* NULL: the interface is away */
    struct capture_stats before; /* of captures that were closed */
    struct ev_loop *loop;
    struct ev_io readable;
    struct ev_timer tick, retry, report;
    struct signals signals;
    struct reports reports;
    struct tw_text line; /* of the last report */
    double retry_after;
    tw_time lines_flushed;
    tw_time fed, feed_interval; /* the watchdog; interval 0: none */
    bool stopping;              /* a signal came: only what is older than it */
    tw_time stop_time;          /* CLOCK_REALTIME, as the packets */
    bool drained;               /* a packet later than the signal was seen */
    bool said_reload;
};

/* Packets */

static void take_packet(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct live *live = context;
    if (live->stopping && time > live->stop_time) {
        live->drained = true;
        capture_stop(live->capture);
    }
    if (!live->drained) {
        session_feed(&live->session, time, caplen, wirelen, bytes);
    }
}

static void read_counters(struct live *live) {
    struct capture_stats now = {0};
    if (live->capture) {
        capture_stats(live->capture, &now);
    }
    live->session.kernel = (struct capture_stats){
        .received = live->before.received + now.received,
        .dropped_kernel = live->before.dropped_kernel + now.dropped_kernel,
        .dropped_interface = live->before.dropped_interface + now.dropped_interface,
    };
}

static void close_capture(struct live *live) {
    read_counters(live);
    live->before = live->session.kernel;
    ev_io_stop(live->loop, &live->readable);
    capture_close(live->capture);
    live->capture = NULL;
}

static void interface_is_gone(struct live *live) {
    log_error("%s; waiting for it", capture_problem(live->capture));
    close_capture(live);
    live->retry_after = retry_first;
    ev_timer_set(&live->retry, retry_first, 0);
    ev_timer_start(live->loop, &live->retry);
}

/* Only what has really turned may say so. */
static void feed_watchdog(struct live *live, tw_time now) {
    if (live->feed_interval && now - live->fed >= live->feed_interval) {
        notify_alive();
        live->fed = now;
    }
}

/* A turn: packets, then what time and room allow. Returns the number of packets. */
static int turn(struct live *live) {
    int n = live->capture ? capture_dispatch(live->capture, PACKETS_AT_ONCE, take_packet, live) : 0;
    tw_engine_flush(live->session.engine);
    if (n < 0) {
        interface_is_gone(live);
    }
    tw_time now = session_clock();
    bool more = tw_engine_tick(live->session.engine, now, n <= 0);
    feed_watchdog(live, now);
    double wait = more ? soon : tick_interval;
    double required = live->capture ? (double)capture_timeout(live->capture) / (double)TW_SECOND : 0;
    live->tick.repeat = required > 0 && required < wait ? required : wait;
    return n;
}

static void on_readable(struct ev_loop *loop, struct ev_io *watcher, int events) {
    struct live *live = watcher->data;
    double before = live->tick.repeat;
    (void)events;
    turn(live);
    if (live->tick.repeat < before) {
        ev_timer_again(loop, &live->tick);
    }
}

static void on_tick(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    struct live *live = watcher->data;
    tw_time now = session_clock();
    (void)events;
    turn(live);
    ev_timer_again(loop, watcher);
    if (now - live->lines_flushed >= TW_SECOND) {
        alarmlines_flush(&live->session.alarms);
        hook_poll(&live->session.hook);
        reports_watch(&live->reports, &live->session);
        read_counters(live); /* often enough for 32 bits never to wrap unseen */
        live->lines_flushed = now;
    }
}

/* The interface */

static int open_capture(struct live *live, char *problem) {
    const struct config *config = live->session.config;
    struct capture_options options = {
        .interface = config->capture.interface,
        .filter = config->capture.filter,
        .snaplen = config->capture.snaplen,
        .promiscuous = config->capture.promiscuous,
        .buffer = config->capture.buffer,
    };
    return capture_open_live(&options, &live->capture, problem);
}

static bool use_capture(struct live *live) {
    if (!session_source(&live->session, live->session.config->capture.interface, capture_link_type(live->capture),
                        capture_snaplen(live->capture))) {
        return false;
    }
    ev_io_init(&live->readable, on_readable, capture_fd(live->capture), EV_READ);
    live->readable.data = live;
    ev_io_start(live->loop, &live->readable);
    return true;
}

static void on_retry(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    struct live *live = watcher->data;
    char problem[CAPTURE_PROBLEM_MAX];
    (void)events;
    if (open_capture(live, problem) == 0 && use_capture(live)) {
        log_notice("%s is back", live->session.config->capture.interface);
        return;
    }
    capture_close(live->capture);
    live->capture = NULL;
    live->retry_after = live->retry_after * 2 < retry_most ? live->retry_after * 2 : retry_most;
    ev_timer_set(watcher, live->retry_after, 0);
    ev_timer_start(loop, watcher);
}

/* Reports */

static void report(struct live *live, bool log) {
    read_counters(live);
    reports_write(&live->reports, &live->session, !live->capture, log, &live->line);
}

static void on_report_due(struct ev_loop *loop, struct ev_timer *watcher, int events) {
    (void)loop;
    (void)events;
    report(watcher->data, true);
}

static void start_reports(struct live *live) {
    double interval = (double)live->session.config->report.interval / (double)TW_SECOND;
    ev_timer_init(&live->report, on_report_due, interval, interval);
    live->report.data = live;
    if (interval > 0) {
        ev_timer_start(live->loop, &live->report);
    }
}

/* Signals */

static void on_stop(void *context) {
    struct live *live = context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    live->stopping = true;
    live->stop_time = now.tv_sec * TW_SECOND + now.tv_nsec;
    ev_break(live->loop, EVBREAK_ALL);
}

static void on_report(void *context) {
    report(context, true);
}

static void on_unsupported(void *context) {
    struct live *live = context;
    if (!live->said_reload) {
        log_notice("reload (HUP) and rotation (USR2) are not supported yet");
        live->said_reload = true;
    }
}

/* What the kernel still holds from before the signal. */
static void drain(struct live *live) {
    tw_time begun = session_clock(), last = begun;
    tw_time silence = 2 * capture_latency();
    struct timespec nap = {.tv_nsec = TW_MS};
    while (live->capture && !live->drained && session_clock() - begun < drain_most &&
           session_clock() - last < silence) {
        if (turn(live) > 0) {
            last = session_clock();
        } else {
            (void)nanosleep(&nap, NULL);
        }
    }
}

/* Life */

static void loop_until_stopped(struct live *live) {
    const struct signals_handlers handlers = {
        .stop = on_stop, .report = on_report, .reload = on_unsupported, .rotate = on_unsupported, .context = live};
    signals_open(&live->signals, live->loop, &handlers);
    ev_timer_init(&live->tick, on_tick, 0, tick_interval);
    live->tick.data = live;
    ev_timer_again(live->loop, &live->tick);
    ev_init(&live->retry, on_retry);
    live->retry.data = live;
    start_reports(live);
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
    const struct config *config = live->session.config;
    log_notice("capturing on %s (%s) into %s", config->capture.interface,
               capture_link_name(capture_link_type(live->capture)), config->pcap.directory);
    if (strcmp(config->capture.interface, "any") == 0) {
        log_notice("any: not promiscuous; a mirror port needs capture.interface");
    }
}

static bool open_reports(struct live *live) {
    char problem[REPORTS_PROBLEM_MAX];
    bool ok = reports_open(live->session.config->report.directory, &live->reports, problem);
    if (!ok) {
        log_error("%s", problem);
    }
    return ok;
}

static int run_live(struct live *live, const struct options *options, const struct config *config) {
    char problem[CAPTURE_PROBLEM_MAX];
    live->session.config = config;
    int err = open_capture(live, problem);
    if (err) {
        log_error("%s", problem);
        return err == CAPTURE_EFILTER ? STATUS_USAGE : STATUS_FAILED;
    }
    if (!session_open(&live->session, options, config, config->engine.pcap.prefix, NULL)) {
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

int daemon_run(const struct options *options, const struct config *config) {
    struct live *live = calloc(1, sizeof(*live));
    struct ev_loop *loop = live ? ev_loop_new(EVFLAG_AUTO) : NULL;
    if (!loop) {
        log_error("no memory for the event loop");
        free(live);
        return STATUS_FAILED;
    }
    live->loop = loop;
    int status = run_live(live, options, config);
    ev_io_stop(loop, &live->readable);
    capture_close(live->capture);
    reports_close(&live->reports);
    tw_text_fini(&live->line);
    ev_loop_destroy(loop);
    free(live);
    return status;
}

/* The program */

static int run_command(const struct options *options, const struct config *config) {
    switch (options->command) {
    case OPTIONS_TEST:
        return 0;
    case OPTIONS_PRINT:
        config_print(config, stdout);
        return fflush(stdout) == 0 ? 0 : STATUS_FAILED;
    default:
        return options->mode == CONFIG_OFFLINE ? offline_run(options, config) : daemon_run(options, config);
    }
}

static int run_configured(const struct options *options) {
    struct config_diag diag = CONFIG_DIAG_INIT;
    struct config *config = malloc(sizeof(*config));
    int status = STATUS_USAGE;
    if (!config) {
        log_error("no memory for the configuration");
        return STATUS_FAILED;
    }
    if (config_load(options->config_file, options->overrides, options->n_overrides, options->mode, config, &diag)) {
        status = run_command(options, config);
    }
    config_diag_print(&diag, stderr);
    config_diag_fini(&diag);
    free(config);
    return status;
}

int daemon_main(int argc, char **argv) {
    struct options options;
    int status = options_parse(argc, argv, &options, stderr);
    if (status) {
        return status;
    }
    log_open(options.quiet ? LEVEL_ERROR : options.verbose ? LEVEL_DETAIL : LEVEL_NOTICE);
    signals_ignore_pipe();
    if (options.command == OPTIONS_HELP) {
        options_help(stdout);
    } else if (options.command == OPTIONS_VERSION) {
        puts("tcpwind " TW_VERSION);
    } else {
        status = run_configured(&options);
    }
    options_fini(&options);
    return status;
}
