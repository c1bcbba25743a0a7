/* SPDX-License-Identifier: MIT */
/*
 * setup.h — what an engine is made with.
 */
#ifndef TW_SETUP_H
#define TW_SETUP_H

#include "ring.h"
#include "settings.h"
#include "types.h"

struct tw_writer;

/* A range of numbers, both ends included. */
struct tw_range {
    uint64_t first, last;
};

/* What is to be extracted whatever it did (--flows, --packets). */
struct tw_selection {
    const struct tw_range *flows; /* flow indexes, ascending and apart; borrowed for the engine's life */
    size_t n_flows;               /* 0: no selection, alarms decide */
    struct tw_range packets;      /* of every extracted flow, numbered from 1; last 0: all */
};

struct tw_engine_options {
    const struct tw_settings *settings;   /* copied */
    const struct tw_selection *selection; /* NULL: none; copied, but for its ranges */
    struct tw_writer *writer;             /* borrowed; NULL: count and detect only */
    uint64_t next_pcap;                   /* number of the next pcap file, from 1 */
    const struct tw_ring_fetch *fetch;    /* NULL, or where the bytes of packets are fetched again; copied */
    bool live;                            /* capture never waits, extraction goes on in steps, tick drives the clock */
    uint8_t key[16];                      /* secret of the flow table's hash: random per process */
};

#endif
