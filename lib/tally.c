/* SPDX-License-Identifier: MIT */
/* tally.c — see tally.h. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct tw_tallies *tallies, uint32_t handle) {
    size_t n = tallies->n > 0 ? tallies->n : 16;
    while (n <= handle)
        n *= 2;
    if (n == tallies->n)
        return true;
    struct tw_tally **at = realloc(tallies->at, n * sizeof(struct tw_tally *));
    if (at == NULL)
        return false;
    memset(at + tallies->n, 0, (n - tallies->n) * sizeof(struct tw_tally *));
    tallies->at = at;
    tallies->n = n;
    return true;
}

struct tw_tally *tw_tally_find(const struct tw_tallies *tallies, uint32_t handle) {
    return handle < tallies->n ? tallies->at[handle] : NULL;
}

struct tw_tally *tw_tally_get(struct tw_tallies *tallies, uint32_t handle) {
    struct tw_tally *tally = tw_tally_find(tallies, handle);
    if (tally != NULL || !make_room(tallies, handle))
        return tally;
    return tallies->at[handle] = calloc(1, sizeof(*tally));
}

void tw_tally_add_file(struct tw_tally *tally, const char *name) {
    if (tally->n_files > 0 && strcmp(tally->files[tally->n_files - 1], name) == 0)
        return;
    char **files = realloc(tally->files, (tally->n_files + 1) * sizeof(char *));
    if (files == NULL)
        return;
    tally->files = files;
    files[tally->n_files] = strdup(name);
    tally->n_files += files[tally->n_files] != NULL;
}

static void destroy(struct tw_tally *tally) {
    for (size_t i = 0; i < tally->n_files; i++)
        free(tally->files[i]);
    free(tally->files);
    free(tally);
}

void tw_tally_drop(struct tw_tallies *tallies, uint32_t handle) {
    struct tw_tally *tally = tw_tally_find(tallies, handle);
    if (tally == NULL)
        return;
    destroy(tally);
    tallies->at[handle] = NULL;
}

void tw_tally_fini(struct tw_tallies *tallies) {
    for (size_t i = 0; i < tallies->n; i++) {
        if (tallies->at[i] != NULL)
            destroy(tallies->at[i]);
    }
    free(tallies->at);
    *tallies = (struct tw_tallies){NULL, 0};
}
