/* SPDX-License-Identifier: MIT */
/* hook.c — see hook.h. The first part is this process, the second the helper. */
#include "hook.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_MAX = 2 * PATH_MAX + 2, /* program and path, each with its NUL */
    LAST_CAPABILITY = 63,
    HELPER_FD = 3,
    LIMIT_MS = 60000,     /* of a program */
    LAST_MS = 15000,      /* of all, once this process has ended */
    CLOSE_WAIT_MS = 3000, /* of this process for the helper */
};

/* What became of a program, from the helper to us; the path follows. */
enum outcome { OUTCOME_EXIT, OUTCOME_SIGNAL, OUTCOME_TIMEOUT, OUTCOME_NOT_STARTED, OUTCOME_DROPPED };

struct result {
    enum outcome outcome;
    int code; /* exit status, signal or errno */
    char path[PATH_MAX];
};

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The helper. */

struct job {
    pid_t pid; /* 0: free */
    int64_t deadline;
    bool timed_out;
    char path[PATH_MAX];
};

struct helper {
    struct job job[HOOK_AT_ONCE];
    char *queue[HOOK_QUEUE]; /* a ring of requests */
    size_t first, n;
    int signals;
    int64_t last; /* when everything ends; 0: not yet */
};

static void drop_capabilities(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int cap = 0; cap <= LAST_CAPABILITY; cap++) {
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* so that root gets none back by execve */
    }
    (void)syscall(SYS_capset, &head, none);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* Sockets of AF_UNIX only, and no io_uring, which could open others. Returns whether it holds. */
static bool limit_sockets(void) {
#ifdef NATIVE_ARCH
    enum { X32_BIT = 0x40000000 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 6),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
#else
    return true;
#endif
}

static void report(enum outcome outcome, int code, const char *path) {
    struct result result = {.outcome = outcome, .code = code};
    size_t len = strnlen(path, sizeof(result.path) - 1);
    memcpy(result.path, path, len);
    (void)send(HELPER_FD, &result, offsetof(struct result, path) + len + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void run_program(const char *program, const char *path, int failed) {
    char *const argv[] = {strdup(program), strdup(path), NULL};
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)setpgid(0, 0);
    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        (void)execve(program, argv, environ);
    }
    int err = errno;
    (void)!write(failed, &err, sizeof(err));
    _exit(127);
}

/* Returns 0, or why it did not start. */
static int start(struct job *job, const char *program, const char *path) {
    int ends[2], err = 0;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        run_program(program, path, ends[1]);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], &err, sizeof(err)) != (ssize_t)sizeof(err)) {
        err = pid < 0 ? EAGAIN : 0;
    }
    close(ends[0]);
    if (err && pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
    if (err == 0) {
        *job = (struct job){.pid = pid, .deadline = milliseconds() + LIMIT_MS};
        memcpy(job->path, path, strlen(path) + 1);
    }
    return err;
}

static void start_queued(struct helper *helper) {
    for (int i = 0; i < HOOK_AT_ONCE && helper->n > 0; i++) {
        while (helper->job[i].pid == 0 && helper->n > 0) {
            char *program = helper->queue[helper->first];
            const char *path = program + strlen(program) + 1;
            int err = start(&helper->job[i], program, path);
            if (err) {
                report(OUTCOME_NOT_STARTED, err, path);
            }
            free(program);
            helper->first = (helper->first + 1) % HOOK_QUEUE;
            helper->n--;
        }
    }
}

static void job_ended(struct helper *helper, pid_t pid, int status) {
    for (int i = 0; i < HOOK_AT_ONCE; i++) {
        struct job *job = &helper->job[i];
        if (job->pid != pid) {
            continue;
        }
        (void)kill(-pid, SIGKILL); /* what it has left behind */
        if (job->timed_out) {
            report(OUTCOME_TIMEOUT, 0, job->path);
        } else if (WIFSIGNALED(status)) {
            report(OUTCOME_SIGNAL, WTERMSIG(status), job->path);
        } else {
            report(OUTCOME_EXIT, WEXITSTATUS(status), job->path);
        }
        job->pid = 0;
    }
}

