/* SPDX-License-Identifier: MIT */
/*
 * manifest.c — a scanner for JSON (RFC 8259) that knows where in the object it is.
 */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { DEPTH_MAX = 16, PATH_ROOM = 128 };

struct scan {
    const char *at, *end;
    char path[PATH_ROOM]; /* keys on the way here, with dots; cut when it is longer than any that is asked for */
    bool is_report;       /* the key that every report begins with was there */
    struct manifest found;
    size_t room;
};

static bool scan_value(struct scan *scan, unsigned depth);

static void skip_space(struct scan *scan) {
    while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4)) {
        scan->at++;
    }
}

/* Behind spaces, this character? */
static bool take(struct scan *scan, char c) {
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != c) {
        return false;
    }
    scan->at++;
    return true;
}

/* A string with its quotes. */
static bool scan_string(struct scan *scan, struct manifest_name *ret) {
    const char *start;
    if (!take(scan, '"')) {
        return false;
    }
    for (start = scan->at - 1; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        scan->at += *scan->at == '\\' && scan->at + 1 < scan->end;
    }
    if (scan->at == scan->end) {
        return false;
    }
    scan->at++;
    *ret = (struct manifest_name){start, (size_t)(scan->at - start)};
    return true;
}

static bool is_text(const struct manifest_name *name, const char *text) {
    return name->len == strlen(text) && memcmp(name->text, text, name->len) == 0;
}

static bool add_name(struct scan *scan, const struct manifest_name *name) {
    struct manifest *found = &scan->found;
    if (found->n == scan->room) {
        size_t room = scan->room ? 2 * scan->room : 16;
        struct manifest_name *names = reallocarray(found->names, room, sizeof(*names));
        if (!names) {
            return false;
        }
        found->names = names;
        scan->room = room;
    }
    found->names[found->n++] = *name;
    return true;
}

static bool take_string(struct scan *scan) {
    struct manifest_name value;
    if (!scan_string(scan, &value)) {
        return false;
    }
    scan->is_report |= strcmp(scan->path, ".tcpwind") == 0;
    if (strcmp(scan->path, ".source.type") == 0) {
        scan->found.is_analysis = is_text(&value, "\"file\"");
    }
    return strcmp(scan->path, ".extract.files") != 0 || add_name(scan, &value);
}

/* A number, true, false or null. */
static bool take_word(struct scan *scan) {
    const char *start = scan->at;
    while (scan->at < scan->end && !memchr(" \t\r\n,]}", *scan->at, 7)) {
        scan->at++;
    }
    struct manifest_name word = {start, (size_t)(scan->at - start)};
    if (strcmp(scan->path, ".complete") == 0) {
        scan->found.is_complete = is_text(&word, "true");
    }
    return word.len > 0 && strchr("-0123456789tfn", *start) != NULL;
}

static bool scan_member(struct scan *scan, unsigned depth) {
    struct manifest_name key;
    size_t before = strlen(scan->path);
    if (!scan_string(scan, &key) || !take(scan, ':')) {
        return false;
    }
    if (before + key.len < sizeof(scan->path)) { /* a dot instead of two quotes */
        scan->path[before] = '.';
        memcpy(scan->path + before + 1, key.text + 1, key.len - 2);
        scan->path[before + key.len - 1] = '\0';
    }
    bool ok = scan_value(scan, depth);
    scan->path[before] = '\0';
    return ok;
}

/* The members of an object or an array; its first bracket was taken. */
static bool scan_members(struct scan *scan, unsigned depth, char last) {
    if (take(scan, last)) {
        return true;
    }
    do {
        if (!(last == '}' ? scan_member(scan, depth) : scan_value(scan, depth))) {
            return false;
        }
    } while (take(scan, ','));
    return take(scan, last);
}

static bool scan_value(struct scan *scan, unsigned depth) {
    if (depth == DEPTH_MAX) {
        return false;
    }
    if (take(scan, '{')) {
        return scan_members(scan, depth + 1, '}');
    }
    if (take(scan, '[')) {
        return scan_members(scan, depth + 1, ']');
    }
    return scan->at < scan->end && *scan->at == '"' ? take_string(scan) : take_word(scan);
}

bool manifest_read(const char *text, size_t len, struct manifest *ret) {
    struct scan scan = {.at = text, .end = text + len};
    bool ok = scan_value(&scan, 0);
    skip_space(&scan);
    if (!ok || scan.at != scan.end || !scan.is_report) {
        manifest_fini(&scan.found);
        return false;
    }
    *ret = scan.found;
    return true;
}

bool manifest_has(const struct manifest *manifest, const char *name) {
    struct tw_text text = TW_TEXT_INIT;
    bool found = false;
    tw_json_string(&text, name);
    for (size_t i = 0; i < manifest->n && !found && !text.failed; i++) {
        const struct manifest_name *listed = &manifest->names[i];
        found = listed->len == text.len && memcmp(listed->text, text.data, text.len) == 0;
    }
    tw_text_fini(&text);
    return found;
}

void manifest_fini(struct manifest *manifest) {
    free(manifest->names);
    manifest->names = NULL;
    manifest->n = 0;
}
