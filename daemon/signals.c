/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <signal.h>

static volatile sig_atomic_t stop_requested;

static const int numbers[5] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGUSR2};

void signals_ignore_pipe(void) {
    (void)signal(SIGPIPE, SIG_IGN);
}

/* The default action is back: a second signal ends the process. */
static void stop_watching(struct signals *signals, struct ev_loop *loop) {
    ev_signal_stop(loop, &signals->watcher[0]);
    ev_signal_stop(loop, &signals->watcher[1]);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *watcher, int events) {
    struct signals *signals = watcher->data;
    const struct signals_handlers *handlers = &signals->handlers;
    (void)events;
    switch (watcher->signum) {
    case SIGUSR1:
        handlers->report(handlers->context);
        return;
    case SIGHUP:
        handlers->reload(handlers->context);
        return;
    case SIGUSR2:
        handlers->rotate(handlers->context);
        return;
    default:
        stop_watching(signals, loop);
        handlers->stop(handlers->context);
    }
}

void signals_open(struct signals *signals, struct ev_loop *loop, const struct signals_handlers *handlers) {
    signals->handlers = *handlers;
    for (int i = 0; i < 5; i++) {
        ev_signal_init(&signals->watcher[i], on_signal, numbers[i]);
        signals->watcher[i].data = signals;
        ev_signal_start(loop, &signals->watcher[i]);
    }
}

void signals_close(struct signals *signals, struct ev_loop *loop) {
    for (int i = 0; i < 5; i++) {
        ev_signal_stop(loop, &signals->watcher[i]);
    }
}

static void remember(int number) {
    (void)number;
    stop_requested = 1;
}

void signals_catch_stop(void) {
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGUSR2, SIG_IGN);
}

bool signals_stop_requested(void) {
    return stop_requested != 0;
}
