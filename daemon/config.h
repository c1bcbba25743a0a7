/* SPDX-License-Identifier: MIT */
/*
 * config.h — the configuration: from a file and the command line to one plain struct.
 *
 * struct config is data without pointers: it is copied by assignment and needs no release. Its engine part has the
 * defaults of lib/settings.h, the rest those of keys.c. All paths in it are absolute. Unused bytes are 0: two that were
 * loaded can be compared with memcmp, whole or in parts.
 *
 * keys.c describes every key in one table, which drives reading, overrides, printing and the texts of the errors;
 * configscan.c guards libconfig, which only config.c knows.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "settings.h"

#include <limits.h>
#include <stdio.h>

#define CONFIG_DEFAULT_FILE "/etc/tcpwind.conf"

enum {
    CONFIG_FILE_MAX = 1 << 20, /* bytes of a configuration file */
    CONFIG_FILTER_MAX = 4096,  /* with the final NUL */
    CONFIG_SNAPLEN_MAX = 262144,
};

enum config_format { CONFIG_PCAP, CONFIG_PCAPNG };
enum config_compress { CONFIG_PLAIN, CONFIG_ZSTD, CONFIG_LZ4 };

struct config {
    struct tw_settings engine; /* decode, flow, detect, ring, extract, output, part of pcap; name is run.name */

    struct {
        char interface[TW_STRING_MAX];
        char filter[CONFIG_FILTER_MAX];
        uint32_t snaplen; /* 1 to CONFIG_SNAPLEN_MAX */
        bool promiscuous;
        uint32_t buffer; /* bytes, at most 2^31 - 1 */
    } capture;

    struct {
        char directory[PATH_MAX];
        enum config_format format;
        enum config_compress compress;
        char group[TW_STRING_MAX];
        char on_close[PATH_MAX];
    } pcap;

    struct {
        tw_time interval; /* 0: no periodic report */
        char directory[PATH_MAX];
    } report;

    struct {
        char country[PATH_MAX], organisation[PATH_MAX];
    } label;

    struct {
        char user[TW_STRING_MAX];
    } run;
};

/* LIVE has the daemon's defaults. OFFLINE has those of -r: the working folder, no rotation, no rate limit, all flows. */
enum config_mode { CONFIG_LIVE, CONFIG_OFFLINE };

/*
 * A setting of the command line; it stands above the file.
 *
 *   option  'o': text is KEY=VALUE; 'i', 'w', 'f': text is the value of capture.interface, pcap.directory,
 *           capture.filter, taken as it is
 */
struct config_override {
    char option;
    const char *text;
};

/* Where a key was set: in a line of the file, by an option of the command line, or (neither) nowhere. */
struct config_origin {
    int line;
    char option;
};

/*
 * The errors of a load, one line each, without a newline: "FILE:LINE: KEY: what is wrong, what is allowed". It remembers
 * where the load found its keys, for errors that show only when the configuration is used.
 */
struct config_diag {
    char **lines;
    size_t n;
    char *name;                    /* of the file; NULL: nothing was loaded */
    struct config_origin *origins; /* of all keys, in their order; NULL: nothing was loaded */
};

#define CONFIG_DIAG_INIT                                                                                               \
    { NULL, 0, NULL, NULL }

/*
 * Read the file, put the overrides on top and check everything.
 *
 *   path       NULL: no file, the built-in defaults; relative paths in the file are relative to its folder
 *   overrides  n of them, later ones stand above earlier ones; relative paths are relative to the working folder.
 *              With an 'i' or a 'w' among them reports go to pcap.directory, unless an 'o' sets report.directory
 *   diag       initialised; errors are appended, and where keys were set replaces what an earlier load left
 *
 * Returns true; or false, then every error is in diag and *ret is untouched.
 * Pure but for reading the file, the host's name (the default of run.name) and the working folder's.
 */
bool config_load(const char *path, const struct config_override *overrides, size_t n_overrides, enum config_mode mode,
                 struct config *ret, struct config_diag *diag);

/* The same for a text at hand; name stands for the file in errors and for its folder in relative paths. */
bool config_load_text(const char *name, const char *text, size_t len, const struct config_override *overrides,
                      size_t n_overrides, enum config_mode mode, struct config *ret, struct config_diag *diag);

/*
 * Add an error of a key, with where it was set in the last load.
 *
 *   key      its full name
 *   problem  "is ..., must be ..."
 */
void config_complain(struct config_diag *diag, const char *key, const char *problem);

/* Print every key with its value in the syntax of the file; what is printed reads as the same configuration. */
void config_print(const struct config *config, FILE *out);

/* Print the lines. */
void config_diag_print(const struct config_diag *diag, FILE *out);

/* Free the lines; diag is empty and usable again. */
void config_diag_fini(struct config_diag *diag);

#endif
