/* SPDX-License-Identifier: MIT */
/*
 * filestore.h — files of the output folder: begun as NAME.part, renamed when finished, never overwritten.
 *
 * All by a descriptor of the folder. Symbolic links are not followed, only regular files are opened, and modes are set
 * with fchmod(2), so that the umask may be as strict as it likes. Functions return 0 or a descriptor, or a negative
 * errno. Threads: none; calls may block as long as the disk does.
 */
#ifndef TW_FILESTORE_H
#define TW_FILESTORE_H

#include "types.h"

/* Create NAME.part. Returns its descriptor; -EEXIST when there is one already; on an error none is left behind. */
int tw_filestore_begin(int dirfd, const char *name, uint32_t mode);

/*
 * Put NAME.part safely on the disk and give it its final name. The descriptor is closed in any case.
 * On an error (-EEXIST: there is a file of that name) the file keeps its .part.
 */
int tw_filestore_finish(int dirfd, int fd, const char *name);

/*
 * Put an open log safely on the disk and give it another name. It stays open, also on an error (-EEXIST: there is a
 * file of that name), when it keeps its name.
 */
int tw_filestore_rotate(int dirfd, int fd, const char *name, const char *to);

/* Close and remove NAME.part. */
void tw_filestore_discard(int dirfd, int fd, const char *name);

/*
 * Open a log for reading and writing, made with `mode` when it is not there; emptied first unless `append`.
 * Returns its descriptor; -EINVAL when that name is no regular file.
 */
int tw_filestore_open_log(int dirfd, const char *name, bool append, uint32_t mode);

/* Replace a file by these bytes, whole or not at all. */
int tw_filestore_replace(int dirfd, const char *name, const void *bytes, size_t len, uint32_t mode);

/* Make the symbolic link `name` point to `target`, replacing what is there. */
int tw_filestore_link(int dirfd, const char *name, const char *target);

/* Remove the symbolic link `name`; nothing else of that name is touched. */
void tw_filestore_unlink(int dirfd, const char *name);

/*
 * Finish NAME.part of an earlier run: cut it to its last whole record, then as tw_filestore_finish. One that does not
 * even hold a file header is removed. Returns 1 when it was finished, 0 when it was removed; on an error it keeps its
 * .part, to be tried again later (-EINVAL: no pcap file of ours; -EBUSY: it is being written; nothing was changed).
 */
int tw_filestore_recover(int dirfd, const char *name);

/*
 * Open the lock file `name`, made when it is not there, and lock it until it is closed.
 * Returns its descriptor; TW_ELOCKED when another process holds it.
 */
int tw_filestore_lock(int dirfd, const char *name);

#endif
