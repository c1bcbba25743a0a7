/* SPDX-License-Identifier: MIT */
#include "talk.h"

#include <string.h>

enum phase { PHASE_SYN, PHASE_SYNACK, PHASE_ACK, PHASE_DATA, PHASE_STALL, PHASE_CLOSE, PHASE_OVER };

/* How a stall ends. */
enum ending { ENDING_UPDATE, ENDING_SILENCE, ENDING_RESET, ENDING_FIN };

/* A packet of the closing; the lowest bit is the side that sends it. */
enum { STEP_FIN = 2, STEP_RST = 4, STEP_ZERO = 8, STEP_AT_ONCE = 16 /* with the packet before */ };

uint32_t dice_below(struct dice *dice, uint32_t n) {
    uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((x ^ x >> 31) >> 32) * n >> 32);
}

bool dice_chance(struct dice *dice, double probability) {
    return dice_below(dice, 1 << 24) < probability * (1 << 24);
}

static bool is_trap(struct talk_world *w) {
    return w->traps > 0 && dice_chance(&w->dice, w->traps);
}

static void send_raw(struct talk_world *w, struct talk *t, const struct frame_segment *segment) {
    t->left -= t->left > 0;
    w->emit(w->sink, t, segment);
}

static bool is_scaled(const struct talk *t) {
    return t->scale[CLIENT] >= 0 && t->scale[SERVER] >= 0;
}

/* A window between 16 KiB and 4 MiB, as far as the field can say it; more is never in flight. */
static uint16_t a_window(struct talk_world *w, const struct talk *t, enum frame_side side) {
    int shift = is_scaled(t) ? t->scale[side] : 0;
    uint32_t low = 16384 >> shift, high = (4 << 20) >> shift;
    high = high > 65535 ? 65535 : high;
    return (uint16_t)(low + dice_below(&w->dice, high - low + 1));
}

static struct frame_segment a_segment(const struct talk *t, enum frame_side from, uint8_t flags, uint16_t window) {
    return (struct frame_segment){.from = from,
                                  .flags = flags | FRAME_ACK,
                                  .window = window,
                                  .seq = t->next[from],
                                  .ack = t->next[!from],
                                  .scale = -1};
}

static void send_ack(struct talk_world *w, struct talk *t, enum frame_side from, uint16_t window) {
    struct frame_segment segment = a_segment(t, from, 0, window);
    t->acked[from] = segment.ack;
    send_raw(w, t, &segment);
}

static void send_data(struct talk_world *w, struct talk *t, enum frame_side from, uint16_t payload, uint16_t window) {
    struct frame_segment segment = a_segment(t, from, FRAME_PSH, window);
    segment.payload = payload;
    t->acked[from] = segment.ack;
    t->next[from] += payload;
    send_raw(w, t, &segment);
}

static void send_zero(struct talk_world *w, struct talk *t, enum frame_side receiver) {
    t->zero[receiver]++;
    send_ack(w, t, receiver, 0);
}

/* The handshake. */

static void send_syn(struct talk_world *w, struct talk *t, enum frame_side from) {
    struct frame_segment segment = a_segment(t, from, FRAME_SYN, is_trap(w) ? 0 : 64240);
    if (from == CLIENT) {
        segment.flags = FRAME_SYN;
    }
    segment.scale = t->scale[from];
    segment.seq--;
    t->acked[from] = t->next[!from];
    send_raw(w, t, &segment);
}

static void step_syn(struct talk_world *w, struct talk *t) {
    send_syn(w, t, CLIENT);
    t->phase = is_trap(w) ? PHASE_SYN : PHASE_SYNACK; /* again: lost on its way */
}

static void step_synack(struct talk_world *w, struct talk *t) {
    send_syn(w, t, SERVER);
    t->phase = PHASE_ACK;
}

static void next_burst(struct talk_world *w, struct talk *t) {
    if (t->is_chatty) {
        t->sender = !t->sender;
    }
    t->burst = (uint8_t)(1 + (t->sender == SERVER || !t->is_chatty ? dice_below(&w->dice, 3) : 0));
}

static void step_ack(struct talk_world *w, struct talk *t) {
    send_ack(w, t, CLIENT, a_window(w, t, CLIENT));
    t->phase = PHASE_DATA;
    next_burst(w, t);
}

