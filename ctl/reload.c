/* SPDX-License-Identifier: MIT */
/*
 * reload.c — the verb reload: ask the running tcpwind to read its configuration again, and say what it answers.
 *
 * The control socket is a SOCK_SEQPACKET: the verb as one packet; the answer is a packet "ok" or "error", then text,
 * and the end of the connection.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "instance.h"
#include "request.h"

enum { ANSWER_MAX = 1 << 16, PATIENCE_S = 60 };

static int no_connection(const char *directory, int err) {
    int found = instance_find(directory);
    if (found == INSTANCE_NONE) {
        ctl_complain("tcpwind is not running (%s)", directory);
        return CTL_NOT_RUNNING;
    }
    ctl_complain("%s/control: %s", directory, strerror(-err));
    return CTL_TROUBLE;
}

static ssize_t receive(int fd, char *answer) {
    ssize_t len;
    do {
        len = recv(fd, answer, ANSWER_MAX, 0);
    } while (len < 0 && errno == EINTR);
    return len;
}

/* Text of the answer, each packet on lines of its own. */
static void put_lines(FILE *to, const char *text, size_t len) {
    struct tw_text out = TW_TEXT_INIT;
    ctl_inert(&out, text, len);
    if (out.len > 0 && out.data[out.len - 1] != '\n')
        tw_text_char(&out, '\n');
    if (out.len > 0)
        fwrite(out.data, 1, out.len, to);
    tw_text_fini(&out);
}

static bool begins(const char *answer, size_t len, const char *word) {
    size_t n = strlen(word);
    return len >= n && memcmp(answer, word, n) == 0 && (len == n || answer[n] == '\n');
}

/* The verdict and, where it came in the same packet, text behind it. */
static int take_verdict(const char *answer, size_t len) {
    bool is_ok = begins(answer, len, "ok");
    if (!is_ok && !begins(answer, len, "error")) {
        ctl_complain("reload: an answer that is neither ok nor error");
        return CTL_TROUBLE;
    }
    size_t skip = strlen(is_ok ? "ok" : "error") + 1;
    if (len > skip)
        put_lines(is_ok ? stdout : stderr, answer + skip, len - skip);
    return is_ok ? CTL_OK : CTL_TROUBLE;
}

static int converse(int fd) {
    char answer[ANSWER_MAX];
    if (send(fd, "reload", strlen("reload"), MSG_NOSIGNAL) < 0) {
        ctl_complain("reload: %s", strerror(errno));
        return CTL_TROUBLE;
    }
    ssize_t len = receive(fd, answer);
    if (len <= 0) {
        ctl_complain("reload: no answer%s%s", len < 0 ? ": " : "", len < 0 ? strerror(errno) : "");
        return CTL_TROUBLE;
    }
    int status = take_verdict(answer, (size_t)len);
    while ((len = receive(fd, answer)) > 0)
        put_lines(status == CTL_OK ? stdout : stderr, answer, (size_t)len);
    if (len < 0) {
        ctl_complain("reload: the answer broke off: %s", strerror(errno));
        return CTL_TROUBLE;
    }
    return status;
}

int ctl_reload(int argc, char **argv) {
    static const struct option no_options[] = {{NULL, 0, NULL, 0}};
    optind = 0;
    if (getopt_long(argc, argv, "", no_options, NULL) != -1)
        return CTL_USAGE;
    if (argc - optind > 1)
        return ctl_wrong_usage("reload", "takes one folder");
    const char *directory = optind < argc ? argv[optind] : CTL_REPORT_DIRECTORY;
    int fd = request_open(directory, PATIENCE_S);
    if (fd < 0)
        return no_connection(directory, fd);
    int status = converse(fd);
    close(fd);
    return status;
}
