/* SPDX-License-Identifier: MIT */
/*
 * Ranges that nobody owns: first and last address, and the ones beside; and labels with and without a labeller.
 */
#include "label.h"

#include <arpa/inet.h>
#include <string.h>

#include "suites.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static int read_address(const char *text, struct tw_addr *ret) {
    memset(ret, 0, sizeof(*ret));
    int version = strchr(text, ':') ? 6 : 4;
    ck_assert_int_eq(inet_pton(version == 4 ? AF_INET : AF_INET6, text, ret->bytes), 1);
    return version;
}

/* Beside a range there may be another one, or nothing (NULL). */
static const struct {
    const char *first, *last, *name, *before, *before_is, *after, *after_is;
} ranges[] = {
    {"10.0.0.0", "10.255.255.255", "private", "9.255.255.255", NULL, "11.0.0.0", NULL},
    {"172.16.0.0", "172.31.255.255", "private", "172.15.255.255", NULL, "172.32.0.0", NULL},
    {"192.168.0.0", "192.168.255.255", "private", "192.167.255.255", NULL, "192.169.0.0", NULL},
    {"127.0.0.0", "127.255.255.255", "loopback", "126.255.255.255", NULL, "128.0.0.0", NULL},
    {"169.254.0.0", "169.254.255.255", "link-local", "169.253.255.255", NULL, "169.255.0.0", NULL},
    {"224.0.0.0", "239.255.255.255", "multicast", "223.255.255.255", NULL, "240.0.0.0", "reserved"},
    {"192.0.2.0", "192.0.2.255", "documentation", "192.0.1.255", NULL, "192.0.3.0", NULL},
    {"198.51.100.0", "198.51.100.255", "documentation", "198.51.99.255", NULL, "198.51.101.0", NULL},
    {"203.0.113.0", "203.0.113.255", "documentation", "203.0.112.255", NULL, "203.0.114.0", NULL},
    {"100.64.0.0", "100.127.255.255", "carrier-grade NAT", "100.63.255.255", NULL, "100.128.0.0", NULL},
    {"198.18.0.0", "198.19.255.255", "benchmarking", "198.17.255.255", NULL, "198.20.0.0", NULL},
    {"0.0.0.0", "0.255.255.255", "unspecified", "1.0.0.0", NULL, "1.0.0.0", NULL},
    {"255.255.255.255", "255.255.255.255", "broadcast", "255.255.255.254", "reserved", "1.1.1.1", NULL},
    {"240.0.0.0", "255.255.255.254", "reserved", "239.255.255.255", "multicast", "255.255.255.255", "broadcast"},
    {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private", "fbff::", NULL, "fe00::", NULL},
    {"::1", "::1", "loopback", "::", "unspecified", "::2", NULL},
    {"fe80::", "febf:ffff::", "link-local", "fe7f:ffff::", NULL, "fec0::", NULL},
    {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", "feff:ffff::", NULL, "2000::", NULL},
    {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", "2001:db7::", NULL, "2001:db9::", NULL},
    {"3fff::", "3fff:fff:ffff::", "documentation", "3ffe:ffff::", NULL, "3fff:1000::", NULL},
    {"2001:2::", "2001:2:0:ffff::", "benchmarking", "2001:1::", NULL, "2001:2:1::", NULL},
};

static void expect(const char *address, const char *want) {
    struct tw_addr addr;
    int version = read_address(address, &addr);
    const char *got = tw_label_range(version, &addr);
    ck_assert_msg((got == NULL) == (want == NULL) && (!got || strcmp(got, want) == 0), "%s: %s", address,
                  got ? got : "nothing");
}

START_TEST(a_range_has_its_name_from_its_first_to_its_last_address) {
    expect(ranges[_i].first, ranges[_i].name);
    expect(ranges[_i].last, ranges[_i].name);
    expect(ranges[_i].before, ranges[_i].before_is);
    expect(ranges[_i].after, ranges[_i].after_is);
}
END_TEST

/* Knows 10.0.0.1, and the country alone of 10.0.0.2. */
static void know(void *context, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    int *asked = context;
    (*asked)++;
    ck_assert_str_eq(ret->country, "");
    ck_assert_str_eq(ret->organisation, "");
    if (ip_version == 4 && addr->bytes[0] == 10 && addr->bytes[3] <= 2) {
        strcpy(ret->country, "SE");
        strcpy(ret->organisation, addr->bytes[3] == 1 ? "Ours" : "");
    }
}

static const struct {
    const char *address, *country, *organisation, *without;
} labels[] = {
    {"10.0.0.1", "SE", "Ours", "private"},
    {"10.0.0.2", "SE", "private", "private"},
    {"10.0.0.3", "", "private", "private"},
    {"8.8.8.8", "", "", ""},
    {"::ffff:10.0.0.1", "SE", "Ours", "private"},
    {"::ffff:127.0.0.1", "", "loopback", "loopback"},
    {"2600::1", "", "", ""},
};

START_TEST(a_labeller_is_asked_first) {
    int asked = 0;
    struct tw_labeller labeller = {know, &asked};
    struct tw_label label;
    struct tw_addr addr;
    int version = read_address(labels[_i].address, &addr);
    memset(&label, 'x', sizeof(label));
    tw_label_find(&labeller, version, &addr, &label);
    ck_assert_str_eq(label.country, labels[_i].country);
    ck_assert_str_eq(label.organisation, labels[_i].organisation);
    ck_assert_int_eq(asked, 1);
    tw_label_find(NULL, version, &addr, &label);
    ck_assert_str_eq(label.country, "");
    ck_assert_str_eq(label.organisation, labels[_i].without);
}
END_TEST

Suite *suite_label(void) {
    Suite *suite = suite_create("label");
    TCase *tc = tcase_create("label");
    tcase_add_loop_test(tc, a_range_has_its_name_from_its_first_to_its_last_address, 0, COUNT(ranges));
    tcase_add_loop_test(tc, a_labeller_is_asked_first, 0, COUNT(labels));
    suite_add_tcase(suite, tc);
    return suite;
}
