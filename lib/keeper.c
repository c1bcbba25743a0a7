/* SPDX-License-Identifier: MIT */
/* keeper.c — see keeper.h. */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "numbers.h"

struct tw_keeper {
    unsigned refs;
    struct tw_keeper_options options;
    char *directory; /* NULL: none */
    int dirfd, lock_fd;
    tw_time now;
    struct tw_numbers numbers;
    struct tw_retention retention;
    bool is_known; /* the folder's files are in `retention` */
    struct tw_keeper_state state;
};

/* Troubles of a round: the first counts, and none ends the one before. */

static void trouble(struct tw_keeper *keeper, int err, const char *name) {
    if (keeper->state.error != 0)
        return;
    keeper->state.error = err;
    memcpy(keeper->state.error_name, name, strlen(name) + 1);
}

/* The folder. */

/* Call `visit` for each name of our pattern. Returns 0 or a negative errno. */
static int each(struct tw_keeper *keeper, void (*visit)(struct tw_keeper *, const char *, const struct tw_name *)) {
    int fd = openat(keeper->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct tw_name name;
    if (dir == NULL) {
        int err = -errno;
        if (fd >= 0)
            (void)close(fd);
        return err;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
        if (tw_naming_read(keeper->options.pcap.prefix, entry->d_name, &name))
            visit(keeper, entry->d_name, &name);
    }
    int err = -errno;
    (void)closedir(dir);
    return err;
}

static int lock_again(struct tw_keeper *keeper, int dirfd) {
    char name[TW_NAME_MAX] = ".";
    if (keeper->lock_fd < 0)
        return 0;
    int err = tw_naming_fixed(keeper->options.pcap.prefix, ".lock", name + 1);
    int fd = err < 0 ? err : tw_filestore_lock(dirfd, name);
    if (fd < 0)
        return fd;
    (void)close(keeper->lock_fd);
    keeper->lock_fd = fd;
    tw_numbers_read(&keeper->numbers, fd);
    return tw_numbers_write(&keeper->numbers, fd);
}

/* The folder was removed: another one of its path takes its place. */
static int open_again(struct tw_keeper *keeper) {
    struct stat st;
    if (keeper->directory == NULL || fstat(keeper->dirfd, &st) < 0 || st.st_nlink > 0)
        return -ENOENT;
    int fd = open(keeper->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = lock_again(keeper, fd);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    (void)close(keeper->dirfd);
    keeper->dirfd = fd;
    keeper->is_known = false;
    return 0;
}

/* Whoever may not give files away keeps them: that is for the start to refuse. */
static int give_to_group(const struct tw_keeper *keeper, int fd) {
    if (fd >= 0 && keeper->options.pcap.has_group)
        (void)!fchown(fd, (uid_t)-1, (gid_t)keeper->options.pcap.group);
    return fd;
}

/* Numbers. */

static void use_number(struct tw_keeper *keeper, const struct tw_name *name) {
    tw_numbers_see(&keeper->numbers, name);
    if (keeper->lock_fd >= 0)
        (void)tw_numbers_write(&keeper->numbers, keeper->lock_fd); /* the names say it, too */
}

static void see_number(struct tw_keeper *keeper, const char *text, const struct tw_name *name) {
    (void)text;
    tw_numbers_see(&keeper->numbers, name);
}

/* Retention. */

static bool has_limits(const struct tw_pcap_settings *pcap) {
    return pcap->keep_files > 0 || pcap->keep_bytes > 0 || pcap->keep_age > 0 || pcap->min_free > 0 ||
           pcap->min_free_percent > 0;
}

/* Bytes that are free, and how many should be. A file system that does not say has enough. */
static void measure(const struct tw_keeper *keeper, uint64_t *ret_free, uint64_t *ret_wanted) {
    const struct tw_pcap_settings *pcap = &keeper->options.pcap;
    struct statvfs fs;
    *ret_free = UINT64_MAX;
    *ret_wanted = pcap->min_free;
    if ((pcap->min_free == 0 && pcap->min_free_percent == 0) || fstatvfs(keeper->dirfd, &fs) < 0 || fs.f_blocks == 0)
        return;
    *ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (pcap->min_free_percent > 0)
        *ret_wanted = (uint64_t)fs.f_blocks * fs.f_frsize / 100 * pcap->min_free_percent;
}

static bool lacks_space(const struct tw_keeper *keeper) {
    uint64_t free, wanted;
    measure(keeper, &free, &wanted);
    return free < wanted;
}

static void know(struct tw_keeper *keeper, const char *text, const struct tw_name *name) {
    struct tw_retention_file file = {.name = *name};
    struct stat st;
    if (name->part || fstatat(keeper->dirfd, text, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    file.size = (uint64_t)st.st_size;
    file.time = st.st_mtim.tv_sec * TW_SECOND + st.st_mtim.tv_nsec;
    (void)tw_retention_add(&keeper->retention, &file); /* without memory it stays until the next round */
}

static void know_all(struct tw_keeper *keeper) {
    tw_retention_clear(&keeper->retention);
    keeper->is_known = each(keeper, know) == 0;
}

static int remove_file(struct tw_keeper *keeper, const struct tw_retention_file *file, char name[TW_NAME_MAX]) {
    int err = tw_naming_make(keeper->options.pcap.prefix, &file->name, name);
    if (err < 0)
        return err;
    return unlinkat(keeper->dirfd, name, 0) < 0 ? -errno : 0;
}

static void remove_old(struct tw_keeper *keeper) {
    const struct tw_pcap_settings *pcap = &keeper->options.pcap;
    struct tw_retention_limits limits = {.files = pcap->keep_files, .bytes = pcap->keep_bytes, .age = pcap->keep_age};
    struct tw_retention_file file;
    enum tw_removed reason;
    char name[TW_NAME_MAX];
    uint64_t free;
    if (!has_limits(pcap))
        return;
    if (!keeper->is_known)
        know_all(keeper);
    for (;;) {
        measure(keeper, &free, &limits.min_free);
        if (!tw_retention_next(&keeper->retention, &limits, keeper->now, free, &file, &reason))
            break;
        int err = remove_file(keeper, &file, name);
        keeper->state.removed[reason] += err == 0;
        if (err == 0 && file.name.kind == TW_NAME_PCAP && keeper->options.on_removed != NULL)
            keeper->options.on_removed(keeper->options.context, name);
        if (err < 0 && err != -ENOENT)
            trouble(keeper, err, name);
    }
    if (free < limits.min_free)
        trouble(keeper, TW_ENOFREE, "new files");
}

/* Recovery. */

static void tell(const struct tw_keeper *keeper, const char *name) {
    const struct tw_keeper_options *options = &keeper->options;
    if (options->on_finished != NULL)
        options->on_finished(options->context, keeper->directory != NULL ? keeper->directory : "", name);
}

static void recover(struct tw_keeper *keeper, const char *text, const struct tw_name *name) {
    char finished[TW_NAME_MAX];
    size_t len = strlen(text) - strlen(".part");
    if (!name->part || name->kind != TW_NAME_PCAP)
        return;
    memcpy(finished, text, len);
    finished[len] = '\0';
    int err = tw_filestore_recover(keeper->dirfd, finished);
    if (err > 0)
        tell(keeper, finished);
    else if (err < 0 && err != -EBUSY && err != -EINVAL && err != -ELOOP) /* being written; none of ours */
        trouble(keeper, err, finished);
}

void tw_keeper_round(struct tw_keeper *keeper) {
    (void)open_again(keeper);
    keeper->state.error = 0;
    if (keeper->options.live)
        (void)each(keeper, recover); /* a folder that cannot be read is said by who writes into it */
    keeper->is_known = false;
    remove_old(keeper);
}

/* Files. */

/* Try again after the folder was opened again, if it could be. */
static bool is_back(struct tw_keeper *keeper, int *fd) {
    if (*fd != -ENOENT)
        return false;
    int err = open_again(keeper);
    if (err == TW_ELOCKED)
        *fd = err;
    return err == 0;
}

int tw_keeper_begin(struct tw_keeper *keeper, const char *text) {
    const struct tw_pcap_settings *pcap = &keeper->options.pcap;
    struct tw_name name;
    if (lacks_space(keeper)) {
        tw_keeper_round(keeper);
        if (lacks_space(keeper))
            return TW_ENOFREE;
    }
    int fd = tw_filestore_begin(keeper->dirfd, text, pcap->mode);
    if (is_back(keeper, &fd))
        fd = tw_filestore_begin(keeper->dirfd, text, pcap->mode);
    if (fd >= 0 && tw_naming_read(pcap->prefix, text, &name))
        use_number(keeper, &name);
    return give_to_group(keeper, fd);
}

/* A new finished file: the list has it, and perhaps others have to go. */
static void finished(struct tw_keeper *keeper, const char *text) {
    struct tw_name name;
    if (keeper->is_known && tw_naming_read(keeper->options.pcap.prefix, text, &name))
        know(keeper, text, &name);
    if (keeper->state.error == TW_ENOFREE)
        keeper->state.error = 0;
    remove_old(keeper);
}

int tw_keeper_finish(struct tw_keeper *keeper, int fd, const char *name) {
    int err = tw_filestore_finish(keeper->dirfd, fd, name);
    if (err < 0)
        return err;
    tell(keeper, name);
    finished(keeper, name);
    return 0;
}

int tw_keeper_open_log(struct tw_keeper *keeper, const char *name, bool append) {
    int fd = tw_filestore_open_log(keeper->dirfd, name, append, keeper->options.pcap.mode);
    if (is_back(keeper, &fd))
        fd = tw_filestore_open_log(keeper->dirfd, name, append, keeper->options.pcap.mode);
    return give_to_group(keeper, fd);
}

int tw_keeper_rotate(struct tw_keeper *keeper, int fd, enum tw_name_kind kind, const char *name, tw_time begun) {
    struct tw_name next = {.kind = kind, .time = begun, .number = keeper->numbers.next[kind]};
    char to[TW_NAME_MAX];
    int err = tw_naming_make(keeper->options.pcap.prefix, &next, to);
    if (err == 0)
        err = tw_filestore_rotate(keeper->dirfd, fd, name, to);
    if (err == 0 || err == -EEXIST) /* then that number is taken */
        use_number(keeper, &next);
    if (err == 0)
        finished(keeper, to);
    return err;
}

/* Life. */

static int copy_fd(int fd, int *ret) {
    *ret = fd <= 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return fd > 0 && *ret < 0 ? -errno : 0;
}

static void destroy(struct tw_keeper *keeper) {
    if (keeper->dirfd >= 0)
        (void)close(keeper->dirfd);
    if (keeper->lock_fd >= 0)
        (void)close(keeper->lock_fd);
    tw_retention_fini(&keeper->retention);
    free(keeper->directory);
    free(keeper);
}

static int open_folder(struct tw_keeper *keeper) {
    const struct tw_keeper_options *options = &keeper->options;
    keeper->dirfd = keeper->lock_fd = -1;
    keeper->directory = options->directory != NULL ? strdup(options->directory) : NULL;
    if (options->directory != NULL && keeper->directory == NULL)
        return -ENOMEM;
    int err = copy_fd(options->dirfd, &keeper->dirfd);
    return err < 0 ? err : copy_fd(options->lock_fd, &keeper->lock_fd);
}

int tw_keeper_create(const struct tw_keeper_options *options, struct tw_keeper **ret) {
    struct tw_keeper *keeper = calloc(1, sizeof(*keeper));
    if (keeper == NULL)
        return -ENOMEM;
    keeper->refs = 1;
    keeper->options = *options;
    tw_numbers_init(&keeper->numbers);
    int err = open_folder(keeper);
    if (err < 0) {
        destroy(keeper);
        return err;
    }
    if (keeper->lock_fd >= 0)
        tw_numbers_read(&keeper->numbers, keeper->lock_fd);
    (void)each(keeper, see_number);
    *ret = keeper;
    return 0;
}

struct tw_keeper *tw_keeper_ref(struct tw_keeper *keeper) {
    keeper->refs++;
    return keeper;
}

void tw_keeper_unref(struct tw_keeper *keeper) {
    if (keeper != NULL && --keeper->refs == 0)
        destroy(keeper);
}

bool tw_keeper_configure(struct tw_keeper *keeper, const struct tw_keeper_options *options) {
    struct stat ours, theirs;
    if (strcmp(keeper->options.pcap.prefix, options->pcap.prefix) != 0 || fstat(keeper->dirfd, &ours) < 0 ||
        fstat(options->dirfd, &theirs) < 0 || ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino)
        return false;
    keeper->options.pcap = options->pcap;
    keeper->options.on_finished = options->on_finished;
    keeper->options.on_removed = options->on_removed;
    keeper->options.context = options->context;
    return true;
}

int tw_keeper_dirfd(const struct tw_keeper *keeper) {
    return keeper->dirfd;
}

void tw_keeper_time(struct tw_keeper *keeper, tw_time now) {
    keeper->now = now;
}

const struct tw_keeper_state *tw_keeper_state(const struct tw_keeper *keeper) {
    return &keeper->state;
}
