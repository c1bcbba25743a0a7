/* SPDX-License-Identifier: MIT */
/* folder.c — see folder.h. */
#include "folder.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_init(struct folder *folder) {
    strcpy(folder->path, "/tmp/tcpwind-test-XXXXXX");
    ck_assert_msg(mkdtemp(folder->path) != NULL, "no temporary folder");
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder->fd, 0);
}

/* Call `visit` for each name in it, if not NULL. Returns how many there are. */
static size_t each(const struct folder *folder, void (*visit)(int fd, const char *name)) {
    size_t n = 0;
    DIR *dir = opendir(folder->path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        n++;
        if (visit != NULL)
            visit(folder->fd, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return n;
}

static void remove_one(int fd, const char *name) {
    if (unlinkat(fd, name, 0) < 0)
        (void)unlinkat(fd, name, AT_REMOVEDIR);
}

void folder_fini(struct folder *folder) {
    each(folder, remove_one);
    (void)rmdir(folder->path);
    close(folder->fd);
}

size_t folder_count(const struct folder *folder) {
    return each(folder, NULL);
}

bool folder_has(const struct folder *folder, const char *name) {
    struct stat st;
    return fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

char *folder_read(const struct folder *folder, const char *name, size_t *ret_len) {
    struct stat st;
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0 && fstat(fd, &st) == 0, "%s is not there", name);
    char *text = malloc((size_t)st.st_size + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(read(fd, text, (size_t)st.st_size), st.st_size);
    text[st.st_size] = '\0';
    close(fd);
    if (ret_len != NULL)
        *ret_len = (size_t)st.st_size;
    return text;
}

void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t len) {
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

void folder_limit_files(size_t size) {
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
        abort();
    limit.rlim_cur = size == SIZE_MAX ? limit.rlim_max : (rlim_t)size;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        abort();
}
