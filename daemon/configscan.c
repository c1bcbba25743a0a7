/* SPDX-License-Identifier: MIT */
/*
 * configscan.c — one pass over the tokens.
 */
#include "configscan.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 32, DEPTH_MAX = 8, NAME_MAX_LEN = 63 };

struct scan {
    const char *at, *end;
    int line;
    char name[NAME_MAX_LEN + 1];  /* the last one seen */
    char key[CONFIGSCAN_KEY_MAX]; /* full name of what is being set; groups below DEPTH_MAX are not told apart */
    size_t group[DEPTH_MAX];      /* length of the part of key that is the group's, per depth */
    size_t depth;
    size_t settings;
    char open[NESTING_MAX]; /* the brackets that are open, of all kinds */
    size_t nesting;
    char before;           /* the token before: a sign, a quote for a string, else 0 */
    configscan_fn *report; /* NULL: nobody asks for findings */
    void *context;
    char (*seen)[CONFIGSCAN_KEY_MAX]; /* NULL, or the keys so far, CONFIGSCAN_SETTINGS_MAX at most */
    char *duplicate;                  /* with seen: where the first key that is there twice goes */
};

static bool looking_at(const struct scan *scan, const char *word) {
    size_t len = strlen(word);
    return (size_t)(scan->end - scan->at) >= len && memcmp(scan->at, word, len) == 0;
}

/* Step over one byte. */
static char next(struct scan *scan) {
    char c = *scan->at++;
    scan->line += c == '\n';
    return c;
}

static void skip_comment(struct scan *scan) {
    if (looking_at(scan, "/*")) {
        scan->at += 2;
        while (scan->at < scan->end && !looking_at(scan, "*/")) {
            next(scan);
        }
        scan->at += looking_at(scan, "*/") ? 2 : 0;
        return;
    }
    while (scan->at < scan->end && *scan->at != '\n') {
        scan->at++;
    }
}

static void report(struct scan *scan, const char *key, const char *problem) {
    if (scan->report) {
        scan->report(scan->context, scan->line, key, problem);
    }
}

/* Behind a comma only in a list: between settings it is another semicolon. */
static bool may_be_value(const struct scan *scan) {
    if (scan->before == ',') {
        return scan->nesting > 0 && scan->open[scan->nesting - 1] != '{';
    }
    return scan->before && strchr("=:[(\"", scan->before);
}

/*
 * Returns false when it does not end, or stands where no value does. libconfig leaks it then, with every reload of
 * such a file.
 */
static bool skip_string(struct scan *scan) {
    int line = scan->line;
    next(scan);
    if (!may_be_value(scan)) {
        report(scan, "", "syntax error: a string without a name, must be NAME = \"...\"; or in a list");
        scan->at = scan->end;
        return false;
    }
    while (scan->at < scan->end) {
        char c = next(scan);
        if (c == '"') {
            return true;
        }
        if (c == '\\' && scan->at < scan->end) {
            next(scan);
        }
    }
    scan->line = line;
    report(scan, scan->key, "is a string without an end, must end with a quote");
    return false;
}

static bool is_name_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static void take_name(struct scan *scan) {
    size_t len = 0;
    for (; scan->at < scan->end && is_name_char(*scan->at); scan->at++) {
        if (len < NAME_MAX_LEN) {
            scan->name[len++] = *scan->at;
        }
    }
    scan->name[len] = '\0';
}

static size_t group_length(const struct scan *scan) {
    return scan->depth == 0 ? 0 : scan->group[scan->depth < DEPTH_MAX ? scan->depth - 1 : DEPTH_MAX - 1];
}

static void remember(struct scan *scan) {
    for (size_t i = 0; i < scan->settings; i++) {
        if (!scan->duplicate[0] && strcmp(scan->seen[i], scan->key) == 0) {
            strcpy(scan->duplicate, scan->key);
        }
    }
    strcpy(scan->seen[scan->settings], scan->key);
}

/* "name =": from here on key is group.name. */
static void begin_setting(struct scan *scan) {
    size_t group = group_length(scan), len = strlen(scan->name);
    size_t dot = group > 0;
    if (group + dot + len < sizeof(scan->key)) {
        memcpy(scan->key + group, ".", dot);
        memcpy(scan->key + group + dot, scan->name, len + 1);
    }
    if (scan->seen && scan->settings < CONFIGSCAN_SETTINGS_MAX) {
        remember(scan);
    }
    scan->settings++;
}

static void open_group(struct scan *scan) {
    if (scan->depth < DEPTH_MAX) {
        scan->group[scan->depth] = strlen(scan->key);
    }
    scan->depth++;
}

static void close_group(struct scan *scan) {
    scan->depth -= scan->depth > 0;
    scan->key[group_length(scan)] = '\0';
}

/* text: digits, 0x or decimal, with a sign; what follows them says whether it is an integer at all. */
static void check_integer(struct scan *scan, const char *text, bool hex, bool is_long) {
    static const char beyond[] =
        "is an integer beyond 64 bits, must be from -9223372036854775808 to 9223372036854775807";
    static const char wraps[] =
        "is an integer beyond 32 bits without a suffix, must be from -2147483648 to 2147483647: "
        "write it with L or with a unit";
    errno = 0;
    long long n = strtoll(text, NULL, hex ? 16 : 10);
    if (errno == ERANGE) {
        report(scan, scan->key, beyond);
    } else if (!is_long && (n > INT32_MAX || n < INT32_MIN)) {
        report(scan, scan->key, wraps);
    }
}

