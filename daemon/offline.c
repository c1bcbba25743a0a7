/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include "capture.h"
#include "log.h"
#include "output.h"
#include "packet.h"
#include "progress.h"
#include "reader.h"
#include "session.h"
#include "signals.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PACKETS_AT_ONCE = 1024, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* One file's packets. Returns whether reading may go on with the next file. */
static bool read_packets(struct session *session, struct reader *reader, struct progress *progress) {
    uint64_t done = 0, size = 0;
    int n = 0;
    while (n >= 0 && !signals_stop_requested()) {
        n = reader_dispatch(reader, PACKETS_AT_ONCE, session);
        session_list_files(session);
        reader_position(reader, &done, &size);
        progress_show(progress, done, size, session->packets);
    }
    session->size += size;
    session->processed += size ? done : 0;
    if (n >= 0 || n == CAPTURE_END) {
        return n == CAPTURE_END;
    }
    progress_end(progress);
    log_error("%s%s", reader_problem(reader),
              n == CAPTURE_BROKEN ? ": analysed up to there" : "; analysed up to there");
    session->truncated |= n == CAPTURE_BROKEN;
    session->failed = true;
    return n == CAPTURE_BROKEN;
}

/* Returns whether reading may go on with the next file; a reader that is given is closed. */
static bool read_file(struct session *session, struct readers *readers, const char *path, struct reader *reader,
                      struct progress *progress) {
    char problem[CAPTURE_PROBLEM_MAX];
    if (!reader && reader_open(readers, path, &reader, problem)) {
        progress_end(progress);
        log_error("%s", problem);
        session->failed = true;
        return false;
    }
    bool go_on = session_source(session, path, reader_link_type(reader), reader_snaplen(reader));
    session->failed |= !go_on;
    go_on = go_on && read_packets(session, reader, progress);
    reader_close(reader);
    return go_on;
}

/* All files; `first` is open already. Returns whether all of them were read, as far as they go. */
static bool read_files(struct session *session, struct readers *readers, struct reader *first) {
    const struct options *options = session->options;
    struct progress progress;
    progress_init(&progress, !options->quiet);
    bool go_on = true;
    for (size_t i = 0; i < options->n_files && go_on; i++) {
        go_on = read_file(session, readers, options->files[i], i == 0 ? first : NULL, &progress);
    }
    progress_end(&progress);
    if (signals_stop_requested()) {
        log_error("interrupted after %" PRIu64 " packets", session->packets);
        session->failed = true;
    }
    return go_on;
}

static int run_with(struct readers *readers, const struct options *options, const struct config *config) {
    char problem[CAPTURE_PROBLEM_MAX], prefix[OUTPUT_PREFIX_MAX];
    struct reader *first = NULL;
    int err = reader_open(readers, options->files[0], &first, problem);
    if (err) {
        log_error("%s", problem);
        return err == CAPTURE_EFILTER ? STATUS_USAGE : STATUS_FAILED;
    }
    if (!tw_linktype_is_known(reader_link_type(first))) {
        log_error("%s: packets of link type %s (%d) cannot be decoded", options->files[0],
                  capture_link_name(reader_link_type(first)), reader_link_type(first));
        reader_close(first);
        return STATUS_FAILED;
    }
    struct session_fetch fetch = {{tw_fetcher_fetch, &readers->reading}, {tw_fetcher_fetch, &readers->writing}};
    struct session *session = malloc(sizeof(*session));
    output_prefix(options->files[0], prefix);
    if (!session || !session_open(session, options, config, prefix, readers->stay ? &fetch : NULL)) {
        reader_close(first);
        free(session);
        return STATUS_FAILED;
    }
    signals_catch_stop();
    bool all_read = read_files(session, readers, first);
    bool ok = session_close(session, all_read && !signals_stop_requested());
    if (readers_lost(readers)) {
        log_error("%" PRIu64 " packets could not be read again: a file was changed meanwhile", readers_lost(readers));
        ok = false;
    }
    free(session);
    return ok ? 0 : STATUS_FAILED;
}

int offline_run(const struct options *options, const struct config *config) {
    struct readers readers;
    if (!readers_init(&readers, (const char *const *)options->files, options->n_files, config->capture.filter)) {
        log_error("no memory");
        return STATUS_FAILED;
    }
    int status = run_with(&readers, options, config);
    readers_fini(&readers);
    return status;
}
