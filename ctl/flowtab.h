/* SPDX-License-Identifier: MIT */
/*
 * flowtab.h — a flow table (PREFIX_flows.tsv) read back, line by line, and shown aligned or as JSON lines.
 *
 * The header line of the file says which columns there are, so that older and newer tables are read as well. Rows for
 * reading gather in a block and are aligned together: memory stays bounded however long the table is.
 */
#ifndef FLOWTAB_H
#define FLOWTAB_H

#include "text.h"

enum { FLOWTAB_COLUMNS_MAX = 256, FLOWTAB_BLOCK = 1000 };

struct flowtab {
    char *header; /* the names point into it; NULL: no header yet */
    const char *name[FLOWTAB_COLUMNS_MAX];
    size_t n;
    size_t chosen[FLOWTAB_COLUMNS_MAX]; /* which of them are shown, in this order */
    size_t n_chosen;
    struct tw_text block; /* cells of rows that wait to be aligned, each NUL terminated */
    size_t rows;
    size_t width[FLOWTAB_COLUMNS_MAX]; /* of the chosen ones; never narrower than in the block before */
    bool is_headed;                    /* the names were shown */
};

/* An empty one; release it with flowtab_fini. */
void flowtab_init(struct flowtab *tab);
void flowtab_fini(struct flowtab *tab);

/*
 * Take a header line (from % on, without the line end), then choose columns.
 *
 *   columns  names separated by commas, or "all"; NULL: the usual ones for reading
 *
 * Returns NULL, or what is wrong: a static text or the first name in `columns` that is not there.
 */
const char *flowtab_header(struct flowtab *tab, const char *line, const char *columns);

/* Cut a line (without its end, written into) into fields. Returns how many there are; the first n are in field. */
size_t flowtab_split(char *line, char **field, size_t n);

/* Append a row of tab->n fields as a JSON object and a line end: the chosen columns, and each column of bits in words. */
void flowtab_json(struct tw_text *out, const struct flowtab *tab, char *const *field);

/* Keep a row of tab->n fields. Returns true when the block is full: show it. */
bool flowtab_keep(struct flowtab *tab, char *const *field);

/* Append the rows kept so far, aligned, before the first ones the names; then none are kept. */
void flowtab_show(struct tw_text *out, struct flowtab *tab);

#endif
