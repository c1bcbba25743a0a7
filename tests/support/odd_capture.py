# SPDX-License-Identifier: MIT
"""odd_capture.py — makes captures of connections that do what no well-bred connection does, each from a seed.

usage: odd_capture.py SEED FOLDER

A capture, of one file or of some to be read one after the other, has a few connections, in headers drawn at random, whose ends take every liberty: ports and sequence numbers
used again, SYNs of every kind, FIN and RST in and out of the window, zero windows, probes, windows filled, reordered and
damaged packets, fragments. Its clock stands, runs and jumps; its file is pcap or pcapng, of either byte order, whole or
broken off. Every length that matters to the program's rules is drawn near the place where a rule changes.
"""
import os
import random
import struct
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
US, MS, S = 10**3, 10**6, 10**9
M32 = 0xFFFFFFFF
START = 1_700_000_000 * S


# --- headers, each around what it carries

def checksum_free_ipv4(src, dst, proto, body, ident=0, fragment=0, total=None, ihl=5, ttl=64, options=b""):
    total = 20 + len(options) + len(body) if total is None else total
    return struct.pack(">BBHHHBBH4s4s", 0x40 | ihl, 0, total & 0xFFFF, ident, fragment, ttl, proto, 0, src, dst) + options + body


def ipv6(src, dst, proto, body, length=None, ttl=64):
    length = len(body) if length is None else length
    return struct.pack(">IHBB16s16s", 6 << 28, length & 0xFFFF, proto, ttl, src, dst) + body


def udp(sport, dport, body):
    return struct.pack(">HHHH", sport, dport, 8 + len(body), 0) + body


def tcp(sport, dport, flags, seq, ack, window, payload, options=b"", offset=None):
    options += b"\0" * (-len(options) % 4)
    offset = 5 + len(options) // 4 if offset is None else offset
    return struct.pack(">HHIIBBHHH", sport, dport, seq & M32, ack & M32, offset << 4, flags, window, 0, 0) + options + payload


def address(rng, version, number):
    """One of few, so that connections share them; some have their halves in another order."""
    if version == 4:
        return bytes([rng.choice((10, 10, 192)), 0, 0, number])
    return bytes([0xFD]) + bytes(14) + bytes([number])


