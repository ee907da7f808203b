"""A disk that is full, and one person who fills it."""

import asyncio
import os
import subprocess
import tempfile
import time

from bridge import Died
from figures import Figure, at_most, must, statuses
from hostile import event, folded
from http1 import Connection, Gone, of, once, put

SIZE_MIB = 64
SEGMENTS = {"store.wal_segment_bytes": 1_048_576, "store.log_bytes_kept": 4_194_304}
# What a file of somebody else leaves free; None: only our own writes fill the disk.
FREE = [0, 4_096, 65_536, 300_000, 1_100_000, 2_500_000, None]
NAMES = 40
TEXT_BYTES = 8_000
REFUSALS = 6
RESUME_SECS = 20
GROWTH = 250


async def run(lab):
    figures = await full(lab)
    return figures + await growth(lab)


async def full(lab):
    with tempfile.TemporaryDirectory(prefix="attack-") as probe:
        mounted = mount(probe, 1)
        if mounted:
            return [Figure("a full disk", f"skipped: {mounted}")]
        unmount(probe)
    rounds = []
    for number, free in enumerate(FREE):
        # Half of them are killed while the disk is full and started on it.
        rounds.append(await fill(lab, free, killed_full=number % 2 == 1))
    started = [each["started_full"] for each in rounds if each["started_full"] is not None]
    told = [each["told"] for each in rounds]
    resumed = [each["resumed"] for each in rounds]
    writes = [answer for each in rounds for answer in each["refused"]]
    lives = sum(each["lives"] for each in rounds)
    reads = sum(each["reads"] for each in rounds)
    lost = sum(len(each["lost"]) for each in rounds)
    acknowledged = sum(each["acknowledged"] for each in rounds)
    where = ", ".join("by itself" if free is None else f"{free:,}" for free in FREE)
    return [
        must(f"{len(FREE)} full disks ({where} bytes left): the process lives", f"{lives} of {len(rounds)}", f"{len(rounds)} of {len(rounds)}"),
        must("reads go on", f"{reads} of {len(rounds)}", f"{len(rounds)} of {len(rounds)}"),
        Figure("writes are answered", statuses(writes), "", "all 507", bool(writes) and set(writes) == {507}),
        Figure("lines about it in the log", ", ".join(map(str, told)), "", "1 or so", all(1 <= each <= 4 for each in told)),
        must("killed and started on a full disk: reads", f"{sum(started)} of {len(started)}", f"{len(started)} of {len(started)}"),
        Figure("writes go on after space is freed", slowest(resumed), "", f"≤ {RESUME_SECS} s", None not in resumed),
        must("acknowledged writes lost, kill -9 included", lost, 0, "; ".join([f"of {acknowledged:,}", *(each["words"] for each in rounds if each["words"])])),
    ]


def slowest(resumed):
    went_on = [each for each in resumed if each is not None]
    words = f"{len(went_on)} of {len(resumed)}"
    return words + (f", slowest {max(went_on):.1f} s" if went_on else "")


class Writer:
    """Knows what was acknowledged, and what may be there beyond that."""

    def __init__(self, bridge, person):
        self.bridge, self.person, self.connection = bridge, person, None
        self.version, self.acknowledged, self.possible, self.count = 0, {}, {}, 0

    async def write(self, name):
        self.version += 1
        self.possible.setdefault(name, set()).add(self.version)
        text = event(name, TEXT_BYTES, lines=[f"X-EXAMPLE-VERSION:{self.version}"])
        try:
            self.connection = self.connection or await Connection.open(self.bridge.port, wait=5)
            status, headers, _ = await put(self.connection, self.person, name, text, wait=20)
            if headers.get("connection") == "close":
                self.hang_up()
        except Gone:
            self.hang_up()
            return "gone"
        if status in (201, 204):
            self.count += 1
            self.acknowledged[name], self.possible[name] = self.version, {self.version}
        return status

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    async def read(self, name):
        """Whether what is served is what was acknowledged, or a later write whose answer was no success."""
        try:
            status, _, body, _ = await once(self.bridge.port, "GET", self.person.href(name), of(self.person), wait=10)
        except Gone:
            return False
        served = [line.partition(b":")[2] for line in body.splitlines() if line.startswith(b"X-EXAMPLE-VERSION:")]
        return status == 200 and bool(served) and int(served[0]) in self.possible[name]

    async def lost(self):
        return [name for name in self.acknowledged if not await self.read(name)]


async def fill(lab, free, killed_full):
    folder = tempfile.mkdtemp(prefix="attack-")
    data = os.path.join(folder, "data")
    os.mkdir(data, 0o700)
    mount(data, SIZE_MIB)
    bridge = lab.bridge(SEGMENTS, folder=folder)
    try:
        bridge.start()
        return await fill_and_free(bridge, free, killed_full)
    finally:
        bridge.kill9()
        unmount(data)
        bridge.own_folder = True
        bridge.__exit__()


