/* SPDX-License-Identifier: MIT */
/*
 * The writer's queue and thread: nothing lost while there is room, nothing waited for live, the same bytes every time.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "filestore.h"
#include "folder.h"
#include "suites.h"

#define FILE_1 "p-20240101T000000Z-000001.pcap"
#define FILE_2 "p-20240101T000000Z-000002.pcap"

enum { QUEUE = 1 << 20, DATA = 1000, RECORD = 16 + DATA };

static struct folder folder;
static struct tw_writer *writer;
static tw_time flush;
static uint64_t keep_files;
static pthread_t fetching; /* the thread that fetched last */

/* The writer's thread stands still in its alarm callback while the gate is shut. */
static sem_t gate, arrived;
static int alarms_seen;
static bool signals_blocked;

static void on_alarm(void *context, const struct tw_alarm_event *event) {
    (void)context, (void)event;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    signals_blocked = sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGHUP) == 1;
    alarms_seen++;
    sem_post(&arrived);
    sem_wait(&gate);
    sem_post(&gate);
}

/* Packets of origin 1 are there, and have the time and the length that their offset says. */
static bool fetch(void *context, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    static uint8_t bytes[DATA];
    (void)context;
    fetching = pthread_self();
    memset(bytes, (int)entry->offset, sizeof(bytes));
    *ret = (struct tw_ring_packet){(tw_time)entry->offset, (uint32_t)entry->offset + DATA, bytes};
    return entry->origin == 1 && entry->caplen <= DATA;
}

static int open_writer(bool live) {
    struct tw_writer_options options = {
        .dirfd = folder.fd,
        .queue = QUEUE,
        .wait = !live,
        .live = live,
        .host = "sensor",
        .is_interface = live,
        .pcap = {.prefix = "p", .flush = flush, .mode = 0640, .keep_files = keep_files},
        .output = {.flows = TW_FLOWS_ALL, .alarms = true},
        .on_alarm = on_alarm,
        .fetch = &(struct tw_ring_fetch){fetch, NULL},
    };
    return tw_writer_create(&options, &writer);
}

static void setup(void) {
    folder_init(&folder);
    writer = NULL;
    alarms_seen = 0;
    flush = 20 * TW_MS;
    keep_files = 0;
    sem_init(&gate, 0, 1);
    sem_init(&arrived, 0, 0);
}

static void teardown(void) {
    tw_writer_destroy(writer, 0);
    folder_fini(&folder);
    sem_destroy(&gate);
    sem_destroy(&arrived);
}

static int put_packet(uint32_t extraction, uint32_t number) {
    uint8_t bytes[DATA];
    memset(bytes, (int)number, sizeof(bytes));
    struct tw_writer_packet packet = {.extraction = extraction, .time = number, .caplen = DATA, .wirelen = DATA};
    packet.bytes = bytes;
    return tw_writer_packet(writer, &packet);
}

static int put_alarm(uint64_t episode) {
    struct tw_alarm_event event = {.flow = {.ip_version = 4, .proto = 6}, .episode = episode};
    return tw_writer_alarm(writer, &event);
}

static int put_flow(uint64_t index) {
    struct tw_flow_record record = {.id = {.index = index, .ip_version = 4, .proto = 6}};
    record.side[TW_A].packets = record.side[TW_B].packets = 1;
    return tw_writer_flow(writer, &record);
}

static int put_extract_end(uint32_t extraction) {
    struct tw_extract_event event = {.flow = {.index = extraction, .ip_version = 4, .proto = 6}, .alarms = 1};
    event.extraction = extraction;
    return tw_writer_extract_end(writer, &event);
}

/* Shut the gate, and wait until the thread stands before it. */
static void stop_thread(void) {
    sem_wait(&gate);
    ck_assert_int_eq(put_alarm(1), 0);
    sem_wait(&arrived);
}

static void let_thread_go(void) {
    sem_post(&gate);
}

static struct tw_writer_stats stats_of(void) {
    struct tw_writer_stats stats;
    tw_writer_stats(writer, &stats);
    return stats;
}

static size_t size_of(const char *name) {
    size_t len;
    free(folder_read(&folder, name, &len));
    return len;
}

static size_t count_in(const char *name, const char *what) {
    size_t n = 0;
    char *text = folder_read(&folder, name, NULL);
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    free(text);
    return n;
}

