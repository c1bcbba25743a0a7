/* SPDX-License-Identifier: MIT */
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "output.h"

static const capng_type_t effective = CAPNG_EFFECTIVE, permitted = CAPNG_PERMITTED;

/* Folders above the last one are root's. */
static int make_folder(const struct privileges_folder *folder, const struct passwd *user) {
    struct stat st;
    if (stat(folder->path, &st) == 0) {
        return 0; /* whoever made it has decided whose it is */
    }
    mode_t before = umask(0); /* else the user might not get through those above */
    int err = output_make_folder(folder->path, folder->mode);
    (void)umask(before);
    return err == 0 && chown(folder->path, user->pw_uid, user->pw_gid) < 0 ? -errno : err;
}

static bool become(const char *name, const struct privileges_folder *folders, size_t n_folders, char *problem) {
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (!user) {
        snprintf(problem, PRIVILEGES_PROBLEM_MAX, "run.user: %.200s: %s", name,
                 errno ? strerror(errno) : "there is no such user");
        return false;
    }
    for (size_t i = 0; i < n_folders; i++) {
        int err = make_folder(&folders[i], user);
        if (err) {
            snprintf(problem, PRIVILEGES_PROBLEM_MAX, "%.300s: %s", folders[i].path, tw_strerror(err));
            return false;
        }
    }
    capng_clear(CAPNG_SELECT_ALL);
    (void)capng_update(CAPNG_ADD, permitted | effective, CAP_NET_RAW);
    if (capng_change_id((int)user->pw_uid, (int)user->pw_gid, CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0) {
        snprintf(problem, PRIVILEGES_PROBLEM_MAX, "run.user: %.200s: cannot become this user: %s", name,
                 strerror(errno));
        return false;
    }
    return true;
}

/* Keep what is needed of what is there. */
static bool limit(void) {
    capng_get_caps_process();
    bool had_raw = capng_have_capability(permitted, CAP_NET_RAW) != 0;
    capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
    if (had_raw) {
        (void)capng_update(CAPNG_ADD, permitted, CAP_NET_RAW);
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return capng_apply(CAPNG_SELECT_CAPS) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* A leak sanitizer has to look into its own process. */
static void forbid_dumps(void) {
#ifndef __SANITIZE_ADDRESS__
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool privileges_drop(const char *user, const struct privileges_folder *folders, size_t n_folders, char *problem) {
    bool is_root = geteuid() == 0;
    if (is_root && *user && !become(user, folders, n_folders, problem)) {
        return false;
    }
    if ((!is_root || *user) && !limit()) {
        snprintf(problem, PRIVILEGES_PROBLEM_MAX, "capabilities cannot be given up: %s", strerror(errno));
        return false;
    }
    forbid_dumps();
    return true;
}

void privileges_raise(bool raised) {
    capng_get_caps_process();
    if (geteuid() != 0 && capng_have_capability(permitted, CAP_NET_RAW)) {
        (void)capng_update(raised ? CAPNG_ADD : CAPNG_DROP, effective, CAP_NET_RAW);
        (void)capng_apply(CAPNG_SELECT_CAPS);
    }
}
