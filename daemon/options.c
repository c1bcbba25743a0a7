/* SPDX-License-Identifier: MIT */
/*
 * options.c — getopt_long, and the lists of numbers behind --flows and --packets.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_FAILED = 1, STATUS_USAGE = 2 };

enum { OPT_FLOWS = 256, OPT_PACKETS };

static const char help[] =
    "tcpwind records stalled TCP connections: when a receiver's window falls below a threshold, it writes\n"
    "that connection's packets, from before the alarm to after it, to a capture file.\n"
    "\n"
    "Usage:\n"
    "  tcpwind                            run as the service, with " CONFIG_DEFAULT_FILE "\n"
    "  tcpwind -i IFACE [-w DIR]          watch an interface in the foreground, until Ctrl-C\n"
    "  tcpwind -r FILE... [-w DIR]        analyse capture files (pcap, pcapng; \"-\" is standard input)\n"
    "  tcpwind -t | -T [-c FILE]          check the configuration; -T prints it too\n"
    "\n"
    "Input and output:\n"
    "  -i, --interface IFACE    capture live from this interface\n"
    "  -r, --read FILE          read a capture file; several make one stream, in the order given\n"
    "  -f, --filter BPF         look at matching packets only, in libpcap's syntax: -f 'port 443'\n"
    "  -w, --write DIR          output folder, made if missing; with -r the default is the current one\n"
    "  -j, --json               print the final report as JSON instead of text\n"
    "\n"
    "Configuration:\n"
    "  -c, --config FILE        read this configuration instead of " CONFIG_DEFAULT_FILE "\n"
    "  -o, --set KEY=VALUE      set a key, whatever the file says: -o detect.threshold=1460\n"
    "  -t, --test               check the configuration, print every error, exit\n"
    "  -T, --print-config       print every key with its value, exit\n"
    "\n"
    "With -r:\n"
    "      --flows LIST|@FILE   extract these flows, alarm or not: 3,17-20, or a file, one a line\n"
    "      --packets N-M        of every extracted flow its packets N to M only, counted from 1\n"
    "\n"
    "  -q, --quiet              print errors only\n"
    "  -v, --verbose            print more\n"
    "  -V, --version            print the version\n"
    "  -h, --help               print this help\n"
    "\n"
    "Exit status: 0 done, 1 it failed while running, 2 the command line or the configuration is wrong.\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"read", required_argument, NULL, 'r'},
    {"interface", required_argument, NULL, 'i'},
    {"write", required_argument, NULL, 'w'},
    {"filter", required_argument, NULL, 'f'},
    {"set", required_argument, NULL, 'o'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"test", no_argument, NULL, 't'},
    {"print-config", no_argument, NULL, 'T'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {"flows", required_argument, NULL, OPT_FLOWS},
    {"packets", required_argument, NULL, OPT_PACKETS},
    {NULL, 0, NULL, 0},
};

struct parse {
    struct options options;
    size_t n_loose;    /* files that came without -r of their own */
    const char *flows; /* the argument of --flows */
    size_t room;       /* of options.flows */
    FILE *err;
};

void options_help(FILE *out) {
    fputs(help, out);
}

__attribute__((format(printf, 2, 3))) static int wrong(struct parse *parse, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("tcpwind: ", parse->err);
    vfprintf(parse->err, format, args);
    fputs(" (tcpwind -h explains)\n", parse->err);
    va_end(args);
    return STATUS_USAGE;
}

static int no_memory(struct parse *parse) {
    fputs("tcpwind: no memory\n", parse->err);
    return STATUS_FAILED;
}

/* Numbers */

static bool take_number(const char **s, uint64_t *ret) {
    char *end;
    if (!isdigit((unsigned char)**s)) {
        return false;
    }
    errno = 0;
    *ret = strtoull(*s, &end, 10);
    *s = end;
    return errno == 0;
}

/* "7", "3-5" or, where the end may be open, "3-"; stops behind it. Counting begins at 1. */
static bool take_range(const char **s, bool may_be_open, struct tw_range *ret) {
    struct tw_range range;
    if (!take_number(s, &range.first)) {
        return false;
    }
    range.last = range.first;
    if (**s == '-') {
        ++*s;
        bool open = may_be_open && !**s;
        range.last = UINT64_MAX;
        if (!open && !take_number(s, &range.last)) {
            return false;
        }
    }
    *ret = range;
    return range.first >= 1 && range.first <= range.last;
}

