/* SPDX-License-Identifier: MIT */
#include "flowkey.h"

#include <string.h>

enum { SCOPE_FACTORS = 1 + 10 /* where those of the scope begin */ };

_Static_assert(SCOPE_FACTORS + 2 + TW_VLAN_MAX + TW_VNI_MAX <= TW_FACTORS_MAX, "a factor for each word");

uint64_t tw_flowkey_hash_scope(const struct tw_factors *factors, const struct tw_flow_settings *settings,
                               const struct tw_scope *scope) {
    const uint64_t *factor = factors->factor + SCOPE_FACTORS;
    uint64_t sum = settings->interface ? factor[0] * scope->ifindex : 0;
    if (settings->vlan) {
        sum += factor[1] * scope->n_vlans;
        for (int i = 0; i < scope->n_vlans; i++) {
            sum += factor[2 + i] * scope->vlan[i];
        }
    }
    for (int i = 0; settings->tunnel && i < scope->n_vnis; i++) {
        sum += factor[2 + TW_VLAN_MAX + i] * scope->vni[i];
    }
    return sum;
}

bool tw_scope_equal(const struct tw_flow_settings *settings, const struct tw_scope *a, const struct tw_scope *b) {
    if (settings->interface && a->ifindex != b->ifindex) {
        return false;
    }
    if (settings->vlan && (a->n_vlans != b->n_vlans || memcmp(a->vlan, b->vlan, a->n_vlans * sizeof *a->vlan))) {
        return false;
    }
    return !settings->tunnel || (a->n_vnis == b->n_vnis && !memcmp(a->vni, b->vni, a->n_vnis * sizeof *a->vni));
}
