/* SPDX-License-Identifier: MIT */
/* What the process can still do in its sandbox, and what ends it. */
#include "sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "suites.h"

/* FOLDER/inner/out may be written; FOLDER/other is beside the folder that holds it. */
static struct folder folder;

static char *path(const char *name) {
    static char text[2][4096];
    static unsigned n;
    snprintf(text[++n % 2], sizeof(text[0]), "%s/%s", folder.path, name);
    return text[n % 2];
}

static bool can_cut(const char *name) {
    int fd = open(path(name), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool can_make(const char *name) {
    int fd = open(path(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool write_in_folder(void) {
    return can_make("inner/out/a.part") && rename(path("inner/out/a.part"), path("inner/out/a")) == 0 &&
           symlinkat("a", folder.fd, "inner/out/current") == 0 && unlink(path("inner/out/current")) == 0 &&
           can_cut("inner/out/a");
}

static bool write_in_folder_made_again(void) {
    return unlinkat(folder.fd, "inner/out", AT_REMOVEDIR) == 0 && mkdir(path("inner/out"), 0700) == 0 &&
           can_make("inner/out/b");
}

static bool make_elsewhere(void) {
    return can_make("other/a");
}

static bool change_elsewhere(void) {
    return open(path("other/file"), O_WRONLY) >= 0;
}

static bool cut_elsewhere(void) {
    return can_cut("other/file");
}

static bool remove_elsewhere(void) {
    return unlink(path("other/file")) == 0;
}

static bool read_elsewhere(void) {
    char bytes[8];
    int fd = open(path("other/file"), O_RDONLY);
    return fd >= 0 && read(fd, bytes, sizeof(bytes)) == 4;
}

static bool make_socket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path("inner/out/control"));
    return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0;
}

static bool open_packet_socket(void) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    return fd >= 0 || errno == EPERM || errno == EACCES; /* the kernel's rights, not the filter */
}

static bool open_inet_socket(void) {
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool open_netlink_socket(void) {
    return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static void *in_thread(void *arg) {
    *(bool *)arg = !open_inet_socket();
    return NULL;
}

static bool start_thread(void) {
    pthread_t thread;
    bool is_limited = false;
    return pthread_create(&thread, NULL, in_thread, &is_limited) == 0 && pthread_join(thread, NULL) == 0 && is_limited;
}

static bool start_process(void) {
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid > 0;
}

static bool start_program(void) {
    return execl("/bin/true", "true", (char *)NULL) == 0;
}

static bool trace(void) {
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool abort_itself(void) {
    abort();
}

static const struct {
    const char *name;
    bool (*act)(void);
    bool wanted;
    int signal;      /* that ends it; 0: none */
    unsigned needed; /* of what the sandbox holds */
} rows[] = {
    {"files in its folder", write_in_folder, true, 0, 0},
    {"files in its folder that was removed and made again", write_in_folder_made_again, true, 0, 0},
    {"a new file elsewhere", make_elsewhere, false, 0, SANDBOX_FOLDERS},
    {"writing to a file elsewhere", change_elsewhere, false, 0, SANDBOX_FOLDERS},
    {"cutting a file elsewhere", cut_elsewhere, false, 0, SANDBOX_FOLDERS},
    {"removing a file elsewhere", remove_elsewhere, false, 0, SANDBOX_FOLDERS},
    {"reading a file elsewhere", read_elsewhere, true, 0, 0},
    {"a socket in its folder", make_socket, true, 0, 0},
    {"a packet socket", open_packet_socket, true, 0, 0},
    {"a socket of the internet", open_inet_socket, false, 0, SANDBOX_CALLS},
    {"a netlink socket", open_netlink_socket, false, 0, SANDBOX_CALLS},
    {"a thread, as limited", start_thread, true, 0, SANDBOX_CALLS},
    {"a process", start_process, false, 0, SANDBOX_CALLS},
    {"a program", start_program, false, SIGSYS, SANDBOX_CALLS},
    {"a look into others", trace, false, SIGSYS, SANDBOX_CALLS},
    {"its own end", abort_itself, false, SIGABRT, 0},
};

enum { EXIT_CAN = 0, EXIT_CANNOT = 1, EXIT_SKIPPED = 2 };

static int enter_and_act(int i) {
    const char *const folders[] = {path("inner/out"), "/nonexistent"};
    unsigned holds = sandbox_enter(folders, 2);
    if ((holds & rows[i].needed) != rows[i].needed) {
        return EXIT_SKIPPED;
    }
    return rows[i].act() ? EXIT_CAN : EXIT_CANNOT;
}

START_TEST(in_the_sandbox) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(enter_and_act(_i));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED) {
        return;
    }
    if (rows[_i].signal) {
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == rows[_i].signal, "%s: %d", rows[_i].name, status);
    } else {
        int wanted = rows[_i].wanted ? EXIT_CAN : EXIT_CANNOT;
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == wanted, "%s: %d", rows[_i].name, status);
    }
}
END_TEST

static void setup(void) {
    folder_init(&folder);
    ck_assert_int_eq(mkdir(path("inner"), 0700) | mkdir(path("inner/out"), 0700) | mkdir(path("other"), 0700), 0);
    folder_write(&folder, "other/file", "text", 4);
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    return where->level > 0 ? remove(name) : 0;
}

static void teardown(void) {
    (void)nftw(folder.path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    folder_fini(&folder);
}

Suite *suite_sandbox(void) {
    Suite *suite = suite_create("sandbox");
    TCase *tcase = tcase_create("sandbox");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, in_the_sandbox, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);
    return suite;
}
