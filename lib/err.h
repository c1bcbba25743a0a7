/* SPDX-License-Identifier: MIT */
/*
 * err.h — what can go wrong in the library, and its texts.
 *
 * Functions return 0 or one of these; a failure of the system is returned as the negative errno.
 * A malformed packet is no error: it is data, and counted.
 */
#ifndef TW_ERR_H
#define TW_ERR_H

enum tw_err {
    TW_EAGAIN = -1000, /* no room in the queue now; try again later */
    TW_ELINKTYPE,      /* a link type that is not decoded */
    TW_ENAME,          /* a file name that is too long */
    TW_ELOCKED,        /* another process uses the folder */
    TW_EFOREIGN,       /* files in the folder that no report lists */
    TW_EINPUT,         /* an output file would replace an input */
    TW_ENOFREE,        /* pcap.min_free: others fill the disk */
};

/*
 * The text of an error: of enum tw_err, of a negative errno, or "no error" for 0.
 * Static, or valid until the thread's next call.
 */
const char *tw_strerror(int err);

#endif
