/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h — what the process may still ask of the kernel once it works on packets that anybody can have sent.
 *
 * A filter of system calls: what this program needs, and no more. New programs, new processes and the like end it;
 * sockets are AF_UNIX and AF_PACKET; what the filter does not know is answered as by a kernel that does not either.
 * With Landlock, writing is limited to the folders that hold the given ones: to them, so that a folder that was removed
 * and made again (another one to the kernel) can be written. Reading is not limited. Neither can be undone.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

/* What holds from now on. */
enum { SANDBOX_CALLS = 1 << 0, SANDBOX_FOLDERS = 1 << 1 };

/*
 * Enter it: this thread, and those that it will start.
 *
 *   folders  that may be written; those that are not there cannot be, later on
 *
 * Returns what the kernel could do of it; nothing in a build with a sanitizer, which needs more than the filter allows.
 */
unsigned sandbox_enter(const char *const *folders, size_t n_folders);

#endif
