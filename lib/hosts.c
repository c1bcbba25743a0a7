/* SPDX-License-Identifier: MIT */
/*
 * hosts.c — see hosts.h.
 */
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include "relay.h"

enum {
    CROWD = 256,  /* hosts that are settled together */
    CROWDS = 16,  /* at most waiting to be: with 4 the wake-ups cost a twentieth of the time on headers */
    TOGETHER = 64 /* wait for memory at the same time */
};

struct slot {
    uint32_t hash, number; /* of a host plus 1; 0: free */
};

/* A host that was fed. */
struct pending {
    struct tw_report_host host;
    uint32_t hash;
};

struct crowd {
    uint32_t n;
    struct pending pending[CROWD];
};

struct tw_hosts {
    struct tw_report_host *host; /* max entries, the first n in use */
    struct slot *slot;           /* a power of two, at least 2 * max; linear probing */
    bool *keep;                  /* scratch of a cut, by host */
    uint32_t *order;             /* scratch of a cut: indices */
    uint32_t n, max, mask;
    uint64_t cuts;
    struct tw_hash_key key;
    struct tw_factors factors;
    struct tw_relay *relay;
    struct crowd *crowd; /* that is being filled */
};

enum list { BY_PACKETS, BY_BYTES, BY_LOW_RATIO };

/* More than 0: `a` stands before `b` in the list. Never 0 for two hosts. */
static int compare(enum list list, const struct tw_report_host *a, const struct tw_report_host *b) {
    unsigned __int128 x = a->packets, y = b->packets;
    if (list == BY_BYTES) {
        x = a->bytes;
        y = b->bytes;
    } else if (list == BY_LOW_RATIO) { /* a ratio against a ratio, without division */
        x = (unsigned __int128)a->low_segments * b->packets;
        y = (unsigned __int128)b->low_segments * a->packets;
    }
    if (x != y)
        return x > y ? 1 : -1;
    int order = memcmp(b->addr.bytes, a->addr.bytes, sizeof(a->addr.bytes));
    return order != 0 ? order : b->ip_version - a->ip_version;
}

static bool belongs(enum list list, const struct tw_report_host *host) {
    return list != BY_LOW_RATIO || (host->low_segments > 0 && host->packets > 0);
}

static void add_crowd(void *hosts, void *crowd);

struct tw_hosts *tw_hosts_create(uint32_t max, const struct tw_hash_key *key) {
    struct tw_hosts *hosts = calloc(1, sizeof(*hosts));
    if (hosts == NULL)
        return NULL;
    size_t slots = 4;
    while (slots < 2 * (size_t)max)
        slots *= 2;
    hosts->max = max;
    hosts->mask = (uint32_t)(slots - 1);
    hosts->key = *key;
    tw_factors_init(&hosts->factors, key);
    hosts->host = calloc(max, sizeof(*hosts->host));
    hosts->slot = calloc(slots, sizeof(*hosts->slot));
    hosts->keep = calloc(max, sizeof(*hosts->keep));
    hosts->order = calloc(max, sizeof(*hosts->order));
    hosts->relay = tw_relay_create(sizeof(struct crowd), CROWDS, add_crowd, hosts);
    if (hosts->host == NULL || hosts->slot == NULL || hosts->keep == NULL || hosts->order == NULL ||
        hosts->relay == NULL) {
        tw_hosts_destroy(hosts);
        return NULL;
    }
    hosts->crowd = tw_relay_buffer(hosts->relay);
    return hosts;
}

void tw_hosts_destroy(struct tw_hosts *hosts) {
    if (hosts == NULL)
        return;
    tw_relay_destroy(hosts->relay);
    free(hosts->host);
    free(hosts->slot);
    free(hosts->keep);
    free(hosts->order);
    free(hosts);
}

/* Settle all that was fed: the table is the caller's then, until a crowd is given. */
static void settle(struct tw_hosts *hosts) {
    tw_relay_drain(hosts->relay);
    add_crowd(hosts, hosts->crowd);
}

