/* SPDX-License-Identifier: MIT */
/* fdio.c — see fdio.h. */
#include "fdio.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int tw_fdio_write(int fd, const void *bytes, size_t len, uint64_t offset, size_t *ret_written) {
    const uint8_t *from = bytes;
    size_t done = 0;
    int err = 0;
    while (done < len && err == 0) {
        ssize_t n = pwrite(fd, from + done, len - done, (off_t)(offset + done));
        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            err = -EIO; /* POSIX allows it, no file system should: never loop on it */
        else if (errno != EINTR)
            err = -errno;
    }
    *ret_written = done;
    return err;
}

int tw_fdio_read(int fd, void *bytes, size_t len, uint64_t offset, size_t *ret_read) {
    uint8_t *to = bytes;
    size_t done = 0;
    int err = 0;
    while (done < len && err == 0) {
        ssize_t n = pread(fd, to + done, len - done, (off_t)(offset + done));
        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            break;
        else if (errno != EINTR)
            err = -errno;
    }
    *ret_read = done;
    return err;
}

bool tw_fdio_is_removed(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_nlink == 0;
}
