/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tcpopt.c — any bytes as TCP options: nothing is read beyond the list, and the list comes to an end.
 */
#include "tcpopt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *list = malloc(size ? size : 1);
    memcpy(list, data, size);
    int scale = tw_tcpopt_window_scale(list, size);
    free(list);
    if (scale < -1 || scale > 255) {
        abort();
    }
    return 0;
}
