/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED false
#endif

/* System calls */

/* By name: what an architecture does not have is left out. */
static const char allowed[] =
    /* files */
    "openat open close close_range read readv pread64 write writev pwrite64 lseek _llseek fsync fdatasync "
    "ftruncate ftruncate64 fallocate flock fcntl fcntl64 dup dup2 dup3 stat stat64 fstat fstat64 lstat "
    "lstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2 "
    "readlink readlinkat getdents getdents64 getcwd mkdir mkdirat unlink unlinkat rename renameat renameat2 "
    "linkat symlinkat fchmod fchmodat fchown fchown32 fchownat umask fadvise64 fadvise64_64 memfd_create "
    "pipe2 ioctl sendfile sendfile64 "
    /* memory */
    "brk mmap mmap2 munmap mremap mprotect madvise membarrier "
    /* threads, signals, time */
    "futex futex_time64 set_robust_list get_robust_list rseq gettid exit exit_group sched_yield "
    "sched_getaffinity getcpu rt_sigaction rt_sigprocmask rt_sigreturn sigreturn rt_sigpending "
    "rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack restart_syscall tgkill signalfd4 eventfd2 "
    "timerfd_create timerfd_settime timerfd_settime64 clock_gettime clock_gettime64 clock_getres "
    "clock_getres_time64 clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday time wait4 waitid "
    "waitpid "
    /* waiting */
    "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll ppoll_time64 select _newselect "
    "pselect6 pselect6_time64 "
    /* sockets */
    "bind connect listen accept accept4 shutdown getsockname getpeername getsockopt setsockopt send sendto "
    "sendmsg sendmmsg recv recvfrom recvmsg recvmmsg socketpair "
    /* who and what we are */
    "getpid getppid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups "
    "getgroups32 getresuid getresgid capget capset prctl arch_prctl getrandom uname sysinfo getrlimit "
    "ugetrlimit prlimit64 ";

/* What no part of this program ever does: whoever does it has taken it over. */
static const char deadly[] =
    "execve execveat fork vfork ptrace process_vm_readv process_vm_writev bpf mount umount2 pivot_root "
    "chroot setns unshare init_module finit_module delete_module kexec_load kexec_file_load "
    "open_by_handle_at userfaultfd perf_event_open keyctl add_key reboot swapon swapoff settimeofday "
    "clock_settime personality ";

static bool add_names(scmp_filter_ctx filter, uint32_t action, const char *names) {
    char name[32];
    bool ok = true;
    for (int len; sscanf(names, " %31s%n", name, &len) == 1; names += len) {
        int number = seccomp_syscall_resolve_name(name);
        ok &= number == __NR_SCMP_ERROR || seccomp_rule_add(filter, action, number, 0) == 0;
    }
    return ok;
}

/* A clone3 cannot be looked into; the C library falls back to clone, of which there are threads only. */
static bool add_conditions(scmp_filter_ctx filter) {
    static const uint64_t families[] = {AF_UNIX, AF_PACKET};
    bool ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        ok &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, families[i], 0)) == 0;
    }
    return ok;
}

static bool filter_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    bool ok = filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
              add_names(filter, SCMP_ACT_ALLOW, allowed) && add_names(filter, SCMP_ACT_KILL_PROCESS, deadly) &&
              add_conditions(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

/* Folders */

#ifdef LANDLOCK_ACCESS_FS_WRITE_FILE

/* Younger than the headers of some systems. */
enum { ACCESS_TRUNCATE = 1 << 14, ABI_WITH_TRUNCATE = 3 };

static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                LANDLOCK_ACCESS_FS_MAKE_SOCK;

static const uint64_t never = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                              LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO;

static bool is_root(int fd) {
    struct stat st, root;
    return fstat(fd, &st) == 0 && stat("/", &root) == 0 && st.st_dev == root.st_dev && st.st_ino == root.st_ino;
}

/* The folder that holds this one, or itself where that is the whole system. Returns a descriptor; negative: none. */
static int open_holder(const char *folder) {
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int holder = fd < 0 ? -1 : openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (holder >= 0 && !is_root(holder)) {
        close(fd);
        return holder;
    }
    if (holder >= 0) {
        close(holder);
    }
    return fd;
}

static bool allow_folders(int ruleset, uint64_t access, const char *const *folders, size_t n_folders) {
    bool ok = true;
    for (size_t i = 0; i < n_folders && ok; i++) {
        struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = open_holder(folders[i])};
        if (beneath.parent_fd >= 0) {
            ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
            close(beneath.parent_fd);
        }
    }
    return ok;
}

static bool limit_folders(const char *const *folders, size_t n_folders) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t access = writing | (abi >= ABI_WITH_TRUNCATE ? ACCESS_TRUNCATE : 0);
    struct landlock_ruleset_attr attr = {.handled_access_fs = access | never};
    int ruleset = abi < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (ruleset < 0) {
        return false;
    }
    bool ok =
        allow_folders(ruleset, access, folders, n_folders) && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}

#else

static bool limit_folders(const char *const *folders, size_t n_folders) {
    (void)folders;
    (void)n_folders;
    return false;
}

#endif

unsigned sandbox_enter(const char *const *folders, size_t n_folders) {
    unsigned holds = 0;
    if (IS_SANITIZED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return 0;
    }
    if (limit_folders(folders, n_folders)) {
        holds |= SANDBOX_FOLDERS;
    }
    if (filter_calls()) {
        holds |= SANDBOX_CALLS;
    }
    return holds;
}
