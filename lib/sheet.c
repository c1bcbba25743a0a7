/* SPDX-License-Identifier: MIT */
#include "sheet.h"

#include "bits.h"
#include "human.h"

#include <string.h>

/* Where the columns end, or begin. */
enum { NUMBER_END = 58, SHARE_END = 69, HUMAN_BEGIN = 72, NAME_BEGIN = 82, TEXT_BEGIN = 26 };

static void pad(struct tw_text *out, size_t line, size_t column) {
    static const char spaces[] = "                                                                ";
    size_t at = out->len - line;
    if (at < column) {
        tw_text_bytes(out, spaces, column - at < sizeof(spaces) ? column - at : sizeof(spaces) - 1);
    }
}

/* Move what was written since `from` to the right, so that it ends at `column`. */
static void align_right(struct tw_text *out, size_t line, size_t from, size_t column) {
    size_t len = out->len - from, end = line + column;
    if (out->failed || out->len >= end) {
        return;
    }
    pad(out, line, column);
    if (out->failed) {
        return;
    }
    memmove(out->data + end - len, out->data + from, len);
    memset(out->data + from, ' ', end - len - from);
}

void tw_sheet_heading(struct tw_text *out, const char *heading) {
    tw_text_char(out, '\n');
    tw_text_str(out, heading);
    tw_text_char(out, '\n');
}

static void put_human(struct tw_text *out, size_t line, const struct tw_sheet_row *row) {
    if (row->unit == TW_SHEET_PLAIN || (row->unit != TW_SHEET_OF && row->value < 1000)) {
        return;
    }
    pad(out, line, HUMAN_BEGIN);
    if (row->unit == TW_SHEET_OF) {
        tw_text_str(out, "of ");
        tw_human_count(out, row->whole);
    } else if (row->unit == TW_SHEET_COUNT) {
        tw_human_count(out, row->value);
    } else if (row->unit == TW_SHEET_BYTES) {
        tw_human_bytes(out, row->value);
    } else {
        tw_human_memory(out, row->value);
    }
}

void tw_sheet_numbers(struct tw_text *out, size_t line, const struct tw_sheet_row *row) {
    size_t from = out->len;
    tw_text_u64(out, row->value);
    align_right(out, line, from, NUMBER_END);
    from = out->len;
    if (row->whole > 0) {
        tw_text_str(out, "  ");
        tw_human_percent(out, row->value, row->whole);
        align_right(out, line, from, SHARE_END);
    }
    put_human(out, line, row);
}

void tw_sheet_rows(struct tw_text *out, const struct tw_sheet_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (rows[i].value == 0 && !rows[i].always) {
            continue;
        }
        size_t line = out->len;
        tw_text_str(out, "  ");
        tw_text_str(out, rows[i].label);
        tw_text_char(out, ' ');
        tw_sheet_numbers(out, line, &rows[i]);
        tw_text_char(out, '\n');
    }
}

void tw_sheet_name_column(struct tw_text *out, size_t line) {
    pad(out, line, NAME_BEGIN);
}

void tw_sheet_name(struct tw_text *out, size_t line, const char *name) {
    for (size_t column = out->len - line; *name && column < TW_SHEET_WIDTH; column++) {
        uint32_t code;
        unsigned len = tw_text_decode(name, &code);
        bool is_plain = tw_text_is_plain(code);
        tw_text_bytes(out, is_plain ? name : "?", is_plain ? len : 1);
        name += len;
    }
}

void tw_sheet_label(struct tw_text *out, const char *label) {
    size_t line = out->len;
    tw_text_str(out, "  ");
    tw_text_str(out, label);
    pad(out, line, TEXT_BEGIN);
}

void tw_sheet_moment(struct tw_text *out, const char *label, tw_time t) {
    tw_sheet_label(out, label);
    tw_text_rfc3339(out, t);
    tw_text_str(out, "  (");
    tw_text_seconds(out, t);
    tw_text_str(out, ")\n");
}

void tw_sheet_period(struct tw_text *out, const char *label, tw_time period) {
    tw_sheet_label(out, label);
    tw_text_seconds(out, period);
    tw_text_str(out, " s");
    if (period >= 60 * TW_SECOND) {
        tw_text_str(out, "  (");
        tw_human_duration(out, period);
        tw_text_char(out, ')');
    }
    tw_text_char(out, '\n');
}

/* Words behind what the line has, with a semicolon between; on a line of their own where they would be too wide. */
static void put_words(struct tw_text *out, size_t *line, const char *words, bool is_first) {
    tw_text_str(out, is_first ? "  " : "; ");
    if (!out->failed && out->len - *line + strlen(words) >= TW_SHEET_WIDTH) { /* with the semicolon that may follow */
        while (out->data[out->len - 1] == ' ') {
            out->len--;
        }
        tw_text_char(out, '\n');
        *line = out->len;
        pad(out, *line, TEXT_BEGIN);
    }
    tw_text_str(out, words);
}

void tw_sheet_bits(struct tw_text *out, const char *label, const char *column, uint64_t bits) {
    const struct tw_bits_field *field = tw_bits_find(column);
    size_t line = out->len;
    bool is_first = true;
    tw_sheet_label(out, label);
    tw_text_str(out, "0x");
    tw_text_hex(out, bits, field->width / 4);
    for (unsigned bit = 0; bit < field->width && !out->failed; bit++) {
        if (bits >> bit & 1) {
            put_words(out, &line, tw_bits_text(field, bit), is_first);
            is_first = false;
        }
    }
    tw_text_char(out, '\n');
}
