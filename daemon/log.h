/* SPDX-License-Identifier: MIT */
/*
 * log.h — lines for people, on standard error, be it a terminal, a file or the journal.
 *
 * Every line is written whole by one write(2), without control characters, so that nothing an input is called can
 * command a terminal. A line that would have to wait, since nobody reads the other end of a pipe, is dropped and
 * counted: no thread ever stands still for it. errno survives. Threads: any.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LEVEL_ERROR, LEVEL_NOTICE, LEVEL_DETAIL };

/* Print lines up to this level. Before the first call: up to LEVEL_NOTICE. To be called while there is one thread. */
void log_open(enum log_level level);

/* Would a line of this level be printed? */
bool log_has(enum log_level level);

/* Print a line behind "tcpwind: "; the format has no newline. What is longer than 4000 bytes is cut. */
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_notice(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_detail(const char *format, ...);

/* Print each line of a text as an error; what has no newline behind it is left out. */
void log_error_lines(const char *lines, size_t len);

/* Lines dropped so far. */
uint64_t log_lost(void);

/*
 * Conditions that may come and go quickly: a few lines about each are printed in an interval, further ones are counted,
 * and their number is said once at its end. For the main thread.
 */
enum log_topic { TOPIC_INTERFACE, TOPIC_WRITING, TOPIC_HOOK, TOPIC_COUNT };
enum { LOG_TOPIC_LINES = 20 };

/* May a line about this be printed now? If not, it is counted. */
bool log_may(enum log_topic topic);

/* The interval is over: say how many lines were not printed, and begin the next one. */
void log_next_interval(void);

#endif
