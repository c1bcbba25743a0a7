/* SPDX-License-Identifier: MIT */
/*
 * wlan.h — data frames of IEEE 802.11, with or without radiotap's header (radiotap.org) before them.
 *
 * What carries no whole, readable packet is no error and ends the walk: other frames, encrypted ones, fragments after
 * the first, aggregates.
 */
#ifndef TW_WLAN_H
#define TW_WLAN_H

#include "walk.h"

/* A frame at the cursor; `is_padded`: its header is filled up to a multiple of four bytes. */
enum tw_step tw_wlan_frame(struct tw_walk *walk, bool is_padded);

/* Radiotap's header and the frame behind it. */
enum tw_step tw_wlan_radiotap(struct tw_walk *walk);

#endif
