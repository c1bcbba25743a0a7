/* SPDX-License-Identifier: MIT */
/*
 * config.c — reading the file, putting the command line on top, and checking what the keys say together.
 */
#include "config.h"

#include "configscan.h"
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct load {
    const char *name; /* of the file */
    char folder[PATH_MAX], cwd[PATH_MAX];
    struct config config;
    struct config_origin origins[KEY_COUNT_MAX];
    bool is_bad[KEY_COUNT_MAX]; /* an error in the text was reported already */
    bool failed;
    struct config_diag *diag;
};

/* Errors */

static void diag_add(struct config_diag *diag, char *line) {
    char **lines = reallocarray(diag->lines, diag->n + 1, sizeof(*lines));
    if (!lines) {
        free(line);
        return;
    }
    for (char *c = line; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c; /* one error, one line, and no terminal's controls */
    }
    diag->lines = lines;
    diag->lines[diag->n++] = line;
}

__attribute__((format(printf, 2, 0))) static void diag_vprint(struct config_diag *diag, const char *format,
                                                              va_list args) {
    char *line = NULL;
    size_t len;
    FILE *out = open_memstream(&line, &len);
    if (!out) {
        return;
    }
    vfprintf(out, format, args);
    if (fclose(out) == 0) {
        diag_add(diag, line);
    } else {
        free(line);
    }
}

__attribute__((format(printf, 2, 3))) static void diag_print(struct config_diag *diag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag_vprint(diag, format, args);
    va_end(args);
}

static void diag_key(struct config_diag *diag, const char *name, struct config_origin origin, const char *key,
                     const char *problem) {
    if (origin.option) {
        diag_print(diag, "-%c %s: %s", origin.option, key, problem);
    } else if (origin.line > 0) {
        diag_print(diag, "%s:%d: %s%s%s", name, origin.line, key, *key ? ": " : "", problem);
    } else {
        diag_print(diag, "%s: %s", key, problem);
    }
}

__attribute__((format(printf, 2, 3))) static void complain(struct load *load, const char *format, ...) {
    va_list args;
    load->failed = true;
    va_start(args, format);
    diag_vprint(load->diag, format, args);
    va_end(args);
}

static void complain_key(struct load *load, struct config_origin origin, const char *key, const char *problem) {
    load->failed = true;
    diag_key(load->diag, load->name, origin, key, problem);
}

static void complain_unknown(struct load *load, struct config_origin origin, const char *name) {
    char problem[KEY_PROBLEM_MAX];
    const struct key *nearest = key_nearest(name);
    snprintf(problem, sizeof(problem), "unknown key, %s%s", nearest ? "the nearest is " : "tcpwind -T prints all keys",
             nearest ? key_name(nearest) : "");
    complain_key(load, origin, name, problem);
}

void config_complain(struct config_diag *diag, const char *key, const char *problem) {
    struct config_origin origin = {0};
    if (diag->origins) {
        origin = diag->origins[key_index(key_find(key))];
    }
    diag_key(diag, diag->name, origin, key, problem);
}

void config_diag_print(const struct config_diag *diag, FILE *out) {
    for (size_t i = 0; i < diag->n; i++) {
        fprintf(out, "%s\n", diag->lines[i]);
    }
}

void config_diag_fini(struct config_diag *diag) {
    for (size_t i = 0; i < diag->n; i++) {
        free(diag->lines[i]);
    }
    free(diag->lines);
    free(diag->name);
    free(diag->origins);
    *diag = (struct config_diag)CONFIG_DIAG_INIT;
}

/* Values */

static void take_value(struct load *load, const struct key *key, const struct value *value,
                       struct config_origin origin) {
    char problem[KEY_PROBLEM_MAX];
    const char *folder = origin.option ? load->cwd : load->folder;
    if (key_set(key, &load->config, value, folder, problem)) {
        load->origins[key_index(key)] = origin;
    } else {
        complain_key(load, origin, key_name(key), problem);
    }
}

static void value_of_list(const config_setting_t *list, struct value *ret) {
    ret->type = VALUE_LIST;
    ret->n = (size_t)config_setting_length(list);
    for (unsigned i = 0; i < ret->n; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        int type = config_setting_type(element);
        ret->is_mixed |= type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64;
        if (i < TW_PORTS_MAX && !ret->is_mixed) {
            ret->list[i] = config_setting_get_int64(element);
        }
    }
}

