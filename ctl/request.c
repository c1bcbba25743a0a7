/* SPDX-License-Identifier: MIT */
/* request.c — see request.h. */
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPORT_PATIENCE_S = 3 };

/* By way of the folder's descriptor, since the path of a socket is at most 107 bytes long. */
int request_open(const char *directory, int patience_s) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = patience_s};
    int dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dirfd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/control", dirfd);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err = fd < 0 ? -errno : 0;
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        err = -errno;
        close(fd);
    }
    close(dirfd);
    return err < 0 ? err : fd;
}

int request_report(const char *directory) {
    char answer[16];
    int fd = request_open(directory, REPORT_PATIENCE_S);
    if (fd < 0)
        return fd;
    ssize_t len = send(fd, "report", strlen("report"), MSG_NOSIGNAL);
    len = len < 0 ? len : recv(fd, answer, sizeof(answer), 0);
    int err = len < 0 ? -errno : 0;
    if (err == 0 && (len != 2 || memcmp(answer, "ok", 2) != 0))
        err = -EIO;
    close(fd);
    return err;
}
