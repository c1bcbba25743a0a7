/* SPDX-License-Identifier: MIT */
#include "fragments.h"

#include <stdlib.h>
#include <string.h>

enum { MAX = 1 << 16, BUCKETS = 1 << 14 };

static const tw_time lifetime = 30 * TW_SECOND;

struct fragment {
    struct tw_datagram datagram;
    struct tw_fragment_owner owner;
    tw_time seen;
    uint32_t next; /* in the bucket, number + 1; 0: none */
    uint32_t bucket;
};

/* The fragments stand in a circle in the order in which they were put; what is put anew takes the oldest place. */
struct tw_fragments {
    struct tw_hash_key secret;
    uint32_t bucket[BUCKETS]; /* number + 1 */
    uint32_t at, n;
    struct fragment place[MAX];
};

struct tw_fragments *tw_fragments_create(const struct tw_hash_key *secret) {
    struct tw_fragments *fragments = calloc(1, sizeof *fragments); /* untouched until there are fragments */
    if (fragments) {
        fragments->secret = *secret;
    }
    return fragments;
}

void tw_fragments_destroy(struct tw_fragments *fragments) {
    free(fragments);
}

static uint32_t bucket_of(const struct tw_fragments *fragments, const struct tw_datagram *d) {
    uint64_t words[5];
    memcpy(&words[0], d->src.bytes, 16);
    memcpy(&words[2], d->dst.bytes, 16);
    words[4] = (uint64_t)d->id << 32 | (uint64_t)d->proto << 8 | d->ip_version;
    return (uint32_t)tw_hash(&fragments->secret, words, 5) & (BUCKETS - 1);
}

static bool is_same(const struct tw_datagram *a, const struct tw_datagram *b) {
    return a->id == b->id && a->proto == b->proto && a->ip_version == b->ip_version &&
           !memcmp(&a->src, &b->src, sizeof a->src) && !memcmp(&a->dst, &b->dst, sizeof a->dst);
}

static const struct fragment *find(const struct tw_fragments *fragments, const struct tw_datagram *datagram) {
    for (uint32_t n = fragments->bucket[bucket_of(fragments, datagram)]; n; n = fragments->place[n - 1].next) {
        if (is_same(&fragments->place[n - 1].datagram, datagram)) {
            return &fragments->place[n - 1];
        }
    }
    return NULL;
}

static void unlink_place(struct tw_fragments *fragments, uint32_t number) {
    const struct fragment *fragment = &fragments->place[number];
    uint32_t *link = &fragments->bucket[fragment->bucket];
    while (*link && *link != number + 1) {
        link = &fragments->place[*link - 1].next;
    }
    if (*link) {
        *link = fragment->next;
    }
}

void tw_fragments_put(struct tw_fragments *fragments, const struct tw_datagram *datagram,
                      const struct tw_fragment_owner *owner, tw_time clock) {
    const struct fragment *known = find(fragments, datagram);
    if (known) {
        unlink_place(fragments, (uint32_t)(known - fragments->place));
    }
    uint32_t number = fragments->at++ % MAX;
    if (fragments->n == MAX) {
        unlink_place(fragments, number);
    } else {
        fragments->n++;
    }
    uint32_t bucket = bucket_of(fragments, datagram);
    fragments->place[number] = (struct fragment){*datagram, *owner, clock, fragments->bucket[bucket], bucket};
    fragments->bucket[bucket] = number + 1;
}

const struct tw_fragment_owner *tw_fragments_find(const struct tw_fragments *fragments,
                                                  const struct tw_datagram *datagram, tw_time clock) {
    const struct fragment *fragment = find(fragments, datagram);
    return fragment && clock - fragment->seen <= lifetime ? &fragment->owner : NULL;
}