static void value_of_setting(const config_setting_t *setting, struct value *ret) {
    memset(ret, 0, sizeof(*ret));
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        ret->type = VALUE_INT;
        ret->integer = config_setting_get_int64(setting);
        break;
    case CONFIG_TYPE_FLOAT:
        ret->type = VALUE_FLOAT;
        ret->real = config_setting_get_float(setting);
        break;
    case CONFIG_TYPE_BOOL:
        ret->type = VALUE_BOOL;
        ret->integer = config_setting_get_bool(setting) != 0;
        break;
    case CONFIG_TYPE_STRING:
        ret->type = VALUE_STRING;
        ret->string = config_setting_get_string(setting);
        break;
    case CONFIG_TYPE_GROUP:
        ret->type = VALUE_GROUP;
        break;
    default:
        value_of_list(setting, ret);
        break;
    }
}

/* The file */

static void take_group(struct load *load, const config_setting_t *group, const char *prefix);

static void take_setting(struct load *load, const config_setting_t *setting, const char *prefix) {
    char name[CONFIGSCAN_KEY_MAX];
    struct config_origin origin = {.line = (int)config_setting_source_line(setting)};
    snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", config_setting_name(setting));
    const struct key *key = key_find(name);
    if (key && !load->is_bad[key_index(key)]) {
        struct value value;
        value_of_setting(setting, &value);
        take_value(load, key, &value, origin);
    } else if (!key && key_is_group(name) && config_setting_is_group(setting)) {
        take_group(load, setting, name);
    } else if (!key && key_is_group(name)) {
        complain_key(load, origin, name, "is a value, must be a group of keys in braces");
    } else if (!key) {
        complain_unknown(load, origin, name);
    }
}

static void take_group(struct load *load, const config_setting_t *group, const char *prefix) {
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        take_setting(load, config_setting_get_elem(group, (unsigned)i), prefix);
    }
}

static void on_finding(void *context, int line, const char *name, const char *problem) {
    struct load *load = context;
    const struct key *key = key_find(name);
    if (key) {
        load->is_bad[key_index(key)] = true;
    }
    complain_key(load, (struct config_origin){.line = line}, name, problem);
}

static void complain_syntax(struct load *load, const config_t *parsed, const char *text, size_t len) {
    struct config_origin origin = {.line = config_error_line(parsed)};
    const char *reason = config_error_text(parsed);
    if (reason && strcmp(reason, "duplicate setting name") == 0) {
        char name[CONFIGSCAN_KEY_MAX];
        configscan_duplicate(text, len, name);
        complain_key(load, origin, name, "is there twice, must be there once");
    } else {
        complain(load, "%s:%d: %s here or just before, must be NAME = VALUE; or NAME: { ... };", load->name,
                 origin.line, reason ? reason : "syntax error");
    }
}

/* text is NUL terminated behind its len bytes. */
static void take_text(struct load *load, const char *text, size_t len) {
    config_t parsed;
    if (!configscan_check(text, len, on_finding, load)) {
        return;
    }
    config_init(&parsed);
    if (config_read_string(&parsed, text) == CONFIG_TRUE) {
        take_group(load, config_root_setting(&parsed), "");
    } else {
        complain_syntax(load, &parsed, text, len);
    }
    config_destroy(&parsed);
}

/* Whoever may write the file decides where root writes; so nobody else may. */
static bool may_trust(struct load *load, int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) {
        complain(load, "%s: cannot be read: %s", load->name, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        complain(load, "%s: is no regular file, must be one", load->name);
    } else if (st.st_size > CONFIG_FILE_MAX) {
        complain(load, "%s: is larger than 1 MiB, must be at most that", load->name);
    } else if (st.st_uid != 0 && st.st_uid != geteuid()) {
        complain(load, "%s: belongs to user %u, must belong to root or to user %u", load->name, (unsigned)st.st_uid,
                 (unsigned)geteuid());
    } else if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        complain(load, "%s: others may write it (mode %04o), must be writable by its owner only (chmod go-w)",
                 load->name, (unsigned)st.st_mode & 07777);
    } else {
        return true;
    }
    return false;
}

