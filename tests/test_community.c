/* SPDX-License-Identifier: MIT */
/*
 * Community ID: the reference data of the specification (https://github.com/corelight/community-id-spec, "baseline").
 */
#include "community.h"

#include <arpa/inet.h>
#include <string.h>

#include "suites.h"

/* Of ICMP the ports are type and code; where the reference has the type of the answer, the code does not matter. */
static const struct {
    uint8_t proto;
    const char *source, *destination;
    uint16_t sport, dport;
    const char *want;
} cases[] = {
    {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
    {46, "10.1.12.2", "10.1.12.1", 9, 8, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
    {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {1, "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0, "1:zavyT/cezQr1fmImYCwYnMXbgck="},
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 0, "1:zavyT/cezQr1fmImYCwYnMXbgck="},
    {58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
    {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
    {58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
};

static int read_end(const char *address, uint16_t port, struct tw_endpoint *ret) {
    int version = strchr(address, ':') != NULL ? 6 : 4;
    *ret = (struct tw_endpoint){.port = port};
    ck_assert_int_eq(inet_pton(version == 4 ? AF_INET : AF_INET6, address, ret->addr.bytes), 1);
    return version;
}

START_TEST(ids_are_those_of_the_reference_data) {
    struct tw_endpoint source, destination;
    char id[TW_COMMUNITY_MAX];
    int version = read_end(cases[_i].source, cases[_i].sport, &source);
    (void)read_end(cases[_i].destination, cases[_i].dport, &destination);
    tw_community_id(cases[_i].proto, version, &source, &destination, id);
    ck_assert_str_eq(id, cases[_i].want);
}
END_TEST

START_TEST(a_flow_has_one_but_for_icmp_of_unknown_type) {
    struct tw_flow_id flow = {.proto = 17, .ip_version = 4};
    char id[TW_COMMUNITY_MAX];
    (void)read_end("8.8.8.8", 53, &flow.end[TW_A]);
    (void)read_end("192.168.1.52", 54585, &flow.end[TW_B]);
    ck_assert(tw_community_of_flow(&flow, id));
    ck_assert_str_eq(id, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    flow.end[TW_A].port = flow.end[TW_B].port = 0;
    flow.proto = 1;
    ck_assert(!tw_community_of_flow(&flow, id));
    ck_assert_str_eq(id, "");
    flow.has_icmp = true;
    ck_assert(tw_community_of_flow(&flow, id));
}
END_TEST

Suite *suite_community(void) {
    Suite *suite = suite_create("community");
    TCase *tc = tcase_create("community");
    tcase_add_loop_test(tc, ids_are_those_of_the_reference_data, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, a_flow_has_one_but_for_icmp_of_unknown_type);
    suite_add_tcase(suite, tc);
    return suite;
}
