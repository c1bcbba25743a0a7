/* SPDX-License-Identifier: MIT */
#include "tcpopt.h"

#include <stdbool.h>

enum { END = 0, NOP = 1, WINDOW_SCALE = 3, WINDOW_SCALE_LENGTH = 3 };

int tw_tcpopt_window_scale(const uint8_t *options, size_t len) {
    int scale = -1;
    for (size_t at = 0; at < len && options[at] != END;) {
        /* Without branches where it can be: which kinds come cannot be foreseen. */
        bool is_nop = options[at] == NOP;
        size_t left = len - at, length = is_nop || left < 2 ? 1 : options[at + 1];
        if (length > left || length + is_nop < 2) {
            break;
        }
        if (options[at] == WINDOW_SCALE && length == WINDOW_SCALE_LENGTH) {
            scale = options[at + 2];
        }
        at += length;
    }
    return scale;
}