/* Read all of it and a NUL; the length, or -1 with errno. More than the limit, of a file that grew meanwhile, is cut. */
static ssize_t read_all(int fd, char *text) {
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, text + len, CONFIG_FILE_MAX - len)) != 0) {
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    return (ssize_t)len;
}

static void take_file(struct load *load) {
    int fd = open(load->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        complain(load, "%s: cannot be read: %s", load->name, strerror(errno));
        return;
    }
    char *text = malloc(CONFIG_FILE_MAX + 1);
    if (!text) {
        complain(load, "%s: no memory", load->name);
    } else if (may_trust(load, fd)) {
        ssize_t len = read_all(fd, text);
        if (len >= 0) {
            take_text(load, text, (size_t)len);
        } else {
            complain(load, "%s: cannot be read: %s", load->name, strerror(errno));
        }
    }
    free(text);
    close(fd);
}

/* The command line */

static const char *key_of_option(char option) {
    switch (option) {
    case 'i':
        return "capture.interface";
    case 'w':
        return "pcap.directory";
    case 'f':
        return "capture.filter";
    default:
        return NULL;
    }
}

/* text is KEY=VALUE and is cut up. */
static void take_assignment(struct load *load, char *text) {
    struct config_origin origin = {.option = 'o'};
    struct value value;
    char *sign = strchr(text, '=');
    if (!sign) {
        complain_key(load, origin, text, "no value, must be KEY=VALUE");
        return;
    }
    *sign = '\0';
    const struct key *key = key_find(text);
    if (key) {
        value_read(sign + 1, key_wants(key), &value);
        take_value(load, key, &value, origin);
    } else if (key_is_group(text)) {
        complain_key(load, origin, text, "is a group of keys, must be a key");
    } else {
        complain_unknown(load, origin, text);
    }
}

static void take_override(struct load *load, const struct config_override *override) {
    const char *name = key_of_option(override->option);
    if (name) {
        struct value value = {.type = VALUE_STRING, .string = override->text};
        take_value(load, key_find(name), &value, (struct config_origin){.option = override->option});
        return;
    }
    char *text = strdup(override->text);
    if (text) {
        take_assignment(load, text);
    } else {
        complain(load, "-o %s: no memory", override->text);
    }
    free(text);
}

/* A look by hand must not write over the reports of the service. */
static void move_reports(struct load *load, const struct config_override *overrides, size_t n) {
    bool by_hand = false;
    for (size_t i = 0; i < n; i++) {
        by_hand |= overrides[i].option == 'i' || overrides[i].option == 'w';
    }
    if (by_hand && !load->origins[key_index(key_find("report.directory"))].option) {
        memcpy(load->config.report.directory, load->config.pcap.directory, sizeof(load->config.pcap.directory));
    }
}

/* All together */

static void check_together(struct load *load) {
    const struct tw_detect_settings *detect = &load->config.engine.detect;
    if (detect->rearm != 0 && detect->rearm < detect->threshold) {
        char problem[KEY_PROBLEM_MAX];
        snprintf(problem, sizeof(problem),
                 "is %u, below detect.threshold, must be 0 (the same as the threshold) or at least %u", detect->rearm,
                 detect->threshold);
        complain_key(load, load->origins[key_index(key_find("detect.rearm"))], "detect.rearm", problem);
    }
}

static void fill_in(struct config *config) {
    if (!config->engine.name[0] && gethostname(config->engine.name, sizeof(config->engine.name) - 1) < 0) {
        strcpy(config->engine.name, "localhost");
    }
    config->engine.name[sizeof(config->engine.name) - 1] = '\0';
    if (config->capture.snaplen == 0) {
        config->capture.snaplen = CONFIG_SNAPLEN_MAX;
    }
}

