/* SPDX-License-Identifier: MIT */
/*
 * What a service manager hears, by a socket that stands for it.
 */
#include "notify.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "suites.h"

static int manager = -1;

/* A name without a file: nothing is left behind. */
static void listen_as_manager(void) {
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char name[64];
    int len = snprintf(name, sizeof(name), "@tcpwind-test-%d", (int)getpid());
    memcpy(addr.sun_path + 1, name + 1, (size_t)len - 1);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&addr, size), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void stop_listening(void) {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    close(manager);
}

static const char *heard(void) {
    static char text[256];
    ssize_t n = recv(manager, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

START_TEST(each_message_is_the_manager_s_own) {
    notify_ready("capturing");
    ck_assert_str_eq(heard(), "READY=1\nSTATUS=capturing");
    notify_status("eth0: 3 packets");
    ck_assert_str_eq(heard(), "STATUS=eth0: 3 packets");
    notify_alive();
    ck_assert_str_eq(heard(), "WATCHDOG=1");
    notify_stopping("bye");
    ck_assert_str_eq(heard(), "STOPPING=1\nSTATUS=bye");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(reloading_says_since_when) {
    struct timespec before, after;
    uint64_t usec = 0;
    clock_gettime(CLOCK_MONOTONIC, &before);
    notify_reloading();
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_eq(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &usec), 1);
    ck_assert_uint_ge(usec, (uint64_t)before.tv_sec * 1000000 + (uint64_t)before.tv_nsec / 1000);
    ck_assert_uint_le(usec, (uint64_t)after.tv_sec * 1000000 + (uint64_t)after.tv_nsec / 1000);
}
END_TEST

START_TEST(watchdog_is_fed_three_times_in_its_time) {
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    ck_assert_int_eq(notify_watchdog(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    ck_assert_int_eq(notify_watchdog(), 10 * TW_SECOND);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    ck_assert_int_eq(notify_watchdog(), 0);
}
END_TEST

START_TEST(nobody_listens_and_nothing_happens) {
    unsetenv("NOTIFY_SOCKET");
    notify_ready("capturing");
    notify_alive();
    ck_assert_str_eq(heard(), "");
}
END_TEST

Suite *suite_notify(void) {
    Suite *suite = suite_create("notify");
    TCase *tcase = tcase_create("messages");
    tcase_add_checked_fixture(tcase, listen_as_manager, stop_listening);
    tcase_add_test(tcase, each_message_is_the_manager_s_own);
    tcase_add_test(tcase, reloading_says_since_when);
    tcase_add_test(tcase, watchdog_is_fed_three_times_in_its_time);
    tcase_add_test(tcase, nobody_listens_and_nothing_happens);
    suite_add_tcase(suite, tcase);
    return suite;
}
