/* SPDX-License-Identifier: MIT */
/*
 * Hosts: exact below the bound, busy ones exact above it, the same whatever the key.
 */
#include "hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

static const struct tw_hash_key key = {1, 2}, other_key = {UINT64_MAX, 3};

static struct tw_addr address(uint32_t n) {
    return (struct tw_addr){{(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static void feed(struct tw_hosts *hosts, uint32_t n, uint64_t packets, uint64_t bytes, uint64_t low_segments) {
    struct tw_addr addr = address(n);
    tw_hosts_feed(hosts, 4, &addr, packets, bytes, low_segments);
}

static void ck_host(const struct tw_report_host *host, uint32_t n, uint64_t packets, uint64_t bytes, uint64_t low) {
    struct tw_addr addr = address(n);
    ck_assert_mem_eq(&host->addr, &addr, sizeof(addr));
    ck_assert_uint_eq(host->packets, packets);
    ck_assert_uint_eq(host->bytes, bytes);
    ck_assert_uint_eq(host->low_segments, low);
}

START_TEST(three_orders_of_the_same_hosts) {
    struct tw_hosts *hosts = tw_hosts_create(100, &key);
    struct tw_report report = {.complete = false};
    feed(hosts, 1, 10, 9000, 0);
    feed(hosts, 2, 60, 100, 3); /* 1 of 20 */
    feed(hosts, 2, 40, 100, 2);
    feed(hosts, 3, 50, 100, 5); /* 1 of 10 */
    feed(hosts, 4, 0, 0, 0);
    tw_hosts_top(hosts, &report);
    ck_assert_uint_eq(tw_hosts_count(hosts), 3);
    ck_assert_uint_eq(report.top.n_packets, 3);
    ck_host(&report.top.packets[0], 2, 100, 200, 5);
    ck_host(&report.top.packets[1], 3, 50, 100, 5);
    ck_host(&report.top.packets[2], 1, 10, 9000, 0);
    ck_assert_uint_eq(report.top.n_bytes, 3);
    ck_host(&report.top.bytes[0], 1, 10, 9000, 0);
    ck_host(&report.top.bytes[1], 2, 100, 200, 5);
    ck_assert_uint_eq(report.top.n_low_ratio, 2);
    ck_host(&report.top.low_ratio[0], 3, 50, 100, 5);
    ck_host(&report.top.low_ratio[1], 2, 100, 200, 5);
    tw_hosts_destroy(hosts);
}
END_TEST

START_TEST(equal_hosts_stand_in_the_order_of_their_addresses) {
    struct tw_hosts *hosts = tw_hosts_create(100, &key);
    struct tw_report report = {.complete = false};
    struct tw_addr addr = address(3);
    for (uint32_t n = 11; n > 0; n--)
        feed(hosts, n, 7, 7, 7);
    tw_hosts_feed(hosts, 6, &addr, 7, 7, 7); /* the same bytes as an IPv6 address: another host */
    tw_hosts_top(hosts, &report);
    ck_assert_uint_eq(tw_hosts_count(hosts), 12);
    ck_assert_uint_eq(report.top.n_packets, TW_TOP);
    for (uint32_t i = 0; i < TW_TOP; i++)
        ck_host(&report.top.packets[i], i < 3 ? i + 1 : i, 7, 7, 7);
    ck_assert_int_eq(report.top.packets[2].ip_version, 4);
    ck_assert_int_eq(report.top.packets[3].ip_version, 6);
    ck_assert_mem_eq(report.top.packets, report.top.low_ratio, sizeof(report.top.packets));
    tw_hosts_destroy(hosts);
}
END_TEST

START_TEST(it_is_cut_when_one_more_comes_than_has_a_place) {
    struct tw_hosts *hosts = tw_hosts_create(40, &key);
    for (uint32_t n = 1; n <= 40; n++)
        feed(hosts, n, n, 1000 - n, 0);
    ck_assert_uint_eq(tw_hosts_count(hosts), 40);
    ck_assert_uint_eq(tw_hosts_cuts(hosts), 0);
    feed(hosts, 40, 1, 1, 0);
    ck_assert_uint_eq(tw_hosts_cuts(hosts), 0);
    feed(hosts, 41, 1, 1, 0); /* ten by packets, ten others by bytes, and the new one */
    ck_assert_uint_eq(tw_hosts_cuts(hosts), 1);
    ck_assert_uint_eq(tw_hosts_count(hosts), 21);
    tw_hosts_destroy(hosts);
}
END_TEST

START_TEST(a_flood_of_hosts_does_not_wash_out_the_busy_ones) {
    enum { FLOOD = 50000, BUSY = 10 };
    struct tw_hosts *hosts = tw_hosts_create(1024, &key);
    struct tw_report report = {.complete = false};
    for (uint32_t n = 0; n < FLOOD; n++) {
        feed(hosts, 0x80000000u - n * 7, 1, 40, 0); /* low addresses last, so that no order helps */
        feed(hosts, n % BUSY + 1, 2 + n % BUSY, 100, n % BUSY < 2 && n < FLOOD / 2);
    }
    tw_hosts_top(hosts, &report);
    ck_assert_uint_gt(tw_hosts_cuts(hosts), 10);
    for (uint32_t i = 0; i < BUSY; i++)
        ck_host(&report.top.packets[i], BUSY - i, (11 - i) * (FLOOD / BUSY), 100 * (FLOOD / BUSY), i >= 8 ? 2500 : 0);
    ck_assert_uint_eq(report.top.n_low_ratio, 2);
    ck_host(&report.top.low_ratio[0], 1, 2 * (FLOOD / BUSY), 100 * (FLOOD / BUSY), 2500);
    tw_hosts_destroy(hosts);
}
END_TEST

START_TEST(neither_key_nor_copy_shows_in_the_result) {
    struct tw_hosts *one = tw_hosts_create(64, &key), *two = tw_hosts_create(64, &other_key);
    struct tw_report a = {.complete = false}, b = {.complete = false}, c = {.complete = false};
    srand(36);
    for (int i = 0; i < 20000; i++) {
        uint32_t n = (uint32_t)(rand() % 500), packets = (uint32_t)(rand() % 3), low = (uint32_t)(rand() % 2);
        feed(one, n, packets, packets * 60, low);
        feed(two, n, packets, packets * 60, low);
    }
    struct tw_hosts *copy = tw_hosts_copy(one);
    tw_hosts_top(one, &a);
    tw_hosts_top(two, &b);
    tw_hosts_top(copy, &c);
    ck_assert_uint_gt(tw_hosts_cuts(one), 0);
    ck_assert_mem_eq(&a.top, &b.top, sizeof(a.top));
    ck_assert_mem_eq(&a.top, &c.top, sizeof(a.top));
    feed(copy, 1, 1, 1, 1);
    tw_hosts_destroy(one);
    tw_hosts_top(copy, &c);
    tw_hosts_destroy(two);
    tw_hosts_destroy(copy);
}
END_TEST

Suite *suite_hosts(void) {
    Suite *suite = suite_create("hosts");
    TCase *tc = tcase_create("hosts");
    tcase_add_test(tc, three_orders_of_the_same_hosts);
    tcase_add_test(tc, equal_hosts_stand_in_the_order_of_their_addresses);
    tcase_add_test(tc, it_is_cut_when_one_more_comes_than_has_a_place);
    tcase_add_test(tc, a_flood_of_hosts_does_not_wash_out_the_busy_ones);
    tcase_add_test(tc, neither_key_nor_copy_shows_in_the_result);
    suite_add_tcase(suite, tc);
    return suite;
}
