"""Eight connections that write, read, ask and delete; what the process takes meanwhile, and what is left of it at the end."""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time

from bridge import Bridge
from figures import quantile, statuses
from hostile import event
from http1 import Connection, Gone, of, put

CONNECTIONS = 8
PEOPLE = 4
NAMES = 150
XML = {"Content-Type": "application/xml"}
QUERY = (
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter>'
    '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20261201T000000Z" end="20270101T000000Z"/>'
    "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
SYNC = '<D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>'


class Worker:
    """One connection with names of its own; it knows what was acknowledged."""

    def __init__(self, number, bridge, person, chance):
        self.number, self.bridge, self.person, self.chance = number, bridge, person, chance
        self.connection, self.texts, self.unsure, self.version, self.token = None, {}, set(), 0, ""
        self.answers, self.latencies = {}, []

    async def run(self, until):
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                self.connection = self.connection or await Connection.open(self.bridge.port)
                kind, status = await self.step()
            except Gone:
                kind, status, self.connection = "any", "gone", None
                await asyncio.sleep(0.2)
            self.latencies.append(1000 * (time.monotonic() - began))
            self.answers[kind, status] = self.answers.get((kind, status), 0) + 1
        if self.connection:
            self.connection.close()

    async def step(self):
        chance = self.chance.random()
        name = f"soak-{self.number}-{self.chance.randrange(NAMES)}"
        if chance < 0.40 or not self.texts:
            return "PUT", await self.write(name)
        if chance < 0.70:
            return "GET", await self.read(self.chance.choice(sorted(self.texts)))
        if chance < 0.72:
            return "REPORT", (await self.report(QUERY))[0]
        if chance < 0.88:
            status, body = await self.report(SYNC.format(self.token))
            before, found, rest = body.partition(b"<D:sync-token>")
            self.token = rest.partition(b"<")[0].decode() if found else ""
            return "REPORT", status
        return "DELETE", await self.delete(self.chance.choice(sorted(self.texts)))

    async def write(self, name):
        self.version += 1
        # Mostly a note, now and then one with a picture in it.
        size = 200_000 if self.chance.random() < 0.01 else self.chance.randrange(600, 8_000)
        lines = [f"X-EXAMPLE-VERSION:{self.version}", *(["RRULE:FREQ=WEEKLY"] if self.chance.random() < 0.05 else [])]
        text = event(name, size, f"202612{self.chance.randrange(1, 29):02}T100000Z", lines)
        self.unsure.add(name)
        status, _, _ = await put(self.connection, self.person, name, text)
        if status in (201, 204):
            self.texts[name] = (self.version, len(text))
            self.unsure.discard(name)
        return status

    async def read(self, name):
        status, _, body = await self.connection.request("GET", self.person.href(name), of(self.person))
        if name not in self.unsure and f"X-EXAMPLE-VERSION:{self.texts[name][0]}\r\n".encode() not in body:
            return f"{status}, not what was written"
        return status

    async def report(self, body):
        headers = {**of(self.person), **XML, "Depth": "1"}
        status, _, body = await self.connection.request("REPORT", self.person.collection, headers, body)
        return status, body

    async def delete(self, name):
        self.unsure.add(name)
        status, _, _ = await self.connection.request("DELETE", self.person.href(name), of(self.person))
        if status in (200, 204):
            del self.texts[name]
            self.unsure.discard(name)
        return status

    async def wrong(self):
        """Names whose text is not the one that was acknowledged last."""
        self.connection = await Connection.open(self.bridge.port)
        names = [name for name in sorted(self.texts) if name not in self.unsure]
        wrong = [name for name in names if await self.read(name) != 200]
        self.connection.close()
        return wrong


def arguments():
    parser = argparse.ArgumentParser(prog="tests/soak", description=__doc__)
    parser.add_argument("binary", help="advanta-bridge")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--every", type=float, default=30, metavar="SECONDS", help="between two lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON text a line")
    return parser.parse_args()


def say(asked, row):
    if asked.json:
        print(json.dumps(row), flush=True)
    else:
        print("  ".join(f"{name} {value:,.1f}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()), flush=True)


def mib(size):
    return size / (1 << 20)


async def soak(asked):
    with Bridge(os.path.abspath(asked.binary)) as bridge:
        people = [bridge.person(f"person-{number}") for number in range(PEOPLE)]
        chance = random.Random(asked.seed)
        workers = [Worker(number, bridge, people[number % PEOPLE], random.Random(chance.random())) for number in range(CONNECTIONS)]
        began = time.monotonic()
        until = began + 60 * asked.minutes
        running = asyncio.gather(*(worker.run(until) for worker in workers))
        while not running.done():
            await asyncio.wait([running], timeout=min(asked.every, max(0.1, until - time.monotonic())))
            if not bridge.alive():
                running.cancel()
                say(asked, {"the process ended": bridge.last_words()})
                return 1
            say(asked, line(bridge, workers, time.monotonic() - began))
        await running
        answers = [answer for worker in workers for answer, count in worker.answers.items() for _ in range(count)]
        say(asked, {"answers": statuses(f"{kind} {status}" for kind, status in answers)})
        return await finish(asked, bridge, workers)


def line(bridge, workers, secs):
    latencies = [each for worker in workers for each in worker.latencies]
    for worker in workers:
        worker.latencies.clear()
    return {
        "s": round(secs),
        "requests": len(latencies),
        "p50 ms": quantile(latencies, 0.5),
        "p99 ms": quantile(latencies, 0.99),
        "resident MiB": bridge.resident(),
        "descriptors": bridge.descriptors(),
        "threads": bridge.threads(),
        "store MiB": mib(bridge.stored_bytes()),
        "live texts MiB": mib(live(workers)),
    }


def live(workers):
    return sum(size for worker in workers for _, size in worker.texts.values())


async def finish(asked, bridge, workers):
    """Ends it, compacts, starts it again, and reads everything back."""
    say(asked, {"SIGTERM, ended after s": bridge.terminate()})
    backup = bridge.path("backup.bin")
    done = bridge.cli("backup", "-o", backup)
    rows = os.path.getsize(backup) if done.returncode == 0 else 0
    say(asked, {"live rows (a backup) MiB": mib(rows), "live texts MiB": mib(live(workers)), "store MiB": mib(bridge.stored_bytes())})
    if "compact" in bridge.cli("--help").stdout.split():
        began = time.monotonic()
        done = bridge.cli("compact", wait=600)
        after = bridge.stored_bytes()
        # The log is a fixed cost: a segment in use and perhaps one that is kept ready.
        log = bridge.stored_bytes("log")
        say(asked, {"compact exit": done.returncode, "s": time.monotonic() - began, "store MiB": mib(after), "of it log MiB": mib(log)})
        say(asked, {"× live rows": after / max(1, rows), "without the log": (after - log) / max(1, rows)})
        say(asked, {"compact says": (done.stdout + done.stderr).strip().replace("\n", "; ")})
    else:
        say(asked, {"compact": "this binary has no such command"})
    say(asked, {"started after s": bridge.start()})
    wrong = [name for worker in workers for name in await worker.wrong()]
    kept = sum(len(worker.texts) for worker in workers)
    say(asked, {"texts read back": kept, "of them wrong": len(wrong), "resident MiB": bridge.resident()})
    odd = [answer for worker in workers for answer in worker.answers if answer[1] not in (200, 201, 204, 207)]
    return 1 if wrong or odd else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(asyncio.run(soak(arguments())))
