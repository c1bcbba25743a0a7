/* SPDX-License-Identifier: MIT */
/*
 * privileges.h — what the process may do, once its capture is open: as another user where that is wanted, and with
 * nothing but the right to open one more capture, which it takes up only while it opens it.
 *
 * Capabilities belong to threads: everything here is for the main thread, before others are started.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include "types.h"

enum { PRIVILEGES_PROBLEM_MAX = 512 };

/* Folders that are made for the user before the process becomes it. */
struct privileges_folder {
    const char *path;
    unsigned mode;
};

/*
 * Give up for good all that is not needed. Started as root, become `user` ("": stay) with its groups; a folder that is
 * missing is made first, and belongs to it. CAP_NET_RAW, where it was there, stays permitted but has no effect; ambient
 * and inheritable sets are emptied, no program that is run can gain anything, and no core dump holds packets.
 *
 *   problem  PRIVILEGES_PROBLEM_MAX bytes
 *
 * Returns false when it cannot be done, then problem is set and the process should end.
 */
bool privileges_drop(const char *user, const struct privileges_folder *folders, size_t n_folders, char *problem);

/* Let CAP_NET_RAW have effect, as far as it is permitted, or not. */
void privileges_raise(bool raised);

#endif
