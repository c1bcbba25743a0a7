/* SPDX-License-Identifier: MIT */
/*
 * scenario.h — packets by field names and times through an engine that writes real files, and what came out.
 *
 *   scenario_init, change .settings and what else is asked for, scenario_open, scenario_feed..., scenario_close, look,
 *   scenario_fini. Failures end the test.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "engine.h"
#include "folder.h"
#include "packet.h"
#include "writer.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* what a row of segments leaves out is 0 */

/* When scenarios begin: 2023-11-14 22:13:20 UTC. */
#define SCENARIO_START (INT64_C(1700000000) * TW_SECOND)

/* A TCP segment, in IPv4 without a link layer. */
struct segment {
    int64_t ms; /* after SCENARIO_START */
    enum tw_side from;
    uint8_t flags; /* TW_TCP_... */
    uint32_t seq, ack;
    uint16_t window;
    uint32_t len;      /* payload */
    int scale;         /* value of the window scale option + 1; 0: no option */
    uint32_t flow;     /* which conversation, from 0: each has its own address of A */
    uint16_t fragment; /* not 0: a fragment of the datagram of this id, the first with `len` bytes of payload; */
    uint16_t offset;   /*   or, in units of 8 bytes, a later one */
};

/* A packet in a file, in the order of the files and in them. */
struct written {
    tw_time time;
    uint32_t serial; /* which of the packets that were fed, from 1 */
    uint32_t flow;
    uint32_t file; /* from 0 */
    uint32_t caplen;
};

enum { SCENARIO_STORE = 64 };

struct scenario {
    struct tw_settings settings; /* as for files */
    struct tw_selection selection;
    bool live;
    uint8_t key; /* of the hash */
    size_t queue;
    bool stays;       /* the bytes of packets stay here, at most SCENARIO_STORE of them, and are fetched again, */
    uint64_t refused; /*   but for these: a bit for each serial */

    struct folder folder;
    struct tw_writer *writer;
    struct tw_engine *engine;
    uint32_t fed;
    struct {
        struct tw_ring_packet packet; /* its bytes are owned */
        uint32_t caplen;
    } store[SCENARIO_STORE];

    /* after scenario_close */
    struct tw_report report;
    char *alarms, *flows; /* the text of the files */
    struct written *written;
    size_t n_written, n_files;
    uint64_t bytes_hash; /* of all files with their names */
};

void scenario_init(struct scenario *scenario);
void scenario_open(struct scenario *scenario);
void scenario_feed(struct scenario *scenario, const struct segment *segment);

/* Finish the engine and the writer, read all files. */
void scenario_close(struct scenario *scenario);
void scenario_fini(struct scenario *scenario);

/*
 * The events as "alarm MS SIDE, end MS SIDE WHY, extract MS, ...", times in milliseconds after the start; valid until
 * the next call.
 */
const char *scenario_events(const struct scenario *scenario);

/* The value of a key in the n-th (from 0) line of such an event, as it stands in the file; "?": there is none. */
const char *scenario_value(const struct scenario *scenario, const char *event, int n, const char *key);

/* A number of the flow table; -1: no such line or column, or no number. */
double scenario_column(const struct scenario *scenario, uint64_t flow, enum tw_side side, const char *column);

/* The numbers of the packets that were written of a conversation, in the order of writing: "1 2 5". */
const char *scenario_serials(const struct scenario *scenario, uint32_t flow);

#endif