static void begin(struct load *load, const char *name, enum config_mode mode) {
    load->name = name ? name : "";
    if (!getcwd(load->cwd, sizeof(load->cwd))) {
        strcpy(load->cwd, ".");
    }
    const char *slash = strrchr(load->name, '/');
    size_t len = slash ? (size_t)(slash - load->name) + (slash == load->name) : 0;
    bool absolute = load->name[0] == '/';
    int n = snprintf(load->folder, sizeof(load->folder), "%s%s%.*s", absolute ? "" : load->cwd,
                     !absolute && len ? "/" : "", (int)len, load->name);
    if (n < 0 || (size_t)n >= sizeof(load->folder)) {
        complain(load, "%s: the path is too long, must be shorter than %d bytes", load->name, PATH_MAX);
    }
    keys_defaults(&load->config, mode);
    if (mode == CONFIG_OFFLINE) {
        memcpy(load->config.pcap.directory, load->cwd, sizeof(load->cwd));
    }
}

/* Without memory for it later errors do without. */
static void remember_origins(struct load *load) {
    struct config_diag *diag = load->diag;
    free(diag->name);
    free(diag->origins);
    diag->name = strdup(load->name);
    diag->origins = diag->name ? malloc(sizeof(load->origins)) : NULL;
    if (diag->origins) {
        memcpy(diag->origins, load->origins, sizeof(load->origins));
    }
}

static bool finish(struct load *load, const struct config_override *overrides, size_t n, struct config *ret) {
    for (size_t i = 0; i < n; i++) {
        take_override(load, &overrides[i]);
    }
    check_together(load);
    move_reports(load, overrides, n);
    fill_in(&load->config);
    remember_origins(load);
    bool ok = !load->failed;
    if (ok) {
        *ret = load->config;
    }
    free(load);
    return ok;
}

bool config_load(const char *path, const struct config_override *overrides, size_t n_overrides, enum config_mode mode,
                 struct config *ret, struct config_diag *diag) {
    struct load *load = calloc(1, sizeof(*load));
    if (!load) {
        return false;
    }
    load->diag = diag;
    begin(load, path, mode);
    if (path) {
        take_file(load);
    }
    return finish(load, overrides, n_overrides, ret);
}

bool config_load_text(const char *name, const char *text, size_t len, const struct config_override *overrides,
                      size_t n_overrides, enum config_mode mode, struct config *ret, struct config_diag *diag) {
    struct load *load = calloc(1, sizeof(*load));
    char *copy = len <= CONFIG_FILE_MAX ? malloc(len + 1) : NULL;
    if (!load || !copy) {
        free(load);
        free(copy);
        return false;
    }
    load->diag = diag;
    memcpy(copy, text, len);
    copy[len] = '\0';
    begin(load, name, mode);
    take_text(load, copy, len);
    free(copy);
    return finish(load, overrides, n_overrides, ret);
}

/* Printing */

static void indent(size_t depth, FILE *out) {
    fprintf(out, "%*s", (int)(4 * depth), "");
}

/* Close the groups that a name is not in; group is the full name of the innermost open one. */
static size_t close_groups(char *group, const char *name, size_t depth, FILE *out) {
    size_t len = strlen(group);
    while (depth > 0 && !(strncmp(group, name, len) == 0 && name[len] == '.')) {
        indent(--depth, out);
        fputs("};\n", out);
        char *dot = strrchr(group, '.');
        len = dot ? (size_t)(dot - group) : 0;
        group[len] = '\0';
    }
    return depth;
}

static size_t open_groups(char *group, const char *name, size_t depth, FILE *out) {
    const char *dot;
    size_t len = strlen(group);
    while ((dot = strchr(name + len + (len > 0), '.'))) {
        const char *leaf = name + len + (len > 0);
        indent(depth++, out);
        fprintf(out, "%.*s: {\n", (int)(dot - leaf), leaf);
        len = (size_t)(dot - name);
        memcpy(group, name, len);
        group[len] = '\0';
    }
    return depth;
}

void config_print(const struct config *config, FILE *out) {
    char group[KEY_NAME_MAX] = "";
    size_t depth = 0;
    for (size_t i = 0; key_at(i); i++) {
        const char *name = key_name(key_at(i));
        depth = close_groups(group, name, depth, out);
        depth = open_groups(group, name, depth, out);
        indent(depth, out);
        fprintf(out, "%s = ", strrchr(name, '.') + 1);
        key_print(key_at(i), config, out);
        fputs(";\n", out);
    }
    close_groups(group, "", depth, out);
}
