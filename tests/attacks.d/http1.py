"""A client of HTTP/1.1 that does what it is told: from any loopback address, in pieces, or not at all."""

import asyncio
import base64
import socket
import ssl
import time


class Gone(Exception):
    """No whole answer came."""


def basic(login, password):
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def of(person):
    return {"Authorization": basic(person.login, person.password)}


def head(method, path, headers, length=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    """One connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port, source="127.0.0.1", wait=60, tls=False):
        context = None
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            opening = asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), ssl=context, limit=1 << 20)
            reader, writer = await asyncio.wait_for(opening, wait)
        except (OSError, asyncio.TimeoutError) as error:
            raise Gone(f"no connection: {error!r}") from error
        return cls(reader, writer)

    def close(self):
        self.writer.close()

    async def send(self, data):
        try:
            self.writer.write(data)
            await self.writer.drain()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Gone(f"not sent: {error!r}") from error

    async def answer(self, method="GET", wait=60):
        """Status, headers (lower case), body."""
        try:
            return await asyncio.wait_for(self._answer(method), wait)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, ValueError, IndexError) as error:
            raise Gone(f"no answer: {error!r}") from error

    async def _answer(self, method):
        raw = await self.reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, found, value = line.partition(":")
            if found:
                headers[name.strip().lower()] = value.strip()
        if status == 100:
            return await self._answer(method)
        body = b""
        if method == "HEAD" or status in (204, 304):
            pass
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            while True:
                size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
                body += (await self.reader.readexactly(size + 2))[:size]
                if size == 0:
                    break
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers, body

    async def request(self, method, path, headers=None, body=b"", wait=60):
        if isinstance(body, str):
            body = body.encode()
        headers = dict(headers or {})
        length = len(body) if body or method in ("PUT", "POST") else None
        try:
            await asyncio.wait_for(self.send(head(method, path, headers, length) + body), wait)
        except (Gone, asyncio.TimeoutError):
            # It may have answered before it had read everything.
            pass
        return await self.answer(method, wait)


async def once(port, method, path, headers=None, body=b"", source="127.0.0.1", wait=60, tls=False):
    """A request on a connection of its own: status, headers, body, seconds."""
    began = time.monotonic()
    connection = await Connection.open(port, source, wait, tls)
    try:
        status, headers, body = await connection.request(method, path, headers, body, wait)
    finally:
        connection.close()
    return status, headers, body, time.monotonic() - began


async def status_of(*words, **named):
    """Only the status, or why there is none."""
    try:
        return (await once(*words, **named))[0]
    except Gone as gone:
        return str(gone).split(":")[0]


CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}


async def put(connection, person, name, text, wait=60):
    return await connection.request("PUT", person.href(name), {**of(person), **CALENDAR}, text, wait)


class Crowd:
    """Connections that say nothing, from several addresses; renewed when the bridge closes them, if asked to."""

    def __init__(self, port, sources, count, renew=False, say=b"", batch=200):
        self.port, self.sources, self.count, self.renew, self.say, self.batch = port, sources, count, renew, say, batch
        self.tasks, self.open, self.closed = [], 0, 0

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        for number in range(self.count):
            self.tasks.append(loop.create_task(self._one(self.sources[number % len(self.sources)])))
            # Faster than the bridge accepts, connections are lost in the system's queue without its ever seeing them.
            if number % self.batch == self.batch - 1:
                await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _one(self, source):
        loop = asyncio.get_running_loop()
        while True:
            with socket.socket() as each:
                each.setblocking(False)
                # Reset at the end, so that thousands leave no ports in TIME_WAIT.
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                try:
                    each.bind((source, 0))
                    await loop.sock_connect(each, ("127.0.0.1", self.port))
                    self.open += 1
                    try:
                        if self.say:
                            await loop.sock_sendall(each, self.say)
                        await loop.sock_recv(each, 1)
                    finally:
                        self.open -= 1
                except OSError:
                    await asyncio.sleep(0.05)
            self.closed += 1
            if not self.renew:
                return
