/* SPDX-License-Identifier: MIT */
/*
 * fuzz_flowtab.c — any bytes as a flow table: every row becomes one line of valid JSON, and nothing that is shown can
 * command a terminal.
 */
#include "check_json.h"
#include "flowtab.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(struct flowtab *tab, struct tw_text *out) {
    flowtab_show(out, tab);
    for (size_t i = 0; i < out->len; i++) {
        if (out->data[i] != '\n' && ((uint8_t)out->data[i] < 0x20 || out->data[i] == 0x7f))
            abort();
    }
    tw_text_clear(out);
}

static void take_row(struct flowtab *tab, char *line, struct tw_text *out) {
    char *field[FLOWTAB_COLUMNS_MAX];
    if (flowtab_split(line, field, FLOWTAB_COLUMNS_MAX) != tab->n)
        return;
    flowtab_json(out, tab, field);
    if (!check_json_line(out->data, out->len))
        abort();
    tw_text_clear(out);
    if (flowtab_keep(tab, field))
        show(tab, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct flowtab tab;
    struct tw_text out = TW_TEXT_INIT;
    char *text = malloc(size + 1), *rest = text;
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    flowtab_init(&tab);
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (line[0] == '%') {
            show(&tab, &out);
            (void)flowtab_header(&tab, line, size % 2 == 0 ? "all" : NULL);
        } else if (tab.header != NULL) {
            take_row(&tab, line, &out);
        }
    }
    show(&tab, &out);
    flowtab_fini(&tab);
    tw_text_fini(&out);
    free(text);
    return 0;
}
