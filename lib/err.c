/* SPDX-License-Identifier: MIT */
/* err.c — the texts of errors; those of the system are libc's own. */
#include "err.h"

#include <string.h>

static const char *const texts[] = {
    [TW_EAGAIN - TW_EAGAIN] = "no room in the queue now",
    [TW_ELINKTYPE - TW_EAGAIN] = "a link type that is not decoded",
    [TW_ENAME - TW_EAGAIN] = "the file name is too long",
    [TW_ELOCKED - TW_EAGAIN] = "another process uses the folder",
    [TW_EFOREIGN - TW_EAGAIN] = "files in the folder that no report lists",
    [TW_EINPUT - TW_EAGAIN] = "an output file would replace an input",
    [TW_ENOFREE - TW_EAGAIN] = "less of the disk is free than pcap.min_free wants",
};

const char *tw_strerror(int err) {
    if (err == 0)
        return "no error";
    if (err >= TW_EAGAIN && err <= TW_ENOFREE)
        return texts[err - TW_EAGAIN];
    const char *text = err < 0 && err > TW_EAGAIN ? strerrordesc_np(-err) : NULL;
    return text != NULL ? text : "unknown error";
}
