/* SPDX-License-Identifier: MIT */
/*
 * manifest.h — what an earlier report says about the set of files that it belongs to.
 *
 * Reads just enough of a PREFIX_report.json: is it the report of an analysis, was it completed, which files does it
 * list. Names stay as they stand in the text, quotes and escapes included, and are compared with how a file's name
 * would be written there: so nothing has to be decoded, and a damaged report can list nothing that is not in the folder.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

struct manifest {
    bool is_analysis; /* source.type is "file" */
    bool is_complete;
    struct manifest_name {
        const char *text; /* borrowed from the report's text */
        size_t len;
    } * names;
    size_t n;
};

/*
 * Read a report. Returns false when it is none (damaged, foreign) or there is no memory, then *ret is untouched;
 * else *ret borrows from the text and is to be released with manifest_fini.
 */
bool manifest_read(const char *text, size_t len, struct manifest *ret);

/* Does it list this file? */
bool manifest_has(const struct manifest *manifest, const char *name);

void manifest_fini(struct manifest *manifest);

#endif
