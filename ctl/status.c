/* SPDX-License-Identifier: MIT */
/*
 * status.c — the verb status: how the running tcpwind is, and its last report.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "instance.h"
#include "jsonread.h"
#include "request.h"
#include "verdict.h"

enum { OPT_JSON = 256, REPORT_MAX = 16 << 20 };

static const struct option long_options[] = {
    {"watch", no_argument, NULL, 'w'},
    {"json", no_argument, NULL, OPT_JSON},
    {NULL, 0, NULL, 0},
};

struct status {
    const char *directory;
    bool is_json, is_terminal;
    struct tw_text json;  /* status.json */
    struct timespec time; /* when that was written */
};

/* Read a whole file of the report folder. Returns 0 or a negative errno. */
static int read_file(const char *directory, const char *name, struct tw_text *ret, struct timespec *ret_time) {
    char path[PATH_MAX], bytes[1 << 14];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = fstat(fd, &st) == 0 ? 1 : -1;
    if (n == 1 && ret_time != NULL)
        *ret_time = st.st_mtim;
    while (n > 0 && ret->len < REPORT_MAX && (n = read(fd, bytes, sizeof(bytes))) > 0)
        tw_text_bytes(ret, bytes, (size_t)n);
    int err = n < 0 ? -errno : 0;
    close(fd);
    return ret->failed ? -ENOMEM : err;
}

static tw_time age_of(const struct timespec *then) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec - then->tv_sec) * TW_SECOND + (now.tv_nsec - then->tv_nsec);
}

static void put_coloured(struct tw_text *out, const struct status *status, const char *colour, const char *words) {
    if (status->is_terminal)
        tw_text_str(out, colour);
    tw_text_str(out, words);
    if (status->is_terminal)
        tw_text_str(out, "\033[0m");
}

/* Totals, and in brackets what came in the interval, as the journal has them. */
static void put_line(struct tw_text *out, const struct status *status) {
    struct tw_text line = TW_TEXT_INIT;
    struct jsonread value;
    if (jsonread_find(status->json.data, status->json.len, "interval.line", &value) && jsonread_string(&value, &line)) {
        tw_text_char(&line, '\0');
        tw_text_visible(out, line.failed ? "?" : line.data);
        tw_text_char(out, '\n');
    }
    tw_text_fini(&line);
}

/* The verdict, its reasons, and how old all this is. Returns the exit status. */
static int put_verdict(struct tw_text *out, const struct status *status) {
    struct tw_text reasons = TW_TEXT_INIT;
    tw_time age = age_of(&status->time);
    bool is_well = verdict_judge(status->json.data, status->json.len, age, &reasons);
    if (is_well)
        put_coloured(out, status, "\033[1;32m", "tcpwind is running, all is well");
    else
        put_coloured(out, status, "\033[1;31m", "tcpwind is running, with trouble");
    tw_text_str(out, " (as of ");
    verdict_period(out, age);
    tw_text_str(out, " ago)\n");
    put_line(out, status);
    tw_text_bytes(out, reasons.data, reasons.len);
    tw_text_fini(&reasons);
    return is_well ? CTL_OK : CTL_TROUBLE;
}

static int put_text(struct tw_text *out, const struct status *status) {
    struct tw_text report = TW_TEXT_INIT;
    int result = put_verdict(out, status), err = read_file(status->directory, "report.txt", &report, NULL);
    tw_text_char(out, '\n');
    if (err == 0)
        ctl_inert(out, report.data, report.len);
    else
        ctl_complain("%s/report.txt: %s", status->directory, strerror(-err));
    tw_text_fini(&report);
    return err == 0 ? result : CTL_TROUBLE;
}

static int put_json(struct tw_text *out, const struct status *status) {
    struct tw_text reasons = TW_TEXT_INIT;
    bool is_well = verdict_judge(status->json.data, status->json.len, age_of(&status->time), &reasons);
    ctl_inert(out, status->json.data, status->json.len);
    if (!is_well)
        fwrite(reasons.data, 1, reasons.len, stderr);
    tw_text_fini(&reasons);
    return is_well ? CTL_OK : CTL_TROUBLE;
}

/* Look at the folder. Returns the exit status; what is to be shown is in `out`. */
static int look(struct status *status, struct tw_text *out) {
    int found = instance_find(status->directory);
    tw_text_clear(&status->json);
    int err = read_file(status->directory, "status.json", &status->json, &status->time);
    if (found == INSTANCE_NONE) {
        ctl_complain("tcpwind is not running (%s)", status->directory);
        return CTL_NOT_RUNNING;
    }
    if (found < 0 || err < 0) {
        ctl_complain("%s: %s%s", status->directory, strerror(found < 0 ? -found : -err),
                     found < 0 || err == -EACCES ? " (root and the group tcpwind may look)" : ": no report yet");
        return CTL_TROUBLE;
    }
    return status->is_json ? put_json(out, status) : put_text(out, status);
}

/* Again and again: on a terminal every second, elsewhere when there is a new report. */
static int watch(struct status *status) {
    struct tw_text out = TW_TEXT_INIT;
    struct timespec shown = {.tv_sec = 0}, second = {.tv_sec = 1};
    int result, before = -1;
    do {
        bool is_screen = status->is_terminal && !status->is_json;
        if (is_screen)
            tw_text_str(&out, "\033[H\033[2J");
        if (is_screen)
            (void)request_report(status->directory);
        if (is_screen || before != CTL_NOT_RUNNING || instance_find(status->directory) != INSTANCE_NONE)
            before = result = look(status, &out);
        if (!is_screen && shown.tv_sec == status->time.tv_sec && shown.tv_nsec == status->time.tv_nsec)
            tw_text_clear(&out);
        shown = status->time;
    } while (ctl_put(&out) && nanosleep(&second, NULL) == 0);
    tw_text_fini(&out);
    return result;
}

static int once(struct status *status) {
    struct tw_text out = TW_TEXT_INIT;
    (void)request_report(status->directory); /* else the last one is shown, with its age */
    int result = look(status, &out);
    if (!ctl_put(&out))
        result = CTL_TROUBLE;
    tw_text_fini(&out);
    return result;
}

int ctl_status(int argc, char **argv) {
    struct status status = {.directory = CTL_REPORT_DIRECTORY, .json = TW_TEXT_INIT};
    bool is_watch = false;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "w", long_options, NULL)) != -1) {
        if (option == 'w')
            is_watch = true;
        else if (option == OPT_JSON)
            status.is_json = true;
        else
            return CTL_USAGE;
    }
    if (argc - optind > 1)
        return ctl_wrong_usage("status", "takes one folder");
    if (optind < argc)
        status.directory = argv[optind];
    status.is_terminal = isatty(STDOUT_FILENO);
    int result = is_watch ? watch(&status) : once(&status);
    tw_text_fini(&status.json);
    return result;
}