static void reap(struct helper *helper) {
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    (void)!read(helper->signals, &info, sizeof(info));
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        job_ended(helper, pid, status);
    }
}

/* Ends what has had its time. Returns for how long nothing else has to be ended, in ms; -1: for good. */
static int enforce_limits(struct helper *helper) {
    int64_t now = milliseconds(), next = helper->last;
    for (int i = 0; i < HOOK_AT_ONCE; i++) {
        struct job *job = &helper->job[i];
        int64_t deadline = helper->last && helper->last < job->deadline ? helper->last : job->deadline;
        if (job->pid == 0 || job->timed_out) {
            continue;
        }
        if (now >= deadline) {
            job->timed_out = true;
            (void)kill(-job->pid, SIGKILL);
        } else if (next == 0 || deadline < next) {
            next = deadline;
        }
    }
    return next == 0 ? -1 : next > now ? (int)(next - now) : 0;
}

static void take_request(struct helper *helper) {
    static char request[REQUEST_MAX];
    ssize_t len = recv(HELPER_FD, request, sizeof(request), MSG_DONTWAIT);
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) {
        helper->last = milliseconds() + LAST_MS;
        return;
    }
    char *copy = len > 0 && helper->n < HOOK_QUEUE ? malloc((size_t)len) : NULL;
    if (copy) {
        memcpy(copy, request, (size_t)len);
        helper->queue[(helper->first + helper->n++) % HOOK_QUEUE] = copy;
    } else if (len > 0) {
        report(OUTCOME_DROPPED, 0, request + strlen(request) + 1);
    }
}

static bool is_idle(const struct helper *helper) {
    bool idle = helper->n == 0;
    for (int i = 0; i < HOOK_AT_ONCE; i++) {
        idle &= helper->job[i].pid == 0;
    }
    return idle;
}

static void serve(struct helper *helper) {
    while (!helper->last || (!is_idle(helper) && milliseconds() < helper->last + 1000)) {
        struct pollfd fds[2] = {{helper->last ? -1 : HELPER_FD, POLLIN, 0}, {helper->signals, POLLIN, 0}};
        int wait = enforce_limits(helper);
        if (helper->last && milliseconds() >= helper->last) {
            helper->n = 0;
            wait = 100;
        }
        (void)poll(fds, 2, wait);
        if (fds[0].revents) {
            take_request(helper);
        }
        reap(helper);
        start_queued(helper);
    }
}

/* Signals for the service are not for the programs: they end by themselves, or by their limits. */
static _Noreturn void be_helper(int fd) {
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
    static const char *const private[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"};
    static struct helper helper;
    sigset_t child;
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &child, NULL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        (void)unsetenv(private[i]);
    }
    (void)setsid();
    (void)prctl(PR_SET_NAME, "tcpwind-hooks", 0, 0, 0);
    if ((fd != HELPER_FD && dup3(fd, HELPER_FD, O_CLOEXEC) < 0) ||
        syscall(SYS_close_range, HELPER_FD + 1, ~0U, 0) < 0) {
        _exit(1);
    }
    helper.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    drop_capabilities();
    if (helper.signals < 0 || !limit_sockets()) {
        _exit(1);
    }
    serve(&helper);
    _exit(0);
}

/* This process. */

int hook_open(struct hook *hook) {
    int ends[2];
    memset(hook, 0, sizeof(*hook));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        be_helper(ends[1]);
    }
    int err = pid < 0 ? -errno : 0;
    close(ends[1]);
    if (err) {
        close(ends[0]);
        return err;
    }
    hook->fd = ends[0];
    hook->pid = pid;
    (void)pthread_mutex_init(&hook->lock, NULL);
    return 0;
}

void hook_set(struct hook *hook, const char *program) {
    if (hook->fd > 0) {
        (void)pthread_mutex_lock(&hook->lock);
        snprintf(hook->program, sizeof(hook->program), "%s", program);
        (void)pthread_mutex_unlock(&hook->lock);
    }
}

