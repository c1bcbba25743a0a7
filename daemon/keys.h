/* SPDX-License-Identifier: MIT */
/*
 * keys.h — every configuration key: its name, its type, what is allowed, where it is kept.
 *
 * A value comes from the file or from the command line as a struct value; key_set checks it and puts it into its
 * field, key_print does the reverse. Pure: no files, no libconfig.
 */
#ifndef KEYS_H
#define KEYS_H

#include "config.h"
#include "value.h"

struct key;

enum { KEY_COUNT_MAX = 128, KEY_NAME_MAX = 64, KEY_PROBLEM_MAX = 512 };

/* The defaults of every key; run.name is "". Paths may be relative to the working folder. */
void keys_defaults(struct config *config, enum config_mode mode);

/* The i-th key in the order of printing, or NULL past the last. */
const struct key *key_at(size_t i);
size_t key_index(const struct key *key);
const char *key_name(const struct key *key);

/* Find a key by its full name ("detect.threshold"), or NULL. */
const struct key *key_find(const char *name);

/* Is this the full name of a group ("flow.timeout")? */
bool key_is_group(const char *name);

/* The key whose name is nearest to a mistyped one, or NULL when none is near. */
const struct key *key_nearest(const char *name);

/* What value_read should make of text for this key. */
enum value_type key_wants(const struct key *key);

/*
 * Check a value and put it into its field.
 *
 *   folder   what a relative path is relative to
 *   problem  KEY_PROBLEM_MAX bytes: "is 0, must be ..."
 *
 * Returns false when it is not allowed, then the field is untouched and problem is set.
 */
bool key_set(const struct key *key, struct config *config, const struct value *value, const char *folder,
             char *problem);

/* Print the value as the file has it. */
void key_print(const struct key *key, const struct config *config, FILE *out);

#endif
