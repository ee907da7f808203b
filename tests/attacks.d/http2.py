"""As much of HTTP/2 (RFC 9113) as it takes to open streams and to hold their bodies open."""

import asyncio
import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 3, 4, 5


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name_index, value):
    """A header of the static table's name, without indexing, without Huffman's code (RFC 7541 §6.2.2)."""
    value = value.encode()
    prefix = bytes([name_index]) if name_index < 15 else bytes([15, name_index - 15])
    length = bytes([len(value)]) if len(value) < 127 else bytes([127, len(value) - 127])
    return prefix + length + value


def post(path, length):
    # :method POST and :scheme http are whole entries of the static table.
    return bytes([0x83, 0x86]) + literal(4, path) + literal(1, "127.0.0.1") + literal(28, str(length)) + literal(31, "application/x-www-form-urlencoded")


def get(path, authorization):
    return bytes([0x82, 0x86]) + literal(4, path) + literal(1, "127.0.0.1") + literal(23, authorization)


class Holder:
    """One connection: each stream sends all of its body but the last byte. Streams that are answered are opened anew.

    With `authorization` each stream asks for the path instead, and no more of the answers is taken than the first window."""

    def __init__(self, port, source, path, length=0, authorization=None):
        self.port, self.source, self.path, self.length, self.authorization = port, source, path, length, authorization
        self.window, self.stream_window, self.streams_max, self.frame_max = 65_535, 65_535, 100, 16_384
        self.streams, self.next, self.sent, self.answered, self.goaway = {}, 1, 0, 0, False

    async def run(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.source, 0))
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
            while not self.goaway:
                head = await reader.readexactly(9)
                length = int.from_bytes(head[:3], "big")
                payload = await reader.readexactly(length)
                self._read(writer, head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFF_FFFF, payload)
                self._write(writer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def _read(self, writer, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            for place in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[place : place + 6])
                if name == INITIAL_WINDOW_SIZE:
                    for each in self.streams.values():
                        each[0] += value - self.stream_window
                    self.stream_window = value
                elif name == MAX_CONCURRENT_STREAMS:
                    self.streams_max = min(value, 100)
                elif name == MAX_FRAME_SIZE:
                    self.frame_max = value
            writer.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            writer.write(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.goaway = True
        elif kind == WINDOW_UPDATE:
            more = int.from_bytes(payload, "big")
            if stream == 0:
                self.window += more
            elif stream in self.streams:
                self.streams[stream][0] += more
        elif kind == RST_STREAM:
            self._over(stream)
        elif kind in (HEADERS, DATA) and flags & END_STREAM:
            if stream in self.streams:
                writer.write(frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
            self._over(stream)

    def _over(self, stream):
        if self.streams.pop(stream, None) is not None:
            self.answered += 1

    def _write(self, writer):
        # A bound on how often streams are opened anew.
        while len(self.streams) < self.streams_max and self.next < 2_000:
            if self.authorization:
                writer.write(frame(HEADERS, END_HEADERS | END_STREAM, self.next, get(self.path, self.authorization)))
            else:
                writer.write(frame(HEADERS, END_HEADERS, self.next, post(self.path, self.length)))
            self.streams[self.next] = [self.stream_window, self.length - 1]
            self.next += 2
        for stream, each in self.streams.items():
            while min(self.window, each[0], each[1]) > 0:
                size = min(self.window, each[0], each[1], self.frame_max)
                writer.write(frame(DATA, 0, stream, b"x" * size))
                self.window -= size
                each[0] -= size
                each[1] -= size
                self.sent += size