void hook_run(struct hook *hook, const char *directory, const char *name) {
    char request[REQUEST_MAX];
    if (hook->fd <= 0) {
        return;
    }
    (void)pthread_mutex_lock(&hook->lock);
    size_t len = strlen(hook->program) + 1;
    memcpy(request, hook->program, len);
    int n = snprintf(request + len, PATH_MAX, "%s%s%s", directory, *directory ? "/" : "", name);
    bool good =
        len > 1 && n < PATH_MAX && send(hook->fd, request, len + (size_t)n + 1, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    hook->lost += len > 1 && !good;
    (void)pthread_mutex_unlock(&hook->lock);
}

static void describe(const struct result *result, char *ret, size_t size) {
    switch (result->outcome) {
    case OUTCOME_EXIT:
        snprintf(ret, size, "exit status %d", result->code);
        return;
    case OUTCOME_SIGNAL:
        snprintf(ret, size, "ended by signal %d", result->code);
        return;
    case OUTCOME_TIMEOUT:
        snprintf(ret, size, "it took too long and was ended");
        return;
    case OUTCOME_NOT_STARTED:
        snprintf(ret, size, "not started: %s", strerror(result->code));
        return;
    case OUTCOME_DROPPED:
        snprintf(ret, size, "not run: too many files wait for it");
    }
}

static void log_failing(const struct hook *hook, bool good, const char *path, const char *why) {
    if (good) {
        log_notice("pcap.on_close: works again; it failed %llu times so far", (unsigned long long)hook->failed);
    } else {
        log_error("pcap.on_close: %s: %s; further failures are counted", path, why);
    }
}

static void take_result(struct hook *hook, const struct result *result) {
    char why[128] = "";
    bool good = result->outcome == OUTCOME_EXIT && result->code == 0;
    hook->run++;
    hook->failed += !good;
    bool has_changed = good == hook->failing;
    if (has_changed && log_may(TOPIC_HOOK)) {
        describe(result, why, sizeof(why));
        log_failing(hook, good, result->path, why);
    }
    hook->failing = !good;
}

/* Returns false when the helper has ended. */
static bool take_results(struct hook *hook) {
    struct result result;
    ssize_t len;
    while ((len = recv(hook->fd, &result, sizeof(result), MSG_DONTWAIT)) > (ssize_t)offsetof(struct result, path)) {
        result.path[sizeof(result.path) - 1] = '\0';
        take_result(hook, &result);
    }
    return len < 0 && (errno == EAGAIN || errno == EINTR);
}

void hook_poll(struct hook *hook) {
    if (hook->fd <= 0) {
        return;
    }
    (void)take_results(hook);
    (void)pthread_mutex_lock(&hook->lock);
    uint64_t lost = hook->lost;
    hook->lost = 0;
    (void)pthread_mutex_unlock(&hook->lock);
    if (lost && !hook->failing && log_may(TOPIC_HOOK)) {
        log_error("pcap.on_close: the helper that runs it does not answer; further failures are counted");
    }
    hook->failing |= lost > 0;
    hook->failed += lost;
}

void hook_close(struct hook *hook) {
    if (hook->fd <= 0) {
        return;
    }
    int64_t until = milliseconds() + CLOSE_WAIT_MS, left;
    bool alive = true;
    hook_poll(hook);
    (void)shutdown(hook->fd, SHUT_WR);
    while (alive && (left = until - milliseconds()) > 0) {
        struct pollfd fd = {hook->fd, POLLIN, 0};
        (void)poll(&fd, 1, (int)left);
        alive = take_results(hook);
    }
    if (alive) {
        log_notice("pcap.on_close: programs still run; they have some seconds more");
    } else {
        (void)waitpid(hook->pid, NULL, 0);
    }
    if (hook->failed) {
        log_notice("pcap.on_close: %llu of %llu runs failed", (unsigned long long)hook->failed,
                   (unsigned long long)hook->run);
    }
    close(hook->fd);
    (void)pthread_mutex_destroy(&hook->lock);
    memset(hook, 0, sizeof(*hook));
}
