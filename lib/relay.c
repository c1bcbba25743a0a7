/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "thread.h"

struct tw_relay {
    size_t size;
    unsigned n;
    unsigned char *buffers;
    void (*work)(void *context, void *buffer);
    void *context;

    enum { NOT_STARTED, STARTED, FAILED } state;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t filled, emptied;
    uint64_t given, done; /* buffers; the one to be filled is number `given` */
    bool is_urgent;       /* the thread is to work whatever little there is */
    bool is_over;
    bool is_idle;     /* the thread waits */
    uint64_t wait_to; /* who fills waits until so many are done; 0: for nothing */
};

static void *buffer_at(const struct tw_relay *relay, uint64_t number) {
    return relay->buffers + number % relay->n * relay->size;
}

static int init_lock(struct tw_relay *relay) {
    return pthread_mutex_init(&relay->lock, NULL) | pthread_cond_init(&relay->filled, NULL) |
           pthread_cond_init(&relay->emptied, NULL);
}

struct tw_relay *tw_relay_create(size_t size, unsigned n, void (*work)(void *context, void *buffer), void *context) {
    struct tw_relay *relay = calloc(1, sizeof *relay);
    if (relay) {
        *relay = (struct tw_relay){.size = size, .n = n, .work = work, .context = context};
        relay->buffers = calloc(n, size);
    }
    if (relay && (!relay->buffers || init_lock(relay))) {
        free(relay->buffers);
        free(relay);
        return NULL;
    }
    return relay;
}

/* The thread. */

static void finish_one(struct tw_relay *relay) {
    relay->done++;
    if (relay->wait_to && relay->done >= relay->wait_to) {
        (void)pthread_cond_signal(&relay->emptied);
    }
}

static bool has_work(const struct tw_relay *relay) {
    uint64_t waiting = relay->given - relay->done;
    return waiting >= relay->n / 2 || (waiting && relay->is_urgent);
}

static void *run(void *arg) {
    struct tw_relay *relay = arg;
    (void)pthread_mutex_lock(&relay->lock);
    for (;;) {
        while (!has_work(relay) && !relay->is_over) {
            relay->is_idle = true;
            (void)pthread_cond_wait(&relay->filled, &relay->lock);
            relay->is_idle = false;
        }
        if (relay->done == relay->given) {
            break;
        }
        while (relay->done != relay->given) {
            void *buffer = buffer_at(relay, relay->done);
            (void)pthread_mutex_unlock(&relay->lock);
            relay->work(relay->context, buffer);
            (void)pthread_mutex_lock(&relay->lock);
            finish_one(relay);
        }
    }
    (void)pthread_mutex_unlock(&relay->lock);
    return NULL;
}

/* Who fills. */

static void wake(struct tw_relay *relay) {
    if (relay->is_idle && (has_work(relay) || relay->is_over)) {
        (void)pthread_cond_signal(&relay->filled);
    }
}

static void wait_until_done(struct tw_relay *relay, uint64_t number) {
    relay->wait_to = number;
    while (relay->done < number) {
        (void)pthread_cond_wait(&relay->emptied, &relay->lock);
    }
    relay->wait_to = 0;
}

void *tw_relay_buffer(struct tw_relay *relay) {
    return buffer_at(relay, relay->given);
}

void *tw_relay_give(struct tw_relay *relay) {
    if (relay->state == NOT_STARTED) {
        relay->state = tw_thread_start(&relay->thread, run, relay) ? FAILED : STARTED;
    }
    if (relay->state == FAILED) {
        relay->work(relay->context, tw_relay_buffer(relay));
        relay->done = ++relay->given; /* the buffers come round as they would with a thread */
        return tw_relay_buffer(relay);
    }
    (void)pthread_mutex_lock(&relay->lock);
    relay->given++;
    wake(relay);
    if (relay->given - relay->done == relay->n) {
        wait_until_done(relay, relay->given - relay->n / 2);
    }
    (void)pthread_mutex_unlock(&relay->lock);
    return tw_relay_buffer(relay);
}

void tw_relay_drain(struct tw_relay *relay) {
    if (relay->state != STARTED) {
        return;
    }
    (void)pthread_mutex_lock(&relay->lock);
    relay->is_urgent = true;
    wake(relay);
    wait_until_done(relay, relay->given);
    relay->is_urgent = false;
    (void)pthread_mutex_unlock(&relay->lock);
}

static void stop(struct tw_relay *relay) {
    (void)pthread_mutex_lock(&relay->lock);
    relay->is_over = true;
    wake(relay);
    (void)pthread_mutex_unlock(&relay->lock);
    (void)pthread_join(relay->thread, NULL);
}

void tw_relay_destroy(struct tw_relay *relay) {
    if (!relay) {
        return;
    }
    if (relay->state == STARTED) {
        stop(relay);
    }
    (void)pthread_cond_destroy(&relay->filled);
    (void)pthread_cond_destroy(&relay->emptied);
    (void)pthread_mutex_destroy(&relay->lock);
    free(relay->buffers);
    free(relay);
}
