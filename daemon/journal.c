/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int journal = -1;

/* The variable is inherited; what it names counts only where it is our standard error. */
static bool stderr_is_journal(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat st;
    return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == device && st.st_ino == inode;
}

bool journal_open(void) {
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    if (!stderr_is_journal()) {
        return false;
    }
    journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (journal >= 0 && connect(journal, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        close(journal);
        journal = -1;
    }
    return true;
}

/* NAME, newline, length in 8 bytes little endian, value, newline: so the value may hold newlines. */
void journal_field(struct tw_text *entry, const char *name, const char *value, size_t len) {
    uint8_t size[8];
    for (unsigned i = 0; i < sizeof(size); i++) {
        size[i] = (uint8_t)((uint64_t)len >> (8 * i));
    }
    tw_text_str(entry, name);
    tw_text_char(entry, '\n');
    tw_text_bytes(entry, size, sizeof(size));
    tw_text_bytes(entry, value, len);
    tw_text_char(entry, '\n');
}

bool journal_send(const struct tw_text *entry) {
    return journal >= 0 && !entry->failed &&
           send(journal, entry->data, entry->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)entry->len;
}
