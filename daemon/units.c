/* SPDX-License-Identifier: MIT */
/*
 * units.c — one parser for all quantities, and the shortest exact way to write them.
 */
#include "units.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* The first of a table is that of a number without one. */
static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"KiB", 1024},
    {"MB", 1000000},
    {"MiB", INT64_C(1) << 20},
    {"GB", 1000000000},
    {"GiB", INT64_C(1) << 30},
    {"TB", INT64_C(1000000000000)},
    {"TiB", INT64_C(1) << 40},
    {NULL, 0},
};

static const struct unit time_units[] = {
    {"", TW_SECOND},   {"ms", TW_MS},    {"s", TW_SECOND}, {"min", 60 * TW_SECOND},
    {"h", UNITS_HOUR}, {"d", UNITS_DAY}, {NULL, 0},
};

static const struct unit percent_units[] = {{"%", 1}, {NULL, 0}};

/* Parse "12.5 UNIT" exactly, without a detour through floating point: nine decimals count. */
static bool parse(const char *s, const struct unit *units, int64_t *ret) {
    int64_t whole = 0, billionths = 0;
    const char *start = s;
    for (; isdigit((unsigned char)*s); s++) {
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *s - '0', &whole)) {
            return false;
        }
    }
    if (s == start) {
        return false;
    }
    if (*s == '.') {
        int64_t place = TW_SECOND / 10;
        for (s++; isdigit((unsigned char)*s); s++, place /= 10) {
            billionths += (*s - '0') * place;
        }
    }
    s += strspn(s, " \t");
    while (units->name && strcmp(units->name, s) != 0) {
        units++;
    }
    __int128 value = (__int128)whole * units->factor + (__int128)billionths * units->factor / TW_SECOND;
    if (!units->name || value > INT64_MAX) {
        return false;
    }
    *ret = (int64_t)value;
    return true;
}

bool units_parse_size(const char *s, int64_t *ret) {
    return parse(s, size_units, ret);
}

bool units_parse_time(const char *s, tw_time *ret) {
    return parse(s, time_units, ret);
}

bool units_parse_percent(const char *s, int64_t *ret) {
    return parse(s, percent_units, ret);
}

void units_print_size(int64_t size, FILE *out) {
    const struct unit *best = &size_units[0];
    for (const struct unit *unit = size_units; unit->name; unit++) {
        if (size >= 1000000 && size % unit->factor == 0 && unit->factor > best->factor) {
            best = unit;
        }
    }
    if (best->factor > 1) {
        fprintf(out, "\"%" PRId64 " %s\"", size / best->factor, best->name);
    } else {
        fprintf(out, "%" PRId64 "%s", size, size > INT32_MAX ? "L" : "");
    }
}

void units_print_time(int64_t time, FILE *out) {
    if (time == 0) {
        fputs("0", out);
    } else if (time % UNITS_DAY == 0) {
        fprintf(out, "\"%" PRId64 " d\"", time / UNITS_DAY);
    } else if (time % UNITS_HOUR == 0) {
        fprintf(out, "\"%" PRId64 " h\"", time / UNITS_HOUR);
    } else if (time % TW_SECOND == 0) {
        fprintf(out, "\"%" PRId64 " s\"", time / TW_SECOND);
    } else if (time % TW_MS == 0) {
        fprintf(out, "\"%" PRId64 " ms\"", time / TW_MS);
    } else {
        fprintf(out, "\"%" PRId64 ".%09" PRId64 " s\"", time / TW_SECOND, time % TW_SECOND);
    }
}
