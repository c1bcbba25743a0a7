/* SPDX-License-Identifier: MIT */
/* retention.c — see retention.h. */
#include "retention.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tw_retention_fini(struct tw_retention *retention) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++)
        free(retention->list[kind].at);
    *retention = (struct tw_retention){.bytes = 0};
}

void tw_retention_clear(struct tw_retention *retention) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++)
        retention->list[kind].first = retention->list[kind].end = 0;
    retention->bytes = 0;
}

static int compare(const void *left, const void *right) {
    const struct tw_name *a = &((const struct tw_retention_file *)left)->name;
    const struct tw_name *b = &((const struct tw_retention_file *)right)->name;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->time > b->time) - (a->time < b->time);
}

/* Room for one more at the end: first that of the files that are gone. */
static bool make_room(struct tw_retention_list *list) {
    if (list->end < list->room)
        return true;
    if (list->first > list->room / 2) {
        list->end -= list->first;
        memmove(list->at, list->at + list->first, list->end * sizeof(*list->at));
        list->first = 0;
        return true;
    }
    size_t room = list->room > 0 ? list->room * 2 : 64;
    struct tw_retention_file *at = realloc(list->at, room * sizeof(*at));
    if (at == NULL)
        return false;
    list->at = at;
    list->room = room;
    return true;
}

int tw_retention_add(struct tw_retention *retention, const struct tw_retention_file *file) {
    struct tw_retention_list *list = &retention->list[file->name.kind];
    if (!make_room(list))
        return -ENOMEM;
    if (list->end > list->first && compare(&list->at[list->end - 1], file) > 0)
        list->unsorted = true;
    list->at[list->end++] = *file;
    retention->bytes += file->size;
    return 0;
}

static void sort(struct tw_retention_list *list) {
    if (list->unsorted && list->end > list->first)
        qsort(list->at + list->first, list->end - list->first, sizeof(*list->at), compare);
    list->unsorted = false;
}

static size_t count(const struct tw_retention_list *list) {
    return list->end - list->first;
}

/* The list whose oldest file is the oldest of all that may go; NULL: none may. */
static struct tw_retention_list *oldest(struct tw_retention *retention) {
    struct tw_retention_list *found = NULL;
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++) {
        struct tw_retention_list *list = &retention->list[kind];
        if (count(list) > 1 && (found == NULL || list->at[list->first].time < found->at[found->first].time))
            found = list;
    }
    return found;
}

static struct tw_retention_list *choose(struct tw_retention *retention, const struct tw_retention_limits *limits,
                                        tw_time now, uint64_t free, enum tw_removed *ret_reason) {
    struct tw_retention_list *pcaps = &retention->list[TW_NAME_PCAP], *list = oldest(retention);
    *ret_reason = TW_REMOVED_FILES;
    if (limits->files > 0 && count(pcaps) > limits->files && count(pcaps) > 1)
        return pcaps;
    *ret_reason = TW_REMOVED_BYTES;
    if (list == NULL || (limits->bytes > 0 && retention->bytes > limits->bytes))
        return list;
    *ret_reason = TW_REMOVED_AGE;
    if (limits->age > 0 && now - list->at[list->first].time > limits->age)
        return list;
    *ret_reason = TW_REMOVED_FREE;
    return free < limits->min_free ? list : NULL;
}

bool tw_retention_next(struct tw_retention *retention, const struct tw_retention_limits *limits, tw_time now,
                       uint64_t free, struct tw_retention_file *ret, enum tw_removed *ret_reason) {
    for (int kind = 0; kind < TW_NAME_KIND_COUNT; kind++)
        sort(&retention->list[kind]);
    struct tw_retention_list *list = choose(retention, limits, now, free, ret_reason);
    if (list == NULL)
        return false;
    *ret = list->at[list->first++];
    retention->bytes -= ret->size;
    return true;
}
