/* SPDX-License-Identifier: MIT */
#include "labels.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if __has_include(<maxminddb.h>)
#define HAS_MAXMIND 1
#else
#define HAS_MAXMIND 0
#endif

#if HAS_MAXMIND
#include <dlfcn.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#endif

enum { COUNTRY, ORGANISATION, FILES };

static const char *const key_names[FILES] = {"label.country", "label.organisation"};

struct file {
    char path[PATH_MAX];
    bool is_open;
#if HAS_MAXMIND
    MMDB_s db;
#endif
};

struct labels {
    struct tw_labeller labeller;
    pthread_mutex_t lock; /* of the files; held for a lookup, and to put new ones in place */
    struct file file[FILES];
};

#if HAS_MAXMIND

static const off_t size_max = INT64_C(4) << 30;

/* The library; all NULL as long as it is not loaded. */
static struct {
    __typeof__(MMDB_open) *open;
    __typeof__(MMDB_close) *close;
    __typeof__(MMDB_lookup_sockaddr) *lookup;
    __typeof__(MMDB_get_value) *get;
    __typeof__(MMDB_strerror) *strerror;
} maxmind;

static bool load_library(char *problem) {
    if (maxmind.strerror) {
        return true;
    }
    void *library = dlopen("libmaxminddb.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, LABELS_PROBLEM_MAX, "libmaxminddb is needed for it: %s", dlerror());
        return false;
    }
    *(void **)&maxmind.open = dlsym(library, "MMDB_open");
    *(void **)&maxmind.close = dlsym(library, "MMDB_close");
    *(void **)&maxmind.lookup = dlsym(library, "MMDB_lookup_sockaddr");
    *(void **)&maxmind.get = dlsym(library, "MMDB_get_value");
    if (maxmind.open && maxmind.close && maxmind.lookup && maxmind.get) {
        *(void **)&maxmind.strerror = dlsym(library, "MMDB_strerror");
    }
    if (!maxmind.strerror) {
        snprintf(problem, LABELS_PROBLEM_MAX, "this libmaxminddb lacks what is needed");
        dlclose(library);
    }
    return maxmind.strerror != NULL;
}

/* A copy in memory, since who cuts a mapped file short kills who reads it. Returns its descriptor or a negative errno. */
static int copy_file(const char *path) {
    struct stat st;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int to = from < 0 ? -1 : memfd_create("labels", MFD_CLOEXEC);
    int err = to < 0 || fstat(from, &st) < 0 ? -errno : 0;
    if (!err && (!S_ISREG(st.st_mode) || st.st_size > size_max)) {
        err = S_ISREG(st.st_mode) ? -EFBIG : S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    }
    char bytes[16384];
    ssize_t n;
    while (!err && (n = read(from, bytes, sizeof(bytes))) != 0) {
        err = n < 0 || write(to, bytes, (size_t)n) != n ? -errno : 0; /* to memory: all or nothing */
    }
    if (from >= 0) {
        close(from);
    }
    if (err && to >= 0) {
        close(to);
    }
    return err ? err : to;
}

static bool open_file(const char *path, struct file *ret, char *problem) {
    char copy[64];
    if (!load_library(problem)) {
        return false;
    }
    int fd = copy_file(path);
    if (fd < 0) {
        snprintf(problem, LABELS_PROBLEM_MAX, "%s", strerror(-fd));
        return false;
    }
    snprintf(copy, sizeof(copy), "/proc/self/fd/%d", fd);
    int err = maxmind.open(copy, MMDB_MODE_MMAP, &ret->db);
    close(fd);
    if (err) {
        snprintf(problem, LABELS_PROBLEM_MAX, "%s", maxmind.strerror(err));
    }
    ret->is_open = err == MMDB_SUCCESS;
    return ret->is_open;
}

static void close_file(struct file *file) {
    if (file->is_open) {
        maxmind.close(&file->db);
    }
    file->is_open = false;
}

