/* SPDX-License-Identifier: MIT */
/* naming.c — see naming.h. */
#include "naming.h"

#include <errno.h>
#include <string.h>

#include "err.h"
#include "text.h"

enum { FILE_NAME_MAX = 255, NUMBER_DIGITS = 6, DIGITS_MAX = 19 };

static const char part[] = ".part";

static const struct {
    const char *after_prefix, *ending;
} kinds[TW_NAME_KIND_COUNT] = {
    [TW_NAME_PCAP] = {"-", ".pcap"},
    [TW_NAME_FLOWS] = {"_flows-", ".tsv"},
    [TW_NAME_ALARMS] = {"_alarms-", ".jsonl"},
};

/* Every name must leave room for .part, whether it has it or not. */
static int copy_name(const struct tw_text *text, bool has_part, char *ret) {
    if (text->failed)
        return -ENOMEM;
    if (text->len + (has_part ? 0 : strlen(part)) > FILE_NAME_MAX)
        return TW_ENAME;
    memcpy(ret, text->data, text->len);
    ret[text->len] = '\0';
    return 0;
}

static void add_number(struct tw_text *text, uint64_t number) {
    for (uint64_t bound = 100000; bound > number && bound > 1; bound /= 10)
        tw_text_char(text, '0');
    tw_text_u64(text, number);
}

int tw_naming_make(const char *prefix, const struct tw_name *name, char *ret) {
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, prefix);
    tw_text_str(&text, kinds[name->kind].after_prefix);
    tw_text_stamp(&text, name->time);
    tw_text_char(&text, '-');
    add_number(&text, name->number);
    if (name->kind == TW_NAME_PCAP && name->flow != 0) {
        tw_text_str(&text, "-flow");
        tw_text_u64(&text, name->flow);
    }
    tw_text_str(&text, kinds[name->kind].ending);
    if (name->part)
        tw_text_str(&text, part);
    int err = copy_name(&text, name->part, ret);
    tw_text_fini(&text);
    return err;
}

int tw_naming_fixed(const char *prefix, const char *suffix, char *ret) {
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, prefix);
    tw_text_str(&text, suffix);
    int err = copy_name(&text, false, ret);
    tw_text_fini(&text);
    return err;
}

static bool skip(const char **at, const char *word) {
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

/* Decimal digits, `min` to `max` of them. */
static bool read_digits(const char **at, size_t min, size_t max, uint64_t *ret) {
    const char *from = *at;
    uint64_t value = 0;
    size_t n = 0;
    for (; n < max && from[n] >= '0' && from[n] <= '9'; n++)
        value = value * 10 + (uint64_t)(from[n] - '0');
    *at = from + n;
    *ret = value;
    return n >= min;
}

/* Days from 1970-01-01 in the Gregorian calendar; the year is counted from March, so that leap days come last. */
static int64_t days_of(uint64_t year, uint64_t month, uint64_t day) {
    uint64_t y = month > 2 ? year : year - 1;
    uint64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)(365 * y + y / 4 - y / 100 + y / 400 + day_of_year) - 719468;
}

static bool read_stamp(const char **at, tw_time *ret) {
    uint64_t year, month, day, hour, minute, second;
    bool good = read_digits(at, 4, 4, &year) && read_digits(at, 2, 2, &month) && read_digits(at, 2, 2, &day) &&
                skip(at, "T") && read_digits(at, 2, 2, &hour) && read_digits(at, 2, 2, &minute) &&
                read_digits(at, 2, 2, &second) && skip(at, "Z");
    if (!good || year < 1678 || year > 2261) /* what a tw_time can say */
        return false;
    *ret = ((days_of(year, month, day) * 24 + (int64_t)hour) * 60 + (int64_t)minute) * 60 + (int64_t)second;
    *ret *= TW_SECOND;
    return true;
}

static bool read_kind(const char **at, enum tw_name_kind kind, struct tw_name *ret) {
    *ret = (struct tw_name){.kind = kind};
    return skip(at, kinds[kind].after_prefix) && read_stamp(at, &ret->time) && skip(at, "-") &&
           read_digits(at, NUMBER_DIGITS, DIGITS_MAX, &ret->number) &&
           (kind != TW_NAME_PCAP || !skip(at, "-flow") || read_digits(at, 1, DIGITS_MAX, &ret->flow)) &&
           skip(at, kinds[kind].ending);
}

/* Making it again settles what reading is lax about: leading zeros, the 31st of June, a number or flow of 0. */
static bool is_made_here(const char *prefix, const struct tw_name *name, const char *text) {
    char made[TW_NAME_MAX];
    return name->number != 0 && tw_naming_make(prefix, name, made) == 0 && strcmp(made, text) == 0;
}

bool tw_naming_read(const char *prefix, const char *text, struct tw_name *ret) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++) {
        struct tw_name name;
        const char *at = text;
        if (!skip(&at, prefix) || !read_kind(&at, (enum tw_name_kind)kind, &name))
            continue;
        name.part = skip(&at, part);
        if (*at != '\0' || !is_made_here(prefix, &name, text))
            return false;
        *ret = name;
        return true;
    }
    return false;
}
