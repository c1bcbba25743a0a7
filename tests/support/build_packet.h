/* SPDX-License-Identifier: MIT */
/*
 * build_packet.h — packets for tests, built by named fields from the inside out.
 *
 * Each call puts one header in front of what is there: payload, TCP, IP, tunnel, IP, Ethernet. Lengths, checksums and
 * the numbers that announce the next header are filled in from what is inside; a field named otherwise below replaces
 * what would be right. The bytes are data + start up to data + BUILD_MAX.
 */
#ifndef BUILD_PACKET_H
#define BUILD_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum { BUILD_MAX = 8192 };

/* What a length field says that is to say 0; in the fields below 0 stands for "what is right". */
enum { BUILD_ZERO = -1 };

struct build {
    uint8_t data[BUILD_MAX];
    size_t start;     /* of the outermost header so far */
    size_t transport; /* where TCP or UDP stands, until an IP header has filled in its checksum; 0: nowhere */
    uint8_t transport_protocol;
    uint8_t protocol;   /* IP's number for what is outermost */
    uint16_t ethertype; /* Ethernet's number for it */
};

struct build_tcp {
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window;
    const void *options; /* n_options bytes, filled up with end-of-list to a multiple of 4 */
    size_t n_options;
    int data_offset; /* 0: what is right; BUILD_ZERO: 0 */
};

struct build_ip {
    const char *src, *dst; /* text; NULL: 10.0.0.1 or 2001:db8::1, and the same with 2 */
    uint8_t ttl;           /* 0: 64 */
    uint8_t protocol;      /* 0: what is inside */
    uint16_t id;
    uint16_t offset;  /* of a fragment, in units of 8 bytes */
    int more;         /* further fragments follow */
    int length;       /* of the packet (IPv6: of the payload) */
    int header;       /* IPv4: of the header, in units of 4 bytes */
    size_t n_options; /* IPv4: bytes of options, a multiple of 4, all no-operation */
};

/* Link layer addresses; all 0 unless given. */
struct build_macs {
    uint8_t dst[6], src[6];
};

/* Begin with n bytes of payload, counted up from 0. */
void build_payload(struct build *b, size_t n);

/* Put n bytes in front, that are as they are. */
void build_raw(struct build *b, const void *bytes, size_t n);

void build_tcp(struct build *b, const struct build_tcp *tcp);
void build_udp(struct build *b, uint16_t sport, uint16_t dport);
void build_sctp(struct build *b, uint16_t sport, uint16_t dport);

/* With offset or more, build_ipv6 puts in a fragment header. */
void build_ipv4(struct build *b, const struct build_ip *ip);
void build_ipv6(struct build *b, const struct build_ip *ip);

/* An IPv6 extension header of that kind, 8 bytes and 8 * units; and AH with an ICV of 12 bytes. */
void build_extension(struct build *b, uint8_t kind, uint8_t units);
void build_ah(struct build *b);

/* Tunnels: what each carries is what is there. GRE_KEY and GRE_SEQUENCE are bits of flags. */
enum { BUILD_GRE_CHECKSUM = 0x8000, BUILD_GRE_KEY = 0x2000, BUILD_GRE_SEQUENCE = 0x1000 };
void build_gre(struct build *b, uint16_t flags, uint32_t key);
void build_erspan(struct build *b); /* type II, with its GRE */
void build_vxlan(struct build *b, uint32_t vni);
void build_geneve(struct build *b, uint32_t vni, uint8_t option_words);
void build_gtp(struct build *b, uint32_t teid);

/* Between IP and the wire. */
void build_mpls(struct build *b, uint32_t label); /* the first one put in front of something has the bottom bit */
void build_pppoe(struct build *b);
void build_ppp(struct build *b);
void build_snap(struct build *b);
void build_vlan(struct build *b, uint16_t type, uint16_t id); /* type: 0x8100, 0x88A8 */

void build_ethernet(struct build *b, const struct build_macs *macs); /* NULL: all 0 */
void build_cooked(struct build *b);
void build_cooked_2(struct build *b, uint32_t ifindex);

/* What has been built. */
const uint8_t *build_bytes(const struct build *b);
size_t build_len(const struct build *b);

#endif
