/* SPDX-License-Identifier: MIT */
/*
 * human.c — see human.h.
 */
#include "human.h"

static const char *const metric[] = {"", "k", "M", "G", "T", "P", "E"};
static const char *const binary[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

enum { DECIMALS_MAX = 9 };

/* numerator / denominator with `decimals`, rounded half up; with more than two, it must be below 1. */
static void put_fixed(struct tw_text *out, unsigned __int128 numerator, unsigned __int128 denominator,
                      unsigned decimals) {
    uint64_t power = 1;
    for (unsigned i = 0; i < decimals; i++)
        power *= 10;
    unsigned __int128 value = (numerator * power * 2 + denominator) / (denominator * 2);
    tw_text_u64(out, (uint64_t)(value / power));
    for (tw_text_bytes(out, ".", decimals > 0); power > 1; power /= 10)
        tw_text_char(out, (char)('0' + (uint64_t)(value % power) / (power / 10)));
}

/* At least three digits, at most two decimals; below 1 as many as two digits that are not 0 need. */
static void put_digits(struct tw_text *out, unsigned __int128 value, unsigned __int128 scale) {
    unsigned decimals = value >= scale * 100 ? 0 : value >= scale * 10 ? 1 : 2;
    for (unsigned __int128 tenth = value * 10; value > 0 && tenth < scale && decimals < DECIMALS_MAX; tenth *= 10)
        decimals++;
    put_fixed(out, value, scale, decimals);
}

/* Three digits and a prefix. The next prefix is taken where 999.5 and more would be rounded to four digits. */
static void put_scaled(struct tw_text *out, unsigned __int128 value, uint64_t divisor, unsigned base,
                       const char *const *prefixes, const char *unit) {
    unsigned __int128 scale = divisor;
    size_t i = 0;
    while (i < 6 && value * 2 >= scale * (base == 1000 ? 1999 : 2047)) {
        scale *= base;
        i++;
    }
    if (i == 0 && value % divisor == 0)
        tw_text_u64(out, (uint64_t)(value / divisor));
    else
        put_digits(out, value, scale);
    if (prefixes[i][0] != '\0' || unit[0] != '\0')
        tw_text_char(out, ' ');
    tw_text_str(out, prefixes[i]);
    tw_text_str(out, unit);
}

void tw_human_count(struct tw_text *out, uint64_t count) {
    put_scaled(out, count, 1, 1000, metric, "");
}

void tw_human_bytes(struct tw_text *out, uint64_t bytes) {
    put_scaled(out, bytes, 1, 1000, metric, "B");
}

void tw_human_memory(struct tw_text *out, uint64_t bytes) {
    put_scaled(out, bytes, 1, 1024, binary, "B");
}

void tw_human_rate(struct tw_text *out, uint64_t count, tw_time duration, const char *unit) {
    if (duration > 0)
        put_scaled(out, (unsigned __int128)count * (uint64_t)TW_SECOND, (uint64_t)duration, 1000, metric, unit);
    else
        tw_text_char(out, '-');
}

/* The two largest units of a period of a minute and more; below a day three. */
static void put_long(struct tw_text *out, uint64_t seconds) {
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    uint64_t least = seconds >= 86400 ? 3600 : 1;
    bool is_first = true;
    for (size_t i = 0; i < 4 && units[i].seconds >= least; i++) {
        uint64_t n = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (n == 0)
            continue;
        if (!is_first)
            tw_text_char(out, ' ');
        tw_text_u64(out, n);
        tw_text_str(out, units[i].name);
        is_first = false;
    }
}

/* Below a minute: the largest unit that is not above it. */
static void put_short(struct tw_text *out, uint64_t ns) {
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{TW_SECOND, " s"}, {TW_MS, " ms"}, {TW_US, " us"}, {1, " ns"}};
    size_t i = 0;
    while (ns < units[i].ns)
        i++;
    if (ns % units[i].ns == 0)
        tw_text_u64(out, ns / units[i].ns);
    else
        put_digits(out, ns, units[i].ns);
    tw_text_str(out, units[i].name);
}

void tw_human_duration(struct tw_text *out, tw_time duration) {
    if (duration <= 0)
        tw_text_str(out, "0 s");
    else if (duration < 60 * TW_SECOND)
        put_short(out, (uint64_t)duration);
    else
        put_long(out, (uint64_t)duration / (uint64_t)TW_SECOND);
}

void tw_human_quotient(struct tw_text *out, uint64_t dividend, uint64_t divisor) {
    if (divisor > 0)
        put_fixed(out, dividend, divisor, 2);
    else
        tw_text_char(out, '-');
}

void tw_human_percent(struct tw_text *out, uint64_t part, uint64_t whole) {
    if (whole == 0) {
        tw_text_char(out, '-');
        return;
    }
    put_fixed(out, (unsigned __int128)part * 100, whole, 2);
    tw_text_char(out, '%');
}
