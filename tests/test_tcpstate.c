/* SPDX-License-Identifier: MIT */
#include "tcpstate.h"

#include "suites.h"

enum { SYN = TW_TCP_SYN, ACK = TW_TCP_ACK, FIN = TW_TCP_FIN, END = 0xff };

struct step {
    enum tw_side from;
    uint8_t flags;
    uint32_t seq, ack, payload;
    enum tw_flow_state state; /* after it */
};

static struct tw_packet packet_of(const struct step *step) {
    return (struct tw_packet){.flags = step->flags, .seq = step->seq, .ack = step->ack, .payload = step->payload};
}

static const struct walk {
    const char *name;
    struct step step[8];
} walks[] = {
    {"a connection that is closed by both",
     {{TW_A, SYN, 100, 0, 0, TW_FLOW_OPENING},
      {TW_B, SYN | ACK, 500, 101, 0, TW_FLOW_OPENING},
      {TW_A, ACK, 101, 501, 0, TW_FLOW_ESTABLISHED},
      {TW_A, ACK | FIN, 101, 501, 10, TW_FLOW_CLOSING},
      {TW_B, ACK, 501, 112, 0, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 501, 112, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 112, 502, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"the acknowledgement of the FIN before the one of its data alone",
     {{TW_A, ACK | FIN, 1000, 1, 5, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 1, 1005, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 1006, 2, 0, TW_FLOW_CLOSING},
      {TW_B, ACK, 2, 1006, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"both at once",
     {{TW_A, ACK | FIN, 10, 1, 0, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 1, 10, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 11, 2, 0, TW_FLOW_CLOSING},
      {TW_B, ACK, 2, 11, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"across the wrap of sequence numbers",
     {{TW_A, ACK | FIN, 0xffffffff, 0xfffffffe, 0, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 0xfffffffe, 0, 1, TW_FLOW_CLOSING},
      {TW_A, ACK, 0, 0xffffffff, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 0, 0, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"a FIN sent again changes nothing, even with less data",
     {{TW_A, ACK | FIN, 10, 1, 5, TW_FLOW_CLOSING},
      {TW_A, ACK | FIN, 10, 1, 0, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 1, 11, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 16, 2, 0, TW_FLOW_CLOSING},
      {TW_B, ACK, 2, 16, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"an old acknowledgement takes nothing back",
     {{TW_A, ACK | FIN, 10, 1, 0, TW_FLOW_CLOSING},
      {TW_B, ACK, 1, 11, 0, TW_FLOW_CLOSING},
      {TW_B, ACK, 1, 10, 0, TW_FLOW_CLOSING},
      {TW_B, ACK | FIN, 1, 10, 0, TW_FLOW_CLOSING},
      {TW_A, ACK, 11, 2, 0, TW_FLOW_CLOSED},
      {.flags = END}}},
    {"a flow seen from the middle is established", {{TW_B, ACK, 1, 1, 100, TW_FLOW_ESTABLISHED}, {.flags = END}}},
    {"a segment without ACK opens nothing", {{TW_A, 0, 1, 0, 100, TW_FLOW_OPENING}, {.flags = END}}},
    {"a FIN without ACK closes", {{TW_A, FIN, 1, 0, 0, TW_FLOW_CLOSING}, {.flags = END}}},
};

START_TEST(the_state_follows_the_segments) {
    const struct walk *walk = &walks[_i];
    struct tw_tcp_side side[TW_SIDE_COUNT] = {0};
    enum tw_flow_state state = TW_FLOW_OPENING;
    for (const struct step *step = walk->step; step->flags != END; step++) {
        struct tw_packet packet = packet_of(step);
        if (step->flags & SYN)
            tw_tcp_syn(&side[step->from], &packet);
        else
            state = tw_tcp_feed(state, &side[step->from], &side[tw_other_side(step->from)], &packet);
        ck_assert_msg(state == step->state, "%s: step %d: state %d", walk->name, (int)(step - walk->step), state);
    }
}
END_TEST

START_TEST(a_reset_connection_stays_reset) {
    struct tw_tcp_side side[TW_SIDE_COUNT] = {0};
    struct tw_packet ack = {.flags = ACK}, fin = {.flags = ACK | FIN};
    ck_assert_int_eq(tw_tcp_feed(TW_FLOW_RESET, &side[TW_A], &side[TW_B], &ack), TW_FLOW_RESET);
    ck_assert_int_eq(tw_tcp_feed(TW_FLOW_RESET, &side[TW_B], &side[TW_A], &fin), TW_FLOW_RESET);
}
END_TEST

/* What A and B have sent before, and whether a SYN with seq 100 and ack 777 of the side `from` begins a new flow. */
static const struct anew_case {
    const char *name;
    enum tw_flow_state state;
    struct tw_tcp_side a, b;
    enum tw_side from;
    bool is_silent;
    uint8_t flags;
    uint32_t payload;
    bool anew;
} anew_cases[] = {
    {"its own SYN again", TW_FLOW_OPENING, {.has_syn = 1, .syn_seq = 100}, {0}, TW_A, false, SYN, 0, false},
    {"its own SYN again, established",
     TW_FLOW_ESTABLISHED,
     {.has_syn = 1, .syn_seq = 100, .sent_other = 1},
     {.sent_other = 1},
     TW_A,
     false,
     SYN,
     0,
     false},
    {"another SYN of the same side", TW_FLOW_OPENING, {.has_syn = 1, .syn_seq = 99}, {0}, TW_A, false, SYN, 0, true},
    {"a SYN in the middle of a connection",
     TW_FLOW_ESTABLISHED,
     {.sent_other = 1},
     {.sent_other = 1},
     TW_A,
     false,
     SYN,
     0,
     true},
    {"both open at once", TW_FLOW_OPENING, {.has_syn = 1, .syn_seq = 7}, {0}, TW_B, true, SYN, 0, false},
    {"a SYN of a side that has spoken",
     TW_FLOW_OPENING,
     {.has_syn = 1, .syn_seq = 7},
     {.sent_other = 1},
     TW_B,
     false,
     SYN,
     0,
     true},
    {"a SYN captured after the SYN-ACK that answers it",
     TW_FLOW_OPENING,
     {0},
     {.has_synack = 1, .synack_ack = 101, .sent_other = 1},
     TW_A,
     true,
     SYN,
     0,
     false},
    {"a SYN-ACK that answers another SYN",
     TW_FLOW_OPENING,
     {0},
     {.has_synack = 1, .synack_ack = 102, .sent_other = 1},
     TW_A,
     true,
     SYN,
     0,
     true},
    {"a fast open whose data is acknowledged",
     TW_FLOW_OPENING,
     {0},
     {.has_synack = 1, .synack_ack = 111, .sent_other = 1},
     TW_A,
     true,
     SYN,
     10,
     false},
    {"a fast open whose data is not acknowledged",
     TW_FLOW_OPENING,
     {0},
     {.has_synack = 1, .synack_ack = 101, .sent_other = 1},
     TW_A,
     true,
     SYN,
     10,
     false},
    {"a fast open of which a part is acknowledged",
     TW_FLOW_OPENING,
     {0},
     {.has_synack = 1, .synack_ack = 105, .sent_other = 1},
     TW_A,
     true,
     SYN,
     10,
     true},
    {"a SYN of a silent side after data of the other",
     TW_FLOW_ESTABLISHED,
     {0},
     {.sent_other = 1},
     TW_A,
     true,
     SYN,
     0,
     true},
    {"a SYN-ACK", TW_FLOW_OPENING, {.has_syn = 1, .syn_seq = 776}, {0}, TW_B, true, SYN | ACK, 0, false},
    {"a SYN-ACK in the middle of a connection",
     TW_FLOW_ESTABLISHED,
     {.sent_other = 1},
     {.sent_other = 1},
     TW_B,
     false,
     SYN | ACK,
     0,
     false},
    {"a SYN on a closing connection", TW_FLOW_CLOSING, {.sent_other = 1}, {.sent_other = 1}, TW_A, false, SYN, 0, true},
    {"a SYN on a closed connection", TW_FLOW_CLOSED, {.has_syn = 1, .syn_seq = 100}, {0}, TW_A, false, SYN, 0, true},
    {"a SYN-ACK on a closed connection", TW_FLOW_CLOSED, {0}, {0}, TW_B, false, SYN | ACK, 0, true},
    {"a SYN on a reset connection", TW_FLOW_RESET, {.has_syn = 1, .syn_seq = 100}, {0}, TW_A, false, SYN, 0, true},
    {"a SYN-ACK on a reset connection", TW_FLOW_RESET, {0}, {0}, TW_B, false, SYN | ACK, 0, true},
};

START_TEST(a_syn_belongs_or_begins_anew) {
    const struct anew_case *c = &anew_cases[_i];
    struct tw_tcp_side side[TW_SIDE_COUNT] = {c->a, c->b};
    struct tw_packet syn = {.flags = c->flags, .seq = 100, .ack = 777, .payload = c->payload};
    ck_assert_msg(tw_tcp_begins_anew(c->state, &side[c->from], &side[tw_other_side(c->from)], c->is_silent, &syn) ==
                      c->anew,
                  "%s", c->name);
}
END_TEST

Suite *suite_tcpstate(void) {
    Suite *suite = suite_create("tcpstate");
    TCase *tcase = tcase_create("tcpstate");
    tcase_add_loop_test(tcase, the_state_follows_the_segments, 0, sizeof(walks) / sizeof(walks[0]));
    tcase_add_test(tcase, a_reset_connection_stays_reset);
    tcase_add_loop_test(tcase, a_syn_belongs_or_begins_anew, 0, sizeof(anew_cases) / sizeof(anew_cases[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
