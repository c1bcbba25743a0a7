/* SPDX-License-Identifier: MIT */
/*
 * sheet.h — the layout of a report for people: sections of aligned lines, at most TW_SHEET_WIDTH columns wide.
 *
 * A line has either four columns: what, how many, the share of a whole, the same in a human size; and perhaps a name
 * behind them. Or it has a label and text.
 */
#ifndef TW_SHEET_H
#define TW_SHEET_H

#include "text.h"

enum { TW_SHEET_WIDTH = 100 };

/* What stands in the last column: nothing, thousands, bytes by 1000, bytes by 1024, or the whole itself: "of 556". */
enum tw_sheet_unit { TW_SHEET_PLAIN, TW_SHEET_COUNT, TW_SHEET_BYTES, TW_SHEET_MEMORY, TW_SHEET_OF };

struct tw_sheet_row {
    const char *label;
    uint64_t value, whole; /* whole 0: no share */
    enum tw_sheet_unit unit;
    bool always; /* also when the value is 0; else such a row is left out */
};

/* Begin a section. */
void tw_sheet_heading(struct tw_text *out, const char *heading);

/* Append rows, each with its line end. */
void tw_sheet_rows(struct tw_text *out, const struct tw_sheet_row *rows, size_t n);

#define TW_SHEET_ROWS(out, rows) tw_sheet_rows((out), (rows), sizeof(rows) / sizeof((rows)[0]))

/* The numbers of a row of which the label was written, from `line` (an offset in out) on; who calls ends the line. */
void tw_sheet_numbers(struct tw_text *out, size_t line, const struct tw_sheet_row *row);

/* Go on at the column for names, behind tw_sheet_numbers(). */
void tw_sheet_name_column(struct tw_text *out, size_t line);

/* As much of a name as there is room for on the line; what is not plain is "?". */
void tw_sheet_name(struct tw_text *out, size_t line, const char *name);

/* A label, up to the column where its text begins; who calls writes that and ends the line. */
void tw_sheet_label(struct tw_text *out, const char *label);

/* Lines of a label and: a moment in UTC and in seconds; a period; bits, as they are and in words. */
void tw_sheet_moment(struct tw_text *out, const char *label, tw_time t);
void tw_sheet_period(struct tw_text *out, const char *label, tw_time period);
void tw_sheet_bits(struct tw_text *out, const char *label, const char *column, uint64_t bits);

#endif
