/* SPDX-License-Identifier: MIT */
/*
 * text.c — see text.h.
 *
 * What a flow record has many of is written in place, its room reserved before: bytes that are put together on the stack
 * and copied are read as words before they have reached the cache, and waited for. Numbers are made from their end, two
 * digits a step.
 */
#include "text.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256, U64_DIGITS = 20, U64_HEX_DIGITS = 16 };

/* "00" to "99" */
static const char pairs[200] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

void tw_text_fini(struct tw_text *text) {
    free(text->data);
    *text = (struct tw_text)TW_TEXT_INIT;
}

void tw_text_clear(struct tw_text *text) {
    text->len = 0;
    text->failed = false;
}

static bool grow(struct tw_text *text, size_t more) {
    size_t room = text->room > 0 ? text->room : FIRST_ROOM;
    while (room - text->len < more && room <= SIZE_MAX / 4)
        room *= 2;
    char *data = room - text->len < more ? NULL : realloc(text->data, room);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

/* Where `more` bytes can be written; NULL: nowhere. Who writes them adds to len. */
static inline char *reserve(struct tw_text *text, size_t more) {
    if (text->failed || (text->room - text->len < more && !grow(text, more)))
        return NULL;
    return text->data + text->len;
}

void tw_text_bytes(struct tw_text *text, const void *bytes, size_t len) {
    char *to = len > 0 ? reserve(text, len) : NULL;
    if (to == NULL)
        return;
    memcpy(to, bytes, len);
    text->len += len;
}

void tw_text_again(struct tw_text *text, size_t at, size_t len) {
    if (reserve(text, len) != NULL) /* nothing moves after that */
        tw_text_bytes(text, text->data + at, len);
}

void tw_text_last_char(struct tw_text *text, char c) {
    tw_text_bytes(text, &c, 1);
}

/* Write the decimal digits of `value` that end before `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value) {
    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value < 10) {
        *--end = (char)('0' + value);
        return end;
    }
    end -= 2;
    memcpy(end, pairs + 2 * value, 2);
    return end;
}

/* Exactly `width` digits, with leading zeros; returns behind them. The widths are constants: no loop is left of it. */
static inline __attribute__((always_inline)) char *put_padded(char *to, uint64_t value, int width) {
    int i = width;
    for (; i >= 2; i -= 2) {
        memcpy(to + i - 2, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (i > 0)
        to[0] = (char)('0' + value % 10);
    return to + width;
}

/* Bits that a number takes, at least 1. */
static unsigned count_bits(uint64_t value) {
    return 64 - (unsigned)__builtin_clzll(value | 1);
}

/* A number of b bits has n = floor(b * log10(2)) digits, or one more: from 10^n on. */
static unsigned count_digits(uint64_t value) {
    static const uint64_t powers[U64_DIGITS] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    unsigned n = count_bits(value) * 1233 >> 12; /* 1233 / 4096 is close enough */
    return n + (value >= powers[n]);
}

void tw_text_digits(struct tw_text *text, uint64_t value) {
    unsigned n = count_digits(value);
    char *to = reserve(text, n);
    if (to == NULL)
        return;
    (void)digits_before(to + n, value);
    text->len += n;
}

/* The magnitude, also of the one value whose negation does not fit. */
static uint64_t magnitude(int64_t value) {
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void tw_text_i64(struct tw_text *text, int64_t value) {
    if (value < 0)
        tw_text_char(text, '-');
    tw_text_u64(text, magnitude(value));
}

/* Eight digits at once: each half byte is brought into a byte of its own, and becomes a digit there. */
static void put_hex(char *to, uint32_t value) {
    uint64_t x = value;
    x = (x << 16 | x) & UINT64_C(0x0000ffff0000ffff);
    x = (x << 8 | x) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x << 4 | x) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    uint64_t letters = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    x = htobe64(x + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
    memcpy(to, &x, sizeof(x));
}

void tw_text_hex(struct tw_text *text, uint64_t value, unsigned digits) {
    unsigned n = (count_bits(value) + 3) / 4;
    n = digits > n ? digits : n;
    char *to = reserve(text, U64_HEX_DIGITS);
    if (to == NULL)
        return;
    value <<= 4 * (U64_HEX_DIGITS - n);
    put_hex(to, (uint32_t)(value >> 32));
    if (n > 8)
        put_hex(to + 8, (uint32_t)value);
    text->len += n;
}

/* A point and `width` digits. */
static inline void put_fraction(struct tw_text *text, uint64_t value, int width) {
    char *to = reserve(text, (size_t)width + 1);
    if (to == NULL)
        return;
    *to = '.';
    (void)put_padded(to + 1, value, width);
    text->len += (size_t)width + 1;
}

/* The product of a count and a scale may be wider than 64 bits; where it is not, a narrow division is five times faster. */
static void put_ratio(struct tw_text *text, unsigned __int128 numerator, uint64_t denominator) {
    uint64_t whole, millionths;
    if (denominator == 0) {
        tw_text_char(text, '0');
        return;
    }
    if (numerator == 0) { /* one of four in flow records: no division */
        tw_text_str(text, "0.000000");
        return;
    }
    if (numerator <= UINT64_MAX && denominator <= UINT64_MAX / 4000000) {
        uint64_t rest = (uint64_t)numerator % denominator;
        whole = (uint64_t)numerator / denominator;
        millionths = (rest * 2000000 + denominator) / (2 * denominator);
        millionths -= millionths & ((rest * 2000000 + denominator) % (2 * denominator) == 0);
    } else {
        unsigned __int128 rest = numerator % denominator;
        whole = (uint64_t)(numerator / denominator);
        unsigned __int128 twice = (unsigned __int128)2 * denominator;
        millionths = (uint64_t)((rest * 2000000 + denominator) / twice);
        millionths -= millionths & ((rest * 2000000 + denominator) % twice == 0);
    }
    tw_text_u64(text, whole + millionths / 1000000);
    put_fraction(text, millionths % 1000000, 6);
}

void tw_text_ratio(struct tw_text *text, uint64_t numerator, uint64_t denominator) {
    put_ratio(text, numerator, denominator);
}

void tw_text_rate(struct tw_text *text, uint64_t count, tw_time duration) {
    put_ratio(text, (unsigned __int128)count * (uint64_t)TW_SECOND, duration > 0 ? (uint64_t)duration : 0);
}

void tw_text_seconds(struct tw_text *text, tw_time t) {
    uint64_t nanoseconds = magnitude(t);
    if (t == 0) { /* two of five in flow records */
        tw_text_str(text, "0.000000000");
        return;
    }
    if (t < 0)
        tw_text_char(text, '-');
    tw_text_u64(text, nanoseconds / (uint64_t)TW_SECOND);
    put_fraction(text, nanoseconds % (uint64_t)TW_SECOND, 9);
}

/* A moment in UTC, taken apart; the proleptic Gregorian calendar. */
struct moment {
    int64_t year;
    unsigned month, day, hour, minute, second, nanosecond;
};

/* Days since 1970-01-01 to a date: counted in years that begin in March, so that leap days come last. */
static void set_date(struct moment *m, int64_t days) {
    days += 719468; /* since 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    m->day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    m->month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    m->year = (int64_t)year_of_era + era * 400 + (m->month <= 2);
}

static struct moment moment_of(tw_time t) {
    struct moment m;
    int64_t seconds = t / TW_SECOND, rest = t % TW_SECOND;
    if (rest < 0) {
        rest += TW_SECOND;
        seconds--;
    }
    int64_t days = seconds / 86400, of_day = seconds % 86400;
    if (of_day < 0) {
        of_day += 86400;
        days--;
    }
    set_date(&m, days);
    m.hour = (unsigned)(of_day / 3600);
    m.minute = (unsigned)(of_day / 60 % 60);
    m.second = (unsigned)(of_day % 60);
    m.nanosecond = (unsigned)rest;
    return m;
}

/* A tw_time reaches from the year 1677 to 2262: four digits. */
void tw_text_rfc3339(struct tw_text *text, tw_time t) {
    struct moment m = moment_of(t);
    char out[30], *p = put_padded(out, (uint64_t)m.year, 4);
    *p++ = '-';
    p = put_padded(p, m.month, 2);
    *p++ = '-';
    p = put_padded(p, m.day, 2);
    *p++ = 'T';
    p = put_padded(p, m.hour, 2);
    *p++ = ':';
    p = put_padded(p, m.minute, 2);
    *p++ = ':';
    p = put_padded(p, m.second, 2);
    *p++ = '.';
    p = put_padded(p, m.nanosecond, 9);
    *p = 'Z';
    tw_text_bytes(text, out, sizeof(out));
}

void tw_text_stamp(struct tw_text *text, tw_time t) {
    struct moment m = moment_of(t);
    char out[16], *p = put_padded(out, (uint64_t)m.year, 4);
    p = put_padded(p, m.month, 2);
    p = put_padded(p, m.day, 2);
    *p++ = 'T';
    p = put_padded(p, m.hour, 2);
    p = put_padded(p, m.minute, 2);
    p = put_padded(p, m.second, 2);
    *p = 'Z';
    tw_text_bytes(text, out, sizeof(out));
}

static void put_ipv4(struct tw_text *text, const uint8_t bytes[4]) {
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            tw_text_char(text, '.');
        tw_text_u64(text, bytes[i]);
    }
}

void tw_text_addr(struct tw_text *text, int ip_version, const struct tw_addr *addr) {
    char out[INET6_ADDRSTRLEN];
    if (ip_version == 4)
        put_ipv4(text, addr->bytes);
    else if (inet_ntop(AF_INET6, addr->bytes, out, sizeof(out)) != NULL)
        tw_text_str(text, out);
}

void tw_text_mac(struct tw_text *text, const uint8_t mac[6]) {
    char *to = reserve(text, 17);
    if (to == NULL)
        return;
    char digits[U64_HEX_DIGITS];
    put_hex(digits, (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3]);
    put_hex(digits + 8, (uint32_t)mac[4] << 24 | (uint32_t)mac[5] << 16);
    for (int i = 0; i < 6; i++) {
        memcpy(to + 3 * i, digits + 2 * i, 2);
        if (i < 5)
            to[3 * i + 2] = ':';
    }
    text->len += 17;
}

/* The shortest form, no surrogates, at most U+10FFFF (RFC 3629). */
static bool is_scalar(uint32_t code, unsigned len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= least[len] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

unsigned tw_text_decode(const char *s, uint32_t *ret_code) {
    uint8_t lead = (uint8_t)s[0];
    unsigned len = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
    uint32_t code = len == 1 ? lead : lead & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        uint8_t byte = (uint8_t)s[i]; /* the final NUL is no continuation: nothing is read behind it */
        if ((byte & 0xc0) != 0x80)
            len = 0;
        code = code << 6 | (byte & 0x3f);
    }
    if (len == 0 || !is_scalar(code, len)) {
        *ret_code = TW_TEXT_INVALID;
        return 1;
    }
    *ret_code = code;
    return len;
}

bool tw_text_is_plain(uint32_t code) {
    bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    bool is_layout = code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
    return !is_control && !is_layout && code != TW_TEXT_INVALID;
}

/* How many bytes at the beginning are printable ASCII but the backslash: mostly all. */
static size_t count_printable(const char *s) {
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '\\')
        n++;
    return n;
}

void tw_text_visible(struct tw_text *text, const char *s) {
    for (;;) {
        size_t n = count_printable(s);
        tw_text_bytes(text, s, n);
        s += n;
        if (*s == '\0')
            return;
        uint32_t code;
        unsigned len = tw_text_decode(s, &code);
        bool is_plain = tw_text_is_plain(code) && code != '\\';
        for (unsigned i = 0; i < len && !is_plain; i++) {
            tw_text_str(text, "\\x");
            tw_text_hex(text, (uint8_t)s[i], 2);
        }
        if (is_plain)
            tw_text_bytes(text, s, len);
        s += len;
    }
}
