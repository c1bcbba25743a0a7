/* SPDX-License-Identifier: MIT */
/*
 * talk.h — one made-up TCP connection, packet by packet, true to the protocol.
 *
 *   handshake ─► data both ways ─► closing
 *                  │    ▲
 *                  ▼    │ window update
 *                 stall: zero windows, probes ─► silence, RST, FIN
 *
 * What a stall is is known while it is made. Elsewhere the window never falls to 0 where it counts; but there are traps,
 * segments with window 0 that say nothing about it: RST, ACK after the other side's FIN, an old ACK that comes late, SYN,
 * stragglers after a RST.
 */
#ifndef TALK_H
#define TALK_H

#include "frame.h"

/* A fast generator of random numbers (splitmix64). */
struct dice {
    uint64_t state;
};

/* A number below n. */
uint32_t dice_below(struct dice *dice, uint32_t n);

/* Whether something with this probability happens. */
bool dice_chance(struct dice *dice, double probability);

struct talk {
    struct frame_ends ends;
    uint64_t index;    /* from 1, in the order of first packets */
    uint32_t left;     /* packets until it closes, about */
    uint32_t stall_at; /* what is left when the next stall begins */
    uint32_t next[2];  /* sequence number of the side's next byte */
    uint32_t acked[2]; /* last acknowledged by the side */
    uint32_t zero[2];  /* considered segments with window 0 */
    int8_t scale[2];   /* offered; -1: none */
    uint8_t phase;
    uint8_t sender;  /* of the data, at present */
    uint8_t burst;   /* data segments until the next ACK */
    uint8_t stalls;  /* still to come */
    uint8_t pending; /* answers to probes still to come in this stall, two steps each */
    uint8_t ending;  /* of this stall */
    uint8_t episodes[2];
    uint8_t closing[6]; /* what is left to send to close, last first */
    uint8_t n_closing;
    bool is_chatty, is_held, is_stalled, may_reuse;
};

/* What all connections have in common, and where their segments go. */
struct talk_world {
    struct dice dice;
    void (*emit)(void *sink, const struct talk *talk, const struct frame_segment *segment);
    void *sink;
    double chatty; /* share of conversations in small segments */
    double traps;  /* how often a trap is laid where one fits */
    bool hold;     /* no connection is ever closed */
    uint64_t strays;
};

/* Begin a connection between the ends: about `packets` packets, with `stalls` stalls. */
void talk_begin(struct talk_world *world, struct talk *talk, uint32_t packets, uint8_t stalls);

/* Send the next packet, or a few that belong together. Returns false when it was the last. */
bool talk_step(struct talk_world *world, struct talk *talk);

#endif
