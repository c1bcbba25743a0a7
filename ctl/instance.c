/* SPDX-License-Identifier: MIT */
/* instance.c — see instance.h. */
#include "instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool is_lock(const char *name) {
    size_t len = strlen(name);
    return name[0] == '.' && len >= strlen(".lock") && strcmp(name + len - strlen(".lock"), ".lock") == 0;
}

/* Closing the descriptor ends a lock that was to be had. */
static int look_at(int dirfd, const char *name) {
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? INSTANCE_NONE : -errno;
    int found = INSTANCE_NONE;
    if (flock(fd, LOCK_SH | LOCK_NB) < 0)
        found = errno == EWOULDBLOCK ? INSTANCE_RUNNING : -errno;
    close(fd);
    return found;
}

int instance_find(const char *report_directory) {
    DIR *dir = opendir(report_directory);
    if (dir == NULL)
        return errno == ENOENT || errno == ENOTDIR ? INSTANCE_NONE : -errno;
    int found = INSTANCE_NONE;
    const struct dirent *entry;
    while (found != INSTANCE_RUNNING && (entry = readdir(dir)) != NULL) {
        if (is_lock(entry->d_name)) {
            int one = look_at(dirfd(dir), entry->d_name);
            found = one == INSTANCE_NONE ? found : one;
        }
    }
    closedir(dir);
    return found;
}
