/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static tw_time monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

void progress_init(struct progress *progress, bool wanted) {
    tw_time now = monotonic();
    *progress = (struct progress){.is_on = wanted && isatty(STDERR_FILENO), .begun = now, .shown = now};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t size, uint64_t packets) {
    tw_time now = progress->is_on ? monotonic() : 0;
    if (!progress->is_on || now - progress->shown < TW_SECOND / 4) {
        return;
    }
    double seconds = (double)(now - progress->begun) / (double)TW_SECOND;
    char percent[16] = "";
    if (size > 0) {
        snprintf(percent, sizeof(percent), "%3u %%  ",
                 (unsigned)(done >= size ? 100 : 100.0 * (double)done / (double)size));
    }
    /* the cursor goes back, so that what is logged next writes over it */
    fprintf(stderr, "%s%" PRIu64 " packets  %.0f packets/s \033[K\r", percent, packets, (double)packets / seconds);
    progress->shown = now;
    progress->is_shown = true;
}

void progress_end(struct progress *progress) {
    if (progress->is_shown) {
        fputs("\033[K", stderr);
        progress->is_shown = false;
    }
}
