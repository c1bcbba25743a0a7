/* SPDX-License-Identifier: MIT */
/* tail.c — see tail.h. */
#include "tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER_SIZE = 1 << 20, /* several times the largest record */
    TRIES = 100,           /* to open a file that is renamed or removed just then */
};

static const uint32_t magic = 0xa1b23c4d;

static uint32_t get_u32(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return value;
}

size_t tail_record_len(const uint8_t *record) {
    return TW_PCAP_RECORD_HEADER + (size_t)get_u32(record + 8);
}

bool tail_prefix_of(const char *name, char *ret) {
    char prefix[TW_NAME_MAX];
    struct tw_name parts;
    for (const char *dash = strchr(name, '-'); dash != NULL; dash = strchr(dash + 1, '-')) {
        size_t len = (size_t)(dash - name);
        if (len == 0 || len >= sizeof(prefix))
            continue;
        memcpy(prefix, name, len);
        prefix[len] = '\0';
        if (tw_naming_read(prefix, name, &parts) && parts.kind == TW_NAME_PCAP) {
            memcpy(ret, prefix, len + 1);
            return true;
        }
    }
    return false;
}

int tail_open(struct tail *tail, const char *directory, const char *prefix) {
    *tail = (struct tail){.next = 1, .fd = -1};
    if (prefix != NULL && strlen(prefix) >= sizeof(tail->prefix))
        return -ENAMETOOLONG;
    strcpy(tail->prefix, prefix != NULL ? prefix : "");
    tail->buffer = malloc(BUFFER_SIZE);
    if (tail->buffer == NULL)
        return -ENOMEM;
    tail->dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tail->dirfd >= 0)
        return 0;
    int err = -errno;
    free(tail->buffer);
    return err;
}

static void close_file(struct tail *tail) {
    if (tail->fd >= 0)
        close(tail->fd);
    tail->fd = -1;
}

void tail_close(struct tail *tail) {
    close_file(tail);
    close(tail->dirfd);
    free(tail->buffer);
}

/* Called for each name in the folder; returns 0 to go on. */
typedef int entry_fn(struct tail *tail, const char *text, void *context);

static int scan(struct tail *tail, entry_fn *fn, void *context) {
    int result = 0, fd = openat(tail->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        result = -errno;
        if (fd >= 0)
            close(fd);
        return result;
    }
    const struct dirent *entry;
    while (result == 0 && (errno = 0, entry = readdir(dir)) != NULL)
        result = fn(tail, entry->d_name, context);
    if (result == 0)
        result = -errno;
    closedir(dir);
    return result;
}

static int learn_prefix(struct tail *tail, const char *text, void *context) {
    char prefix[TW_NAME_MAX];
    (void)context;
    if (!tail_prefix_of(text, prefix) || strcmp(prefix, tail->prefix) == 0)
        return 0;
    if (tail->prefix[0] != '\0')
        return TAIL_SEVERAL;
    strcpy(tail->prefix, prefix);
    return 0;
}

/* Learn the prefix if it is not known. Returns 0, also when there is no file yet. */
static int need_prefix(struct tail *tail) {
    if (tail->prefix[0] != '\0')
        return 0;
    int result = scan(tail, learn_prefix, NULL);
    if (result != 0)
        tail->prefix[0] = '\0';
    return result;
}

struct search {
    uint64_t from;
    bool is_largest;      /* wanted is the largest number, else the smallest one */
    struct tw_name found; /* number 0: none */
};

static int search_one(struct tail *tail, const char *text, void *context) {
    struct search *search = context;
    struct tw_name name;
    if (!tw_naming_read(tail->prefix, text, &name) || name.kind != TW_NAME_PCAP || name.number < search->from)
        return 0;
    uint64_t best = search->found.number;
    if (best == 0 || (search->is_largest ? name.number > best : name.number < best))
        search->found = name;
    return 0;
}

/*
 * Find the file to be read next. A name that changes while the folder is read may be missed, but not twice: a file is
 * renamed once only. So what is not just the next number is looked for again.
 */
static int find_next(struct tail *tail, struct tw_name *ret) {
    struct search search = {.from = tail->next};
    int err = scan(tail, search_one, &search);
    if (err == 0 && search.found.number != tail->next)
        err = scan(tail, search_one, &search);
    *ret = search.found;
    return err;
}

static bool has_later(struct tail *tail) {
    struct search search = {.from = tail->name.number + 1};
    return scan(tail, search_one, &search) == 0 && search.found.number != 0;
}