static bool add_range(struct parse *parse, struct tw_range range) {
    struct options *options = &parse->options;
    if (options->n_flows == parse->room) {
        size_t room = parse->room ? 2 * parse->room : 16;
        struct tw_range *flows = reallocarray(options->flows, room, sizeof(*flows));
        if (!flows) {
            return false;
        }
        options->flows = flows;
        parse->room = room;
    }
    options->flows[options->n_flows++] = range;
    return true;
}

/* Ranges separated by commas or white space. Where it came from is for the error. */
static int take_ranges(struct parse *parse, const char *s, const char *file, size_t line) {
    static const char between[] = ", \t\r\n";
    for (s += strspn(s, between); *s; s += strspn(s, between)) {
        struct tw_range range;
        const char *start = s;
        if (!take_range(&s, false, &range) || (*s && !strchr(between, *s))) {
            int len = (int)strcspn(start, between);
            if (file) {
                return wrong(parse, "--flows: %s:%zu: \"%.*s\" must be a flow index such as 3, or 17-20", file, line,
                             len, start);
            }
            return wrong(parse, "--flows: \"%.*s\" must be flow indexes such as 3,17-20, or @FILE", len, start);
        }
        if (!add_range(parse, range)) {
            return no_memory(parse);
        }
    }
    return 0;
}

/*
 * What of a line is flow indexes: all of it, up to a remark; of a line of a flow table its second field, and of the line
 * with the names, whole or that column of it, nothing.
 */
static char *indexes_of(char *line) {
    line[strcspn(line, "%#")] = '\0';
    bool is_row = (line[0] == 'A' || line[0] == 'B') && line[1] == '\t';
    char *indexes = is_row ? line + 2 : line;
    if (is_row) {
        indexes[strcspn(indexes, "\t")] = '\0';
    }
    size_t len = strlen("flowInd");
    return strncmp(line, "flowInd", len) == 0 && isspace((unsigned char)line[len]) ? line + len : indexes;
}

static int take_flow_file(struct parse *parse, const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0, line = 0;
    int status = 0;
    if (!file) {
        return wrong(parse, "--flows: %s cannot be read: %s", path, strerror(errno));
    }
    errno = 0;
    while (status == 0 && getline(&text, &room, file) >= 0) {
        status = take_ranges(parse, indexes_of(text), path, ++line);
    }
    if (status == 0 && ferror(file)) {
        status = wrong(parse, "--flows: %s cannot be read: %s", path, strerror(errno));
    }
    free(text);
    fclose(file);
    return status;
}

