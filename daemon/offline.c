/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include "capture.h"
#include "log.h"
#include "output.h"
#include "packet.h"
#include "progress.h"
#include "session.h"
#include "signals.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PACKETS_AT_ONCE = 1024, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* One file's packets. Returns whether reading may go on with the next file. */
static bool read_packets(struct session *session, struct capture *capture, struct progress *progress) {
    uint64_t done, size;
    int n = 0;
    while (n >= 0 && !signals_stop_requested()) {
        n = capture_dispatch(capture, PACKETS_AT_ONCE, session_feed, session);
        session_list_files(session);
        capture_position(capture, &done, &size);
        progress_show(progress, done, size, session->packets);
    }
    if (n >= 0 || n == CAPTURE_END) {
        return n == CAPTURE_END;
    }
    progress_end(progress);
    log_error("%s%s", capture_problem(capture),
              n == CAPTURE_BROKEN ? ": analysed up to there" : "; analysed up to there");
    session->truncated |= n == CAPTURE_BROKEN;
    session->failed = true;
    return n == CAPTURE_BROKEN;
}

/* Returns whether reading may go on with the next file; a file that is given is closed. */
static bool read_file(struct session *session, const char *path, struct capture *capture, struct progress *progress) {
    char problem[CAPTURE_PROBLEM_MAX];
    if (!capture && capture_open_file(path, session->config->capture.filter, &capture, problem)) {
        progress_end(progress);
        log_error("%s", problem);
        session->failed = true;
        return false;
    }
    bool go_on = session_source(session, path, capture);
    session->failed |= !go_on;
    go_on = go_on && read_packets(session, capture, progress);
    capture_close(capture);
    return go_on;
}

/* All files; `first` is open already. */
static void read_files(struct session *session, struct capture *first) {
    const struct options *options = session->options;
    struct progress progress;
    progress_init(&progress, !options->quiet);
    bool go_on = true;
    for (size_t i = 0; i < options->n_files && go_on; i++) {
        go_on = read_file(session, options->files[i], i == 0 ? first : NULL, &progress);
    }
    progress_end(&progress);
    if (signals_stop_requested()) {
        log_error("interrupted after %" PRIu64 " packets", session->packets);
        session->failed = true;
    }
}

int offline_run(const struct options *options, const struct config *config) {
    char problem[CAPTURE_PROBLEM_MAX], prefix[OUTPUT_PREFIX_MAX];
    struct capture *first = NULL;
    int err = capture_open_file(options->files[0], config->capture.filter, &first, problem);
    if (err) {
        log_error("%s", problem);
        return err == CAPTURE_EFILTER ? STATUS_USAGE : STATUS_FAILED;
    }
    if (!tw_linktype_is_known(capture_link_type(first))) {
        log_error("%s: packets of link type %s (%d) cannot be decoded", options->files[0],
                  capture_link_name(capture_link_type(first)), capture_link_type(first));
        capture_close(first);
        return STATUS_FAILED;
    }
    struct session *session = malloc(sizeof(*session));
    output_prefix(options->files[0], prefix);
    if (!session || !session_open(session, options, config, prefix)) {
        capture_close(first);
        free(session);
        return STATUS_FAILED;
    }
    signals_catch_stop();
    read_files(session, first);
    bool ok = session_close(session, !signals_stop_requested());
    free(session);
    return ok ? 0 : STATUS_FAILED;
}
