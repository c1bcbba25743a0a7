/* SPDX-License-Identifier: MIT */
/*
 * check_json.c — see check_json.h. Each function reads one thing at the cursor; NULL is the cursor of what went wrong.
 */
#include "check_json.h"

#include <ctype.h>
#include <string.h>

static const char *value(const char *s, const char *end, int depth);

static const char *literal(const char *s, const char *end, const char *word) {
    size_t len = strlen(word);
    return (size_t)(end - s) >= len && memcmp(s, word, len) == 0 ? s + len : NULL;
}

static const char *digits(const char *s, const char *end) {
    const char *begin = s;
    while (s < end && isdigit((unsigned char)*s))
        s++;
    return s > begin ? s : NULL;
}

/* No exponents: they are never written here. */
static const char *number(const char *s, const char *end) {
    s += s < end && *s == '-';
    bool zero = s < end && *s == '0';
    const char *after = digits(s, end);
    if (after == NULL || (zero && after - s > 1))
        return NULL;
    return after < end && *after == '.' ? digits(after + 1, end) : after;
}

/* Continuation bytes behind a lead byte; -1: it is none. Overlong forms are the text module's own test. */
static int continuations(unsigned char lead) {
    return lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
}

static const char *character(const char *s, const char *end) {
    unsigned char lead = (unsigned char)*s;
    int n = continuations(lead);
    if (lead < 0x20 || lead == 0x7f || n < 0 || end - s <= n)
        return NULL;
    if (lead == 0xc2 && (unsigned char)s[1] < 0xa0)
        return NULL;
    for (int i = 1; i <= n; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return NULL;
    }
    return s + n + 1;
}

static const char *escape(const char *s, const char *end) {
    if (end - s < 2 || strchr("\"\\/bfnrtu", s[1]) == NULL || s[1] == '\0')
        return NULL;
    if (s[1] != 'u')
        return s + 2;
    for (int i = 2; i < 6; i++) {
        if (s + i >= end || !isxdigit((unsigned char)s[i]))
            return NULL;
    }
    return s + 6;
}

static const char *string(const char *s, const char *end) {
    if (s == end || *s++ != '"')
        return NULL;
    while (s != NULL && s < end && *s != '"')
        s = *s == '\\' ? escape(s, end) : character(s, end);
    return s != NULL && s < end ? s + 1 : NULL;
}

static const char *member(const char *s, const char *end, int depth) {
    s = string(s, end);
    return s != NULL && s < end && *s == ':' ? value(s + 1, end, depth) : NULL;
}

/* A list of values or members, from its opening to its closing bracket. */
static const char *list(const char *s, const char *end, int depth) {
    bool is_object = *s == '{';
    char close = is_object ? '}' : ']';
    if (++s < end && *s == close)
        return s + 1;
    for (;; s++) {
        s = is_object ? member(s, end, depth) : value(s, end, depth);
        if (s == NULL || s == end || (*s != ',' && *s != close))
            return NULL;
        if (*s == close)
            return s + 1;
    }
}

static const char *value(const char *s, const char *end, int depth) {
    if (s == end || depth == 0)
        return NULL;
    switch (*s) {
    case '{':
    case '[':
        return list(s, end, depth - 1);
    case '"':
        return string(s, end);
    case 't':
        return literal(s, end, "true");
    case 'f':
        return literal(s, end, "false");
    case 'n':
        return literal(s, end, "null");
    default:
        return number(s, end);
    }
}

bool check_json_line(const char *text, size_t len) {
    return len > 1 && text[len - 1] == '\n' && value(text, text + len - 1, 16) == text + len - 1;
}