/* Where the databases that there are have it. */
static const char *const country_paths[][3] = {
    {"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}, {"country"}};
static const char *const organisation_paths[][3] = {
    {"autonomous_system_organization"}, {"organization"}, {"isp"}, {"as_name"}, {"asn_name"}, {"name"}};

/* The first text among them; what is too long for its place is cut at a character. */
static void get_text(MMDB_entry_s *entry, const char *const (*paths)[3], size_t n_paths, char *ret, size_t room) {
    MMDB_entry_data_s data;
    for (size_t i = 0; i < n_paths; i++) {
        if (maxmind.get(entry, &data, paths[i][0], paths[i][1], (char *)NULL) == MMDB_SUCCESS && data.has_data &&
            data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size > 0) {
            size_t len = data.data_size < room ? data.data_size : room - 1;
            while (len < data.data_size && len > 0 && ((uint8_t)data.utf8_string[len] & 0xC0) == 0x80) {
                len--;
            }
            memcpy(ret, data.utf8_string, len);
            ret[len] = '\0';
            return;
        }
    }
}

static bool look_up(struct file *file, int ip_version, const struct tw_addr *addr, MMDB_entry_s *ret) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any.sa_family = ip_version == 4 ? AF_INET : AF_INET6};
    int err = MMDB_SUCCESS;
    if (!file->is_open) {
        return false;
    }
    if (ip_version == 4) {
        memcpy(&address.v4.sin_addr, addr->bytes, 4);
    } else {
        memcpy(&address.v6.sin6_addr, addr->bytes, 16);
    }
    MMDB_lookup_result_s result = maxmind.lookup(&file->db, &address.any, &err);
    *ret = result.entry;
    return err == MMDB_SUCCESS && result.found_entry;
}

static void find_in_files(struct labels *labels, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    MMDB_entry_s entry;
    if (look_up(&labels->file[COUNTRY], ip_version, addr, &entry)) {
        get_text(&entry, country_paths, sizeof(country_paths) / sizeof(country_paths[0]), ret->country,
                 sizeof(ret->country));
    }
    if (look_up(&labels->file[ORGANISATION], ip_version, addr, &entry)) {
        get_text(&entry, organisation_paths, sizeof(organisation_paths) / sizeof(organisation_paths[0]),
                 ret->organisation, sizeof(ret->organisation));
    }
}

#else

static bool open_file(const char *path, struct file *ret, char *problem) {
    (void)path, (void)ret;
    snprintf(problem, LABELS_PROBLEM_MAX, "this tcpwind was built without libmaxminddb");
    return false;
}

static void close_file(struct file *file) {
    file->is_open = false;
}

static void find_in_files(struct labels *labels, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    (void)labels, (void)ip_version, (void)addr, (void)ret;
}

#endif

static void find(void *context, int ip_version, const struct tw_addr *addr, struct tw_label *ret) {
    struct labels *labels = context;
    (void)pthread_mutex_lock(&labels->lock);
    find_in_files(labels, ip_version, addr, ret);
    (void)pthread_mutex_unlock(&labels->lock);
}

struct labels *labels_create(void) {
    struct labels *labels = calloc(1, sizeof(*labels));
    if (labels) {
        labels->labeller = (struct tw_labeller){find, labels};
        (void)pthread_mutex_init(&labels->lock, NULL);
    }
    return labels;
}

void labels_destroy(struct labels *labels) {
    if (labels) {
        for (int i = 0; i < FILES; i++) {
            close_file(&labels->file[i]);
        }
        (void)pthread_mutex_destroy(&labels->lock);
        free(labels);
    }
}

/* Put the other file in place of the one that is there, which is closed. */
static void exchange(struct labels *labels, int i, const struct file *file) {
    struct file old;
    (void)pthread_mutex_lock(&labels->lock);
    old = labels->file[i];
    labels->file[i] = *file;
    (void)pthread_mutex_unlock(&labels->lock);
    close_file(&old);
}

static bool open_anew(struct labels *labels, int i, const char *path, struct tw_text *problems) {
    struct file file = {.is_open = false};
    char problem[LABELS_PROBLEM_MAX];
    bool is_same = labels->file[i].is_open && strcmp(labels->file[i].path, path) == 0;
    snprintf(file.path, sizeof(file.path), "%s", path);
    bool ok = !*path || open_file(path, &file, problem);
    if (ok || !is_same) {
        exchange(labels, i, &file);
    }
    if (!ok) {
        tw_text_str(problems, key_names[i]);
        tw_text_str(problems, ": ");
        tw_text_visible(problems, path);
        tw_text_str(problems, ": ");
        tw_text_str(problems, problem);
        tw_text_str(problems, is_same ? "; going on with the one before\n" : "; going on without\n");
    }
    return ok;
}

bool labels_open(struct labels *labels, const char *country, const char *organisation, struct tw_text *problems) {
    bool ok = open_anew(labels, COUNTRY, country, problems);
    return open_anew(labels, ORGANISATION, organisation, problems) && ok;
}

bool labels_check(const char *path, char *problem) {
    struct file file = {.is_open = false};
    bool ok = open_file(path, &file, problem);
    close_file(&file);
    return ok;
}

const struct tw_labeller *labels_labeller(const struct labels *labels) {
    return &labels->labeller;
}