START_TEST(everything_put_is_in_the_files_after_a_drain) {
    ck_assert_int_eq(open_writer(_i == 0), 0);
    ck_assert_int_eq(tw_writer_source(writer, "eth7"), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    for (uint32_t i = 0; i < 500; i++)
        ck_assert_int_eq(put_packet(1, i), 0);
    ck_assert_int_eq(put_alarm(1), 0);
    ck_assert_int_eq(put_flow(1), 0);
    ck_assert_int_eq(put_extract_end(1), 0);
    ck_assert_int_eq(tw_writer_replace(writer, "status", "all is well", 11), 0);
    tw_writer_drain(writer);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + 500 * RECORD);
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "eth7"), 2);
    ck_assert_uint_eq(count_in("p_flows.tsv", "\n"), 3);
    ck_assert_uint_eq(count_in("status", "all is well"), 1);
    ck_assert_uint_eq(stats_of().packets, 500);
    ck_assert_uint_eq(stats_of().bytes, 500 * DATA);
    ck_assert_uint_eq(stats_of().queued, 0);
    ck_assert_int_eq(alarms_seen, 1);
    ck_assert(signals_blocked);
}
END_TEST

START_TEST(a_packet_without_bytes_is_fetched_by_the_thread_or_lost) {
    struct tw_writer_packet packet = {.extraction = 1, .offset = 7, .caplen = DATA, .origin = 1};
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 6), 0);
    ck_assert_int_eq(tw_writer_packet(writer, &packet), 0);
    packet.origin = 2;
    ck_assert_int_eq(tw_writer_packet(writer, &packet), 0);
    ck_assert_int_eq(put_packet(1, 8), 0);
    ck_assert_int_eq(put_extract_end(1), 0);
    tw_writer_drain(writer);
    ck_assert(!pthread_equal(fetching, pthread_self()));
    ck_assert_uint_eq(stats_of().packets, 3);
    ck_assert_uint_eq(stats_of().lost_write, 1);
    ck_assert_int_eq(stats_of().error, 0);
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "\"packets_lost\":{\"overrun\":0,\"queue\":0,\"write\":1}"), 1);
    size_t len;
    char *file = folder_read(&folder, FILE_1 ".part", &len);
    uint32_t head[4];
    ck_assert_uint_eq(len, 24 + 3 * RECORD);
    memcpy(head, file + 24 + RECORD, sizeof(head));
    ck_assert_uint_eq(head[1], 7);
    ck_assert_uint_eq(head[2], DATA);
    ck_assert_uint_eq(head[3], DATA + 7);
    ck_assert_int_eq(file[24 + 2 * RECORD - 1], 7);
    ck_assert_int_eq(file[24 + 3 * RECORD - 1], 8);
    free(file);
}
END_TEST

START_TEST(another_folder_gets_its_file_with_its_mode) {
    struct folder other;
    struct stat st;
    folder_init(&other);
    int fd = dup(other.fd);
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_replace_in(writer, fd, 0604, "status", "all is well", 11), 0);
    close(fd); /* the writer has its own */
    tw_writer_drain(writer);
    ck_assert_int_eq(fstatat(other.fd, "status", &st, 0), 0);
    ck_assert_int_eq(st.st_size, 11);
    ck_assert_int_eq(st.st_mode & 07777, 0604);
    ck_assert_uint_eq(stats_of().replaced, 1);
    ck_assert_int_eq(tw_writer_replace_in(writer, -1, 0604, "status", "x", 1), -EBADF);
    folder_fini(&other);
}
END_TEST

START_TEST(destroy_finishes_every_open_file) {
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 63, FILE_2, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 1), 0);
    ck_assert_int_eq(tw_writer_destroy(writer, TW_SECOND), 0);
    writer = NULL;
    ck_assert_uint_eq(size_of(FILE_1), 24 + RECORD);
    ck_assert(!folder_has(&folder, FILE_1 ".part") && !folder_has(&folder, FILE_2 ".part"));
}
END_TEST

START_TEST(a_packet_is_in_the_file_soon_after_pcap_flush) {
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 1), 0);
    while (stats_of().packets == 0)
        usleep(1000);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + RECORD);
}
END_TEST

/* The second one finds the thread asleep until the first is due, and goes with it. */
START_TEST(no_packet_waits_for_two_times_pcap_flush) {
    flush = 1500 * TW_MS;
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 1), 0);
    usleep(100000);
    ck_assert_int_eq(put_packet(1, 2), 0);
    while (stats_of().packets == 0)
        usleep(1000);
    ck_assert_uint_eq(stats_of().packets, 2);
}
END_TEST

