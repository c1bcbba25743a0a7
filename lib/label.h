/* SPDX-License-Identifier: MIT */
/*
 * label.h — what is said of an address beside the address: country and organisation.
 *
 * A labeller, if there is one, looks into databases; what it does not know and what no database can know, the ranges that
 * are nobody's on the Internet (RFC 6890 and others), has its name from here.
 */
#ifndef TW_LABEL_H
#define TW_LABEL_H

#include "types.h"

enum { TW_LABEL_COUNTRY_MAX = 16, TW_LABEL_ORGANISATION_MAX = 128 }; /* with the final NUL */

/* UTF-8 as far as the database has it; "" where nothing is known. */
struct tw_label {
    char country[TW_LABEL_COUNTRY_MAX]; /* ISO 3166 code */
    char organisation[TW_LABEL_ORGANISATION_MAX];
};

/*
 * Who knows more about addresses. find is called from the thread that formats: the writer's, and the one that makes
 * reports; it gets an empty label and fills in what it knows.
 */
struct tw_labeller {
    void (*find)(void *context, int ip_version, const struct tw_addr *addr, struct tw_label *ret);
    void *context;
};

/* Label an address; labeller may be NULL. An IPv4 address that is mapped into IPv6 is labelled as such. */
void tw_label_find(const struct tw_labeller *labeller, int ip_version, const struct tw_addr *addr,
                   struct tw_label *ret);

/* What a range is for that nobody owns, as a constant; NULL: an ordinary address. */
const char *tw_label_range(int ip_version, const struct tw_addr *addr);

#endif
