/* SPDX-License-Identifier: MIT */
/*
 * hosts.h — what each host has sent, in bounded memory, for the three top lists of the report.
 *
 * At most `max` hosts are held, in order of arrival beside an index by keyed hash. A host that comes when all places are
 * taken causes a cut: a quarter of the places by packets, a quarter by bytes and a quarter by the share of low segments
 * are kept, the other hosts are forgotten.
 *
 * What is never wrong: no count is too high; nothing depends on the hash or its key (equal hosts are ordered by address);
 * until the first cut all is exact. After it: a host that at every cut since it came had sent more than 4 / max of all
 * packets (or bytes) counted in the table is exact in that list. A busy host is therefore not washed out by a flood of
 * hosts that come once.
 *
 * To look two hosts up for every flow that ends took 200 ns of memory's time, a twentieth of all: a thread of its own does
 * it (relay.h). Threads: one, beside that.
 */
#ifndef TW_HOSTS_H
#define TW_HOSTS_H

#include "hash.h"
#include "report.h"

struct tw_hosts;

enum { TW_HOSTS_MAX = 65536 }; /* what the engine keeps: 4 MiB */

/*
 * Make an empty table.
 *
 *   max  at least 4 * TW_TOP, at most 2^30
 *   key  copied
 *
 * Returns NULL when there is no memory. All memory but that of the thread is taken here; it begins with the first crowd.
 */
struct tw_hosts *tw_hosts_create(uint32_t max, const struct tw_hash_key *key);

/* NULL is allowed. */
void tw_hosts_destroy(struct tw_hosts *hosts);

/* A copy, to which the running flows of a report can be added; NULL when there is no memory. */
struct tw_hosts *tw_hosts_copy(struct tw_hosts *hosts);

/*
 * Add what a host has sent; counts of 0 make no entry. It is settled with others, before any other call. Cost O(1), in the
 * thread, as is a cut: at most once in max / 4 new hosts, O(max).
 */
void tw_hosts_feed(struct tw_hosts *hosts, int ip_version, const struct tw_addr *addr, uint64_t packets, uint64_t bytes,
                   uint64_t low_segments);

/* Hosts in the table, and how many cuts there were. */
uint32_t tw_hosts_count(struct tw_hosts *hosts);
uint64_t tw_hosts_cuts(struct tw_hosts *hosts);

/* Fill ret->top: the most packets, the most bytes, the highest low_segments / packets (hosts that have any). */
void tw_hosts_top(struct tw_hosts *hosts, struct tw_report *ret);

#endif
