/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "labels.h"

enum { PROBLEM_MAX = 1024 };

/* Complain that a key is `value` instead of what it `must` be. Returns false. */
static bool refuse(struct config_diag *diag, const char *key, const char *value, const char *must, const char *reason) {
    char problem[PROBLEM_MAX];
    snprintf(problem, sizeof(problem), "is \"%.300s\", must be %s%s%.400s", value, must, *reason ? ": " : "", reason);
    config_complain(diag, key, problem);
    return false;
}

static bool try_group(const struct config *config, struct config_diag *diag) {
    const char *name = config->pcap.group;
    return !*name || getgrnam(name) || refuse(diag, "pcap.group", name, "a group of this system", "");
}

static bool try_user(const struct config *config, struct config_diag *diag) {
    const char *name = config->run.user;
    return !*name || getpwnam(name) || refuse(diag, "run.user", name, "a user of this system", "");
}

static bool try_filter(const struct config *config, struct config_diag *diag) {
    char reason[CAPTURE_PROBLEM_MAX];
    return capture_filter_check(config->capture.filter, reason) ||
           refuse(diag, "capture.filter", config->capture.filter, "a filter of pcap-filter(7)", reason);
}

static bool try_program(const struct config *config, struct config_diag *diag) {
    const char *path = config->pcap.on_close;
    struct stat st;
    if (!*path) {
        return true;
    }
    bool ok = stat(path, &st) == 0 && access(path, X_OK) == 0;
    if (ok && S_ISREG(st.st_mode)) {
        return true;
    }
    return refuse(diag, "pcap.on_close", path, "a program", ok ? "" : strerror(errno));
}

static bool try_database(const char *key, const char *path, struct config_diag *diag) {
    char reason[LABELS_PROBLEM_MAX];
    return !*path || labels_check(path, reason) || refuse(diag, key, path, "a MaxMind DB file", reason);
}

bool trial_needs(const struct config *config, enum config_mode mode, struct config_diag *diag) {
    bool ok = try_filter(config, diag);
    ok = try_group(config, diag) && ok;
    return (mode == CONFIG_OFFLINE || try_user(config, diag)) && ok;
}

bool trial_wishes(const struct config *config, struct config_diag *diag) {
    bool ok = try_program(config, diag);
    ok = try_database("label.country", config->label.country, diag) && ok;
    return try_database("label.organisation", config->label.organisation, diag) && ok;
}
