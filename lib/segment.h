/* SPDX-License-Identifier: MIT */
/*
 * segment.h — what a TCP segment says: about its sender's window, about the window that it is sent into, about the state
 * of the connection. A part of tracker.h.
 */
#ifndef TW_SEGMENT_H
#define TW_SEGMENT_H

#include "tracking.h"

/*
 * Take a segment of the flow that has been counted and stands in the ring as `ref`. It is judged by the state before it;
 * then its own flags take effect.
 */
void tw_segment_take(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side,
                     const struct tw_packet *packet, tw_ref ref);

#endif
