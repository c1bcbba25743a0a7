/* SPDX-License-Identifier: MIT */
/*
 * journal.h — entries with fields for the systemd journal, when standard error goes there ($JOURNAL_STREAM).
 *
 * In the journal's own protocol, one datagram per entry, and without ever waiting: the journal's library blocks when
 * nobody reads. Threads: any, after journal_open.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "text.h"

/* Find out where standard error goes. Returns whether to the journal. */
bool journal_open(void);

/* Append a field; its name in upper case. The value is taken as it is, whatever it holds. */
void journal_field(struct tw_text *entry, const char *name, const char *value, size_t len);

/* Send an entry made of fields. Returns false when that was not possible at once, or there is no journal. */
bool journal_send(const struct tw_text *entry);

#endif