class Path:
    """What surrounds the packets of one connection: a link type's header, tags, tunnels."""

    def __init__(self, rng, link):
        self.rng, self.link = rng, link
        self.version = rng.choice((4, 4, 4, 6))
        self.ends = [address(rng, self.version, x) for x in rng.sample(range(1, 5), 2)]     # of one end, no side can be told
        self.tags = self.draw_tags()
        self.tunnels = [rng.choice(TUNNELS) for _ in range(rng.choice((0,) * 16 + (1,) * 8 + (2, 2, 3, 3, 7, 8)))]
        self.outer = [(rng.choice((4, 6)), rng.randrange(1, 200), rng.randrange(1, 200)) for _ in self.tunnels]
        self.vni, self.asymmetric = rng.randrange(1 << 24), rng.random() < 0.2
        self.extensions = rng.choice((0,) * 9 + (1, 1, 2, 2, 3, 16, 17)) if self.version == 6 else 0
        self.authenticated = rng.random() < 0.1
        self.interface = rng.randrange(1, 3)
        self.pppoe = rng.random() < 0.05
        self.labels = rng.choice((0,) * 12 + (1, 2, 3, 16, 17))
        self.is_pseudowire, self.has_snap = rng.random() < 0.3, rng.random() < 0.05

    def draw_tags(self):
        rng = self.rng
        count = rng.choice((0,) * 6 + (1, 1, 2, 3, 8, 9))
        return [(rng.choice((0x8100, 0x8100, 0x88A8, 0x9100)), rng.choice((0, 1, 7, 0xFFF)) | rng.choice((0, 0xE000))) for _ in range(count)]

    def wrap_ip(self, proto, body, from_b, fragment=None, total=None):
        """The innermost IP header with what may stand between it and the body."""
        src, dst = self.ends[::-1] if from_b else self.ends
        if self.authenticated:
            body, proto = bytes([proto, 4]) + bytes(22) + body, 51
        if self.version == 4:
            ident, field = fragment or (0, 0)
            options = b"\1" * 4 * self.rng.choice((0,) * 9 + (1, 10))
            return checksum_free_ipv4(src, dst, proto, body, ident, field, total, 5 + len(options) // 4, options=options)
        if fragment:
            ident, field = fragment
            body = struct.pack(">BBHI", proto, 0, (field & 0x1FFF) << 3 | bool(field & 0x2000), ident) + body
            proto = 44
        for _ in range(self.extensions):
            kind, units = self.rng.choice((0, 43, 60, 135)), self.rng.choice((0, 0, 1, 3))
            body, proto = bytes([proto, units]) + bytes(6 + 8 * units) + body, kind
        return ipv6(src, dst, proto, body, total)

    def wrap(self, packet, from_b):
        """From an IP packet to a frame."""
        version = packet[0] >> 4
        for tunnel, (outer, src, dst) in zip(self.tunnels, self.outer):
            vni = self.vni ^ (from_b and self.asymmetric)
            proto, body = tunnel(packet, version, vni)
            ends = [address(self.rng, outer, x) for x in ((dst, src) if from_b else (src, dst))]
            packet = checksum_free_ipv4(*ends, proto, body) if outer == 4 else ipv6(*ends, proto, body)
            version = outer
        return self.frame(packet, version, from_b)

    def frame(self, packet, version, from_b):
        ethertype = 0x0800 if version == 4 else 0x86DD
        if self.link in (12, 14, 101):
            return packet
        if self.link == 0:
            return struct.pack("<I", 2 if version == 4 else 30) + packet
        if self.link == 108:
            return struct.pack(">I", 2 if version == 4 else 24) + packet
        if self.link == 9:
            return b"\xff\x03\0" + (b"\x21" if version == 4 else b"\x57") + packet
        if self.link in (105, 127):
            return self.wlan(packet, ethertype, from_b)
        if self.labels:
            if self.is_pseudowire:
                packet = bytes(4) + ethernet(packet, version, self.vni)
            labels = b"".join(struct.pack(">I", 100 << 12 | (i == self.labels - 1) << 8 | 64) for i in range(self.labels))
            packet, ethertype = labels + packet, 0x8847
        elif self.pppoe:
            packet = b"\x11\0" + struct.pack(">HH", 1, len(packet) + 2) + (b"\0\x21" if version == 4 else b"\0\x57") + packet
            ethertype = 0x8864
        if self.has_snap:
            packet = b"\xaa\xaa\3\0\0\0" + struct.pack(">H", ethertype) + packet
            ethertype = min(len(packet), 0x5FF)
        for kind, tag in reversed(self.tags):
            packet, ethertype = struct.pack(">HH", tag, ethertype) + packet, kind
        if self.link == 113:
            return struct.pack(">HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1\0\0", ethertype) + packet
        if self.link == 276:
            return struct.pack(">HHIHBB8s", ethertype, 0, self.interface, 1, 0, 6, b"\2\0\0\0\0\1\0\0") + packet
        if self.link == 50:
            return struct.pack(">BBH", 0x0F, 0, ethertype) + packet
        macs = [b"\2\0\0\0\0" + bytes([x]) for x in ((2, 1) if from_b else (1, 2))]
        return macs[1] + macs[0] + struct.pack(">H", ethertype) + packet

    def wlan(self, packet, ethertype, from_b):
        """A data frame of 802.11, now and then with QoS or four addresses or of a kind that holds no data for us."""
        rng = self.rng
        kind, flags = rng.choice((0x08, 0x08, 0x88, 0x88, 0x48, 0x80)), rng.choice((0, 1, 2, 3, 0x41))
        header = bytes([kind, flags, 0, 0]) + b"".join(b"\2\0\0\0\0" + bytes([x + 4 * from_b]) for x in (1, 2, 3))
        header += struct.pack("<H", rng.choice((0, 0, 0, 0, 0, 0, 1)) | 16) + (b"\2\0\0\0\0\4" if flags & 3 == 3 else b"")
        header += struct.pack("<H", rng.choice((0, 0, 0, 0x80))) if kind == 0x88 else b""
        frame = header + b"\xaa\xaa\3\0\0\0" + struct.pack(">H", ethertype) + packet
        if self.link == 127:
            return b"\0\0" + rng.choice((b"\x08\0\0\0\0\0", b"\x09\0\2\0\0\0\0", b"\x11\0\3\0\0\0" + bytes(9))) + frame
        return frame


def in_ip(packet, version, _):
    return (4 if version == 4 else 41), packet


def in_gre(packet, version, vni):
    flags = (0x8000 if vni & 1 else 0) | (0x2000 if vni & 2 else 0) | (0x1000 if vni & 4 else 0)
    fields = b"\0\0\0\0" * bin(flags).count("1")
    return 47, struct.pack(">HH", flags, 0x0800 if version == 4 else 0x86DD) + fields + packet


def ethernet(packet, version, vni):
    tag = struct.pack(">HH", 0x8100, 5) if vni & 8 else b""
    return b"\2\0\0\0\1\1\2\0\0\0\1\2" + tag + struct.pack(">H", 0x0800 if version == 4 else 0x86DD) + packet


def in_nvgre(packet, version, vni):
    return 47, struct.pack(">HHI", 0x2000, 0x6558, vni << 8) + ethernet(packet, version, vni)


def in_erspan(packet, version, vni):
    return 47, struct.pack(">HHIHHI", 0x1000, 0x88BE, 1, 0x1000, 0, 0) + ethernet(packet, version, vni)


def in_vxlan(packet, version, vni):
    return 17, udp(50000, 4789 if vni & 1 else 8472, struct.pack(">II", 8 << 24, vni << 8) + ethernet(packet, version, vni))


def in_geneve(packet, version, vni):
    return 17, udp(50001, 6081, struct.pack(">BBHI", 1, 0, 0x6558, vni << 8) + b"\0\0\0\0" + ethernet(packet, version, vni))


def in_gtp(packet, _, vni):
    extension = vni & 1
    header = struct.pack(">BBHI", 0x30 | 4 * extension, 255, len(packet), vni) + (b"\0\0\0\x85\1\0\0\0" if extension else b"")
    return 17, udp(2152, 2152, header + packet)


TUNNELS = (in_ip, in_ip, in_gre, in_nvgre, in_erspan, in_vxlan, in_geneve, in_gtp)


# --- connections

class Side:
    """One end as a sender: what it would send next, and what it has said."""

    def __init__(self, rng):
        self.begin(rng)

    def begin(self, rng):
        self.isn = rng.choice((rng.getrandbits(32), M32 - rng.randrange(3000), 0, 1 << 31, rng.randrange(3000)))
        self.early = rng.choice((0,) * 6 + (1, 100))         # data in the SYN, which the other side takes or not
        self.next = self.isn + 1 + self.early * rng.randrange(2)
        self.acked, self.window = 0, 65535
        self.scale = rng.choice((None, None, 0, 1, 2, 7, 7, 13, 14, 15, 200))


class Connection:
    """Emits segments into a list: (frame, bytes captured or None, bytes on the wire or None)."""

    def __init__(self, rng, link, out, is_padded=False):
        self.rng, self.path, self.out, self.is_padded = rng, Path(rng, link), out, is_padded
        self.ports = [rng.choice((40000, 40001, 40000, 80, 5001)), rng.choice((80, 443, 5001, 2152))]
        self.sides = [Side(rng), Side(rng)]
        self.wrong = rng.choice((0, 0.02, 0.1))             # how often a packet is damaged
        self.datagrams = 0
        self.moves, weights = zip(*MOVES)
        keep = [w * rng.choice((0, 1, 1, 1, 5)) for w in weights]
        self.weights = keep if sum(keep) else weights
        opening = [self.syn, self.syn_ack, self.first_ack]
        self.script = rng.choice((opening, opening, opening, [self.syn_ack, self.syn, self.first_ack], [self.syn_ack], []))

    def move(self):
        if self.script:
            self.script.pop(0)()
        else:
            self.rng.choices(self.moves, self.weights)[0](self)

    def random_side(self):
        return self.rng.randrange(2)

    def options(self, scale):
        """Sometimes none, padded, in another order, or broken."""
        if scale is None:
            return self.rng.choice((b"", b"\2\4\5\xb4", b"\1\1\1\1"))
        option = bytes([3, 3, scale])
        return self.rng.choice((option, b"\2\4\5\xb4\1" + option, b"\1\1\1\3\3\5" + option, b"\0" + option, b"\2\1" + option,
                                b"\2\4\5\xb4\4\2\x08\x0a" + bytes(8) + b"\1" + option, option[:2]))

    def send(self, side, flags, seq=None, ack=None, window=None, payload=0, options=b"", offset=None):
        me, peer = self.sides[side], self.sides[1 - side]
        seq, ack = me.next if seq is None else seq, peer.next if ack is None else ack
        window = me.window if window is None else window
        ports = self.ports[::-1] if side else self.ports
        body = tcp(*ports, flags, seq, ack if flags & ACK or self.rng.random() < 0.1 else 0, window, bytes(payload), options, offset)
        if flags & ACK:
            me.acked = ack
        self.send_body(6, body, side)

    def send_body(self, proto, body, side):
        rng, path = self.rng, self.path
        if rng.random() < 0.03 and len(body) >= 16:
            return self.send_fragments(proto, body, side)
        total = 0 if rng.random() < 0.02 else None
        frame = path.wrap(path.wrap_ip(proto, body, side, total=total), side)
        self.put(frame, ethernet_pad=rng.random() < 0.2)

    def put(self, frame, ethernet_pad=False):
        rng = self.rng
        if ethernet_pad:
            frame += bytes(max(0, 60 - len(frame)))
        if self.is_padded:
            frame += bytes(rng.choice((0, 0, 600, 1400)))
        cut = wire = None
        if rng.random() < self.wrong:
            kind = rng.randrange(4)
            if kind == 0:                                   # damaged
                at = rng.randrange(max(1, min(len(frame), 120)))
                frame = frame[:at] + bytes([rng.choice((0, 0xFF, (frame[at] if frame else 0) ^ 1 << rng.randrange(8), rng.randrange(256)))]) + frame[at + 1:]
            elif kind == 1:                                 # cut
                cut = rng.randrange(len(frame) + 1)
            elif kind == 2:                                 # the frame itself is shorter than its headers say
                frame = frame[:rng.randrange(len(frame) + 1)]
            else:
                wire = rng.choice((len(frame) + 1, len(frame) + 3000, max(0, len(frame) - 1), 0))
        self.out.append((frame, cut, wire))

    def send_fragments(self, proto, body, side):
        rng, path = self.rng, self.path
        at = 8 * rng.randrange(1, max(2, min(8, len(body) // 8)))
        self.datagrams += 1
        ident = self.datagrams if rng.random() < 0.8 else 1
        frames = [path.wrap(path.wrap_ip(proto, part, side, fragment=(ident, field)), side)
                  for part, field in ((body[:at], 0x2000), (body[at:], at // 8))]
        if rng.random() < 0.2:
            frames.append(frames[1])
        for frame in frames if rng.random() < 0.8 else frames[::-1]:
            if rng.random() < 0.9:
                self.put(frame)

    # the moves

    def syn(self):
        me = self.sides[0]
        self.send(0, SYN, me.isn, 0, payload=me.early, options=self.options(me.scale))

    def syn_ack(self):
        me = self.sides[1]
        ack = self.sides[0].next + self.rng.choice((0,) * 8 + (1, 100, -1))
        self.send(1, SYN | ACK, me.isn, ack, options=self.options(me.scale))

    def first_ack(self):
        self.send(0, ACK)

    def odd_syn(self):
        """A SYN at any time by any side: the same, another, with ACK, FIN or RST."""
        rng, side = self.rng, self.random_side()
        me = self.sides[side]
        flags = SYN | rng.choice((0, 0, 0, ACK, ACK, FIN, RST, ACK | RST))
        seq = rng.choice((me.isn, me.isn, me.isn + 1, me.next + 100000, me.next))
        scale = rng.choice((me.scale, me.scale, None, 3, 15))
        ack = rng.choice((None, self.sides[1 - side].isn + 1, self.sides[1 - side].isn + 1, 0))
        self.send(side, flags, seq, ack, payload=rng.choice((0, 0, 0, 1, 10)), options=self.options(scale))

    def again(self):
        """The same ports for another connection, at once or bit by bit."""
        for side in self.sides:
            side.begin(self.rng)
        self.script = self.rng.choice(([self.syn, self.syn_ack, self.first_ack], [self.syn], [self.syn_ack, self.syn], []))[:]

    def data(self):
        rng, side = self.rng, self.random_side()
        me = self.sides[side]
        n = rng.choice((1, 1, 10, 100, 536, 1460))
        flags = rng.choice((ACK, ACK | PSH, ACK | PSH, PSH, 0))
        self.send(side, flags, payload=n, window=self.draw_window(side))
        if rng.random() < 0.9:
            me.next += n

    def draw_window(self, side):
        me, rng = self.sides[side], self.rng
        if rng.random() < 0.4:
            me.window = rng.choice((0, 0, 0, 1, 2, 11, 100, 1459, 1460, 1461, 8191, 65535, rng.randrange(65536)))
        return me.window

    def acknowledge(self):
        """As it should be, or an old one, or one from the future. Not half of all numbers away: which of two such
        acknowledgements is the later one depends on those between them."""
        rng, side = self.rng, self.random_side()
        me, peer = self.sides[side], self.sides[1 - side]
        ack = peer.next - rng.choice((0,) * 8 + (1, 100, 70000, -1, -100, 1 << 29))
        seq = me.next - rng.choice((0,) * 8 + (1, 2, 1460, -1, -1460, 70000, 1 << 31))
        self.send(side, ACK, seq, ack, self.draw_window(side))

    def shut(self):
        """A zero window, once or repeated."""
        side = self.random_side()
        self.sides[side].window = 0
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            self.send(side, ACK)

    def open_up(self):
        side = self.random_side()
        self.sides[side].window = self.rng.choice((1, 10, 1460, 65535))
        self.send(side, ACK)

    def probe(self):
        rng, side = self.rng, self.random_side()
        at = self.sides[1 - side].acked
        offset, n = rng.choice(((-1, 0), (-1, 0), (-1, 1), (0, 1), (0, 0), (0, 2), (-1, 2), (-2, 1), (1, 1)))
        self.send(side, ACK | rng.choice((0, 0, PSH, FIN)), at + offset, payload=n)

    def fill(self):
        """Up to the end of the other side's window, or just beside it."""
        rng, side = self.rng, self.random_side()
        peer = self.sides[1 - side]
        shift = rng.choice((peer.scale or 0, min(peer.scale or 0, 14), 0, 14))
        end = peer.acked + (peer.window << min(shift, 20)) + rng.choice((0, 0, 0, 1, -1))
        n = rng.choice((1, 2, 1460))
        self.send(side, ACK | rng.choice((0, PSH, FIN)), end - n, payload=n)

    def edge(self, flags):
        """A segment at an edge of what its receiver could take."""
        rng, side = self.rng, self.random_side()
        peer, n = self.sides[1 - side], rng.choice((0, 0, 0, 1, 100))
        shift = min(peer.scale or 0, 14)
        low, high = peer.acked - n, peer.acked + (max(peer.window, rng.choice((0, 1, 65535))) << shift)
        seq = rng.choice((self.sides[side].next, self.sides[side].next, peer.acked, low, low - 1, high, high + 1, high + 70000, low - 70000, low + (1 << 31)))
        self.send(side, flags, seq, payload=n, window=rng.choice((0, None, None)))
        return side, n

    def fin(self):
        side, n = self.edge(FIN | self.rng.choice((ACK, ACK, ACK, ACK | PSH, 0)))
        if self.rng.random() < 0.6:
            self.sides[side].next += n + 1

    def rst(self):
        self.edge(RST | self.rng.choice((0, ACK, ACK, ACK | FIN, SYN)))

    def beside(self):
        self.edge(self.rng.choice((ACK, ACK | PSH, 0)))

    def close(self):
        """Both FINs and their acknowledgements, with something late."""
        rng, side = self.rng, self.random_side()
        for at in (side, 1 - side):
            self.send(at, FIN | ACK)
            self.sides[at].next += 1
            if rng.random() < 0.7:
                self.send(1 - at, ACK)
        for _ in range(rng.randrange(3)):
            self.send(self.random_side(), rng.choice((ACK, ACK, RST, FIN | ACK)), window=rng.choice((0, None)))

    def quoted(self):
        """An ICMP error that quotes a segment."""
        side = self.random_side()
        inner = self.path.wrap_ip(6, tcp(*self.ports, ACK, 1, 1, 0, b""), side)
        proto = 1 if self.path.version == 4 else 58
        self.send_body(proto, bytes([3 if proto == 1 else 1, 1, 0, 0, 0, 0, 0, 0]) + inner, 1 - side)

    def other_protocol(self):
        side, rng = self.random_side(), self.rng
        ports = self.ports[::-1] if side else self.ports
        kind = rng.choice((17, 17, 1, 132, 89, 58))
        body = udp(*ports, bytes(rng.choice((0, 20)))) if kind == 17 else struct.pack(">HHII", *ports, 8 << 24, 0) + bytes(8)
        self.send_body(kind, body, side)

    def malformed(self):
        rng, side = self.rng, self.random_side()
        kind = rng.randrange(4)
        body = tcp(*self.ports, ACK, self.sides[side].next, 1, 0, b"", offset=rng.choice((0, 4, 6, 15)) if kind == 0 else None)
        if kind == 1:
            body = body[:rng.randrange(20)]
        total = rng.choice((1, 19, 20, 24, 39, 41, 60, 65535)) if kind == 2 else None
        packet = self.path.wrap_ip(6, body, side, total=total)
        if kind == 3:
            packet = bytes([packet[0] & 0xF0 | rng.randrange(16)]) + packet[1:] if rng.random() < 0.7 else bytes([packet[0] ^ 0x70]) + packet[1:]
        self.put(self.path.wrap(packet, side))

    def other_link(self):
        """What is no IP at all."""
        self.put(bytes(self.rng.randrange(256) for _ in range(self.rng.choice((0, 1, 13, 14, 20, 60)))))


MOVES = ((Connection.data, 30), (Connection.acknowledge, 25), (Connection.shut, 12), (Connection.open_up, 8), (Connection.probe, 8),
         (Connection.fill, 6), (Connection.beside, 4), (Connection.fin, 2), (Connection.rst, 2), (Connection.close, 1), (Connection.odd_syn, 2),
         (Connection.again, 2), (Connection.quoted, 1), (Connection.other_protocol, 2), (Connection.malformed, 1), (Connection.other_link, 1))


# --- time

SMALL = (0, 0, 1, US, 30 * US, MS, 20 * MS, 200 * MS)
PERIODS = (S - 1, S, S + 1, 2 * S, 2 * S + 1, 5 * S, 10 * S, 10 * S + 1, 30 * S, 30 * S + 1, 31 * S, 120 * S, 121 * S, 182 * S + 1, 611 * S)
COARSE = (0, 0, 0, 200 * MS)
COARSE_PERIODS = (S, S, 2 * S, 5 * S, 10 * S, 30 * S, 120 * S)
BACK = (1, US, MS, 500 * MS, S - 1, S, S + 1, 3 * S, 100 * S, 100000 * S)


class Times:
    """The packets' times: mostly small steps, some periods of the rules, and steps back. In some captures all steps are
    coarse, so that what is measured from packets long before falls on the very edge of a period as well."""

    def __init__(self, rng):
        self.rng, self.now = rng, START + rng.randrange(S)
        self.small, self.periods = (COARSE, COARSE_PERIODS) if rng.random() < 0.4 else (SMALL, PERIODS)
        self.long, self.back = rng.choice((0, 0.01, 0.05, 0.2)), rng.choice((0, 0, 0.01, 0.1))

    def step(self):
        rng = self.rng
        draw = rng.random()
        if draw < self.back:
            self.now -= rng.choice(BACK)
        elif draw < self.back + self.long:
            self.now += rng.choice(self.periods)
        else:
            self.now += rng.choice(self.small)
        self.now = max(self.now, START - 300000 * S)
        return self.now


# --- files

class Format:
    """How a file is laid out: "nano", "micro" and "modified" are pcap ("modified" as patched systems wrote it, which
    libpcap alone reads), "ng" is pcapng with one interface for each of the resolutions."""

    def __init__(self, kind, order="<", snaplen=262144, resolutions=(9,)):
        self.kind, self.order, self.snaplen, self.resolutions = kind, order, snaplen, resolutions

    @classmethod
    def draw(cls, rng):
        kind, order = rng.choice(("nano", "nano", "micro", "ng", "ng")), rng.choice("<<>")
        odd = [rng.choice((9, 9, 6, 0x80 | 20, 10, 3)) for _ in range(rng.choice((1, 1, 2)))]
        snaplen = rng.choice((262144, 262144, 0, 65535, 96, 68, 58))
        return cls(kind, order, snaplen, odd if rng.random() < 0.2 else [9] * len(odd))

    def pack(self, fields, *values):
        return struct.pack(self.order + fields, *values)

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        length = 12 + len(body)
        return self.pack("II", kind, length) + body + self.pack("I", length)

    def header(self, link):
        if self.kind != "ng":
            magic = {"micro": 0xA1B2C3D4, "nano": 0xA1B23C4D, "modified": 0xA1B2CD34}[self.kind]
            return self.pack("IHHiIII", magic, 2, 4, 0, 0, self.snaplen, link)
        section = self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1))
        return section + b"".join(self.block(1, self.pack("HHIHHBxxxHH", link, 0, self.snaplen, 9, 1, resolution, 0, 0))
                                  for resolution in self.resolutions)

    def record(self, time, captured, wire, interface=0):
        captured = captured[:self.snaplen] if self.snaplen else captured
        if self.kind != "ng":
            fraction = time % S // (1 if self.kind == "nano" else 1000)
            more = bytes(8) if self.kind == "modified" else b""
            return self.pack("IIII", time // S, fraction, len(captured), wire) + more + captured
        resolution = self.resolutions[interface]
        ticks = time * 10**resolution // S if resolution < 0x80 else (time << (resolution & 0x7F)) // S
        return self.block(6, self.pack("IIIII", interface, ticks >> 32 & M32, ticks & M32, len(captured), wire) + captured)

    def file(self, link, packets, rng):
        """Among the blocks of pcapng are some of other kinds."""
        parts = [self.header(link)]
        for time, captured, wire in packets:
            parts.append(self.record(time, captured, wire, rng.randrange(len(self.resolutions))))
            if self.kind == "ng" and rng.random() < 0.02:
                parts.append(self.block(rng.choice((4, 5, 0xBAD)), bytes(8)))
        return b"".join(parts)


LARGE = 0.02                                                # of all captures


def draw_packets(rng):
    """A link type and packets: times, captured bytes, lengths on the wire."""
    link = rng.choice((1,) * 12 + (113, 276, 276, 101, 12, 14, 0, 108, 9, 50, 105, 127))
    out, times = [], Times(rng)
    is_large = rng.random() < LARGE                         # more than the smallest ring holds
    connections = [Connection(rng, link, out, is_large) for _ in range(rng.choice((1, 1, 2, 3, 5, 12, 40)))]
    busy, count = connections, 2500 if is_large else rng.choice((30, 60, 120, 250))
    while len(out) < count:
        if rng.random() < 0.05:
            busy = rng.sample(connections, rng.randrange(1, len(connections) + 1))
        rng.choice(busy).move()
        if rng.random() < 0.03 and len(out) > 2:            # reordered by the capture
            out[-1], out[-2] = out[-2], out[-1]
    return link, [(times.step(), frame if cut is None else frame[:cut], len(frame) if wire is None else wire) for frame, cut, wire in out]


def make(seed):
    """The captures that belong to a seed, mostly one, as the bytes and the ending of the name of each."""
    rng = random.Random(seed)
    link, packets = draw_packets(rng)
    files = []
    for part in split(rng, packets, rng.choice((1,) * 8 + (2, 3))):
        form = Format.draw(rng)
        whole = form.file(link, part, rng)
        if rng.random() < 0.1:                              # broken off
            whole = whole[:max(60, len(whole) - rng.randrange(200))]
        files.append((whole, "pcapng" if form.kind == "ng" else "pcap"))
    return files


def split(rng, packets, count):
    ends = sorted(rng.randrange(len(packets) + 1) for _ in range(count - 1)) + [len(packets)]
    return [packets[first:end] for first, end in zip([0] + ends, ends)]


def write(seed, folder):
    """Write the captures of a seed; returns their paths."""
    paths = []
    for number, (data, ending) in enumerate(make(seed)):
        paths.append(os.path.join(folder, f"{seed}{'-' * number}.{ending}"))
        with open(paths[-1], "wb") as file:
            file.write(data)
    return paths


if __name__ == "__main__":
    print("\n".join(write(int(sys.argv[1]), sys.argv[2])))
