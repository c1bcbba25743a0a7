/* SPDX-License-Identifier: MIT */
/*
 * replay.c — a main for a fuzz target that gives it the files named on the command line, once each, without libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BIGGEST = 1 << 20 };

static int replay(const char *name) {
    static uint8_t data[BIGGEST];
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        perror(name);
        return -1;
    }
    size_t size = fread(data, 1, sizeof(data), file);
    (void)fclose(file);
    return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed += replay(argv[i]) != 0;
    printf("%d passed, %d failed\n", argc - 1 - failed, failed);
    return failed == 0 && argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
