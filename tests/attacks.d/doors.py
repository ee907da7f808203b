"""Strangers at the doors of hooks: how long does a signed hook wait?"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import time
import uuid

from figures import Figure, at_most, must, quantile, statuses
from http1 import Connection, Gone, head, once

KEY = b"a key for the doors of attacks!!"
HOLDERS = 16
HOOKS = 6
REPEATS = 100


async def run(lab):
    with socket.socket() as nobody:
        # An ADVANTA that never answers: a port that is taken, on which nobody listens.
        nobody.bind(("127.0.0.1", 0))
        settings = {"advanta.url": f"http://127.0.0.1:{nobody.getsockname()[1]}/"}
        bridge = lab.bridge(settings)
        bridge.settings["advanta.token_file"] = bridge.write_secret("token", "t" * 40 + "\n")
        bridge.settings["advanta.hook_secrets_file"] = bridge.write_secret("hooks", "whsec_" + base64.b64encode(KEY).decode() + "\n")
        with bridge:
            figures = await waits(bridge, "nobody else", [])
            one, many = ["127.0.0.2"] * HOLDERS, [f"127.0.3.{number + 1}" for number in range(HOLDERS)]
            figures += await waits(bridge, f"{HOLDERS} at /hooks/google", [("/hooks/google", source) for source in one])
            figures += await waits(bridge, f"{HOLDERS} at /hooks/advanta", [("/hooks/advanta", source) for source in one])
            figures += await waits(bridge, f"{HOLDERS} at /hooks/advanta from {HOLDERS} addresses", [("/hooks/advanta", source) for source in many])
            figures += await waits(bridge, "400 at /hooks/advanta from one address", [("/hooks/advanta", "127.0.0.2")] * 400)
            figures += await late(bridge)
            return figures + await again(bridge)


def signed(body, hook=None, at=None):
    hook, at = hook or f"msg_{uuid.uuid4()}", str(int(time.time() if at is None else at))
    mac = hmac.new(KEY, f"{hook}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": hook, "webhook-timestamp": at, "webhook-signature": "v1," + base64.b64encode(mac).decode(), "Content-Type": "application/json"}


def changed():
    """An object that ADVANTA is to be asked about."""
    thing = {"id": str(uuid.uuid4()), "kind": "note"}
    return json.dumps({"type": "calendar.changed", "timestamp": "2026-11-30T12:00:00Z", "data": {"changed": [thing]}}).encode()


async def waits(bridge, name, holders):
    """Hooks, one after the other, while others hold the door; whoever is turned away comes again."""
    tasks = [asyncio.create_task(hold(bridge.port, path, source)) for path, source in holders]
    await asyncio.sleep(1 if holders else 0)
    answers, waited = [], []
    for _ in range(HOOKS):
        body = changed()
        began = time.monotonic()
        try:
            answers.append((await once(bridge.port, "POST", "/hooks/advanta", signed(body), body, source="127.0.0.9", wait=30))[0])
        except Gone:
            answers.append("gone")
        waited.append(time.monotonic() - began)
        # A door that is shut shows so at once.
        if waited[-1] > 5:
            break
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.2)
    good = max(waited) <= 1 and set(answers) == {204}
    return [Figure(f"{name}: a signed hook waits", max(waited), "s", "≤ 1 s, 204", good, f"{statuses(answers)}, p50 {1000 * quantile(waited, 0.5):.0f} ms")]


async def hold(port, path, source):
    """A junk signature and a body that trickles, for as long as it is let."""
    while True:
        connection = None
        try:
            connection = await Connection.open(port, source)
            junk = {"webhook-id": "msg_junk", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1," + "A" * 43 + "="}
            google = {"X-Goog-Channel-ID": "junk", "X-Goog-Resource-State": "exists"}
            await connection.send(head("POST", path, {**junk, **google, "Content-Type": "application/json"}, 1000))
            answer = asyncio.create_task(connection.answer())
            while not answer.done():
                await connection.send(b" ")
                await asyncio.wait([answer], timeout=0.5)
            answer.exception()
        except Gone:
            pass
        finally:
            if connection:
                connection.close()
        await asyncio.sleep(0.01)


async def late(bridge):
    """A hook of an hour ago is told so before its body is waited for."""
    connection = await Connection.open(bridge.port)
    began = time.monotonic()
    try:
        await connection.send(head("POST", "/hooks/advanta", signed(b"", at=time.time() - 3600), 1000) + b" ")
        status = (await connection.answer(wait=15))[0]
    except Gone:
        status = "gone"
    connection.close()
    return [at_most("a hook of an hour ago whose body does not come: answered after", time.monotonic() - began, "s", 3.0, str(status))]


async def again(bridge):
    """The same hook, again and again."""
    body = changed()
    waiting = bridge.admin("GET", "status")["inbox"]
    hook = f"msg_{uuid.uuid4()}"
    answers = [(await once(bridge.port, "POST", "/hooks/advanta", signed(body, hook), body))[0] for _ in range(REPEATS)]
    rows = bridge.admin("GET", "status")["inbox"] - waiting
    return [must(f"one hook sent {REPEATS} times: rows in the inbox", rows, 1, statuses(answers))]
