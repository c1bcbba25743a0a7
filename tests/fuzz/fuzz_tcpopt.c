/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tcpopt.c — any bytes as TCP options: each is read within the list, and the list comes to an end.
 */
#include "tcpopt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *list = malloc(size ? size : 1);
    memcpy(list, data, size);
    struct tw_bytes bytes = tw_bytes_init(list, size);
    struct tw_tcpopt option;
    size_t before = 0;
    while (tw_tcpopt_next(&bytes, &option)) {
        if (bytes.pos < before + 2 || bytes.pos > size || option.value + option.n != list + bytes.pos) {
            abort();
        }
        before = bytes.pos;
    }
    int scale = tw_tcpopt_window_scale(list, size);
    free(list);
    if (scale < -1 || scale > 255) {
        abort();
    }
    return 0;
}
