"""How it ends, and how it takes a new certificate; what it says at the start."""

import asyncio
import glob
import os
import signal
import subprocess
import time

from bridge import Died
from figures import Figure, at_most, must
from hostile import event
from http1 import Connection, Gone, of, once, put

CERTIFICATE_SECS = 15
FILES_SECS = 65


async def run(lab):
    # All of it is waiting: it is done beside each other.
    groups = await asyncio.gather(
        silent(lab, "one silent connection", b""),
        silent(lab, "one idle connection after an answer", None),
        silent(lab, "one silent HTTP/2 connection", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
        silent(lab, "half a request head", b"GET / HTTP/1.1\r\nHost: 127"),
        certificates(lab, "SIGHUP", CERTIFICATE_SECS, hang_up=True),
        certificates(lab, "its files change", FILES_SECS, hang_up=False),
        forwarded(lab),
        lost_log(lab),
        open_secret(lab),
    )
    return list(groups)


async def silent(lab, name, said):
    with lab.bridge() as bridge:
        connection = await Connection.open(bridge.port)
        if said is None:
            await connection.request("OPTIONS", "/")
        elif said:
            await connection.send(said)
        await asyncio.sleep(0.5)
        secs = await asyncio.to_thread(bridge.terminate, 40)
        connection.close()
    return at_most(f"SIGTERM with {name}: ends after", secs, "s", 1.0)


def certificate(bridge, name):
    paths = [bridge.path(f"{name}.pem"), bridge.path(f"{name}.key")]
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    made = subprocess.run([*words, "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]], capture_output=True, text=True)
    if made.returncode:
        raise Died(f"openssl: {made.stderr}")
    os.chmod(paths[1], 0o600)
    return paths


async def shown(bridge):
    """The certificate that the bridge shows."""
    connection = await Connection.open(bridge.port, tls=True, wait=10)
    try:
        return connection.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        connection.close()


async def certificates(lab, name, most, hang_up):
    bridge = lab.bridge()
    first = certificate(bridge, "first")
    bridge.settings.update({"server.tls_certificate": first[0], "server.tls_key": first[1]})
    taken = None
    with bridge:
        before = await shown(bridge)
        for new, old in zip(certificate(bridge, "second"), first):
            os.replace(new, old)
        began = time.monotonic()
        if hang_up:
            bridge.process.send_signal(signal.SIGHUP)
        while time.monotonic() - began < most and bridge.alive():
            try:
                if await shown(bridge) != before:
                    taken = time.monotonic() - began
                    break
            except Gone:
                pass
            await asyncio.sleep(0.2)
        lives = bridge.alive()
    note = "" if lives else "the process ended"
    return at_most(f"a new certificate after {name}", taken, "s", most, note)


async def forwarded(lab):
    with lab.bridge() as bridge:
        for _ in range(20):
            await once(bridge.port, "OPTIONS", "/", {"X-Forwarded-For": "192.0.2.7"})
        lines = sum("forwarded" in line.lower() or "trusted_prox" in line for line in bridge.log().splitlines())
    return must("20 requests through a proxy that is not trusted: lines about it", lines, 1)


async def lost_log(lab):
    """The log is deleted beside intact tables."""
    with lab.bridge() as bridge:
        anna = bridge.person("anna")
        connection = await Connection.open(bridge.port)
        for number in range(20):
            await put(connection, anna, f"note-{number}", event(f"note-{number}"))
        connection.close()
        bridge.kill9()
        os.truncate(bridge.log_path, 0)
        for path in glob.glob(os.path.join(bridge.data, "log", "*")):
            os.remove(path)
        try:
            bridge.start()
            read = sum([(await once(bridge.port, "GET", anna.href(f"note-{number}"), of(anna)))[0] == 200 for number in range(20)])
            said = f"started, {read} of 20 read; " + bridge.last_words()
        except Died as died:
            said = str(died)
    named = "salvage" in said.lower()
    return Figure("the log deleted, the tables intact: the start says", said[-160:], "", "names it and the command", named)


async def open_secret(lab):
    """A file of tokens that everybody may read."""
    bridge = lab.bridge()
    path = bridge.write_secret("tokens", "t" * 40 + "\n")
    os.chmod(path, 0o644)
    bridge.settings["admin.token_file"] = path
    try:
        with bridge:
            said = bridge.log()
    except Died as died:
        said = str(died)
    return must("a token file that others can read is named", path in said or "tokens" in said)
