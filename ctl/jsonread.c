/* SPDX-License-Identifier: MIT */
/* jsonread.c — see jsonread.h. RFC 8259. */
#include "jsonread.h"

#include <string.h>

struct cursor {
    const char *at, *end;
};

static void skip_space(struct cursor *c) {
    while (c->at < c->end && memchr(" \t\r\n", *c->at, 4) != NULL)
        c->at++;
}

static bool skip_char(struct cursor *c, char wanted) {
    skip_space(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool skip_string(struct cursor *c) {
    if (!skip_char(c, '"'))
        return false;
    for (; c->at < c->end && *c->at != '"'; c->at++)
        c->at += *c->at == '\\' && c->at + 1 < c->end;
    return skip_char(c, '"');
}

/* An object or an array: to the bracket that closes it. */
static bool skip_nested(struct cursor *c) {
    size_t depth = 0;
    while (c->at < c->end) {
        char open = *c->at;
        if (open == '"') {
            if (!skip_string(c))
                return false;
            continue;
        }
        depth += open == '{' || open == '[';
        depth -= open == '}' || open == ']';
        c->at++;
        if (depth == 0)
            return true;
    }
    return false;
}

static bool skip_value(struct cursor *c) {
    skip_space(c);
    if (c->at == c->end)
        return false;
    if (*c->at == '"')
        return skip_string(c);
    if (*c->at == '{' || *c->at == '[')
        return skip_nested(c);
    const char *from = c->at;
    while (c->at < c->end && memchr(",}] \t\r\n", *c->at, 7) == NULL)
        c->at++;
    return c->at > from;
}

/* Go to the value of a member of the object that begins here. */
static bool enter(struct cursor *c, const char *name, size_t len) {
    bool more = skip_char(c, '{');
    while (more) {
        skip_space(c);
        const char *key = c->at + 1;
        if (!skip_string(c))
            return false;
        bool is_wanted = (size_t)(c->at - 1 - key) == len && memcmp(key, name, len) == 0;
        if (!skip_char(c, ':'))
            return false;
        if (is_wanted)
            return true;
        more = skip_value(c) && skip_char(c, ',');
    }
    return false;
}

bool jsonread_find(const char *text, size_t len, const char *path, struct jsonread *ret) {
    struct cursor c = {text, text + len};
    for (const char *name = path; name != NULL; name = strchr(name, '.') != NULL ? strchr(name, '.') + 1 : NULL) {
        if (!enter(&c, name, strcspn(name, ".")))
            return false;
    }
    skip_space(&c);
    const char *from = c.at;
    if (!skip_value(&c))
        return false;
    *ret = (struct jsonread){from, (size_t)(c.at - from)};
    return true;
}

bool jsonread_u64(const struct jsonread *value, uint64_t *ret) {
    uint64_t number = 0;
    size_t i = 0;
    for (; i < value->len && value->at[i] >= '0' && value->at[i] <= '9'; i++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(value->at[i] - '0'), &number))
            return false;
    }
    if (i == 0 || (i < value->len && value->at[i] != '.'))
        return false;
    *ret = number;
    return true;
}

bool jsonread_is_true(const struct jsonread *value) {
    return value->len == 4 && memcmp(value->at, "true", 4) == 0;
}

static unsigned hex_digit(char c) {
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 0x20U) - 'a' + 10U;
}

/* Four digits as UTF-8. Halves of pairs become U+FFFD: nothing that tcpwind escapes needs them. */
static void put_unit(struct tw_text *out, const char *digits) {
    unsigned code = 0;
    for (int i = 0; i < 4; i++)
        code = (code << 4 | (hex_digit(digits[i]) & 15U)) & 0xffffU;
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    if (code >= 0x800)
        tw_text_char(out, (char)(0xe0 | code >> 12));
    if (code >= 0x80) {
        tw_text_char(out, (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3f) : 0xc0 | code >> 6));
        tw_text_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        tw_text_char(out, (char)code);
    }
}

static char escaped(char c) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = strchr(from, c);
    return c != '\0' && at != NULL ? to[at - from] : c;
}

bool jsonread_string(const struct jsonread *value, struct tw_text *out) {
    if (value->len < 2 || value->at[0] != '"')
        return false;
    const char *end = value->at + value->len - 1;
    for (const char *at = value->at + 1; at < end; at++) {
        if (*at != '\\') {
            tw_text_char(out, *at);
        } else if (at[1] == 'u' && end - at > 5) {
            put_unit(out, at + 2);
            at += 5;
        } else {
            tw_text_char(out, escaped(*++at));
        }
    }
    return true;
}
