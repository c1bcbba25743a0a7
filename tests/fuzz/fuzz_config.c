/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config.c — any text as a configuration, and as KEY=VALUE; what is accepted is printed, and must read as the same.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct config *config, enum config_mode mode, struct config_diag *diag) {
    static struct config again;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_print(config, out);
    fclose(out);
    if (!config_load_text("again", text, len, NULL, 0, mode, &again, diag) ||
        memcmp(config, &again, sizeof(again)) != 0) {
        abort();
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct config config;
    struct config_diag diag = CONFIG_DIAG_INIT;
    enum config_mode mode = size % 2 ? CONFIG_OFFLINE : CONFIG_LIVE;
    char *line = strndup((const char *)data, size);
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    struct config_override override = {.option = 'o', .text = line};
    if (config_load_text("fuzz", copy, size, NULL, 0, mode, &config, &diag)) {
        check_round_trip(&config, mode, &diag);
    }
    if (config_load_text("fuzz", "", 0, &override, 1, mode, &config, &diag)) {
        check_round_trip(&config, mode, &diag);
    }
    config_diag_fini(&diag);
    free(copy);
    free(line);
    return 0;
}