/* Returns 0; or 1 when there is none that can be read now, or the name is gone; or a negative errno. */
static int open_file(struct tail *tail, const struct tw_name *name) {
    if (name->number == 0 || (name->part && name->flow != 0))
        return 1;
    if (tw_naming_make(tail->prefix, name, tail->file) != 0)
        return -ENAMETOOLONG;
    int fd = openat(tail->dirfd, tail->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 1 : -errno;
    tail->fd = fd;
    tail->name = *name;
    tail->is_finished = !name->part;
    tail->is_damaged = tail->is_announced = false;
    tail->offset = TW_PCAP_FILE_HEADER;
    return 0;
}

static int open_next(struct tail *tail) {
    int result = need_prefix(tail);
    if (result != 0 || tail->prefix[0] == '\0')
        return result != 0 ? result : 1;
    struct tw_name name;
    for (int i = 0; i < TRIES; i++) {
        result = find_next(tail, &name);
        if (result == 0)
            result = open_file(tail, &name);
        if (result <= 0 || name.number == 0 || (name.part && name.flow != 0))
            return result;
    }
    return 1;
}

static void go_on(struct tail *tail) {
    close_file(tail);
    tail->next = tail->name.number + 1;
}

/*
 * Does the file grow no more? It has another name then, or, left behind by a run that was killed, others follow it:
 * they are begun one after the other.
 */
static bool has_ended(struct tail *tail) {
    struct stat here, there;
    bool is_in_place = fstat(tail->fd, &here) == 0 &&
                       fstatat(tail->dirfd, tail->file, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
    return !is_in_place || has_later(tail);
}

/* Read the header of the file. Returns enum tail_event, or a negative errno. */
static int announce(struct tail *tail) {
    ssize_t n = pread(tail->fd, tail->header, sizeof(tail->header), 0);
    if (n < 0)
        return -errno;
    if ((size_t)n < sizeof(tail->header) && !tail->is_finished) {
        tail->is_finished = has_ended(tail);
        return tail->is_finished ? announce(tail) : TAIL_WAIT;
    }
    if ((size_t)n < sizeof(tail->header) || get_u32(tail->header) != magic) {
        go_on(tail);
        return TAIL_FOREIGN;
    }
    tail->missing = tail->name.number - tail->next;
    tail->is_announced = true;
    return TAIL_FILE;
}

/* The bytes of whole records at the beginning of `len` bytes. */
static size_t whole_records(struct tail *tail, size_t len) {
    size_t at = 0;
    while (len - at >= TW_PCAP_RECORD_HEADER) {
        size_t record = tail_record_len(tail->buffer + at);
        tail->is_damaged = record > TW_PCAP_RECORD_HEADER + (size_t)TW_PCAP_CAPLEN_MAX;
        if (tail->is_damaged || record > len - at)
            break;
        at += record;
    }
    return at;
}

static ssize_t read_records(struct tail *tail) {
    if (tail->is_damaged)
        return 0;
    ssize_t n = pread(tail->fd, tail->buffer, BUFFER_SIZE, (off_t)tail->offset);
    if (n < 0)
        return -errno;
    size_t whole = whole_records(tail, (size_t)n);
    tail->offset += whole;
    return (ssize_t)whole;
}

int tail_read(struct tail *tail, const uint8_t **ret, size_t *ret_len) {
    for (;;) {
        int result = tail->fd < 0 ? open_next(tail) : 0;
        if (result != 0)
            return result == 1 ? TAIL_WAIT : result;
        if (!tail->is_announced)
            return announce(tail);
        ssize_t n = read_records(tail);
        if (n != 0) {
            *ret = tail->buffer;
            *ret_len = n > 0 ? (size_t)n : 0;
            return n > 0 ? TAIL_RECORDS : (int)n;
        }
        if (tail->is_finished)
            go_on(tail);
        else if (has_ended(tail))
            tail->is_finished = true; /* what came before the renaming is still to be read */
        else
            return TAIL_WAIT;
    }
}

int tail_skip(struct tail *tail) {
    struct search search = {.is_largest = true};
    int result = need_prefix(tail);
    if (result == 0 && tail->prefix[0] != '\0')
        result = scan(tail, search_one, &search);
    if (result != 0 || search.found.number == 0)
        return result;
    tail->next = search.found.number;
    result = open_file(tail, &search.found);
    if (result == 0) {
        ssize_t n;
        while ((n = read_records(tail)) > 0)
            ;
        return n < 0 ? (int)n : 0;
    }
    tail->next += !(search.found.part && search.found.flow != 0); /* that one is read when it is finished */
    return result < 0 ? result : 0;
}
