/* SPDX-License-Identifier: MIT */
#include "ethertypes.h"

#include <linux/if_ether.h>
#include <stddef.h>
#include <stdlib.h>

/* What one meets beside IP. IP itself is here where its header was cut, or is of no version that there is. */
static const struct {
    uint16_t type;
    const char *name;
} names[] = {
    {0, "No EtherType (802.3, LLC)"},
    {ETH_P_IP, "IPv4 that cannot be read"},
    {ETH_P_IPV6, "IPv6 that cannot be read"},
    {ETH_P_ARP, "ARP"},
    {ETH_P_RARP, "RARP"},
    {ETH_P_LLDP, "LLDP"},
    {ETH_P_PAE, "802.1X (EAPOL)"},
    {ETH_P_SLOW, "Slow protocols (LACP)"},
    {ETH_P_PAUSE, "Ethernet flow control"},
    {ETH_P_PPP_DISC, "PPPoE discovery"},
    {ETH_P_PPP_SES, "PPPoE session"},
    {ETH_P_MPLS_UC, "MPLS"},
    {ETH_P_MPLS_MC, "MPLS multicast"},
    {ETH_P_MACSEC, "MACsec"},
    {ETH_P_1588, "PTP"},
    {ETH_P_MVRP, "MVRP"},
    {ETH_P_CFM, "Connectivity fault management"},
    {ETH_P_PROFINET, "PROFINET"},
    {ETH_P_ETHERCAT, "EtherCAT"},
    {ETH_P_IPX, "IPX"},
    {ETH_P_AOE, "ATA over Ethernet"},
    {ETH_P_FCOE, "Fibre Channel over Ethernet"},
    {ETH_P_BATMAN, "B.A.T.M.A.N."},
    {ETH_P_LOOPBACK, "Ethernet loopback"},
};

void tw_ethertypes_feed(struct tw_ethertypes *types, uint16_t type) {
    for (uint32_t i = 0; i < types->n; i++) {
        if (types->type[i].type == type) {
            types->type[i].packets++;
            return;
        }
    }
    if (types->n == TW_ETHERTYPES_MAX) {
        types->others++;
        return;
    }
    types->type[types->n++] = (struct tw_ethertype_count){type, 1};
}

static int compare(const void *a, const void *b) {
    const struct tw_ethertype_count *one = a, *other = b;
    if (one->packets != other->packets) {
        return one->packets > other->packets ? -1 : 1;
    }
    return one->type < other->type ? -1 : 1;
}

void tw_ethertypes_sort(struct tw_ethertypes *types) {
    qsort(types->type, types->n, sizeof(types->type[0]), compare);
}

const char *tw_ethertypes_name(uint16_t type) {
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].type == type) {
            return names[i].name;
        }
    }
    return NULL;
}