static void take_number(struct scan *scan) {
    enum { DIGITS_MAX = 40 }; /* any longer one is as much out of range */
    char text[DIGITS_MAX + 1];
    size_t len = 0;
    bool hex = looking_at(scan, "0x") || looking_at(scan, "0X");
    const char *start = scan->at;
    scan->at += hex ? 2 : 1;
    while (scan->at < scan->end && (hex ? isxdigit((unsigned char)*scan->at) : isdigit((unsigned char)*scan->at))) {
        scan->at++;
    }
    for (const char *c = start; c < scan->at && len < DIGITS_MAX; c++) {
        text[len++] = *c;
    }
    text[len] = '\0';
    if (scan->at < scan->end && strchr(".eE", *scan->at) && *scan->at) {
        while (scan->at < scan->end && (isalnum((unsigned char)*scan->at) || strchr(".+-", *scan->at))) {
            scan->at++;
        }
        return;
    }
    check_integer(scan, text, hex, scan->at < scan->end && *scan->at == 'L');
    while (scan->at < scan->end && *scan->at == 'L') {
        scan->at++;
    }
}

static bool at_number(const struct scan *scan) {
    bool sign = *scan->at == '-' || *scan->at == '+';
    const char *digit = scan->at + sign;
    return digit < scan->end && isdigit((unsigned char)*digit);
}

/* A fraction without a digit before its point is no integer, and its digits are not to be taken for one. */
static void skip_fraction(struct scan *scan) {
    do {
        scan->at++;
    } while (scan->at < scan->end && isdigit((unsigned char)*scan->at));
}

static bool open_bracket(struct scan *scan) {
    if (scan->nesting == NESTING_MAX) {
        report(scan, "", "more than 32 brackets in one another, must be at most that");
        scan->at = scan->end;
        return false;
    }
    scan->open[scan->nesting++] = *scan->at;
    if (*scan->at == '{') {
        open_group(scan);
    }
    return true;
}

static void close_bracket(struct scan *scan) {
    scan->nesting -= scan->nesting > 0;
    if (*scan->at == '}') {
        close_group(scan);
    }
}

static bool take_sign(struct scan *scan) {
    bool ok = true;
    switch (*scan->at) {
    case '=':
    case ':':
        begin_setting(scan);
        break;
    case '{':
    case '(':
    case '[':
        ok = open_bracket(scan);
        break;
    case '}':
    case ')':
    case ']':
        close_bracket(scan);
        break;
    default:
        break;
    }
    scan->at += ok;
    return ok;
}

/* Returns false where libconfig must not read. */
static bool take_token(struct scan *scan) {
    char c = *scan->at;
    if (looking_at(scan, "@include")) {
        report(scan, "", "@include is not supported, must be one file");
        skip_comment(scan); /* its line */
        return false;
    }
    if (c == '#' || looking_at(scan, "//") || looking_at(scan, "/*")) {
        skip_comment(scan);
        return true;
    }
    if (c == '"') {
        bool ok = skip_string(scan);
        scan->before = c;
        return ok;
    }
    if (isspace((unsigned char)c)) {
        next(scan);
        return true;
    }
    scan->before = strchr("=:[(,", c) ? c : '\0';
    if (at_number(scan)) {
        take_number(scan);
    } else if (c == '.') {
        skip_fraction(scan);
    } else if (is_name_char(c) && c != '-') {
        take_name(scan);
    } else {
        return take_sign(scan);
    }
    return true;
}

static bool scan_all(struct scan *scan) {
    bool ok = true;
    while (scan->at < scan->end) {
        ok &= take_token(scan);
    }
    return ok;
}

/* If so, it is where the scan is then. */
static bool has_nul(struct scan *scan) {
    const char *nul = memchr(scan->at, '\0', (size_t)(scan->end - scan->at));
    while (nul && scan->at < nul) {
        next(scan);
    }
    return nul != NULL;
}

bool configscan_check(const char *text, size_t len, configscan_fn *fn, void *context) {
    struct scan scan = {.at = text, .end = text + len, .line = 1, .report = fn, .context = context};
    if (has_nul(&scan)) {
        report(&scan, "", "there is a NUL byte, must be text");
        return false;
    }
    bool ok = scan_all(&scan);
    if (scan.settings > CONFIGSCAN_SETTINGS_MAX) {
        report(&scan, "", "more than 1000 settings, must be at most that");
        ok = false;
    }
    return ok;
}

void configscan_duplicate(const char *text, size_t len, char ret_key[CONFIGSCAN_KEY_MAX]) {
    struct scan scan = {.at = text, .end = text + len, .line = 1, .duplicate = ret_key};
    ret_key[0] = '\0';
    scan.seen = malloc(CONFIGSCAN_SETTINGS_MAX * sizeof(*scan.seen));
    if (scan.seen) {
        scan_all(&scan);
    }
    free(scan.seen);
}
