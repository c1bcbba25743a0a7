/* SPDX-License-Identifier: MIT */
/*
 * interface.h — what capture files say of an interface: interface description blocks of pcapng, and link types.
 *
 * As strict about options as libpcap, and in its words. Threads: any.
 */
#ifndef TW_INTERFACE_H
#define TW_INTERFACE_H

#include "origin.h"
#include "types.h"

/* The number by which link types are known in the program (DLT), of one as files have it (LINKTYPE). */
int tw_interface_dlt(uint32_t linktype);

/*
 * Parse the body of an interface description block (draft-ietf-opsawg-pcapng 4.2).
 *
 *   origin   is_swapped is known; dlt, snaplen, units and offset are set
 *   problem  where it says what is wrong
 *
 * Returns false when it is damaged; then the origin is in no state to be used.
 */
bool tw_interface_parse(const uint8_t *body, uint32_t len, struct tw_origin *origin, char *problem,
                        size_t problem_size);

#endif
