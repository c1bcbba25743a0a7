/* SPDX-License-Identifier: MIT */
#include "lineup.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 4096, AHEAD = 16 /* that are asked for before their turn */ };

void tw_lineup_fini(struct tw_lineup *lineup) {
    free(lineup->item);
    *lineup = (struct tw_lineup){0};
}

/* Whether the rank that it has is the one that it stands there with. */
static bool is_current(const struct tw_lined *item, uint64_t rank) {
    return rank && (uint32_t)rank == item->rank;
}

void tw_lineup_compact(struct tw_lineup *lineup, const struct tw_lineup_owner *owner) {
    size_t n = 0;
    for (size_t i = lineup->first; i < lineup->end; i++) {
        if (i + AHEAD < lineup->end) {
            owner->prefetch(owner->context, lineup->item[i + AHEAD].number);
        }
        if (is_current(&lineup->item[i], owner->rank(owner->context, lineup->item[i].number))) {
            lineup->item[n++] = lineup->item[i];
        }
    }
    lineup->first = 0;
    lineup->end = n;
}

/* Room for twice as many as there are. Without memory the oldest goes, where there is no room at all. */
static void fit(struct tw_lineup *lineup, const struct tw_lineup_owner *owner) {
    tw_lineup_compact(lineup, owner);
    size_t room = lineup->end < ROOM_MIN / 2 ? ROOM_MIN : 2 * lineup->end;
    struct tw_lined *item = realloc(lineup->item, room * sizeof *item);
    if (item) {
        lineup->item = item;
        lineup->room = room;
    } else if (lineup->end && lineup->end == lineup->room) {
        memmove(lineup->item, lineup->item + 1, --lineup->end * sizeof *lineup->item);
    }
}

void tw_lineup_add(struct tw_lineup *lineup, const struct tw_lineup_owner *owner, uint32_t number, uint64_t rank,
                   bool is_new) {
    lineup->things += is_new;
    if (lineup->end == lineup->room) {
        fit(lineup, owner);
    }
    if (lineup->end < lineup->room) {
        lineup->item[lineup->end++] = (struct tw_lined){(uint32_t)rank, number};
    }
}

void tw_lineup_leave(struct tw_lineup *lineup, const struct tw_lineup_owner *owner) {
    lineup->things--;
    if (lineup->end - lineup->first > 4 * lineup->things + ROOM_MIN) {
        fit(lineup, owner);
    }
}

uint32_t tw_lineup_take(struct tw_lineup *lineup, const struct tw_lineup_owner *owner) {
    while (lineup->first < lineup->end) {
        const struct tw_lined *item = &lineup->item[lineup->first++];
        if (is_current(item, owner->rank(owner->context, item->number))) {
            return item->number;
        }
    }
    return 0;
}

void tw_lineup_rank_again(struct tw_lineup *lineup, const struct tw_lineup_owner *owner) {
    for (size_t i = lineup->first; i < lineup->end; i++) {
        lineup->item[i].rank = (uint32_t)owner->rank(owner->context, lineup->item[i].number);
    }
}

size_t tw_lineup_memory(const struct tw_lineup *lineup) {
    return lineup->room * sizeof *lineup->item;
}
