/* SPDX-License-Identifier: MIT */
/*
 * Anomalies of TCP connections: whole connections segment by segment, and the bits of both sides at their end.
 */
#include "anomaly.h"

#include "suites.h"

enum { SYN = TW_TCP_SYN, ACK = TW_TCP_ACK, FIN = TW_TCP_FIN, RST = TW_TCP_RST, END = 0xff };

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

struct step {
    enum tw_side from;
    uint8_t flags;
    uint32_t seq, ack, payload;
};

/* Openings and endings as they should be. */
#define OPEN                                                                                                           \
    {TW_A, SYN, 100, 0, 0}, {TW_B, SYN | ACK, 500, 101, 0}, {                                                          \
        TW_A, ACK, 101, 501, 0                                                                                         \
    }
#define CLOSE                                                                                                          \
    {TW_A, FIN | ACK, 101, 501, 0}, {TW_B, FIN | ACK, 501, 102, 0}, {                                                  \
        TW_A, ACK, 102, 502, 0                                                                                         \
    }
#define STOP                                                                                                           \
    { .flags = END }

static const struct connection {
    const char *name;
    uint8_t want[TW_SIDE_COUNT];
    struct step step[12];
} connections[] = {
    {"a connection that is opened, used and closed", {0, 0}, {OPEN, {TW_B, ACK, 501, 101, 0}, CLOSE, STOP}},
    {"every segment of the handshake sent again",
     {0, 0},
     {{TW_A, SYN, 100, 0, 0}, {TW_A, SYN, 100, 0, 0}, {TW_B, SYN | ACK, 500, 101, 0}, OPEN, STOP}},
    {"a fast open", {0, 0}, {{TW_A, SYN, 100, 0, 9}, {TW_B, SYN | ACK, 500, 110, 0}, {TW_A, ACK, 110, 501, 0}, STOP}},
    {"both at once", {0, 0}, {{TW_A, SYN, 100, 0, 0}, {TW_B, SYN, 500, 0, 0}, {TW_A, SYN | ACK, 100, 501, 0}, STOP}},
    {"seen from the middle", {0, 0}, {{TW_A, ACK, 1000, 1, 10}, {TW_B, ACK, 1, 1010, 0}, STOP}},
    {"only one way is seen",
     {0, 0},
     {{TW_A, SYN, 100, 0, 0}, {TW_A, ACK, 101, 501, 0}, {TW_A, ACK, 101, 501, 9}, STOP}},
    {"the SYN was lost by the capture", {0, 0}, {{TW_B, SYN | ACK, 500, 101, 0}, {TW_A, ACK, 101, 501, 0}, STOP}},
    {"the SYN-ACK comes behind what follows it",
     {0, 0},
     {{TW_A, SYN, 100, 0, 0}, {TW_A, ACK, 101, 501, 4}, {TW_B, SYN | ACK, 500, 101, 0}, STOP}},
    {"the last ACK and the FIN sent again",
     {0, 0},
     {OPEN, CLOSE, {TW_B, FIN | ACK, 501, 102, 0}, {TW_A, ACK, 102, 502, 0}, STOP}},
    {"data before the FIN sent again behind it",
     {0, 0},
     {OPEN, {TW_A, FIN | ACK, 101, 501, 10}, {TW_A, ACK, 101, 501, 10}, {TW_A, FIN | ACK, 111, 501, 0}, STOP}},

    {"a SYN-ACK for another SYN", {0x80, 0x01}, {{TW_A, SYN, 100, 0, 0}, {TW_B, SYN | ACK, 500, 100, 0}, STOP}},
    {"an ACK of something older in answer to a SYN",
     {0, 0x01},
     {{TW_A, SYN, 100, 0, 0}, {TW_B, ACK, 500, 90, 0}, STOP}},
    {"a SYN with FIN", {0x81, 0}, {{TW_A, SYN | FIN, 100, 0, 0}, STOP}},
    {"no flags at all", {0x81, 0}, {{TW_A, 0, 100, 0, 0}, STOP}},
    {"a FIN out of nowhere, and the answer",
     {0x81, 0x40},
     {{TW_A, FIN, 100, 0, 0}, {TW_B, RST | ACK, 0, 101, 0}, STOP}},
    {"a port that is closed", {0x80, 0x40}, {{TW_A, SYN, 100, 0, 0}, {TW_B, RST | ACK, 0, 101, 0}, STOP}},
    {"a port that nobody answers for", {0x80, 0}, {{TW_A, SYN, 100, 0, 0}, {TW_A, SYN, 100, 0, 0}, STOP}},
    {"a handshake that is not finished",
     {0xc0, 0},
     {{TW_A, SYN, 100, 0, 0}, {TW_B, SYN | ACK, 500, 101, 0}, {TW_A, RST, 101, 0, 0}, STOP}},

    {"reset while it was open", {0x42, 0}, {OPEN, {TW_A, RST | ACK, 101, 501, 0}, STOP}},
    {"reset after one side had closed",
     {0, 0x42},
     {OPEN, {TW_A, FIN | ACK, 101, 501, 0}, {TW_B, RST, 501, 0, 0}, STOP}},
    {"reset after both had closed", {0x40, 0}, {OPEN, CLOSE, {TW_A, RST, 102, 0, 0}, STOP}},
    {"data beyond its FIN", {0x02, 0}, {OPEN, {TW_A, FIN | ACK, 101, 501, 0}, {TW_A, ACK, 101, 501, 1}, STOP}},
    {"a FIN beyond its FIN", {0x02, 0}, {OPEN, {TW_A, FIN | ACK, 101, 501, 0}, {TW_A, FIN | ACK, 102, 501, 0}, STOP}},
    {"a segment without ACK while it is open", {0x04, 0}, {OPEN, {TW_A, 0, 101, 501, 5}, STOP}},
    {"another SYN while it is open", {0x04, 0}, {OPEN, {TW_A, SYN, 9000, 0, 0}, STOP}},
    {"RST with FIN", {0, 0x46}, {OPEN, {TW_B, RST | FIN | ACK, 501, 101, 0}, STOP}},
    {"data after both had closed", {0x0a, 0}, {OPEN, CLOSE, {TW_A, ACK, 102, 502, 1}, STOP}},
    {"what comes after a reset",
     {0x42, 0x10},
     {OPEN, {TW_A, RST, 101, 0, 0}, {TW_B, ACK, 501, 101, 7}, {TW_B, RST, 508, 0, 0}, STOP}},
};