/* Data. */

static void plan_close(struct talk_world *w, struct talk *t);

/* An ACK; sometimes one comes after it that was sent before, when the window was shut. */
static void acknowledge(struct talk_world *w, struct talk *t, enum frame_side from) {
    uint32_t before = t->acked[from];
    send_ack(w, t, from, a_window(w, t, from));
    if (before != t->next[!from] && is_trap(w)) {
        struct frame_segment old = a_segment(t, from, 0, 0);
        old.ack = before;
        send_raw(w, t, &old);
    }
}

/* Somebody forges a RST, far beyond the window. */
static void send_stray(struct talk_world *w, struct talk *t) {
    struct frame_segment segment = a_segment(t, SERVER, FRAME_RST, 0);
    segment.seq += 1 << 30;
    w->strays++;
    send_raw(w, t, &segment);
}

static void end_burst(struct talk_world *w, struct talk *t) {
    enum frame_side receiver = !t->sender;
    if (t->stalls && (t->left <= t->stall_at || t->left <= t->n_closing)) {
        t->phase = PHASE_STALL;
        t->pending = 0xff; /* the beginning */
        return;
    }
    if (!t->is_chatty) {
        acknowledge(w, t, receiver);
    }
    if (dice_chance(&w->dice, w->traps / 20)) {
        send_stray(w, t);
    }
    if (t->left <= t->n_closing && !t->stalls && !t->is_held) {
        t->phase = PHASE_CLOSE;
    } else {
        next_burst(w, t);
    }
}

static void step_data(struct talk_world *w, struct talk *t) {
    if (!t->burst) {
        end_burst(w, t);
        return;
    }
    uint16_t payload = t->is_chatty ? (uint16_t)(1 + dice_below(&w->dice, 700)) : frame_mss(&t->ends);
    send_data(w, t, t->sender, payload, a_window(w, t, t->sender));
    t->burst--;
}

/* Stalls. */

static void begin_stall(struct talk_world *w, struct talk *t) {
    enum frame_side receiver = !t->sender;
    t->episodes[receiver]++;
    t->stalls--;
    t->stall_at = t->left / (t->stalls + 1u);
    t->pending = (uint8_t)(2 * dice_below(&w->dice, 5));
    t->ending = t->stalls || !dice_chance(&w->dice, 0.3) ? ENDING_UPDATE : (uint8_t)(1 + dice_below(&w->dice, 3));
    if (dice_chance(&w->dice, 0.25)) {
        t->zero[receiver]++;
        send_data(w, t, receiver, (uint16_t)(1 + dice_below(&w->dice, 500)), 0);
    } else {
        send_zero(w, t, receiver);
    }
}

/* As Linux asks: a segment without data, one byte before what was acknowledged. */
static void send_probe(struct talk_world *w, struct talk *t) {
    struct frame_segment segment = a_segment(t, t->sender, 0, a_window(w, t, t->sender));
    segment.seq--;
    t->acked[t->sender] = segment.ack;
    send_raw(w, t, &segment);
}

static void end_stall(struct talk_world *w, struct talk *t) {
    enum frame_side sender = t->sender, other = !sender;
    t->phase = PHASE_CLOSE;
    t->n_closing = 0;
    switch (t->ending) {
    case ENDING_UPDATE:
        send_ack(w, t, other, a_window(w, t, other));
        t->phase = PHASE_DATA;
        plan_close(w, t);
        next_burst(w, t);
        break;
    case ENDING_SILENCE:
        t->may_reuse = false;
        t->phase = PHASE_OVER;
        break;
    case ENDING_RESET:
        t->closing[t->n_closing++] = (uint8_t)(dice_below(&w->dice, 2) | STEP_RST | STEP_ZERO);
        break;
    default: /* the receiver's window says nothing any more */
        t->closing[t->n_closing++] = sender;
        t->closing[t->n_closing++] = other | STEP_FIN | STEP_ZERO;
        t->closing[t->n_closing++] = other | STEP_ZERO;
        t->closing[t->n_closing++] = sender | STEP_FIN;
    }
}

