"""Connections without a word, until the process has no descriptor left."""

import asyncio
import resource

from bridge import Died
from figures import Figure, at_most, must, quantile, statuses
from hostile import event
from http1 import Connection, Crowd, Gone, of, once, put
from stage import act

# Several segments are filled by the PUTs below: one that was made ahead is not enough.
SEGMENTS = {"store.wal_segment_bytes": 262_144, "store.log_bytes_kept": 1_048_576}
SILENT = 1_100
SILENT_FROM = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
PUTS = 60
IDLE = 10_000
# Thousands of new connections a second overflow the queue of the system, which then makes each client try again, after 1 s and 2 s more.
FLOOD_SECS = 3.5
HALF = b"GET / HTTP/1.1\r\nHost: 127"
IDLE_FROM = [f"127.0.1.{last}" for last in range(1, 31)]


async def run(lab):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    figures = await starve(lab, "soft limit 1,024", (1024, hard))
    figures += await starve(lab, "hard limit 1,024", (1024, 1024))
    return figures + await crowd(lab, hard)


async def starve(lab, name, limits):
    """More silent connections than descriptors, then writes that need new files."""
    note = ""
    try:
        bridge = lab.bridge(SEGMENTS, limits).__enter__()
    except Died as died:
        # The defaults do not fit under the limit, and it says so: that is an answer. Smaller ones then have to.
        note = "defaults refused by name" if "connections_max" in str(died) else str(died)
        bridge = lab.bridge({**SEGMENTS, "server.connections_max": 512, "server.connections_per_address_max": 256}, limits).__enter__()
    try:
        anna = bridge.person("anna")
        bystander = await Connection.open(bridge.port)
        await put(bystander, anna, "before", event("before", 1000))
        async with Crowd(bridge.port, SILENT_FROM, SILENT, batch=10) as silent:
            descriptors, held = await settled(bridge), silent.open
            answers = await writes(bystander, bridge.port, anna)
            waited = await first_answer(bridge.port, anna) if bridge.alive() else None
        bystander.close()
        lives = await survives(bridge, answers)
    finally:
        bridge.__exit__()
    ok = sum(answer in (201, 204) for answer in answers)
    return [
        must(f"{name}, {SILENT:,} silent: the process lives", lives, note=note),
        Figure(f"{name}: {PUTS} PUTs over several log segments", statuses(answers), "", f"{PUTS} × 201", ok == PUTS),
        at_most(f"{name}: a new client waits", waited, "s", 1.0),
        Figure(f"{name}: held connections, open files", f"{held:,}, {descriptors:,}"),
    ]


async def settled(bridge):
    """Open files once no more are being opened."""
    seen = [0, 1]
    while len(seen) < 50 and len(set(seen[-8:])) > 1:
        await asyncio.sleep(0.25)
        seen.append(bridge.descriptors())
    return seen[-1]


async def survives(bridge, answers):
    """A process that has given up lets open requests end first."""
    for _ in range(150 if any(answer not in (201, 204) for answer in answers) else 5):
        if not bridge.alive():
            return False
        await asyncio.sleep(0.1)
    return True


async def writes(connection, port, anna):
    """PUTs of an ordinary client, which connects again when it is hung up on."""
    answers = []
    for count in range(PUTS):
        try:
            connection = connection or await Connection.open(port, wait=10)
            answers.append((await put(connection, anna, f"note-{count}", event(f"note-{count}", 16_000), wait=20))[0])
        except Gone:
            answers.append("gone")
            connection = None
            if answers[-3:] == ["gone"] * 3:
                break
    return answers


async def first_answer(port, anna, source="127.0.0.99"):
    try:
        return (await once(port, "GET", anna.href("before"), of(anna), source=source, wait=60))[3]
    except Gone:
        return None


async def crowd(lab, hard):
    """Ten thousand idle sockets, with all descriptors that this machine gives."""
    count = min(IDLE, hard - 1000)
    with lab.bridge(SEGMENTS, (hard, hard)) as bridge:
        anna = bridge.person("anna")
        await once(bridge.port, "PUT", anna.href("before"), of(anna), event("before", 1000))
        async with Crowd(bridge.port, IDLE_FROM, count) as idle:
            await asyncio.sleep(1)
            waited = await first_answer(bridge.port, anna)
            open_then = idle.open
        await asyncio.sleep(1)
        part = {"port": bridge.port, "path": anna.href("before"), "headers": of(anna), "source": "127.0.0.99", "fresh": True, "secs": 12, "wait": 20}
        async with Crowd(bridge.port, IDLE_FROM, count, renew=True) as idle:
            await asyncio.sleep(1)
            seen = await act("probe", {**part, "pause": 0.05})
            renewed = idle.closed
        await asyncio.sleep(1)
        async with Crowd(bridge.port, IDLE_FROM, count, renew=True, say=HALF) as half:
            await asyncio.sleep(1)
            beside = await act("probe", {**part, "pause": 0.05, "secs": 6})
            begun = half.closed
        lives = bridge.alive()
    return [
        at_most(f"{count:,} idle sockets of {len(IDLE_FROM)} addresses: an uninvolved client waits", waited, "s", 1.0, f"{open_then:,} connected"),
        at_most("the same, each renewed when closed: longest wait", max(seen["latencies"]) / 1000, "s", FLOOD_SECS, f"{renewed:,} renewed"),
        Figure("the same: answers, p50", f"{len(seen['latencies'])}, failed {sum(seen['failures'].values())}, {quantile(seen['latencies'], 0.5):.0f} ms"),
        at_most("the same with half a request head each: longest wait", max(beside["latencies"]) / 1000, "s", FLOOD_SECS, f"{begun:,} renewed"),
        must("the process lives after", lives),
    ]
