/* SPDX-License-Identifier: MIT */
/* verdict.c — see verdict.h. */
#include "verdict.h"

#include "jsonread.h"

enum { INTERVAL_S = 60, MISSED = 3 }; /* the usual report.interval; a report is old when so many are overdue */

static const struct {
    const char *path, *what;
} losses[] = {
    {"interval.dropped_kernel", "packets dropped by the kernel: the capture's buffer was full"},
    {"interval.dropped_interface", "packets dropped by the interface"},
    {"interval.skipped", "alarmed connections not extracted: extract.max_rate"},
    {"interval.lost_packets", "packets of alarmed connections not written"},
    {"interval.lost_lines", "lines of the logs not written"},
    {"interval.write_errors", "errors while writing files"},
};

static uint64_t number_at(const char *json, size_t len, const char *path) {
    struct jsonread value;
    uint64_t number = 0;
    return jsonread_find(json, len, path, &value) && jsonread_u64(&value, &number) ? number : 0;
}

void verdict_period(struct tw_text *out, tw_time period) {
    static const struct {
        uint64_t seconds;
        const char *unit;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    uint64_t seconds = period > 0 ? (uint64_t)(period / TW_SECOND) : 0;
    size_t i = 0;
    while (i < 3 && seconds < units[i].seconds)
        i++;
    tw_text_u64(out, seconds / units[i].seconds);
    tw_text_str(out, units[i].unit);
    uint64_t rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
    if (rest > 0) {
        tw_text_char(out, ' ');
        tw_text_u64(out, rest);
        tw_text_str(out, units[i + 1].unit);
    }
}

static void add_loss(struct tw_text *reasons, uint64_t n, const char *what, uint64_t seconds) {
    tw_text_u64(reasons, n);
    tw_text_char(reasons, ' ');
    tw_text_str(reasons, what);
    tw_text_str(reasons, " (in the last ");
    tw_text_u64(reasons, seconds);
    tw_text_str(reasons, " s)\n");
}

static void add_state(struct tw_text *reasons, const char *json, size_t len) {
    struct jsonread value;
    struct tw_text trouble = TW_TEXT_INIT;
    if (jsonread_find(json, len, "interval.interface_away", &value) && jsonread_is_true(&value))
        tw_text_str(reasons, "the interface is away or down; tcpwind waits for it\n");
    if (jsonread_find(json, len, "interval.trouble", &value) && jsonread_string(&value, &trouble)) {
        tw_text_char(&trouble, '\0');
        tw_text_visible(reasons, trouble.failed ? "?" : trouble.data);
        tw_text_char(reasons, '\n');
    }
    tw_text_fini(&trouble);
}

static void add_age(struct tw_text *reasons, tw_time age, uint64_t seconds) {
    uint64_t interval = seconds > INTERVAL_S ? seconds : INTERVAL_S;
    if (seconds == 0 || age < (tw_time)(MISSED * interval) * TW_SECOND) /* 0: there are no intervals, or not yet */
        return;
    tw_text_str(reasons, "the report is old (");
    verdict_period(reasons, age);
    tw_text_str(reasons, "): tcpwind runs, but does not report\n");
}

bool verdict_judge(const char *json, size_t len, tw_time age, struct tw_text *reasons) {
    size_t before = reasons->len;
    uint64_t seconds = number_at(json, len, "interval.duration_s");
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        uint64_t n = number_at(json, len, losses[i].path);
        if (n > 0)
            add_loss(reasons, n, losses[i].what, seconds);
    }
    add_state(reasons, json, len);
    add_age(reasons, age, seconds);
    return reasons->len == before && !reasons->failed;
}
