/* SPDX-License-Identifier: MIT */
#include "tcpopt.h"

enum { END = 0, NOP = 1, WINDOW_SCALE = 3, WINDOW_SCALE_LENGTH = 3 };

int tw_tcpopt_window_scale(const uint8_t *options, size_t len) {
    int scale = -1;
    for (size_t at = 0; at < len && options[at] != END;) {
        if (options[at] == NOP) {
            at++;
            continue;
        }
        if (len - at < 2 || options[at + 1] < 2 || options[at + 1] > len - at) {
            break;
        }
        if (options[at] == WINDOW_SCALE && options[at + 1] == WINDOW_SCALE_LENGTH) {
            scale = options[at + 2];
        }
        at += options[at + 1];
    }
    return scale;
}
