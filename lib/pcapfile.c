/* SPDX-License-Identifier: MIT */
/* pcapfile.c — see pcapfile.h. Format: draft-ietf-opsawg-pcap. */
#include "pcapfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdio.h"

enum {
    BUFFER_SIZE = TW_PCAP_RECORD_HEADER + TW_PCAP_CAPLEN_MAX, /* the largest record just fits */
    RECORDS_MAX = 4096,
};

static const uint32_t magic = 0xa1b23c4d;

struct tw_pcapfile_record {
    uint64_t tag;
    uint32_t caplen;
};

static void put_u32(uint8_t *to, uint32_t value) {
    memcpy(to, &value, sizeof(value));
}
static void put_u16(uint8_t *to, uint16_t value) {
    memcpy(to, &value, sizeof(value));
}

static uint32_t get_u32(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return value;
}

/* Of the link types that are decoded, files have another number only for raw IP: systems disagree about the DLT. */
static uint32_t linktype(int dlt) {
    enum { DLT_RAW_IP = 12, LINKTYPE_RAW_IP = 101 };
    return dlt == DLT_RAW_IP ? LINKTYPE_RAW_IP : (uint32_t)dlt;
}

static void encode_file_header(uint8_t *to, int dlt, uint32_t snaplen) {
    memset(to, 0, TW_PCAP_FILE_HEADER);
    put_u32(to, magic);
    put_u16(to + 4, 2);
    put_u16(to + 6, 4);
    put_u32(to + 16, snaplen);
    put_u32(to + 20, linktype(dlt));
}

static void encode_record_header(uint8_t *to, const struct tw_pcapfile_packet *packet) {
    int64_t seconds = packet->time / TW_SECOND, nanoseconds = packet->time % TW_SECOND;
    if (nanoseconds < 0) {
        seconds--;
        nanoseconds += TW_SECOND;
    }
    put_u32(to, (uint32_t)seconds); /* unsigned in the format: good until 2106 */
    put_u32(to + 4, (uint32_t)nanoseconds);
    put_u32(to + 8, packet->caplen);
    put_u32(to + 12, packet->wirelen);
}

int tw_pcapfile_init(struct tw_pcapfile *file, int dlt, uint32_t snaplen) {
    uint8_t *buffer = malloc(BUFFER_SIZE);
    struct tw_pcapfile_record *records = malloc(RECORDS_MAX * sizeof(*records));
    if (buffer == NULL || records == NULL) {
        free(buffer);
        free(records);
        return -ENOMEM;
    }
    *file = (struct tw_pcapfile){.fd = -1, .buffer = buffer, .records = records};
    encode_file_header(file->header, dlt, snaplen);
    return 0;
}

void tw_pcapfile_fini(struct tw_pcapfile *file) {
    free(file->buffer);
    free(file->records);
    *file = (struct tw_pcapfile){.fd = -1};
}

void tw_pcapfile_attach(struct tw_pcapfile *file, int fd) {
    file->fd = fd;
    file->size = 0;
    file->torn = false;
}

bool tw_pcapfile_put(struct tw_pcapfile *file, const struct tw_pcapfile_packet *packet) {
    size_t cost = TW_PCAP_RECORD_HEADER + packet->caplen;
    if (file->n == RECORDS_MAX || BUFFER_SIZE - file->len < cost)
        return false;
    uint8_t *to = file->buffer + file->len;
    encode_record_header(to, packet);
    memcpy(to + TW_PCAP_RECORD_HEADER, packet->bytes, packet->caplen);
    file->records[file->n++] = (struct tw_pcapfile_record){packet->tag, packet->caplen};
    file->len += cost;
    return true;
}

static int cut_back(struct tw_pcapfile *file) {
    if (!file->torn)
        return 0;
    if (ftruncate(file->fd, (off_t)file->size) < 0)
        return -errno;
    file->torn = false;
    return 0;
}

/* Make the file ready to take records: there, not longer than it should be, with its header. */
static int prepare(struct tw_pcapfile *file) {
    if (file->fd < 0)
        return -EBADF;
    if (tw_fdio_is_removed(file->fd))
        return -ENOENT;
    int err = cut_back(file);
    if (err < 0 || file->size > 0)
        return err;
    size_t written;
    err = tw_fdio_write(file->fd, file->header, sizeof(file->header), 0, &written);
    if (err == 0)
        file->size = sizeof(file->header);
    else
        file->torn = written > 0;
    return err;
}

/* Tell the fate of the buffer's records, of which `written` bytes reached the file. Returns the bytes of whole ones. */
static size_t settle(struct tw_pcapfile *file, size_t written, tw_pcapfile_fate_fn *fate, void *owner) {
    size_t end = 0, whole = 0;
    for (size_t i = 0; i < file->n; i++) {
        const struct tw_pcapfile_record *record = &file->records[i];
        end += TW_PCAP_RECORD_HEADER + record->caplen;
        if (end <= written)
            whole = end;
        fate(owner, record->tag, record->caplen, end <= written);
    }
    file->n = file->len = 0;
    return whole;
}

int tw_pcapfile_flush(struct tw_pcapfile *file, tw_pcapfile_fate_fn *fate, void *owner) {
    size_t written = 0;
    int err = prepare(file);
    if (err == 0 && file->len > 0)
        err = tw_fdio_write(file->fd, file->buffer, file->len, file->size, &written);
    size_t whole = settle(file, written, fate, owner);
    file->size += whole;
    file->torn |= written > whole;
    if (err < 0 && file->fd >= 0)
        (void)cut_back(file); /* should it fail, the next flush does it first */
    return err;
}

/* The bytes at `offset`: 1 when all `len` are there, 0 when the file ends before, or a negative errno. */
static int read_whole(int fd, uint8_t *to, size_t len, uint64_t offset) {
    size_t got;
    int err = tw_fdio_read(fd, to, len, offset, &got);
    return err < 0 ? err : got == len;
}

/* Whether these are 16 bytes that we may have written: a crash of the system can leave zeros behind the end. */
static bool is_record_header(const uint8_t *head) {
    static const uint8_t zeros[TW_PCAP_RECORD_HEADER];
    return get_u32(head + 4) < TW_SECOND && get_u32(head + 8) <= TW_PCAP_CAPLEN_MAX &&
           memcmp(head, zeros, sizeof(zeros)) != 0;
}

int tw_pcapfile_measure(int fd, uint64_t *ret) {
    uint8_t head[TW_PCAP_FILE_HEADER], last;
    int got = read_whole(fd, head, sizeof(head), 0);
    if (got <= 0)
        return got < 0 ? got : -EINVAL;
    if (get_u32(head) != magic)
        return -EINVAL;
    uint64_t whole = sizeof(head);
    while ((got = read_whole(fd, head, TW_PCAP_RECORD_HEADER, whole)) == 1) {
        uint64_t end = whole + TW_PCAP_RECORD_HEADER + get_u32(head + 8);
        if (!is_record_header(head) || (got = read_whole(fd, &last, 1, end - 1)) != 1)
            break;
        whole = end;
    }
    if (got < 0)
        return got;
    *ret = whole;
    return 0;
}
