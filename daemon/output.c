/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "manifest.h"
#include "naming.h"
#include "numbers.h"

enum { REPORT_MAX = 64 << 20, FOLDER_MODE = 0750, ABOVE_MODE = 0755 };

static const char *const fixed[] = {"_flows.tsv", "_alarms.jsonl", "_report.txt", "_report.json"};
enum { N_FIXED = sizeof(fixed) / sizeof(fixed[0]), FIXED_REPORT = N_FIXED - 1 };

/* The folder */

void output_prefix(const char *path, char ret[OUTPUT_PREFIX_MAX]) {
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    const char *dot = strrchr(name, '.');
    int len = dot && dot > name ? (int)(dot - name) : (int)strnlen(name, OUTPUT_PREFIX_MAX);
    snprintf(ret, OUTPUT_PREFIX_MAX, "%.*s", len, name);
}

int output_make_folder(const char *path, unsigned mode) {
    char part[PATH_MAX];
    size_t len = strlen(path);
    int above = 0; /* what went wrong first */
    if (len >= sizeof(part)) {
        return -ENAMETOOLONG;
    }
    memcpy(part, path, len + 1);
    for (char *slash = strchr(part + (*part == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        above = mkdir(part, ABOVE_MODE) < 0 && errno != EEXIST && above == 0 ? -errno : above;
        *slash = '/';
    }
    if (mkdir(part, (mode_t)mode) == 0 || errno == EEXIST) {
        return 0;
    }
    return errno == ENOENT && above ? above : -errno;
}

/* The lock */

/* Does a live run hold this lock? Its file, unlike that of an analysis, has the next number in it. */
static bool is_held_live(int dirfd, const char *name) {
    struct stat st;
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool held = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 &&
                errno == EWOULDBLOCK;
    close(fd);
    return held;
}

/* The files */

/* Called for a name of the folder; returns 0 to go on. */
typedef int entry_fn(struct output *output, const char *name, void *context);

static int for_each_entry(struct output *output, entry_fn *fn, void *context) {
    int err = 0, fd = openat(output->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        err = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return err;
    }
    struct dirent *entry;
    while (err == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        err = fn(output, entry->d_name, context);
    }
    err = err ? err : -errno;
    closedir(dir);
    return err;
}

/* A name of ours without .part. */
static void finished_name(const char *name, const struct tw_name *parts, char ret[TW_NAME_MAX]) {
    size_t len = strnlen(name, TW_NAME_MAX - 1) - (parts->part ? strlen(".part") : 0);
    memcpy(ret, name, len);
    ret[len] = '\0';
}

static int look_for_live(struct output *output, const char *name, void *context) {
    char *problem = context;
    size_t len = strlen(name);
    if (name[0] != '.' || len < 7 || strcmp(name + len - 5, ".lock") != 0 || strcmp(name, output->lock) == 0 ||
        !is_held_live(output->dirfd, name)) {
        return 0;
    }
    snprintf(problem, OUTPUT_PROBLEM_MAX, "a running daemon uses this folder (%s)", name);
    return TW_ELOCKED;
}

static int see_number(struct output *output, const char *name, void *context) {
    struct tw_name parts;
    if (tw_naming_read(output->prefix, name, &parts)) {
        tw_numbers_see(context, &parts);
    }
    return 0;
}

/* Live: numbers go on behind those that are there. */
static int take_over(struct output *output) {
    struct tw_numbers numbers;
    tw_numbers_init(&numbers);
    tw_numbers_read(&numbers, output->lock_fd);
    int err = for_each_entry(output, see_number, &numbers);
    output->next_pcap = numbers.next[TW_NAME_PCAP];
    (void)tw_numbers_write(&numbers, output->lock_fd); /* on a full disk the names say it */
    return err;
}

static int open_locked(struct output *output, char *problem) {
    snprintf(problem, OUTPUT_PROBLEM_MAX, "%s", "another tcpwind writes files of this name");
    output->lock_fd = tw_filestore_lock(output->dirfd, output->lock);
    if (output->lock_fd < 0) {
        return output->lock_fd;
    }
    return output->is_live ? take_over(output) : for_each_entry(output, look_for_live, problem);
}

int output_open(const char *directory, const char *prefix, bool is_live, struct output *ret, char *problem) {
    struct output output = {.dirfd = -1, .lock_fd = -1, .is_live = is_live, .next_pcap = 1};
    char text[OUTPUT_PROBLEM_MAX] = "";
    snprintf(output.prefix, sizeof(output.prefix), "%s", prefix);
    int n = snprintf(output.lock, sizeof(output.lock), ".%s.lock", prefix);
    int err = n > NAME_MAX ? TW_ENAME : output_make_folder(directory, FOLDER_MODE);
    if (err == 0) {
        output.dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        err = output.dirfd < 0 ? -errno : open_locked(&output, text);
    }
    if (err == 0) {
        *ret = output;
        return 0;
    }
    snprintf(problem, OUTPUT_PROBLEM_MAX, "%.500s: %.500s", directory, err == TW_ELOCKED ? text : tw_strerror(err));
    output_close(&output);
    return err;
}

bool output_is(const struct output *output, const char *directory, const char *prefix) {
    struct stat ours, theirs;
    return output->dirfd > 0 && strcmp(output->prefix, prefix) == 0 && fstat(output->dirfd, &ours) == 0 &&
           stat(directory, &theirs) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int output_share(const struct output *output, struct output *ret) {
    struct output copy = *output;
    copy.dirfd = fcntl(output->dirfd, F_DUPFD_CLOEXEC, 3);
    copy.lock_fd = copy.dirfd < 0 ? -1 : fcntl(output->lock_fd, F_DUPFD_CLOEXEC, 3);
    if (copy.lock_fd < 0) {
        int err = -errno;
        if (copy.dirfd >= 0) {
            close(copy.dirfd);
        }
        return err;
    }
    *ret = copy;
    return 0;
}

void output_follow(struct output *output, const char *directory) {
    struct stat st;
    if (fstat(output->dirfd, &st) < 0 || st.st_nlink > 0) {
        return;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        close(output->dirfd);
        output->dirfd = fd;
    }
}

void output_close(struct output *output) {
    if (output->lock_fd > 0) {
        if (!output->is_live) {
            (void)unlinkat(output->dirfd, output->lock, 0);
        }
        close(output->lock_fd);
    }
    if (output->dirfd > 0) {
        close(output->dirfd);
    }
    *output = (struct output){.dirfd = 0};
}

/* Replacing a set */

struct replacement {
    const char *const *inputs;
    size_t n_inputs;
    char *report; /* text of the earlier report; NULL: there is none that counts */
    struct manifest manifest;
    uint64_t n_unlisted; /* files that an interrupted run had no time to list */
    bool remove;         /* second pass */
    char *problem;
};

static char *read_whole(int dirfd, const char *name, size_t *ret_len) {
    struct stat st;
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= REPORT_MAX) {
        text = malloc((size_t)st.st_size);
    }
    ssize_t n = text ? read(fd, text, (size_t)st.st_size) : -1;
    close(fd);
    if (n < 0) {
        free(text);
        return NULL;
    }
    *ret_len = (size_t)n;
    return text;
}

static bool is_input(const struct output *output, const char *name, const struct replacement *replacement) {
    struct stat ours, input;
    if (fstatat(output->dirfd, name, &ours, 0) < 0) {
        return false;
    }
    for (size_t i = 0; i < replacement->n_inputs; i++) {
        const char *path = replacement->inputs[i];
        int err = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &input) : stat(path, &input);
        if (err == 0 && input.st_dev == ours.st_dev && input.st_ino == ours.st_ino) {
            return true;
        }
    }
    return false;
}

/* Is this file of the pattern one of the earlier set? */
static bool is_of_set(struct replacement *replacement, const char *finished, const struct tw_name *parts) {
    const struct manifest *manifest = &replacement->manifest;
    if (!replacement->report) {
        return false;
    }
    if (manifest_has(manifest, finished)) {
        return true;
    }
    /* Numbers count from 1: an interrupted run's next ones follow those that its report has. */
    return !manifest->is_complete && parts->kind == TW_NAME_PCAP && parts->number > manifest->n &&
           (parts->part || parts->number <= manifest->n + replacement->n_unlisted);
}

static int count_unlisted(struct output *output, const char *name, void *context) {
    struct replacement *replacement = context;
    struct tw_name parts;
    char finished[TW_NAME_MAX];
    if (tw_naming_read(output->prefix, name, &parts)) {
        finished_name(name, &parts, finished);
        replacement->n_unlisted += !manifest_has(&replacement->manifest, finished);
    }
    return 0;
}

static int visit(struct output *output, const char *name, void *context) {
    struct replacement *replacement = context;
    struct tw_name parts;
    char finished[TW_NAME_MAX];
    if (!tw_naming_read(output->prefix, name, &parts)) {
        return 0;
    }
    if (replacement->remove) {
        return unlinkat(output->dirfd, name, 0) < 0 ? -errno : 0;
    }
    if (is_input(output, name, replacement)) {
        snprintf(replacement->problem, OUTPUT_PROBLEM_MAX, "%s: is an input; choose another folder with -w", name);
        return TW_EINPUT;
    }
    finished_name(name, &parts, finished);
    if (!is_of_set(replacement, finished, &parts)) {
        snprintf(replacement->problem, OUTPUT_PROBLEM_MAX,
                 "%s: is not listed by a %s_report.json of an analysis; choose another folder with -w", name,
                 output->prefix);
        return TW_EFOREIGN;
    }
    return 0;
}

static int visit_fixed(struct output *output, struct replacement *replacement, size_t i) {
    char name[TW_NAME_MAX];
    struct stat st;
    int err = tw_naming_fixed(output->prefix, fixed[i], name);
    if (err || fstatat(output->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return err;
    }
    if (replacement->remove) { /* the report stays until the new one replaces it: it says what may be removed */
        return i != FIXED_REPORT && unlinkat(output->dirfd, name, 0) < 0 ? -errno : 0;
    }
    if (is_input(output, name, replacement)) {
        snprintf(replacement->problem, OUTPUT_PROBLEM_MAX, "%s: is an input; choose another folder with -w", name);
        return TW_EINPUT;
    }
    if (!replacement->report) {
        snprintf(replacement->problem, OUTPUT_PROBLEM_MAX,
                 "%s: is there, but no %s_report.json of an analysis; choose another folder with -w", name,
                 output->prefix);
        return TW_EFOREIGN;
    }
    return 0;
}

static int visit_all(struct output *output, struct replacement *replacement) {
    int err = for_each_entry(output, visit, replacement);
    for (size_t i = 0; err == 0 && i < N_FIXED; i++) {
        err = visit_fixed(output, replacement, i);
    }
    return err;
}

static void read_report(struct output *output, struct replacement *replacement) {
    char name[TW_NAME_MAX];
    size_t len = 0;
    if (tw_naming_fixed(output->prefix, fixed[FIXED_REPORT], name) == 0) {
        replacement->report = read_whole(output->dirfd, name, &len);
    }
    if (replacement->report &&
        (!manifest_read(replacement->report, len, &replacement->manifest) || !replacement->manifest.is_analysis)) {
        manifest_fini(&replacement->manifest);
        free(replacement->report);
        replacement->report = NULL;
    }
}

int output_replace_set(struct output *output, const char *const *inputs, size_t n_inputs, char *problem) {
    char text[OUTPUT_PROBLEM_MAX] = "";
    struct replacement replacement = {.inputs = inputs, .n_inputs = n_inputs, .problem = text};
    read_report(output, &replacement);
    int err = replacement.report ? for_each_entry(output, count_unlisted, &replacement) : 0;
    err = err ? err : visit_all(output, &replacement);
    if (err == 0) {
        replacement.remove = true;
        err = visit_all(output, &replacement);
    }
    if (err) {
        snprintf(problem, OUTPUT_PROBLEM_MAX, "%s", *text ? text : tw_strerror(err));
    }
    manifest_fini(&replacement.manifest);
    free(replacement.report);
    return err;
}
