/* SPDX-License-Identifier: MIT */
/* linefile.c — see linefile.h. */
#include "linefile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdio.h"

void tw_linefile_init(struct tw_linefile *file) {
    *file = (struct tw_linefile){.fd = -1};
}

void tw_linefile_fini(struct tw_linefile *file) {
    tw_text_fini(&file->text);
}

/* Where the last whole line ends in the first `size` bytes of the file. Returns 0 or a negative errno. */
static int end_of_lines(int fd, uint64_t size, uint64_t *ret) {
    char block[4096];
    while (size > 0) {
        size_t len = size < sizeof(block) ? (size_t)size : sizeof(block);
        ssize_t got = pread(fd, block, len, (off_t)(size - len));
        if (got != (ssize_t)len)
            return got < 0 ? -errno : -EIO;
        const char *newline = memrchr(block, '\n', len);
        if (newline != NULL) {
            *ret = size - len + (uint64_t)(newline - block) + 1;
            return 0;
        }
        size -= len;
    }
    *ret = 0;
    return 0;
}

int tw_linefile_attach(struct tw_linefile *file, int fd) {
    struct stat st;
    uint64_t end;
    if (fstat(fd, &st) < 0)
        return -errno;
    int err = end_of_lines(fd, (uint64_t)st.st_size, &end);
    if (err < 0)
        return err;
    file->fd = fd;
    file->size = end;
    file->torn = end < (uint64_t)st.st_size;
    return 0;
}

static int cut_back(struct tw_linefile *file) {
    if (!file->torn)
        return 0;
    if (ftruncate(file->fd, (off_t)file->size) < 0)
        return -errno;
    file->torn = false;
    return 0;
}

static int prepare(struct tw_linefile *file) {
    if (file->text.failed)
        return -ENOMEM;
    if (file->fd < 0)
        return -EBADF;
    return tw_fdio_is_removed(file->fd) ? -ENOENT : cut_back(file);
}

static uint64_t count_lines(const char *text, size_t len) {
    uint64_t n = 0;
    const char *end = text + len;
    while (text < end && (text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        text++;
        n++;
    }
    return n;
}

int tw_linefile_flush(struct tw_linefile *file, uint64_t *ret_lost) {
    struct tw_text *text = &file->text;
    size_t written = 0, whole = 0;
    int err = prepare(file);
    *ret_lost = 0;
    if (text->len == 0)
        return err;
    if (err == 0)
        err = tw_fdio_write(file->fd, text->data, text->len, file->size, &written);
    for (size_t i = written; i > 0 && whole == 0; i--)
        whole = text->data[i - 1] == '\n' ? i : 0;
    file->size += whole;
    file->torn |= written > whole;
    *ret_lost = count_lines(text->data + whole, text->len - whole);
    if (err < 0 && file->fd >= 0)
        (void)cut_back(file); /* should it fail, the next flush does it first */
    tw_text_clear(text);
    return err;
}