START_TEST(live_a_full_queue_says_again_and_takes_nothing) {
    uint32_t n = 0;
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    stop_thread();
    while (put_packet(1, n) == 0)
        n++;
    ck_assert_int_eq(put_packet(1, n), TW_EAGAIN);
    ck_assert_int_eq(tw_writer_replace(writer, "r", (char[2000]){0}, 2000), TW_EAGAIN);
    ck_assert_uint_gt(n, QUEUE / 2 / RECORD);
    ck_assert_uint_le(stats_of().queued, QUEUE / 4 * 3);
    let_thread_go();
    tw_writer_drain(writer);
    ck_assert_uint_eq(size_of(FILE_1 ".part"), 24 + n * RECORD);
    ck_assert_int_eq(put_packet(1, n), 0);
}
END_TEST

/* They are small, but what is fetched for them is not. */
START_TEST(what_is_still_to_be_fetched_has_a_sixteenth_of_the_room) {
    struct tw_writer_packet packet = {.offset = 7, .caplen = DATA, .origin = 1};
    size_t n = 0;
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    stop_thread();
    while (tw_writer_packet(writer, &packet) == 0)
        n++;
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_le(stats_of().queued, QUEUE / 16);
    ck_assert_int_eq(put_packet(1, 1), 0);
    let_thread_go();
    tw_writer_drain(writer);
    ck_assert_uint_eq(stats_of().packets, n + 1);
}
END_TEST

START_TEST(alarms_have_room_where_packets_and_flows_have_none) {
    ck_assert_int_eq(open_writer(true), 0);
    stop_thread();
    uint64_t flows = 0, alarms = 1;
    while (put_flow(flows) == 0)
        flows++;
    ck_assert_int_eq(put_flow(flows), TW_EAGAIN);
    while (put_alarm(alarms) == 0)
        alarms++;
    ck_assert_uint_gt(alarms, QUEUE / 4 / sizeof(struct tw_alarm_event));
    let_thread_go();
    tw_writer_drain(writer);
    ck_assert_uint_eq(stats_of().lost_flows, 4);
    ck_assert_uint_eq(stats_of().lost_alarms, 1);
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "\n"), alarms);
    ck_assert_uint_eq(count_in("p_flows.tsv", "\n"), 1 + 2 * flows);
}
END_TEST

/* The end of extraction 5 comes before a packet that was put after it, whether there was room for it or not. */
START_TEST(the_end_of_an_extraction_always_finds_room_and_keeps_its_place) {
    bool more = _i == 0;
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(5, 1), 0);
    stop_thread();
    while (put_alarm(2) == 0) {
    }
    for (uint32_t i = 104; i >= 5; i--) /* the first may still find a little room */
        ck_assert_int_eq(put_extract_end(i), 0);
    ck_assert_int_eq(put_packet(5, 2), TW_EAGAIN);
    let_thread_go();
    while (more && stats_of().queued > 0)
        usleep(1000);
    if (more)
        ck_assert_int_eq(put_packet(5, 2), 0);
    ck_assert_int_eq(tw_writer_destroy(writer, 0), 0);
    writer = NULL;
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "\"extract_end\""), 100);
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "\"packets_written\":1,"), 1);
    ck_assert_uint_eq(count_in("p_alarms.jsonl", "\"packets_written\":0,"), 99);
    ck_assert_uint_eq(size_of(FILE_1), more ? 24 + 2 * RECORD : 24 + RECORD);
}
END_TEST

static void *open_gate_later(void *arg) {
    (void)arg;
    usleep(100000);
    let_thread_go();
    return NULL;
}

START_TEST(reading_a_file_a_put_waits_and_nothing_is_lost) {
    enum { PACKETS = 5000 }; /* five times the queue */
    pthread_t thread;
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    sem_wait(&gate);
    ck_assert_int_eq(put_alarm(1), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, open_gate_later, NULL), 0);
    for (uint32_t i = 0; i < PACKETS; i++)
        ck_assert_int_eq(put_packet(1, i), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(tw_writer_destroy(writer, 0), 0);
    writer = NULL;
    ck_assert_uint_eq(size_of(FILE_1), 24 + PACKETS * RECORD);
}
END_TEST

