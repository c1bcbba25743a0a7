/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_ROOM = 4096 }; /* PIPE_BUF: a pipe that is ready takes so much without waiting */

static const char head[] = "tcpwind: ";

static enum log_level level_max = LEVEL_NOTICE;
static _Atomic uint64_t lost;

void log_open(enum log_level level) {
    level_max = level;
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
    memcpy(line, head, sizeof(head));
    int n = vsnprintf(line + sizeof(head) - 1, sizeof(line) - sizeof(head), format, args);
    put_line(line, n < 0 ? sizeof(head) - 1 : strlen(line));
    errno = saved;
}

void log_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(LEVEL_ERROR, format, args);
    va_end(args);
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
