/* SPDX-License-Identifier: MIT */
/*
 * flows.c — the verb flows: flow tables for reading, or as JSON lines.
 */
#include "ctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowtab.h"

enum { OPT_JSON = 256, OPT_COLUMNS };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPT_JSON},
    {"columns", required_argument, NULL, OPT_COLUMNS},
    {NULL, 0, NULL, 0},
};

struct flows {
    struct flowtab tab;
    struct tw_text out;
    const char *columns;
    bool is_json;
    const char *path; /* where we are */
    size_t line;
    int status;
};

static void trouble(struct flows *flows, const char *what) {
    ctl_complain("flows: %s:%zu: %s", flows->path, flows->line, what);
    flows->status = CTL_TROUBLE;
}

static bool put_row(struct flows *flows, char *const *field) {
    if (flows->is_json)
        flowtab_json(&flows->out, &flows->tab, field);
    else if (flowtab_keep(&flows->tab, field))
        flowtab_show(&flows->out, &flows->tab);
    return flows->out.len < 1 << 16 || ctl_put(&flows->out);
}

/* Returns false when there is no use in going on. */
static bool take_header(struct flows *flows, const char *line) {
    flowtab_show(&flows->out, &flows->tab);
    const char *problem = flowtab_header(&flows->tab, line, flows->columns);
    if (problem == NULL)
        return true;
    if (flows->columns != NULL && problem >= flows->columns && problem <= flows->columns + strlen(flows->columns)) {
        ctl_complain("flows: %s: there is no column \"%.*s\"", flows->path, (int)strcspn(problem, ","), problem);
        flows->status = CTL_USAGE;
    } else {
        trouble(flows, problem);
    }
    return false;
}

static bool take_line(struct flows *flows, char *line) {
    char *field[FLOWTAB_COLUMNS_MAX];
    if (line[0] == '%' || flows->tab.header == NULL)
        return take_header(flows, line);
    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (flowtab_split(line, field, FLOWTAB_COLUMNS_MAX) != flows->tab.n) {
        trouble(flows, "the number of fields is not that of the header; the line is left out");
        return true;
    }
    if (put_row(flows, field))
        return true;
    flows->status = CTL_TROUBLE;
    return false;
}

static void read_lines(struct flows *flows, FILE *file) {
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool going_on = true;
    while (going_on && (len = getline(&line, &room, file)) >= 0) {
        flows->line++;
        line[len > 0 && line[len - 1] == '\n' ? len - 1 : len] = '\0';
        going_on = take_line(flows, line);
    }
    if (ferror(file))
        trouble(flows, strerror(errno));
    else if (going_on && flows->tab.header == NULL)
        trouble(flows, "the file is empty");
    free(line);
}

static void read_table(struct flows *flows, const char *path) {
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    flows->path = path;
    flows->line = 0;
    if (file == NULL) {
        ctl_complain("flows: %s: %s", path, strerror(errno));
        flows->status = CTL_TROUBLE;
        return;
    }
    flowtab_init(&flows->tab);
    read_lines(flows, file);
    flowtab_show(&flows->out, &flows->tab);
    if (flows->out.len > 0 && !ctl_put(&flows->out))
        flows->status = CTL_TROUBLE;
    flowtab_fini(&flows->tab);
    if (!is_stdin)
        fclose(file);
}

int ctl_flows(int argc, char **argv) {
    struct flows flows = {.out = TW_TEXT_INIT, .status = CTL_OK};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_JSON)
            flows.is_json = true;
        else if (option == OPT_COLUMNS)
            flows.columns = optarg;
        else
            return CTL_USAGE;
    }
    if (optind == argc)
        return ctl_wrong_usage("flows", "needs a flow table");
    if (flows.is_json && flows.columns == NULL)
        flows.columns = "all";
    for (int i = optind; i < argc && flows.status != CTL_USAGE; i++)
        read_table(&flows, argv[i]);
    tw_text_fini(&flows.out);
    return flows.status;
}