/* A run of all kinds of operations, in an order that depends on nothing but the numbers. Returns the folder's bytes. */
static char *run_once(size_t *ret_len) {
    static const char *const names[] = {FILE_1, FILE_2, "p_alarms.jsonl", "p_flows.tsv"};
    char *all = NULL;
    size_t len, total = 0;
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    for (uint32_t i = 0; i < 3000; i++) {
        ck_assert_int_eq(put_packet(i % 10, i), 0);
        if (i % 7 == 0)
            ck_assert_int_eq(put_alarm(i), 0);
        if (i % 11 == 0)
            ck_assert_int_eq(put_flow(i), 0);
        if (i % 101 == 0)
            ck_assert_int_eq(put_extract_end(i % 10), 0);
        if (i == 2000) {
            ck_assert_int_eq(tw_writer_finish(writer, 0), 0);
            ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_2, 1, 65535), 0);
        }
    }
    ck_assert_int_eq(tw_writer_destroy(writer, 0), 0);
    writer = NULL;
    for (size_t i = 0; i < 4; i++) {
        char *text = folder_read(&folder, names[i], &len);
        all = realloc(all, total + len);
        memcpy(all + total, text, len);
        total += len;
        free(text);
        ck_assert_int_eq(unlinkat(folder.fd, names[i], 0), 0);
    }
    *ret_len = total;
    return all;
}

START_TEST(the_same_operations_give_the_same_bytes) {
    size_t len_1, len_2;
    char *first = run_once(&len_1), *second = run_once(&len_2);
    ck_assert_uint_gt(len_1, 3000 * RECORD);
    ck_assert(len_1 == len_2 && memcmp(first, second, len_1) == 0);
    free(first);
    free(second);
}
END_TEST

START_TEST(destroy_leaves_after_its_deadline_what_is_not_written) {
    pthread_t thread;
    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 1), 0);
    stop_thread();
    ck_assert_int_eq(put_packet(1, 2), 0);
    ck_assert_int_eq(put_extract_end(1), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, open_gate_later, NULL), 0);
    ck_assert_int_eq(tw_writer_destroy(writer, 10 * TW_MS), -ETIMEDOUT);
    writer = NULL;
    pthread_join(thread, NULL);
    ck_assert(folder_has(&folder, FILE_1 ".part") && !folder_has(&folder, FILE_1));
}
END_TEST

START_TEST(destroy_returns_the_first_error_of_the_run) {
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_begin(writer, 0, FILE_1, 1, 65535), 0);
    ck_assert_int_eq(put_packet(1, 1), 0);
    folder_limit_files(24 + RECORD - 1);
    tw_writer_drain(writer);
    folder_limit_files(SIZE_MAX);
    ck_assert_uint_eq(stats_of().lost_write, 1);
    ck_assert_str_eq(stats_of().error_name, FILE_1);
    ck_assert_int_eq(put_packet(1, 1), 0);
    ck_assert_int_eq(tw_writer_destroy(writer, 0), -EFBIG);
    writer = NULL;
    ck_assert_uint_eq(size_of(FILE_1), 24 + RECORD);
}
END_TEST

/* Write without an end, for somebody to kill. */
static void write_until_killed(void) {
    if (open_writer(true) != 0 || tw_writer_begin(writer, 0, FILE_1, 1, 65535) != 0)
        _exit(1);
    for (uint32_t i = 0;; i++) {
        (void)put_packet(1, i);
        (void)put_flow(i);
    }
}

START_TEST(after_a_sigkill_all_but_the_last_record_can_be_recovered) {
    pid_t pid = fork();
    if (pid == 0)
        write_until_killed();
    while (!folder_has(&folder, FILE_1 ".part") || size_of(FILE_1 ".part") < 1000000)
        usleep(1000);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    size_t left = size_of(FILE_1 ".part");
    ck_assert_int_eq(tw_filestore_recover(folder.fd, FILE_1), 1);
    size_t size = size_of(FILE_1);
    ck_assert_uint_eq((size - 24) % RECORD, 0);
    ck_assert(size > 1000000 && size <= left && left - size < RECORD);

    ck_assert_int_eq(open_writer(true), 0);
    ck_assert_int_eq(put_flow(4294967296), 0);
    tw_writer_drain(writer);
    ck_assert_uint_eq(count_in("p_flows.tsv", "\nA\t4294967296\t"), 1);
    ck_assert_uint_eq(count_in("p_flows.tsv", "%dir"), 1);
}
END_TEST

START_TEST(file_names_are_kept_in_order_live_the_last_ones) {
    enum { FILES = TW_WRITER_NAMES + 10 };
    bool live = _i == 0;
    char name[TW_NAME_MAX];
    ck_assert_int_eq(open_writer(live), 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "p-20240101T000000Z-%06d.pcap", i);
        while (tw_writer_begin(writer, 0, name, 1, 65535) == TW_EAGAIN) {
        }
    }
    ck_assert_uint_eq(stats_of().n_files, FILES);
    ck_assert_ptr_null(tw_writer_file(writer, FILES));
    ck_assert((tw_writer_file(writer, 9) == NULL) == live);
    ck_assert_str_eq(tw_writer_file(writer, 10), "p-20240101T000000Z-000010.pcap");
    ck_assert_str_eq(tw_writer_file(writer, FILES - 1), name);
}
END_TEST

