/* SPDX-License-Identifier: MIT */
/*
 * stall.c — a TCP transfer whose receiver stops reading now and then: the traffic of the demonstration and of tests.
 *
 * usage: stall receive ADDRESS PORT [STOPS [SECONDS]]
 *        stall send ADDRESS PORT [STOPS]
 *
 * Both sides know the number of stops (default 2) and so the length of the transfer. The receiver greets the sender,
 * reads a part, sleeps (default 1.5 s), and does so STOPS times before it reads the rest; a part is more than its
 * socket's buffer holds, so that the window closes each time. It says on standard output when it listens, stops and
 * goes on.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PART = 40960,   /* bytes that are read between two stops, and after the last */
    BUFFER = 20480, /* bytes, the receiver's SO_RCVBUF; the kernel doubles it */
    MOST_STOPS = 1000,
    LONGEST = 120, /* seconds until either side gives up */
};

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static const char greeting[] = {'g', 'o', '\n'};

static struct addrinfo *resolve(const char *address, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    int err = getaddrinfo(address, port, &hints, &found);
    if (err != 0) {
        fprintf(stderr, "%s port %s: %s\n", address, port, gai_strerror(err));
        exit(EXIT_FAILURE);
    }
    return found;
}

static int open_socket(const struct addrinfo *where) {
    int fd = socket(where->ai_family, where->ai_socktype, where->ai_protocol);
    if (fd < 0)
        fail("socket");
    return fd;
}

/*
 * The buffer is made small after the handshake, so that the offered scale is the one of an ordinary large buffer; and
 * only then comes the greeting, lest a receiver that gets no processor in between be sent all at once.
 */
static int accept_one(const struct addrinfo *where) {
    int listener = open_socket(where), on = 1, size = BUFFER;
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, where->ai_addr, where->ai_addrlen) != 0 || listen(listener, 1) != 0)
        fail("listen");
    puts("listening");

    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0)
        fail("accept");
    if (send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) != sizeof(greeting))
        fail("send");
    (void)close(listener);
    return fd;
}

static size_t read_part(int fd) {
    static char bytes[PART];
    size_t n = 0;
    while (n < sizeof(bytes)) {
        ssize_t got = read(fd, bytes + n, sizeof(bytes) - n);
        if (got < 0)
            fail("read");
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return n;
}

static void pause_for(double seconds) {
    struct timespec rest = {.tv_sec = (time_t)seconds};
    rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);
    while (nanosleep(&rest, &rest) != 0)
        continue;
}

static void receive(const struct addrinfo *where, int stops, double seconds) {
    int fd = accept_one(where);
    size_t total = read_part(fd);
    for (int i = 0; i < stops; i++) {
        printf("the receiver stops reading after %zu bytes, for %.1f s\n", total, seconds);
        pause_for(seconds);
        puts("the receiver reads on");
        total += read_part(fd);
    }
    total += read_part(fd); /* the end */
    (void)close(fd);
    printf("the receiver has read %zu bytes\n", total);
    if (total != (size_t)(stops + 1) * PART)
        exit(EXIT_FAILURE);
}

static int connect_to(const struct addrinfo *where) {
    char greeted[sizeof(greeting)];
    int fd = open_socket(where);
    if (connect(fd, where->ai_addr, where->ai_addrlen) != 0)
        fail("connect");
    if (recv(fd, greeted, sizeof(greeted), MSG_WAITALL) != sizeof(greeted))
        fail("greeting");
    return fd;
}

static void send_all(const struct addrinfo *where, int stops) {
    static char bytes[PART];
    memset(bytes, 'w', sizeof(bytes));
    int fd = connect_to(where);
    for (int i = 0; i <= stops; i++)
        for (size_t n = 0; n < sizeof(bytes);) {
            ssize_t sent = send(fd, bytes + n, sizeof(bytes) - n, MSG_NOSIGNAL);
            if (sent < 0)
                fail("send");
            n += (size_t)sent;
        }
    (void)close(fd);
}

int main(int argc, char **argv) {
    if (argc < 4 || argc > 6) {
        fputs("usage: stall receive ADDRESS PORT [STOPS [SECONDS]] | stall send ADDRESS PORT [STOPS]\n", stderr);
        return 2;
    }
    int stops = argc > 4 ? atoi(argv[4]) : 2;
    if (stops < 0 || stops > MOST_STOPS)
        stops = MOST_STOPS;
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(LONGEST);

    struct addrinfo *where = resolve(argv[2], argv[3]);
    if (strcmp(argv[1], "receive") == 0)
        receive(where, stops, argc > 5 ? atof(argv[5]) : 1.5);
    else
        send_all(where, stops);
    freeaddrinfo(where);
    return EXIT_SUCCESS;
}
