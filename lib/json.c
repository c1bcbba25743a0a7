/* SPDX-License-Identifier: MIT */
/*
 * json.c — see json.h.
 */
#include "json.h"

/* A value or a key follows another one unless the text ends in what opens or announces it. */
static void separate(struct tw_text *out) {
    char last = out->len > 0 ? out->data[out->len - 1] : '\n';
    if (last != '{' && last != '[' && last != ':' && last != '\n')
        tw_text_char(out, ',');
}

void tw_json_begin_object(struct tw_text *out) {
    separate(out);
    tw_text_char(out, '{');
}

void tw_json_end_object(struct tw_text *out) {
    tw_text_char(out, '}');
}

void tw_json_begin_array(struct tw_text *out) {
    separate(out);
    tw_text_char(out, '[');
}

void tw_json_end_array(struct tw_text *out) {
    tw_text_char(out, ']');
}

void tw_json_key(struct tw_text *out, const char *key) {
    separate(out);
    tw_text_char(out, '"');
    tw_text_str(out, key);
    tw_text_bytes(out, "\":", 2);
}

/* One UTF-16 unit. All that is not plain lies below U+10000, so no pairs are needed. */
static void put_escape(struct tw_text *out, uint32_t code) {
    tw_text_bytes(out, "\\u", 2);
    tw_text_hex(out, code == TW_TEXT_INVALID ? 0xfffd : code, 4);
}

/* How many bytes of a string need no second look: ASCII but for controls, quote and backslash. */
static size_t easy_run(const char *s) {
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

/* One character, whatever it is; returns its length. */
static unsigned put_character(struct tw_text *out, const char *s) {
    uint32_t code;
    unsigned len = tw_text_decode(s, &code);
    if (code == '"' || code == '\\')
        tw_text_char(out, '\\');
    if (tw_text_is_plain(code))
        tw_text_bytes(out, s, len);
    else
        put_escape(out, code);
    return len;
}

void tw_json_string(struct tw_text *out, const char *s) {
    if (s == NULL) {
        tw_json_null(out);
        return;
    }
    separate(out);
    tw_text_char(out, '"');
    while (*s != '\0') {
        size_t run = easy_run(s);
        tw_text_bytes(out, s, run);
        s += run > 0 ? run : put_character(out, s);
    }
    tw_text_char(out, '"');
}

void tw_json_null(struct tw_text *out) {
    separate(out);
    tw_text_bytes(out, "null", 4);
}

void tw_json_bool(struct tw_text *out, bool value) {
    separate(out);
    tw_text_str(out, value ? "true" : "false");
}

void tw_json_u64(struct tw_text *out, uint64_t value) {
    separate(out);
    tw_text_u64(out, value);
}

void tw_json_i64(struct tw_text *out, int64_t value) {
    separate(out);
    tw_text_i64(out, value);
}

void tw_json_seconds(struct tw_text *out, tw_time t) {
    separate(out);
    tw_text_seconds(out, t);
}

void tw_json_ratio(struct tw_text *out, uint64_t numerator, uint64_t denominator) {
    separate(out);
    tw_text_ratio(out, numerator, denominator);
}

void tw_json_rate(struct tw_text *out, uint64_t count, tw_time duration) {
    separate(out);
    tw_text_rate(out, count, duration);
}

void tw_json_time(struct tw_text *out, tw_time t) {
    separate(out);
    tw_text_char(out, '"');
    tw_text_rfc3339(out, t);
    tw_text_char(out, '"');
}

void tw_json_addr(struct tw_text *out, int ip_version, const struct tw_addr *addr) {
    separate(out);
    tw_text_char(out, '"');
    tw_text_addr(out, ip_version, addr);
    tw_text_char(out, '"');
}

void tw_json_member_u64(struct tw_text *out, const char *key, uint64_t value) {
    tw_json_key(out, key);
    tw_json_u64(out, value);
}

void tw_json_member_string(struct tw_text *out, const char *key, const char *s) {
    tw_json_key(out, key);
    tw_json_string(out, s);
}
