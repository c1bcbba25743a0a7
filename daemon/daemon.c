/* SPDX-License-Identifier: MIT */
/*
 * daemon.c — from the command line to a run.
 */
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "live.h"
#include "log.h"
#include "offline.h"
#include "options.h"
#include "signals.h"
#include "trial.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* What was printed is out, or it is said that it is not. Returns the exit status. */
static int end_output(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return 0;
    }
    log_error("standard output: %s", strerror(errno));
    return STATUS_FAILED;
}

static int run_command(const struct options *options, struct config *config) {
    switch (options->command) {
    case OPTIONS_TEST:
        return 0;
    case OPTIONS_PRINT:
        config_print(config, stdout);
        return end_output();
    default:
        return options->mode == CONFIG_OFFLINE ? offline_run(options, config) : live_run(options, config);
    }
}

/* What is only complained of in a run is what -t is asked about. */
static bool pass_trial(const struct options *options, const struct config *config, struct config_diag *diag) {
    bool ok = trial_needs(config, options->mode, diag);
    return (options->command == OPTIONS_RUN || trial_wishes(config, diag)) && ok;
}

static int run_configured(const struct options *options) {
    struct config_diag diag = CONFIG_DIAG_INIT;
    struct config *config = malloc(sizeof(*config));
    int status = STATUS_USAGE;
    if (!config) {
        log_error("no memory for the configuration");
        return STATUS_FAILED;
    }
    if (config_load(options->config_file, options->overrides, options->n_overrides, options->mode, config, &diag) &&
        pass_trial(options, config, &diag)) {
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
        status = end_output();
    } else if (options.command == OPTIONS_VERSION) {
        puts("tcpwind " TW_VERSION);
        status = end_output();
    } else {
        status = run_configured(&options);
    }
    options_fini(&options);
    return status;
}
