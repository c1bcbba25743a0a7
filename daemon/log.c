/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

enum { LINE_ROOM = 4096 }; /* PIPE_BUF: a pipe that is ready takes so much without waiting */

/* What a line begins with: on a terminal who says it, in the journal, which knows who, how important it is. */
static const char *const heads[2][3] = {
    {"tcpwind: ", "tcpwind: ", "tcpwind: "},
    {"<3>", "<5>", "<7>"},
};

static bool is_journal;

static enum log_level level_max = LEVEL_NOTICE;
static _Atomic uint64_t lost;

static const char *const topics[TOPIC_COUNT] = {
    [TOPIC_INTERFACE] = "the interface",
    [TOPIC_WRITING] = "writing",
    [TOPIC_HOOK] = "pcap.on_close",
};
static uint64_t n_lines[TOPIC_COUNT]; /* in this interval, printed or not */

void log_open(enum log_level level) {
    level_max = level;
    is_journal = journal_open();
}

bool log_has(enum log_level level) {
    return level <= level_max;
}

uint64_t log_lost(void) {
    return atomic_load(&lost);
}

/* Would a write be taken at once? */
static bool is_ready(void) {
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

static void put_line(char *line, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];
        line[i] = c < 0x20 || c == 0x7f ? '?' : line[i];
    }
    line[len] = '\n';
    if (!is_ready() || write(STDERR_FILENO, line, len + 1) < 0) {
        atomic_fetch_add(&lost, 1);
    }
}

__attribute__((format(printf, 2, 0))) static void print(enum log_level level, const char *format, va_list args) {
    if (!log_has(level)) {
        return;
    }
    int saved = errno;
    char line[LINE_ROOM];
    size_t len = (size_t)snprintf(line, sizeof(line), "%s", heads[is_journal][level]);
    (void)vsnprintf(line + len, sizeof(line) - 1 - len, format, args);
    put_line(line, strlen(line));
    errno = saved;
}

void log_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(LEVEL_ERROR, format, args);
    va_end(args);
}

void log_error_lines(const char *lines, size_t len) {
    for (const char *end; len > 0 && (end = memchr(lines, '\n', len));
         len -= (size_t)(end + 1 - lines), lines = end + 1) {
        log_error("%.*s", (int)(end - lines), lines);
    }
}

void log_notice(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(LEVEL_NOTICE, format, args);
    va_end(args);
}

void log_detail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(LEVEL_DETAIL, format, args);
    va_end(args);
}

bool log_may(enum log_topic topic) {
    return ++n_lines[topic] <= LOG_TOPIC_LINES;
}

void log_next_interval(void) {
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        if (n_lines[topic] > LOG_TOPIC_LINES) {
            unsigned long long more = n_lines[topic] - LOG_TOPIC_LINES;
            log_notice("%s: %llu more change%s, not listed here", topics[topic], more, more == 1 ? "" : "s");
        }
        n_lines[topic] = 0;
    }
}
