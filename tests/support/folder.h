/* SPDX-License-Identifier: MIT */
/*
 * folder.h — a temporary folder for a test, and looks into it. Failures end the test.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folder {
    char path[64];
    int fd;
};

/* Make one. */
void folder_init(struct folder *folder);

/* Remove it with everything in it. */
void folder_fini(struct folder *folder);

/* How many files it holds. */
size_t folder_count(const struct folder *folder);

bool folder_has(const struct folder *folder, const char *name);

/* The whole of a file, NUL terminated, to be freed. `ret_len` may be NULL. */
char *folder_read(const struct folder *folder, const char *name, size_t *ret_len);

/* Make or replace a file. */
void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t len);

/*
 * From here on no file of this process may grow beyond `size` bytes, as on a full disk; SIZE_MAX: no limit any more.
 * Assert nothing in between: libcheck's own messages go through a file.
 */
void folder_limit_files(size_t size);

#endif
