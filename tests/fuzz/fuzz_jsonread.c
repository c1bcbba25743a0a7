/* SPDX-License-Identifier: MIT */
/*
 * fuzz_jsonread.c — any bytes as a status.json: values are within the text, and the verdict's words are inert.
 */
#include "jsonread.h"
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find(const char *text, size_t size, const char *path) {
    struct jsonread value;
    struct tw_text string = TW_TEXT_INIT;
    uint64_t number;
    if (!jsonread_find(text, size, path, &value))
        return;
    if (value.at < text || value.len == 0 || value.len > size || value.at + value.len > text + size)
        abort();
    jsonread_u64(&value, &number);
    jsonread_string(&value, &string);
    tw_text_fini(&string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tw_text reasons = TW_TEXT_INIT;
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    find(text, size, "interval.trouble");
    find(text, size, "interval");
    find(text, size, "a");
    verdict_judge(text, size, (tw_time)size * TW_SECOND, &reasons);
    for (size_t i = 0; i < reasons.len; i++) {
        if (reasons.data[i] != '\n' && (uint8_t)reasons.data[i] < 0x20)
            abort();
    }
    tw_text_fini(&reasons);
    free(text);
    return 0;
}
