/* SPDX-License-Identifier: MIT */
#include "outfiles.h"

#include "naming.h"

enum { FILE_HEAD = 24, RECORD_HEAD = 16 };

void tw_outfiles_init(struct tw_outfiles *files, const struct tw_pcap_settings *settings, struct tw_writer *writer,
                      uint64_t next_number) {
    *files = (struct tw_outfiles){.settings = *settings, .writer = writer, .next_number = next_number};
}

static uint64_t owner_of(const struct tw_outfiles *files, uint64_t extraction) {
    return files->settings.split == TW_SPLIT_FLOW ? extraction : 0;
}

static bool is_open(const struct tw_outfile *file) {
    return file->name[0];
}

static uint32_t number_of(const struct tw_outfiles *files, const struct tw_outfile *file) {
    return (uint32_t)(file - files->file);
}

/* The owner's open file that was written last, or NULL; where each link type has its own, of this one (-1: of any). */
static const struct tw_outfile *find(const struct tw_outfiles *files, uint64_t owner, int dlt) {
    const struct tw_outfile *found = NULL;
    for (uint32_t i = 0; i < files->n_places; i++) {
        const struct tw_outfile *file = &files->file[i];
        bool is_other = files->is_by_link_type && dlt >= 0 && file->dlt != dlt;
        if (is_open(file) && file->owner == owner && !is_other && (!found || file->used_at > found->used_at)) {
            found = file;
        }
    }
    return found;
}

/* The first file that is not open, or else the one written longest ago. */
static struct tw_outfile *find_place(struct tw_outfiles *files) {
    struct tw_outfile *place = &files->file[0];
    for (uint32_t i = 0; i < TW_WRITER_FILES && is_open(place); i++) {
        if (!is_open(&files->file[i]) || files->file[i].used_at < place->used_at) {
            place = &files->file[i];
        }
    }
    if (number_of(files, place) >= files->n_places) {
        files->n_places = number_of(files, place) + 1;
    }
    return place;
}

static int finish(struct tw_outfiles *files, struct tw_outfile *file) {
    int err = tw_writer_finish(files->writer, number_of(files, file));
    if (!err) {
        file->name[0] = '\0';
    }
    return err;
}

uint8_t tw_outfiles_source(struct tw_outfiles *files, int dlt, uint32_t snaplen) {
    uint32_t alike = 0;
    for (uint32_t n = 0; n < files->n_sources; n++) {
        if (files->source[n].dlt == dlt) {
            alike = n;
            if (files->source[n].snaplen == snaplen) {
                return (uint8_t)n;
            }
        }
    }
    if (files->n_sources == TW_OUTFILES_SOURCES) {
        return (uint8_t)alike;
    }
    files->source[files->n_sources] = (struct tw_outfiles_source){dlt, snaplen};
    return (uint8_t)files->n_sources++;
}

static bool is_full(const struct tw_outfiles *files, const struct tw_outfile *file, int dlt, uint32_t caplen,
                    tw_time clock) {
    const struct tw_pcap_settings *s = &files->settings;
    if (file->dlt != dlt || !file->packets) {
        return file->dlt != dlt; /* one packet goes into every file, however large it is */
    }
    return (s->max_packets && file->packets >= s->max_packets) ||
           (s->max_size && file->size + RECORD_HEAD + caplen > s->max_size) ||
           (s->max_age && clock - file->begun > s->max_age);
}

static int begin(struct tw_outfiles *files, struct tw_outfile *file, uint64_t owner, uint64_t flow_index,
                 const struct tw_outfiles_source *source, const struct tw_writer_packet *packet, tw_time clock) {
    struct tw_name name = {.kind = TW_NAME_PCAP, .time = packet->time, .number = files->next_number};
    if (files->settings.split == TW_SPLIT_FLOW) {
        name.flow = flow_index;
    }
    struct tw_outfile fresh = {.owner = owner, .size = FILE_HEAD, .begun = clock, .dlt = source->dlt};
    int err = tw_naming_make(files->settings.prefix, &name, fresh.name);
    if (!err) {
        err = tw_writer_begin(files->writer, number_of(files, file), fresh.name, source->dlt, source->snaplen);
    }
    if (!err) {
        *file = fresh;
        files->next_number++;
    }
    return err;
}

bool tw_outfiles_has(const struct tw_outfiles *files, uint64_t extraction, uint8_t source, uint32_t caplen,
                     tw_time clock) {
    int dlt = files->source[source].dlt;
    const struct tw_outfile *file = find(files, owner_of(files, extraction), dlt);
    return file && !is_full(files, file, dlt, caplen, clock);
}

int tw_outfiles_packet(struct tw_outfiles *files, uint64_t extraction, uint64_t flow_index, uint8_t source,
                       struct tw_writer_packet *packet, tw_time clock) {
    uint64_t owner = owner_of(files, extraction);
    const struct tw_outfile *found = find(files, owner, files->source[source].dlt);
    struct tw_outfile *file = found ? &files->file[found - files->file] : find_place(files);
    int err = 0;
    if (is_open(file) && (!found || is_full(files, file, files->source[source].dlt, packet->caplen, clock))) {
        err = finish(files, file);
    }
    if (!err && !is_open(file)) {
        err = begin(files, file, owner, flow_index, &files->source[source], packet, clock);
    }
    if (!err) {
        packet->file = number_of(files, file);
        err = tw_writer_packet(files->writer, packet);
    }
    if (!err) {
        file->size += RECORD_HEAD + packet->caplen;
        file->packets++;
        file->used_at = ++files->uses;
    }
    return err;
}

const char *tw_outfiles_name(const struct tw_outfiles *files, uint64_t extraction) {
    const struct tw_outfile *file = find(files, owner_of(files, extraction), -1);
    return file ? file->name : "";
}

void tw_outfiles_end(struct tw_outfiles *files, uint64_t extraction) {
    for (uint32_t i = 0; files->settings.split == TW_SPLIT_FLOW && i < TW_WRITER_FILES; i++) {
        if (is_open(&files->file[i]) && files->file[i].owner == extraction) {
            /* without room it stays open, and makes room for another like any that is written no more */
            (void)finish(files, &files->file[i]);
        }
    }
}

void tw_outfiles_cut(struct tw_outfiles *files) {
    for (uint32_t i = 0; i < TW_WRITER_FILES; i++) {
        if (is_open(&files->file[i]) && finish(files, &files->file[i])) {
            files->file[i].dlt = -1; /* no packet's: the next one finds it full */
        }
    }
}

void tw_outfiles_age(struct tw_outfiles *files, tw_time clock) {
    tw_time max = files->settings.max_age;
    for (uint32_t i = 0; max && i < TW_WRITER_FILES; i++) {
        if (is_open(&files->file[i]) && clock - files->file[i].begun > max) {
            (void)finish(files, &files->file[i]); /* without room at the next opportunity */
        }
    }
}

const char *tw_outfiles_latest(const struct tw_outfiles *files) {
    const struct tw_outfile *latest = NULL;
    for (uint32_t i = 0; i < TW_WRITER_FILES; i++) {
        const struct tw_outfile *file = &files->file[i];
        if (is_open(file) && (!latest || file->used_at > latest->used_at)) {
            latest = file;
        }
    }
    return latest ? latest->name : NULL;
}

void tw_outfiles_configure(struct tw_outfiles *files, const struct tw_pcap_settings *settings, uint64_t next_number) {
    if (next_number || settings->split != files->settings.split) {
        tw_outfiles_cut(files);
    }
    files->settings = *settings;
    if (next_number) {
        files->next_number = next_number;
    }
}
