/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "session.h"

enum { PACKET_MAX = 32 << 10, VERB_MAX = 64, BACKLOG = 8 };

static const char name[] = "control";
static const tw_time patience = 10 * TW_SECOND;

/* Clients */

static void drop(struct control_client *client) {
    if (client->readable.fd > 0) {
        ev_io_stop(client->control->loop, &client->readable);
        close(client->readable.fd);
        client->readable.fd = 0;
        client->waits = false;
    }
}

/* How much of a text is the next packet. */
static size_t whole_lines(const char *text, size_t len) {
    const char *last = len > PACKET_MAX ? memrchr(text, '\n', PACKET_MAX) : NULL;
    if (last) {
        return (size_t)(last + 1 - text);
    }
    return len > PACKET_MAX ? PACKET_MAX : len;
}

/* Send the lines in packets of whole lines, as far as they fit. Whoever does not read gets less. */
static void answer(struct control_client *client, bool ok, const struct tw_text *lines) {
    const char *word = ok ? "ok" : "error";
    ssize_t sent = send(client->readable.fd, word, strlen(word), MSG_DONTWAIT | MSG_NOSIGNAL);
    for (size_t done = 0, len; sent >= 0 && done < lines->len; done += len) {
        const char *at = lines->data + done;
        len = whole_lines(at, lines->len - done);
        sent = send(client->readable.fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    drop(client);
}

static void answer_line(struct control_client *client, bool ok, const char *line) {
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, line);
    answer(client, ok, &text);
    tw_text_fini(&text);
}

static bool may_reload(int fd) {
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void reload(struct control_client *client) {
    const struct control_handlers *handlers = &client->control->handlers;
    struct tw_text text = TW_TEXT_INIT;
    if (!may_reload(client->readable.fd)) {
        answer_line(client, false, "only root and the service's own user may do that\n");
        return;
    }
    bool ok = handlers->reload(handlers->context, &text);
    answer(client, ok, &text);
    tw_text_fini(&text);
}

static void report(struct control_client *client) {
    const struct control_handlers *handlers = &client->control->handlers;
    client->ticket = handlers->report(handlers->context);
    client->waits = true;
    ev_io_stop(client->control->loop, &client->readable);
}

static void on_request(struct ev_loop *loop, struct ev_io *watcher, int events) {
    struct control_client *client = watcher->data;
    char verb[VERB_MAX];
    (void)loop;
    (void)events;
    ssize_t n = recv(watcher->fd, verb, sizeof(verb) - 1, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    verb[n > 0 ? n : 0] = '\0';
    verb[strcspn(verb, "\n")] = '\0';
    if (n <= 0) {
        drop(client);
    } else if (strcmp(verb, "reload") == 0) {
        reload(client);
    } else if (strcmp(verb, "report") == 0) {
        report(client);
    } else {
        answer_line(client, false, "unknown request, must be reload or report\n");
    }
}

void control_tick(struct control *control, tw_time monotonic) {
    const struct control_handlers *handlers = &control->handlers;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        struct control_client *client = &control->client[i];
        if (client->waits && handlers->is_written(handlers->context, client->ticket)) {
            answer_line(client, true, "");
        } else if (client->readable.fd > 0 && monotonic - client->since > patience) {
            answer_line(client, false, client->waits ? "the disk does not follow\n" : "no request\n");
        }
    }
}

static struct control_client *find_free(struct control *control) {
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (control->client[i].readable.fd <= 0) {
            return &control->client[i];
        }
    }
    return NULL;
}

static void on_connection(struct ev_loop *loop, struct ev_io *watcher, int events) {
    struct control *control = watcher->data;
    (void)events;
    int fd = accept4(watcher->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct control_client *client = fd < 0 ? NULL : find_free(control);
    if (!client) {
        if (fd >= 0) {
            close(fd); /* too many at once */
        }
        return;
    }
    client->control = control;
    client->since = session_clock();
    client->waits = false;
    ev_io_init(&client->readable, on_request, fd, EV_READ);
    client->readable.data = client;
    ev_io_start(loop, &client->readable);
}

/* The socket */

/* By the folder's descriptor, since the path of a socket is short. */
static int listen_in(int dirfd) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dirfd, name);
    (void)unlinkat(dirfd, name, 0);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || fchmodat(dirfd, name, 0660, 0) < 0 ||
        listen(fd, BACKLOG) < 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int control_open(struct control *control, struct ev_loop *loop, int dirfd, const struct control_handlers *handlers) {
    int fd = listen_in(dirfd);
    if (fd < 0) {
        return fd;
    }
    *control = (struct control){.loop = loop, .dirfd = dirfd, .handlers = *handlers};
    ev_io_init(&control->acceptable, on_connection, fd, EV_READ);
    control->acceptable.data = control;
    ev_io_start(loop, &control->acceptable);
    return 0;
}

void control_close(struct control *control) {
    if (!control->loop) {
        return;
    }
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        drop(&control->client[i]);
    }
    ev_io_stop(control->loop, &control->acceptable);
    close(control->acceptable.fd);
    (void)unlinkat(control->dirfd, name, 0);
    control->loop = NULL;
}
