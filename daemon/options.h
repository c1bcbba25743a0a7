/* SPDX-License-Identifier: MIT */
/*
 * options.h — the command line.
 *
 * Parsing has no effect outside the struct but reading a list of flows (--flows @FILE) and looking whether
 * /etc/tcpwind.conf is there.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "config.h"
#include "engine.h"

enum options_command {
    OPTIONS_RUN,
    OPTIONS_TEST,    /* -t: check the configuration */
    OPTIONS_PRINT,   /* -T: check and print it */
    OPTIONS_VERSION, /* -V */
    OPTIONS_HELP,    /* -h */
};

struct options {
    enum options_command command;
    enum config_mode mode;   /* CONFIG_OFFLINE with -r */
    const char *config_file; /* to be given to config_load, now and at each reload; NULL: the built-in defaults */
    const char **files;      /* n_files capture files to read, in order; "-" is standard input */
    size_t n_files;          /* at least 1 exactly with CONFIG_OFFLINE */
    struct config_override *overrides; /* -o, -i, -w, -f in the order given, for config_load */
    size_t n_overrides;
    bool foreground; /* -i was given */
    bool json, quiet;
    int verbose;             /* how often -v was given */
    struct tw_range *flows;  /* --flows: ascending, apart, merged */
    size_t n_flows;          /* 0: no --flows */
    struct tw_range packets; /* --packets; last 0: all */
};

/*
 * Parse a command line.
 *
 *   argv  borrowed: must live as long as *ret; getopt_long may reorder it
 *   err   where a wrong usage is explained, in one line and a hint at -h
 *
 * Returns 0, then *ret is to be released with options_fini; else the exit status (2: wrong usage, 1: no memory),
 * and *ret is untouched.
 */
int options_parse(int argc, char **argv, struct options *ret, FILE *err);

void options_fini(struct options *options);

/* The text of -h. */
void options_help(FILE *out);

#endif
