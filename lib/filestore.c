/* SPDX-License-Identifier: MIT */
/* filestore.c — see filestore.h. */
#include "filestore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "fdio.h"
#include "pcapfile.h"

enum { PATH_ROOM = 512, SAFE = O_NOFOLLOW | O_CLOEXEC, LOCK_TRIES = 10, LOCK_MODE = 0640 };

/* `before` NAME `after`. Returns 0 or -ENAMETOOLONG. */
static int compose(char ret[PATH_ROOM], const char *before, const char *name, const char *after) {
    size_t n_before = strlen(before), n_name = strlen(name), n_after = strlen(after);
    if (n_name >= PATH_ROOM || n_before + n_name + n_after >= PATH_ROOM)
        return -ENAMETOOLONG;
    memcpy(ret, before, n_before);
    memcpy(ret + n_before, name, n_name);
    memcpy(ret + n_before + n_name, after, n_after + 1);
    return 0;
}

/* Create a file that is not there, with this mode whatever the umask. */
static int create_new(int dirfd, const char *path, uint32_t mode) {
    int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_EXCL | SAFE, 0600);
    if (fd < 0)
        return -errno;
    if (fchmod(fd, (mode_t)mode) == 0)
        return fd;
    int err = -errno;
    (void)unlinkat(dirfd, path, 0);
    (void)close(fd);
    return err;
}

int tw_filestore_begin(int dirfd, const char *name, uint32_t mode) {
    char part[PATH_ROOM];
    int err = compose(part, "", name, ".part");
    int fd = err < 0 ? err : create_new(dirfd, part, mode);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* so recovery sees that it is being written */
    return fd;
}

/* Rename without ever replacing a file. Some file systems cannot do that in one step: there by a second link. */
static int rename_new(int dirfd, const char *from, const char *to) {
    if (renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (linkat(dirfd, from, dirfd, to, 0) < 0)
        return -errno;
    return unlinkat(dirfd, from, 0) < 0 ? -errno : 0;
}

int tw_filestore_finish(int dirfd, int fd, const char *name) {
    char part[PATH_ROOM];
    int err = compose(part, "", name, ".part");
    if (err == 0 && fsync(fd) < 0)
        err = -errno;
    if (close(fd) < 0 && err == 0 && errno != EINTR)
        err = -errno; /* a file system on the network may say only now that there was no room */
    return err < 0 ? err : rename_new(dirfd, part, name);
}

int tw_filestore_rotate(int dirfd, int fd, const char *name, const char *to) {
    return fsync(fd) < 0 ? -errno : rename_new(dirfd, name, to);
}

void tw_filestore_discard(int dirfd, int fd, const char *name) {
    char part[PATH_ROOM];
    if (compose(part, "", name, ".part") == 0)
        (void)unlinkat(dirfd, part, 0);
    (void)close(fd);
}

static int check_regular(int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int tw_filestore_open_log(int dirfd, const char *name, bool append, uint32_t mode) {
    int fd = create_new(dirfd, name, mode);
    if (fd != -EEXIST)
        return fd;
    fd = openat(dirfd, name, O_RDWR | SAFE); /* for both: a fifo does not block then */
    if (fd < 0)
        return -errno;
    int err = check_regular(fd);
    if (err == 0 && !append && ftruncate(fd, 0) < 0)
        err = -errno;
    if (err == 0)
        return fd;
    (void)close(fd);
    return err;
}

static int write_new(int dirfd, const char *path, const void *bytes, size_t len, uint32_t mode) {
    size_t written;
    int fd = create_new(dirfd, path, mode);
    if (fd < 0)
        return fd;
    int err = tw_fdio_write(fd, bytes, len, 0, &written);
    if (close(fd) < 0 && err == 0 && errno != EINTR)
        err = -errno;
    return err;
}

int tw_filestore_replace(int dirfd, const char *name, const void *bytes, size_t len, uint32_t mode) {
    char next[PATH_ROOM];
    int err = compose(next, ".", name, ".new");
    if (err < 0)
        return err;
    (void)unlinkat(dirfd, next, 0); /* a killed process may have left one */
    err = write_new(dirfd, next, bytes, len, mode);
    if (err == 0 && renameat(dirfd, next, dirfd, name) < 0)
        err = -errno;
    if (err < 0)
        (void)unlinkat(dirfd, next, 0);
    return err;
}

int tw_filestore_link(int dirfd, const char *name, const char *target) {
    char next[PATH_ROOM];
    int err = compose(next, ".", name, ".new");
    if (err < 0)
        return err;
    (void)unlinkat(dirfd, next, 0);
    if (symlinkat(target, dirfd, next) < 0)
        return -errno;
    if (renameat(dirfd, next, dirfd, name) == 0)
        return 0;
    err = -errno;
    (void)unlinkat(dirfd, next, 0);
    return err;
}

void tw_filestore_unlink(int dirfd, const char *name) {
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        (void)unlinkat(dirfd, name, 0);
}

static int cut_to_records(int fd, uint64_t *ret_size) {
    struct stat st;
    int err = check_regular(fd);
    if (err < 0)
        return err;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret_size = 0;
    if (st.st_size < TW_PCAP_FILE_HEADER)
        return 0;
    err = tw_pcapfile_measure(fd, ret_size);
    if (err == 0 && *ret_size < (uint64_t)st.st_size && ftruncate(fd, (off_t)*ret_size) < 0)
        err = -errno;
    return err;
}

int tw_filestore_recover(int dirfd, const char *name) {
    char part[PATH_ROOM];
    uint64_t size;
    int err = compose(part, "", name, ".part");
    if (err < 0)
        return err;
    int fd = openat(dirfd, part, O_RDWR | SAFE);
    if (fd < 0)
        return -errno;
    err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : cut_to_records(fd, &size);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    if (size == 0) {
        tw_filestore_discard(dirfd, fd, name);
        return 0;
    }
    err = tw_filestore_finish(dirfd, fd, name);
    return err < 0 ? err : 1;
}

/* Is the file that was locked still the one of that name? Its owner may have removed it in between. */
static bool is_in_place(int dirfd, int fd, const char *name) {
    struct stat here, there;
    return fstat(fd, &here) == 0 && fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int tw_filestore_lock(int dirfd, const char *name) {
    static const struct timespec pause = {.tv_nsec = 20 * TW_MS};
    for (int i = 0; i < LOCK_TRIES; i++) {
        int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NONBLOCK | SAFE, LOCK_MODE);
        if (fd < 0)
            return -errno;
        bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
        int err = locked || errno == EWOULDBLOCK ? 0 : -errno;
        if (locked && is_in_place(dirfd, fd, name))
            return fd;
        (void)close(fd);
        if (err < 0)
            return err;
        (void)nanosleep(&pause, NULL); /* somebody may just look whether it is locked */
    }
    return TW_ELOCKED;
}
