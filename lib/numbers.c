/* SPDX-License-Identifier: MIT */
/* numbers.c — see numbers.h. The lock file has a line per kind: a word, a space, the number. */
#include "numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdio.h"
#include "text.h"

enum { LOCK_FILE_MAX = 256 };

static const char *const words[TW_NAME_KIND_COUNT] = {
    [TW_NAME_PCAP] = "pcap ",
    [TW_NAME_FLOWS] = "flows ",
    [TW_NAME_ALARMS] = "alarms ",
};

void tw_numbers_init(struct tw_numbers *numbers) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++)
        numbers->next[kind] = 1;
}

static void raise_to(uint64_t *next, uint64_t number) {
    if (number > *next)
        *next = number;
}

void tw_numbers_see(struct tw_numbers *numbers, const struct tw_name *name) {
    raise_to(&numbers->next[name->kind], name->number + 1);
}

static void read_line(struct tw_numbers *numbers, const char *line) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++) {
        size_t len = strlen(words[kind]);
        if (strncmp(line, words[kind], len) == 0 && line[len] >= '0' && line[len] <= '9')
            raise_to(&numbers->next[kind], strtoull(line + len, NULL, 10));
    }
}

void tw_numbers_read(struct tw_numbers *numbers, int lock_fd) {
    char text[LOCK_FILE_MAX], *rest = text, *line;
    ssize_t n = pread(lock_fd, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL)
        read_line(numbers, line);
}

int tw_numbers_write(const struct tw_numbers *numbers, int lock_fd) {
    struct tw_text text = TW_TEXT_INIT;
    size_t written;
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++) {
        tw_text_str(&text, words[kind]);
        tw_text_u64(&text, numbers->next[kind]);
        tw_text_char(&text, '\n');
    }
    int err = text.failed ? -ENOMEM : tw_fdio_write(lock_fd, text.data, text.len, 0, &written);
    if (err == 0 && ftruncate(lock_fd, (off_t)text.len) < 0)
        err = -errno;
    tw_text_fini(&text);
    return err;
}