START_TEST(it_is_known_which_files_retention_has_removed) {
    enum { FILES = 20 };
    char name[TW_NAME_MAX];
    keep_files = 2;
    ck_assert_int_eq(open_writer(_i == 0), 0);
    for (uint32_t i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "p-20240101T000000Z-%06u.pcap", i + 1);
        ck_assert_int_eq(tw_writer_begin(writer, 0, name, 1, 65535), 0);
        ck_assert_int_eq(put_packet(1, i), 0);
        ck_assert_int_eq(tw_writer_finish(writer, 0), 0);
    }
    tw_writer_drain(writer);
    for (uint32_t i = 0; i < FILES; i++) {
        ck_assert_msg(tw_writer_has_removed(writer, i) == (i < FILES - 2), "file %u", i + 1);
        ck_assert(folder_has(&folder, tw_writer_file(writer, i)) == (i >= FILES - 2));
    }
    ck_assert(!tw_writer_has_removed(writer, FILES));
}
END_TEST

START_TEST(what_can_never_fit_is_refused) {
    static char text[QUEUE];
    char name[TW_NAME_MAX + 1];
    memset(name, 'n', sizeof(name));
    name[TW_NAME_MAX] = '\0';
    ck_assert_int_eq(open_writer(false), 0);
    ck_assert_int_eq(tw_writer_replace(writer, "r", text, sizeof(text) / 2), -EMSGSIZE);
    ck_assert_int_eq(tw_writer_replace(writer, "r", text, sizeof(text) / 3), 0);
    ck_assert_int_eq(tw_writer_replace(writer, name, text, 1), TW_ENAME);
    ck_assert_int_eq(tw_writer_begin(writer, 0, name, 1, 65535), TW_ENAME);
    ck_assert_uint_eq(stats_of().n_files, 0);
    tw_writer_drain(writer);
    ck_assert_uint_eq(size_of("r"), sizeof(text) / 3);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_an_error_at_the_start) {
    int fd = folder.fd;
    folder.fd = -1;
    ck_assert_int_eq(open_writer(true), -EBADF);
    ck_assert_ptr_null(writer);
    folder.fd = fd;
}
END_TEST

Suite *suite_writer(void) {
    Suite *suite = suite_create("writer");
    TCase *tc = tcase_create("files");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, everything_put_is_in_the_files_after_a_drain, 0, 2);
    tcase_add_test(tc, a_packet_without_bytes_is_fetched_by_the_thread_or_lost);
    tcase_add_test(tc, another_folder_gets_its_file_with_its_mode);
    tcase_add_test(tc, destroy_finishes_every_open_file);
    tcase_add_test(tc, a_packet_is_in_the_file_soon_after_pcap_flush);
    tcase_add_test(tc, no_packet_waits_for_two_times_pcap_flush);
    tcase_add_test(tc, the_same_operations_give_the_same_bytes);
    tcase_add_test(tc, destroy_leaves_after_its_deadline_what_is_not_written);
    tcase_add_test(tc, destroy_returns_the_first_error_of_the_run);
    tcase_add_test(tc, after_a_sigkill_all_but_the_last_record_can_be_recovered);
    tcase_add_loop_test(tc, file_names_are_kept_in_order_live_the_last_ones, 0, 2);
    tcase_add_loop_test(tc, it_is_known_which_files_retention_has_removed, 0, 2);
    tcase_add_test(tc, what_can_never_fit_is_refused);
    tcase_add_test(tc, a_folder_that_cannot_be_written_is_an_error_at_the_start);
    suite_add_tcase(suite, tc);
    tc = tcase_create("queue");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, live_a_full_queue_says_again_and_takes_nothing);
    tcase_add_test(tc, what_is_still_to_be_fetched_has_a_sixteenth_of_the_room);
    tcase_add_test(tc, alarms_have_room_where_packets_and_flows_have_none);
    tcase_add_loop_test(tc, the_end_of_an_extraction_always_finds_room_and_keeps_its_place, 0, 2);
    tcase_add_test(tc, reading_a_file_a_put_waits_and_nothing_is_lost);
    suite_add_tcase(suite, tc);
    return suite;
}
