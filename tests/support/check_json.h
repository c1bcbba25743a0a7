/* SPDX-License-Identifier: MIT */
/*
 * check_json.h — whether text is JSON that any reader takes and no terminal obeys.
 */
#ifndef CHECK_JSON_H
#define CHECK_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Exactly one value of RFC 8259 and a final newline, with no other byte below 0x20, no DEL and no C1 control in UTF-8. */
bool check_json_line(const char *text, size_t len);

#endif