static void step_stall(struct talk_world *w, struct talk *t) {
    if (t->pending == 0xff) {
        begin_stall(w, t);
    } else if (!t->pending) {
        end_stall(w, t);
    } else if (t->pending-- % 2) {
        send_zero(w, t, !t->sender);
    } else {
        send_probe(w, t);
    }
}

/* The end. */

static void plan_reset(struct talk_world *w, struct talk *t, uint8_t first) {
    uint8_t other = !first;
    if (is_trap(w)) {
        t->closing[t->n_closing++] = other | STEP_ZERO | STEP_AT_ONCE; /* was on its way already */
    }
    t->closing[t->n_closing++] = first | STEP_RST | STEP_ZERO;
}

static void plan_close(struct talk_world *w, struct talk *t) {
    uint8_t first = (uint8_t)dice_below(&w->dice, 2), other = !first, kind = (uint8_t)dice_below(&w->dice, 20);
    t->n_closing = 0;
    if (kind < 2) {
        plan_reset(w, t, first);
        return;
    }
    t->closing[t->n_closing++] = first | (is_trap(w) ? STEP_ZERO : 0);
    t->closing[t->n_closing++] = other | STEP_FIN | (is_trap(w) ? STEP_ZERO : 0);
    if (kind < 10) {
        t->closing[t->n_closing++] = other | (is_trap(w) ? STEP_ZERO : 0);
    }
    t->closing[t->n_closing++] = first | STEP_FIN;
}

static void send_closing(struct talk_world *w, struct talk *t) {
    uint8_t step = t->closing[--t->n_closing];
    enum frame_side from = step & 1;
    uint8_t flags = (step & STEP_FIN ? FRAME_FIN : 0) | (step & STEP_RST ? FRAME_RST : 0);
    struct frame_segment segment = a_segment(t, from, flags, step & STEP_ZERO ? 0 : a_window(w, t, from));
    t->next[from] += (step & STEP_FIN) != 0;
    send_raw(w, t, &segment);
}

static void step_close(struct talk_world *w, struct talk *t) {
    do {
        send_closing(w, t);
    } while (t->n_closing && t->closing[t->n_closing - 1] & STEP_AT_ONCE);
    if (!t->n_closing) {
        t->phase = PHASE_OVER;
    }
}

static int8_t a_scale(struct talk_world *w) {
    static const int8_t usual[] = {7, 7, 7, 8, 8, 9, 10, 6, 3, 0, 14, 2};
    return dice_chance(&w->dice, 0.04) ? -1 : usual[dice_below(&w->dice, sizeof usual)];
}

void talk_begin(struct talk_world *w, struct talk *t, uint32_t packets, uint8_t stalls) {
    uint64_t index = t->index;
    struct frame_ends ends = t->ends;
    memset(t, 0, sizeof *t);
    t->index = index;
    t->ends = ends;
    t->next[CLIENT] = dice_below(&w->dice, UINT32_MAX);
    t->next[SERVER] = dice_below(&w->dice, UINT32_MAX);
    t->scale[CLIENT] = a_scale(w);
    t->scale[SERVER] = t->scale[CLIENT] < 0 ? -1 : a_scale(w);
    t->is_chatty = dice_chance(&w->dice, w->chatty);
    t->sender = dice_below(&w->dice, 4) ? SERVER : CLIENT;
    t->left = packets;
    t->stalls = stalls;
    t->is_stalled = stalls > 0;
    t->stall_at = packets > 6 ? dice_below(&w->dice, packets - 6) : 0;
    t->is_held = w->hold;
    t->may_reuse = true;
    plan_close(w, t);
}

bool talk_step(struct talk_world *w, struct talk *t) {
    static void (*const steps[])(struct talk_world *, struct talk *) = {
        [PHASE_SYN] = step_syn,   [PHASE_SYNACK] = step_synack, [PHASE_ACK] = step_ack,
        [PHASE_DATA] = step_data, [PHASE_STALL] = step_stall,   [PHASE_CLOSE] = step_close,
    };
    steps[t->phase](w, t);
    bool is_enough = t->is_held && !t->left && !t->stalls && t->phase != PHASE_STALL;
    return t->phase != PHASE_OVER && !is_enough;
}
