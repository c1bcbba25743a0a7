/* SPDX-License-Identifier: MIT */
/*
 * outfiles.h — which pcap file a packet goes into: every cut, number and name is decided here, before the writer.
 *
 * With pcap.split = "none" there is one file at a time for all; with "flow" each extraction has its own, at most
 * TW_WRITER_FILES are open, and the one written longest ago makes room. A file is begun with its first packet; what
 * would exceed a limit begins the next, and so does another link type, unless each is to have its own.
 */
#ifndef TW_OUTFILES_H
#define TW_OUTFILES_H

#include "event.h"
#include "settings.h"
#include "writer.h"

/* What packets are captured from, as far as a file has to know; by number, from 0. */
struct tw_outfiles_source {
    int dlt;
    uint32_t snaplen;
};

enum { TW_OUTFILES_SOURCES = 256 };

struct tw_outfile {
    char name[TW_NAME_MAX]; /* as it will be called; "": not open */
    uint64_t owner;         /* the extraction that it belongs to, as serial number; 0: all */
    uint64_t size, packets;
    uint64_t used_at; /* larger: later */
    tw_time begun;    /* clock */
    int dlt;
};

struct tw_outfiles {
    struct tw_pcap_settings settings;
    struct tw_writer *writer; /* borrowed; NULL: nothing is written */
    uint64_t next_number;
    uint64_t uses;
    bool is_by_link_type; /* packets of several link types may alternate: each has its file; else the last one's */
    uint32_t n_sources;
    struct tw_outfiles_source source[TW_OUTFILES_SOURCES];
    uint32_t n_places; /* no file behind these was ever open: mostly it is one, looked for with every packet */
    struct tw_outfile file[TW_WRITER_FILES];
};

void tw_outfiles_init(struct tw_outfiles *files, const struct tw_pcap_settings *settings, struct tw_writer *writer,
                      uint64_t next_number);

/*
 * The number of a source, by which tw_outfiles_packet knows it. There are far fewer link types than numbers; a source
 * that finds none free takes the number of one of its link type.
 */
uint8_t tw_outfiles_source(struct tw_outfiles *files, int dlt, uint32_t snaplen);

/*
 * Write a packet for an extraction; packet->file is filled in here.
 *
 *   owner       serial number of the extraction, from 1
 *   flow_index  for the name
 *   source      what it was captured from
 *   clock       the engine's, for pcap.max_age
 *
 * Returns 0, or TW_EAGAIN when the writer had no room: then try the same packet again later. Another error (a name that
 * is too long) keeps the packet out of the files.
 */
int tw_outfiles_packet(struct tw_outfiles *files, uint64_t owner, uint64_t flow_index, uint8_t source,
                       struct tw_writer_packet *packet, tw_time clock);

/* Whether such a packet would go into a file that is open already, so that its time is not asked for. */
bool tw_outfiles_has(const struct tw_outfiles *files, uint64_t owner, uint8_t source, uint32_t caplen, tw_time clock);

/* The name of the file that this extraction writes to; "": none is open. */
const char *tw_outfiles_name(const struct tw_outfiles *files, uint64_t owner);

/*
 * Finish every open file; what comes next begins another. One for which the writer has no room now is finished when the
 * next packet for it comes.
 */
void tw_outfiles_cut(struct tw_outfiles *files);

/*
 * Finish the files that are older than pcap.max_age though no packet comes that would show it. To be called now and
 * then.
 */
void tw_outfiles_age(struct tw_outfiles *files, tw_time clock);

/* The name of the file that was written last and is open; valid until the next call. NULL: none is open. */
const char *tw_outfiles_latest(const struct tw_outfiles *files);

/*
 * From the next file on these settings; where folder, prefix or split are others, every open file is finished first.
 *
 *   next_number  of the next file when the folder or the prefix is another; 0: numbers go on
 */
void tw_outfiles_configure(struct tw_outfiles *files, const struct tw_pcap_settings *settings, uint64_t next_number);

/* An extraction has ended: with pcap.split = "flow" its file is finished. */
void tw_outfiles_end(struct tw_outfiles *files, uint64_t owner);

#endif
