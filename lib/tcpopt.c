/* SPDX-License-Identifier: MIT */
#include "tcpopt.h"

bool tw_tcpopt_next(struct tw_bytes *options, struct tw_tcpopt *ret) {
    const uint8_t *kind = tw_bytes_take(options, 1);
    while (kind && *kind == TW_TCPOPT_NOP) {
        kind = tw_bytes_take(options, 1);
    }
    if (!kind || *kind == TW_TCPOPT_END) {
        return false;
    }

    const uint8_t *length = tw_bytes_take(options, 1);
    if (!length || *length < 2) {
        return false;
    }
    const uint8_t *value = tw_bytes_take(options, *length - 2u);
    if (!value) {
        return false;
    }
    *ret = (struct tw_tcpopt){.kind = *kind, .n = (uint8_t)(*length - 2), .value = value};
    return true;
}

int tw_tcpopt_window_scale(const uint8_t *options, size_t len) {
    struct tw_bytes bytes = tw_bytes_init(options, len);
    struct tw_tcpopt option;
    int scale = -1;
    while (tw_tcpopt_next(&bytes, &option)) {
        if (option.kind == TW_TCPOPT_WINDOW_SCALE && option.n == 1) {
            scale = option.value[0];
        }
    }
    return scale;
}