async def fill_and_free(bridge, free, killed_full):
    writer = Writer(bridge, bridge.person("anna"))
    for number in range(NAMES):
        await writer.write(f"note-{number}")
    ballast = os.path.join(bridge.data, "ballast-of-others")
    if free is not None:
        occupy(ballast, bridge.data, free)
    answers = await write_on(writer)
    seen = {"refused": [answer for answer in answers if answer not in (201, 204)], "started_full": None, "words": ""}
    # A process that gives up needs a moment to do so.
    await asyncio.sleep(3)
    seen["reads"] = all([await writer.read(name) for name in list(writer.acknowledged)[:10]])
    await ended(bridge)
    seen["lives"] = bridge.alive()
    seen["told"] = told(bridge)
    if killed_full:
        seen["started_full"] = await restarted(bridge, writer, seen, "on the full disk")
    if free is None:
        # Nobody but us took the space: the file system grows.
        subprocess.run(["mount", "-o", f"remount,size={2 * SIZE_MIB}m", bridge.data], check=True)
    else:
        os.remove(ballast)
    seen["resumed"] = await resumed(writer) if bridge.alive() else None
    for number in range(NAMES // 2):
        await writer.write(f"after-{number}")
    await restarted(bridge, writer, seen, "after the disk was freed")
    seen["lost"] = await writer.lost() if bridge.alive() else list(writer.acknowledged)
    seen["acknowledged"] = writer.count
    return seen


async def write_on(writer):
    """New and old names, until several in a row are not taken."""
    answers = []
    for number in range(12_000):
        answers.append(await writer.write(f"note-{number % (3 * NAMES)}" if number % 5 else f"more-{number}"))
        if len(answers) >= REFUSALS and not {201, 204} & set(answers[-REFUSALS:]):
            break
    writer.hang_up()
    return answers


async def ended(bridge):
    """Waits until a process that is ending has ended; one that serves is not waited for."""
    for _ in range(100):
        try:
            await once(bridge.port, "OPTIONS", "/", wait=2)
            return
        except Gone:
            if not bridge.alive():
                return
        await asyncio.sleep(0.1)


async def restarted(bridge, writer, seen, when):
    """kill -9 and a new start; whether ten texts are read afterwards."""
    writer.hang_up()
    bridge.kill9()
    try:
        bridge.start()
    except Died as died:
        seen["words"] += f"did not start {when}: {str(died).rpartition(': ')[2]}"
        bridge.kill9()
        return False
    return all([await writer.read(name) for name in list(writer.acknowledged)[:10]])


async def resumed(writer):
    """Seconds until a write is taken."""
    began = time.monotonic()
    while time.monotonic() - began < RESUME_SECS:
        if await writer.write("again") in (201, 204):
            return time.monotonic() - began
        await asyncio.sleep(0.25)
    return None


def told(bridge):
    """Lines of the log that speak of the disk."""
    words = ("space", "ENOSPC", "disk", "os error 28")
    return sum(any(word in line for word in words) for line in bridge.log().splitlines())


def mount(folder, mib):
    """Why not, if not."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=700", "tmpfs", folder], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def unmount(folder):
    subprocess.run(["umount", folder], capture_output=True)


def occupy(path, folder, free):
    """A file that takes all but so many bytes."""
    system = os.statvfs(folder)
    left = system.f_bavail * system.f_frsize
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, left - free))


async def growth(lab):
    """Events of a megabyte by one person."""
    with lab.bridge() as bridge:
        anna = bridge.person("anna")
        before = bridge.stored_bytes()
        connection, answers = None, []
        for number in range(GROWTH):
            try:
                connection = connection or await Connection.open(bridge.port)
                status, headers, _ = await put(connection, anna, f"large-{number}", event(f"large-{number}", lines=["DESCRIPTION:" + folded(1_000_000)]))
                if headers.get("connection") == "close":
                    connection.close()
                    connection = None
            except Gone:
                status, connection = "gone", None
            answers.append(status)
        await asyncio.sleep(2)
        grown = (bridge.stored_bytes() - before) / (1 << 20)
        taken = sum(answer == 201 for answer in answers)
        per = f"{grown / taken:.1f} MiB for each taken" if taken else ""
        lives = bridge.alive()
    return [
        at_most(f"{GROWTH} events of 1 MB by one person: store", grown, "MiB", 1024, per),
        Figure("their answers", statuses(answers), "", "a quota: 507", 507 in answers),
        must("the process lives", lives),
    ]
