/* SPDX-License-Identifier: MIT */
/* flowtab.c — see flowtab.h. */
#include "flowtab.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "json.h"

/* Who, when, how much, and whether it stalled: what a line of a terminal has room for. */
static const char usual[] = "dir,flowInd,srcIP,srcPort,dstIP,dstPort,timeFirst,duration,pktsSnt,l7BytesSnt,"
                            "tcpWinThCnt,tcpWinAlarms,tcpWinLowTime";

/* Columns that are text even where it looks like a number. */
static const char *const texts[] = {"dir",      "flowStat",        "hdrDesc",    "srcMac",     "dstMac", "ethType",
                                    "vlanID",   "srcIP",           "srcIPCC",    "srcIPOrg",   "dstIP",  "dstIPCC",
                                    "dstIPOrg", "tcpStatesAFlags", "tcpWinStat", "communityID"};

static bool is_text(const char *name) {
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i]) == 0)
            return true;
    }
    return false;
}

void flowtab_init(struct flowtab *tab) {
    *tab = (struct flowtab){.block = TW_TEXT_INIT};
}

void flowtab_fini(struct flowtab *tab) {
    free(tab->header);
    tw_text_fini(&tab->block);
    flowtab_init(tab);
}

size_t flowtab_split(char *line, char **field, size_t n) {
    size_t found = 0;
    for (char *at = line; at != NULL; found++) {
        char *tabulator = strchr(at, '\t');
        if (tabulator != NULL)
            *tabulator++ = '\0';
        if (found < n)
            field[found] = at;
        at = tabulator;
    }
    return found;
}

static size_t find_column(const struct flowtab *tab, const char *name, size_t len) {
    size_t i = 0;
    while (i < tab->n && (strncmp(tab->name[i], name, len) != 0 || tab->name[i][len] != '\0'))
        i++;
    return i;
}

static void choose_all(struct flowtab *tab) {
    for (size_t i = 0; i < tab->n; i++)
        tab->chosen[i] = i;
    tab->n_chosen = tab->n;
}

/* Choose from a list; what is not in the table is an error, or left out. */
static const char *choose(struct flowtab *tab, const char *list, bool is_strict) {
    tab->n_chosen = 0;
    for (const char *at = list; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        size_t column = find_column(tab, at, strcspn(at, ","));
        if (column < tab->n && tab->n_chosen < FLOWTAB_COLUMNS_MAX)
            tab->chosen[tab->n_chosen++] = column;
        else if (is_strict)
            return at;
    }
    return NULL;
}

const char *flowtab_header(struct flowtab *tab, const char *line, const char *columns) {
    char *field[FLOWTAB_COLUMNS_MAX], *header = line[0] == '%' ? strdup(line + 1) : NULL;
    if (header == NULL)
        return line[0] == '%' ? "no memory" : "there is no header line that begins with %";
    size_t n = flowtab_split(header, field, FLOWTAB_COLUMNS_MAX);
    if (n > FLOWTAB_COLUMNS_MAX) {
        free(header);
        return "too many columns";
    }
    free(tab->header);
    tab->header = header;
    tab->n = n;
    memcpy(tab->name, field, n * sizeof(field[0]));
    memset(tab->width, 0, sizeof(tab->width));
    tab->is_headed = false;
    if (columns != NULL && strcmp(columns, "all") != 0)
        return choose(tab, columns, true);
    if (columns == NULL)
        choose(tab, usual, false);
    if (columns != NULL || tab->n_chosen == 0)
        choose_all(tab);
    return NULL;
}

static size_t digits(const char *s) {
    return strspn(s, "0123456789");
}

/* Is it a number as JSON has it (RFC 8259, section 6), of the kind that the table writes? */
static bool is_number(const char *s) {
    s += *s == '-';
    size_t whole = digits(s);
    if (whole == 0 || (whole > 1 && *s == '0'))
        return false;
    s += whole;
    if (*s == '.' && digits(s + 1) > 0)
        s += 1 + digits(s + 1);
    return *s == '\0';
}

static void put_json_value(struct tw_text *out, const char *name, const char *value) {
    if (strcmp(value, "-") == 0)
        tw_json_null(out);
    else if (!is_text(name) && is_number(value))
        tw_text_str(out, value);
    else
        tw_json_string(out, value);
}

static void put_key(struct tw_text *out, const char *name, const char *suffix) {
    struct tw_text key = TW_TEXT_INIT;
    tw_text_str(&key, name);
    tw_text_bytes(&key, suffix, strlen(suffix) + 1);
    if (!key.failed) {
        tw_json_string(out, key.data); /* a foreign header may hold anything */
        tw_text_char(out, ':');
    }
    out->failed |= key.failed;
    tw_text_fini(&key);
}

void flowtab_json(struct tw_text *out, const struct flowtab *tab, char *const *field) {
    tw_json_begin_object(out);
    for (size_t i = 0; i < tab->n_chosen; i++) {
        const char *name = tab->name[tab->chosen[i]], *value = field[tab->chosen[i]];
        const struct tw_bits_field *bits = tw_bits_find(name);
        uint64_t set;
        put_key(out, name, "");
        put_json_value(out, name, value);
        if (bits != NULL && tw_bits_parse(bits, value, &set)) {
            put_key(out, name, "_bits");
            tw_bits_json(out, bits, set);
        }
    }
    tw_json_end_object(out);
    tw_text_char(out, '\n');
}

/* Code points, which is what most terminals need a column for each of. */
static size_t width_of(const char *s) {
    size_t width = 0;
    for (; *s != '\0'; s++)
        width += ((uint8_t)*s & 0xc0) != 0x80;
    return width;
}

static void keep_cell(struct flowtab *tab, size_t i, const char *value) {
    size_t start = tab->block.len;
    tw_text_visible(&tab->block, value);
    tw_text_char(&tab->block, '\0');
    size_t width = tab->block.failed ? 0 : width_of(tab->block.data + start);
    if (width > tab->width[i])
        tab->width[i] = width;
}

bool flowtab_keep(struct flowtab *tab, char *const *field) {
    if (!tab->is_headed && tab->rows == 0) {
        for (size_t i = 0; i < tab->n_chosen; i++)
            keep_cell(tab, i, tab->name[tab->chosen[i]]);
        tab->rows++;
    }
    for (size_t i = 0; i < tab->n_chosen; i++)
        keep_cell(tab, i, field[tab->chosen[i]]);
    return ++tab->rows >= FLOWTAB_BLOCK;
}

/* A cell in its width; numbers stand to the right. */
static void show_cell(struct tw_text *out, const struct flowtab *tab, size_t i, const char *cell) {
    bool is_last = i + 1 == tab->n_chosen, is_right = !is_text(tab->name[tab->chosen[i]]);
    size_t padding = tab->width[i] - width_of(cell);
    for (size_t n = is_right ? padding : 0; n > 0; n--)
        tw_text_char(out, ' ');
    tw_text_str(out, cell);
    for (size_t n = is_right || is_last ? 0 : padding; n > 0; n--)
        tw_text_char(out, ' ');
    tw_text_str(out, is_last ? "\n" : "  ");
}

void flowtab_show(struct tw_text *out, struct flowtab *tab) {
    const char *cell = tab->block.data;
    out->failed |= tab->block.failed;
    for (size_t row = 0; row < tab->rows && !out->failed; row++) {
        for (size_t i = 0; i < tab->n_chosen; i++) {
            show_cell(out, tab, i, cell);
            cell += strlen(cell) + 1;
        }
    }
    tab->is_headed |= tab->rows > 0;
    tab->rows = 0;
    tw_text_clear(&tab->block);
}
