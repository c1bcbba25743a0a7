/* SPDX-License-Identifier: MIT */
/*
 * EtherTypes: each counted, in bounded memory, named, in order.
 */
#include "ethertypes.h"

#include "suites.h"

START_TEST(types_are_counted_and_ordered) {
    static const uint16_t seen[] = {0x0806, 0x88cc, 0, 0x88cc, 0x0806, 0x88cc, 0x0001};
    struct tw_ethertypes types = {0};
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        tw_ethertypes_feed(&types, seen[i]);
    }
    tw_ethertypes_sort(&types);
    ck_assert_uint_eq(types.n, 4);
    ck_assert_uint_eq(types.others, 0);
    static const struct tw_ethertype_count want[] = {{0x88cc, 3}, {0x0806, 2}, {0, 1}, {1, 1}};
    for (uint32_t i = 0; i < types.n; i++) {
        ck_assert_uint_eq(types.type[i].type, want[i].type);
        ck_assert_uint_eq(types.type[i].packets, want[i].packets);
    }
}
END_TEST

START_TEST(types_beyond_the_room_are_counted_together) {
    struct tw_ethertypes types = {0};
    for (unsigned type = 1; type <= TW_ETHERTYPES_MAX + 3; type++) {
        tw_ethertypes_feed(&types, (uint16_t)type);
    }
    tw_ethertypes_feed(&types, TW_ETHERTYPES_MAX);
    ck_assert_uint_eq(types.n, TW_ETHERTYPES_MAX);
    ck_assert_uint_eq(types.others, 3);
    tw_ethertypes_sort(&types);
    ck_assert_uint_eq(types.type[0].type, TW_ETHERTYPES_MAX);
    ck_assert_uint_eq(types.type[0].packets, 2);
}
END_TEST

START_TEST(known_types_have_names) {
    ck_assert_str_eq(tw_ethertypes_name(0x0806), "ARP");
    ck_assert_str_eq(tw_ethertypes_name(0x88cc), "LLDP");
    ck_assert_ptr_null(tw_ethertypes_name(0xfffe));
}
END_TEST

Suite *suite_ethertypes(void) {
    Suite *suite = suite_create("ethertypes");
    TCase *tc = tcase_create("ethertypes");
    tcase_add_test(tc, types_are_counted_and_ordered);
    tcase_add_test(tc, types_beyond_the_room_are_counted_together);
    tcase_add_test(tc, known_types_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