static bool is_acknowledged(const struct tw_tcp_side *own, const struct tw_tcp_side *other) {
    return own->has_fin && other->has_ack && other->max_ack == own->fin_end;
}

/* As the tracker does it, without the acceptability of RST and FIN. */
static enum tw_flow_state take(enum tw_flow_state state, struct tw_tcp_side *own, struct tw_tcp_side *other,
                               const struct tw_packet *packet) {
    if (packet->flags & SYN) {
        tw_tcp_syn(own, packet);
        return state;
    }
    own->sent_rst |= (packet->flags & RST) && state != TW_FLOW_RESET;
    if (packet->flags & RST || state == TW_FLOW_RESET) {
        return TW_FLOW_RESET;
    }
    own->has_ack |= (packet->flags & ACK) != 0;
    own->max_ack = packet->ack;
    if (packet->flags & FIN && !own->has_fin) {
        own->has_fin = true;
        own->fin_end = packet->seq + packet->payload + 1;
    }
    if (is_acknowledged(own, other) && is_acknowledged(other, own)) {
        return TW_FLOW_CLOSED;
    }
    bool is_closing = own->has_fin || other->has_fin;
    return is_closing ? TW_FLOW_CLOSING : own->has_ack || other->has_ack ? TW_FLOW_ESTABLISHED : state;
}

START_TEST(the_bits_say_what_was_odd) {
    const struct connection *c = &connections[_i];
    struct tw_tcp_side side[TW_SIDE_COUNT] = {0};
    enum tw_flow_state state = TW_FLOW_OPENING;
    uint8_t bits[TW_SIDE_COUNT] = {0};
    bool was_established = false, has_payload = false;
    for (const struct step *step = c->step; step->flags != END; step++) {
        struct tw_packet packet = {.flags = step->flags, .seq = step->seq, .ack = step->ack, .payload = step->payload};
        struct tw_tcp_side *own = &side[step->from], *other = &side[tw_other_side(step->from)];
        packet.wire_flags = step->flags;
        packet.flags &= (uint8_t)(step->flags & RST ? ~(SYN | FIN) : step->flags & SYN ? ~FIN : ~0);
        uint8_t found = tw_anomaly_judge(state, own, other, &packet);
        ck_assert_msg(!tw_anomaly_is_plain(state, &packet) || !found, "%s: plain, but odd", c->name);
        bits[step->from] |= found;
        was_established |= (step->flags & (ACK | SYN | RST)) == ACK;
        has_payload |= step->payload && !(step->flags & SYN);
        state = take(state, own, other, &packet);
    }
    for (int i = 0; i < TW_SIDE_COUNT; i++) {
        uint8_t got = tw_anomaly_conclude(bits[i], &side[i], &side[1 - i], was_established, has_payload);
        ck_assert_msg(got == c->want[i], "%s: %c: 0x%02x", c->name, "AB"[i], got);
    }
}
END_TEST

Suite *suite_anomaly(void) {
    Suite *suite = suite_create("anomaly");
    TCase *tc = tcase_create("connections");
    tcase_add_loop_test(tc, the_bits_say_what_was_odd, 0, COUNT(connections));
    suite_add_tcase(suite, tc);
    return suite;
}