static int compare_ranges(const void *a, const void *b) {
    const struct tw_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sort; make one of those that overlap or touch. */
static void merge_ranges(struct options *options) {
    struct tw_range *flows = options->flows;
    size_t n = 0;
    qsort(flows, options->n_flows, sizeof(*flows), compare_ranges);
    for (size_t i = 0; i < options->n_flows; i++) {
        if (n > 0 && flows[i].first - 1 <= flows[n - 1].last) {
            flows[n - 1].last = flows[i].last > flows[n - 1].last ? flows[i].last : flows[n - 1].last;
        } else {
            flows[n++] = flows[i];
        }
    }
    options->n_flows = n;
}

static int take_flows(struct parse *parse) {
    const char *s = parse->flows;
    int status = *s == '@' ? take_flow_file(parse, s + 1) : take_ranges(parse, s, NULL, 0);
    if (status) {
        return status;
    }
    if (parse->options.n_flows == 0) { /* would mean: no selection */
        return wrong(parse, "--flows: there is no flow in %s", *s == '@' ? s + 1 : "the list");
    }
    merge_ranges(&parse->options);
    return 0;
}

static int take_packets(struct parse *parse, const char *s) {
    struct tw_range range;
    const char *start = s;
    if (!take_range(&s, true, &range) || *s) {
        return wrong(parse, "--packets: \"%s\" must be a range N-M, counted from 1", start);
    }
    parse->options.packets = range;
    return 0;
}

/* Options */

static int take_override(struct parse *parse, char option) {
    struct options *options = &parse->options;
    options->overrides[options->n_overrides++] = (struct config_override){.option = option, .text = optarg};
    return 0;
}

static int take_interface(struct parse *parse) {
    if (parse->options.foreground) {
        return wrong(parse, "-i can be given once only");
    }
    parse->options.foreground = true;
    return take_override(parse, 'i');
}

static int take_config(struct parse *parse) {
    if (parse->options.config_file) {
        return wrong(parse, "-c can be given once only");
    }
    parse->options.config_file = optarg;
    return 0;
}

static int take_unknown(struct parse *parse, int argc, char **argv) {
    if (optopt > 0 && optopt < OPT_FLOWS && isprint(optopt) && strncmp(argv[optind - 1], "--", 2) != 0) {
        return wrong(parse, "unknown option -%c", optopt);
    }
    return wrong(parse, "unknown or incomplete option %s", optind - 1 < argc ? argv[optind - 1] : "");
}

static int take_option(struct parse *parse, int c, int argc, char **argv) {
    struct options *options = &parse->options;
    switch (c) {
    case 'c':
        return take_config(parse);
    case 'r':
        options->files[options->n_files++] = optarg;
        return 0;
    case 'i':
        return take_interface(parse);
    case 'w':
    case 'f':
    case 'o':
        return take_override(parse, (char)c);
    case 'j':
        options->json = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case 'v':
        options->verbose++;
        return 0;
    case 't':
        options->command = OPTIONS_TEST;
        return 0;
    case 'T':
        options->command = OPTIONS_PRINT;
        return 0;
    case OPT_FLOWS:
        parse->flows = optarg;
        return 0;
    case OPT_PACKETS:
        return take_packets(parse, optarg);
    case 1:
        options->files[options->n_files++] = optarg;
        parse->n_loose++;
        return 0;
    case ':':
        return wrong(parse, "%s needs a value", argv[optind - 1]);
    default:
        return take_unknown(parse, argc, argv);
    }
}

static bool reads_stdin_twice(const struct options *options) {
    size_t n = 0;
    for (size_t i = 0; i < options->n_files; i++) {
        n += strcmp(options->files[i], "-") == 0;
    }
    return n > 1;
}

/* What goes together, once all is read. */
static int check(struct parse *parse) {
    struct options *options = &parse->options;
    if (options->n_files > 0 && options->n_files == parse->n_loose) {
        return wrong(parse, "\"%s\" is no option; -r reads capture files", options->files[0]);
    }
    if (options->n_files > 0 && options->foreground) {
        return wrong(parse, "-i and -r exclude each other");
    }
    if (reads_stdin_twice(options)) {
        return wrong(parse, "-r - can be given once only");
    }
    if (options->n_files == 0 && (parse->flows || options->packets.last)) {
        return wrong(parse, "%s needs -r", parse->flows ? "--flows" : "--packets");
    }
    return parse->flows ? take_flows(parse) : 0;
}

/* The service must have its file; a look by hand, and printing, take it if it is there; analysing does without. */
static const char *default_file(const struct options *options) {
    bool may_miss = options->foreground || options->command == OPTIONS_PRINT;
    if (options->mode == CONFIG_OFFLINE || (may_miss && access(CONFIG_DEFAULT_FILE, F_OK) != 0)) {
        return NULL;
    }
    return CONFIG_DEFAULT_FILE;
}

static int parse_all(struct parse *parse, int argc, char **argv) {
    /* In order, since -r A B -o ... C is one list of files; a missing value is told from an unknown option. */
    static const char short_options[] = "-:c:r:i:w:f:o:jqvtTVh";
    int c, status = 0;
    optind = 0;
    opterr = 0;
    while (status == 0 && (c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (c == 'h' || c == 'V') {
            parse->options.command = c == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
            return 0;
        }
        status = take_option(parse, c, argc, argv);
    }
    for (int i = optind; status == 0 && i < argc; i++, parse->n_loose++) { /* behind -- */
        parse->options.files[parse->options.n_files++] = argv[i];
    }
    return status ? status : check(parse);
}

int options_parse(int argc, char **argv, struct options *ret, FILE *err) {
    struct parse parse = {.err = err};
    struct options *options = &parse.options;
    size_t most = (size_t)argc + 1;
    options->files = calloc(most, sizeof(*options->files));
    options->overrides = calloc(most, sizeof(*options->overrides));
    int status = options->files && options->overrides ? parse_all(&parse, argc, argv) : no_memory(&parse);
    if (status) {
        options_fini(options);
        return status;
    }
    options->mode = options->n_files ? CONFIG_OFFLINE : CONFIG_LIVE;
    if (!options->config_file) {
        options->config_file = default_file(options);
    }
    *ret = *options;
    return 0;
}

void options_fini(struct options *options) {
    free(options->files);
    free(options->overrides);
    free(options->flows);
    memset(options, 0, sizeof(*options));
}