struct tw_hosts *tw_hosts_copy(struct tw_hosts *hosts) {
    settle(hosts);
    struct tw_hosts *copy = tw_hosts_create(hosts->max, &hosts->key);
    if (copy == NULL)
        return NULL;
    memcpy(copy->host, hosts->host, hosts->n * sizeof(*hosts->host));
    memcpy(copy->slot, hosts->slot, ((size_t)hosts->mask + 1) * sizeof(*hosts->slot));
    copy->n = hosts->n;
    copy->cuts = hosts->cuts;
    return copy;
}

static uint32_t hash_of(const struct tw_hosts *hosts, int ip_version, const struct tw_addr *addr) {
    const uint64_t *factor = hosts->factors.factor;
    uint64_t sum = factor[0] + factor[1] * (uint64_t)ip_version;
    for (int i = 0; i < 4; i++) {
        uint32_t word;
        memcpy(&word, addr->bytes + 4 * i, sizeof(word));
        sum += factor[2 + i] * word;
    }
    return tw_factors_hash(sum);
}

static bool is_same(const struct tw_report_host *a, const struct tw_report_host *b) {
    return a->ip_version == b->ip_version && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

/* The slot that holds this host, or the free one where it would go: there is always one. */
static struct slot *find_slot(const struct tw_hosts *hosts, uint32_t hash, const struct tw_report_host *host) {
    uint32_t i = hash & hosts->mask;
    while (hosts->slot[i].number != 0 &&
           !(hosts->slot[i].hash == hash && is_same(&hosts->host[hosts->slot[i].number - 1], host)))
        i = (i + 1) & hosts->mask;
    return &hosts->slot[i];
}

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

/*
 * Move the hosts of order[from..to) that stand before one of them in front of it; returns where that one came to lie.
 * Which one it is depends on the key: an order of hosts that makes this quadratic cannot be sent on purpose.
 */
static uint32_t partition(const struct tw_hosts *hosts, enum list list, uint32_t from, uint32_t to) {
    uint32_t *order = hosts->order, middle = from;
    uint64_t words[2] = {hosts->cuts, (uint64_t)from << 32 | to};
    swap(&order[from], &order[from + tw_hash(&hosts->key, words, 2) % (to - from)]);
    for (uint32_t i = from + 1; i < to; i++) {
        if (compare(list, &hosts->host[order[i]], &hosts->host[order[from]]) > 0)
            swap(&order[++middle], &order[i]);
    }
    swap(&order[from], &order[middle]);
    return middle;
}

/* Mark the first `wanted` hosts of a list: quickselect, since their order among themselves does not matter. */
static void keep_first(struct tw_hosts *hosts, enum list list, uint32_t wanted) {
    uint32_t from = 0, to = 0;
    for (uint32_t i = 0; i < hosts->n; i++) {
        if (belongs(list, &hosts->host[i]))
            hosts->order[to++] = i;
    }
    wanted = wanted < to ? wanted : to;
    while (from < wanted && wanted < to) {
        uint32_t middle = partition(hosts, list, from, to);
        if (middle < wanted)
            from = middle + 1;
        else
            to = middle;
    }
    for (uint32_t i = 0; i < wanted; i++)
        hosts->keep[hosts->order[i]] = true;
}

static void cut(struct tw_hosts *hosts) {
    uint32_t n = 0;
    memset(hosts->keep, 0, hosts->n * sizeof(*hosts->keep));
    for (enum list list = BY_PACKETS; list <= BY_LOW_RATIO; list++)
        keep_first(hosts, list, hosts->max / 4);
    memset(hosts->slot, 0, ((size_t)hosts->mask + 1) * sizeof(*hosts->slot));
    for (uint32_t i = 0; i < hosts->n; i++) {
        if (!hosts->keep[i])
            continue;
        uint32_t hash = hash_of(hosts, hosts->host[i].ip_version, &hosts->host[i].addr);
        *find_slot(hosts, hash, &hosts->host[i]) = (struct slot){hash, n + 1};
        hosts->host[n++] = hosts->host[i];
    }
    hosts->n = n;
    hosts->cuts++;
}

static struct tw_report_host *get_host(struct tw_hosts *hosts, uint32_t hash, const struct tw_report_host *host) {
    struct slot *slot = find_slot(hosts, hash, host);
    if (slot->number == 0) {
        if (hosts->n == hosts->max) {
            cut(hosts);
            slot = find_slot(hosts, hash, host);
        }
        hosts->host[hosts->n] = (struct tw_report_host){.ip_version = host->ip_version, .addr = host->addr};
        *slot = (struct slot){hash, ++hosts->n};
    }
    return &hosts->host[slot->number - 1];
}

static void add_some(struct tw_hosts *hosts, struct pending *pending, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        pending[i].hash = hash_of(hosts, pending[i].host.ip_version, &pending[i].host.addr);
        __builtin_prefetch(&hosts->slot[pending[i].hash & hosts->mask], 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct slot *slot = &hosts->slot[pending[i].hash & hosts->mask];
        if (slot->number != 0)
            __builtin_prefetch(&hosts->host[slot->number - 1], 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct tw_report_host *fed = &pending[i].host;
        struct tw_report_host *host = get_host(hosts, pending[i].hash, fed);
        host->packets += fed->packets;
        host->bytes += fed->bytes;
        host->low_segments += fed->low_segments;
    }
}

/* The thread's, or who has drained it. */
static void add_crowd(void *context, void *buffer) {
    struct crowd *crowd = buffer;
    for (uint32_t i = 0; i < crowd->n; i += TOGETHER)
        add_some(context, &crowd->pending[i], crowd->n - i < TOGETHER ? crowd->n - i : TOGETHER);
    crowd->n = 0;
}

void tw_hosts_feed(struct tw_hosts *hosts, int ip_version, const struct tw_addr *addr, uint64_t packets, uint64_t bytes,
                   uint64_t low_segments) {
    if (packets == 0 && bytes == 0 && low_segments == 0)
        return;
    struct pending *pending = &hosts->crowd->pending[hosts->crowd->n++];
    pending->host = (struct tw_report_host){(uint8_t)ip_version, *addr, packets, bytes, low_segments};
    if (hosts->crowd->n == CROWD)
        hosts->crowd = tw_relay_give(hosts->relay);
}

uint32_t tw_hosts_count(struct tw_hosts *hosts) {
    settle(hosts);
    return hosts->n;
}

uint64_t tw_hosts_cuts(struct tw_hosts *hosts) {
    settle(hosts);
    return hosts->cuts;
}

/* Insertion into a short sorted list; what falls off its end is gone. Returns how many it holds now. */
static size_t insert(struct tw_report_host top[TW_TOP], size_t n, enum list list, const struct tw_report_host *host) {
    size_t at = n;
    while (at > 0 && compare(list, host, &top[at - 1]) > 0)
        at--;
    if (at == TW_TOP)
        return n;
    size_t moved = (n < TW_TOP ? n : TW_TOP - 1) - at;
    memmove(&top[at + 1], &top[at], moved * sizeof(top[0]));
    top[at] = *host;
    return n < TW_TOP ? n + 1 : n;
}

static size_t fill(const struct tw_hosts *hosts, enum list list, struct tw_report_host ret[TW_TOP]) {
    size_t n = 0;
    for (uint32_t i = 0; i < hosts->n; i++) {
        if (belongs(list, &hosts->host[i]))
            n = insert(ret, n, list, &hosts->host[i]);
    }
    return n;
}

void tw_hosts_top(struct tw_hosts *hosts, struct tw_report *ret) {
    settle(hosts);
    ret->top.n_packets = fill(hosts, BY_PACKETS, ret->top.packets);
    ret->top.n_bytes = fill(hosts, BY_BYTES, ret->top.bytes);
    ret->top.n_low_ratio = fill(hosts, BY_LOW_RATIO, ret->top.low_ratio);
}
