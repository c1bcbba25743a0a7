/* SPDX-License-Identifier: MIT */
/*
 * value.c — reading and printing what stands behind a key.
 */
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *trim(char *s) {
    s += strspn(s, " \t");
    size_t len = strlen(s);
    while (len && (s[len - 1] == ' ' || s[len - 1] == '\t')) {
        s[--len] = '\0';
    }
    return s;
}

/* The escapes of libconfig; anything else behind a backslash stands for itself, with it. */
static char unescape(const char **s) {
    static const char from[] = "\\\"nrtf", to[] = "\\\"\n\r\t\f";
    unsigned byte;
    int used;
    const char *known = (*s)[1] ? strchr(from, (*s)[1]) : NULL;
    if (**s != '\\') {
        return *(*s)++;
    }
    if (known) {
        *s += 2;
        return to[known - from];
    }
    if ((*s)[1] == 'x' && isxdigit((unsigned char)(*s)[2]) && sscanf(*s + 2, "%2x%n", &byte, &used) == 1 && used == 2 &&
        byte) {
        *s += 4;
        return (char)byte;
    }
    return *(*s)++;
}

/* Take the quotes off in place; false when there are none. */
static bool unquote(char *s) {
    size_t len = strlen(s);
    char *to = s;
    if (len < 2 || s[0] != '"' || s[len - 1] != '"') {
        return false;
    }
    s[len - 1] = '\0';
    for (const char *from = s + 1; *from;) {
        *to++ = unescape(&from);
    }
    *to = '\0';
    return true;
}

/* A whole text that is an integer: decimal or 0x, with or without L. */
static bool parse_integer(const char *s, int64_t *ret) {
    char *end;
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    if (!isdigit((unsigned char)s[*s == '-' || *s == '+'])) {
        return false;
    }
    errno = 0;
    long long n = strtoll(s, &end, hex ? 16 : 10);
    size_t n_suffix = strspn(end, "L");
    if (errno || n_suffix > 2 || end[n_suffix]) {
        return false;
    }
    *ret = n;
    return true;
}

static void read_list(char *text, struct value *ret) {
    size_t len = strlen(text);
    char *save;
    ret->type = VALUE_LIST;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text[len - 1] = '\0';
        text++;
    }
    for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        int64_t n = 0;
        ret->is_mixed |= !parse_integer(trim(word), &n);
        if (ret->n < TW_PORTS_MAX) {
            ret->list[ret->n] = n;
        }
        ret->n++;
    }
}

static void read_bool(char *text, struct value *ret) {
    ret->integer = strcasecmp(text, "true") == 0;
    if (ret->integer || strcasecmp(text, "false") == 0) {
        ret->type = VALUE_BOOL;
    }
}

void value_read(char *text, enum value_type wanted, struct value *ret) {
    memset(ret, 0, sizeof(*ret));
    ret->type = VALUE_STRING;
    ret->string = text;
    if (unquote(text) || wanted == VALUE_STRING) {
        return;
    }
    ret->string = trim(text);
    if (wanted == VALUE_LIST) {
        read_list(trim(text), ret);
    } else if (wanted == VALUE_BOOL) {
        read_bool(trim(text), ret);
    } else if (parse_integer(ret->string, &ret->integer)) {
        ret->type = VALUE_INT;
    }
}

void value_print_string(const char *s, FILE *out) {
    fputc('"', out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') {
            fprintf(out, "\\%c", *s);
        } else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
            fprintf(out, "\\x%02x", (unsigned)*s);
        } else {
            fputc(*s, out);
        }
    }
    fputc('"', out);
}

void value_print(const struct value *value, FILE *out) {
    enum { SHOWN = 60 };
    switch (value->type) {
    case VALUE_INT:
        fprintf(out, "%" PRId64, value->integer);
        break;
    case VALUE_FLOAT:
        fprintf(out, "%g", value->real);
        break;
    case VALUE_BOOL:
        fputs(value->integer ? "true" : "false", out);
        break;
    case VALUE_STRING:
        fprintf(out, "\"%.*s\"%s", SHOWN, value->string, strlen(value->string) > SHOWN ? "..." : "");
        break;
    case VALUE_LIST:
        fputc('[', out);
        for (size_t i = 0; i < value->n && i < TW_PORTS_MAX && !value->is_mixed; i++) {
            fprintf(out, "%s%" PRId64, i ? ", " : "", value->list[i]);
        }
        fputs(value->is_mixed ? "...]" : value->n > TW_PORTS_MAX ? ", ...]" : "]", out);
        break;
    case VALUE_GROUP:
        fputs("a group", out);
        break;
    }
}
