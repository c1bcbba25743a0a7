/* SPDX-License-Identifier: MIT */
/* ctl.c — see ctl.h. */
#include "ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "tcpwindctl looks after a running tcpwind and reads what it writes.\n"
    "\n"
    "Usage:\n"
    "  tcpwindctl status [-w] [--json] [REPORT_DIR]   what the service reports; -w: again and again\n"
    "  tcpwindctl reload [REPORT_DIR]                 read the configuration again; prints every error in it\n"
    "  tcpwindctl follow [DIR] [--from start|now] [--filter BPF] [--prefix P]\n"
    "                                                 all extracted packets as one endless pcap stream\n"
    "  tcpwindctl decode NAME=VALUE...                the bits of flowStat, tcpStatesAFlags, tcpWinStat\n"
    "  tcpwindctl flows FILE... [--json] [--columns a,b]\n"
    "                                                 a flow table for reading, or as JSON lines\n"
    "  tcpwindctl -V | -h                             version, help\n"
    "\n"
    "REPORT_DIR is " CTL_REPORT_DIRECTORY " unless given, DIR is " CTL_PCAP_DIRECTORY ".\n"
    "\n"
    "Exit status: 0 done and well, 1 trouble, 2 wrong usage, 3 tcpwind is not running.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"status", ctl_status}, {"reload", ctl_reload}, {"follow", ctl_follow},
    {"decode", ctl_decode}, {"flows", ctl_flows},
};

void ctl_complain(const char *format, ...) {
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, "tcpwindctl: ");
    tw_text_visible(&text, line);
    tw_text_char(&text, '\n');
    fwrite(text.data, 1, text.len, stderr);
    tw_text_fini(&text);
}

int ctl_wrong_usage(const char *verb, const char *what) {
    if (what != NULL)
        ctl_complain("%s: %s (tcpwindctl -h explains)", verb, what);
    else
        ctl_complain("%s: wrong usage (tcpwindctl -h explains)", verb);
    return CTL_USAGE;
}

/* One character at `s`; returns its length. */
static unsigned put_inert(struct tw_text *out, const char *s) {
    uint32_t code;
    unsigned len = tw_text_decode(s, &code);
    if (code == '\n' || code == '\t' || tw_text_is_plain(code)) {
        tw_text_bytes(out, s, len);
        return len;
    }
    for (unsigned i = 0; i < len; i++) {
        tw_text_bytes(out, "\\x", 2);
        tw_text_hex(out, (uint8_t)s[i], 2);
    }
    return len;
}

void ctl_inert(struct tw_text *out, const char *bytes, size_t len) {
    struct tw_text copy = TW_TEXT_INIT; /* with the NUL that decoding needs */
    tw_text_bytes(&copy, bytes, len);
    tw_text_char(&copy, '\0');
    for (size_t at = 0; !copy.failed && at < len;) {
        if (copy.data[at] == '\0') {
            tw_text_str(out, "\\x00");
            at++;
        } else {
            at += put_inert(out, copy.data + at);
        }
    }
    out->failed |= copy.failed;
    tw_text_fini(&copy);
}

bool ctl_put(struct tw_text *text) {
    bool good = !text->failed;
    for (size_t done = 0; good && done < text->len;) {
        ssize_t n = write(STDOUT_FILENO, text->data + done, text->len - done);
        if (n > 0)
            done += (size_t)n;
        else
            good = n < 0 && errno == EINTR;
    }
    tw_text_clear(text);
    return good;
}

static int put_constant(const char *s) {
    struct tw_text text = TW_TEXT_INIT;
    tw_text_str(&text, s);
    bool good = ctl_put(&text);
    tw_text_fini(&text);
    return good ? CTL_OK : CTL_TROUBLE;
}

int ctl_main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return put_constant(help);
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return put_constant("tcpwindctl " TW_VERSION "\n");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(word, verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    }
    if (*word == '\0')
        fputs(help, stderr);
    else
        ctl_complain("\"%s\" is none of status, reload, follow, decode, flows (tcpwindctl -h explains)", word);
    return CTL_USAGE;
}
