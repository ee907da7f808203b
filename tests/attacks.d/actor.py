"""An actor in a process of its own, so that the clock of one is not held up by the work of another.

Reads its part as JSON from standard input, says what it saw as JSON. `probe`: asks one thing again and again, on one connection, and
takes the time. `upload`: several connections that send one text again and again (a new event each, or one query), at a low priority: attackers have machines of their own.
"""

import asyncio
import json
import os
import sys
import time

from http1 import CALENDAR, Connection, Gone, once


async def probe(part):
    """Latencies in milliseconds until the time is over."""
    latencies, failures = [], {}
    until = time.monotonic() + part["secs"]
    connection = None
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            if part.get("fresh"):
                status = (await once(part["port"], part.get("method", "GET"), part["path"], part["headers"], source=part["source"], wait=part.get("wait", 60)))[0]
            else:
                connection = connection or await Connection.open(part["port"], part["source"])
                status = (await connection.request(part.get("method", "GET"), part["path"], part["headers"]))[0]
        except Gone:
            status, connection = "gone", None
        latencies.append(1000 * (time.monotonic() - began))
        if status not in (200, 207):
            failures[str(status)] = failures.get(str(status), 0) + 1
        await asyncio.sleep(part.get("pause", 0.005))
    return {"latencies": latencies, "failures": failures}


async def upload(part):
    """How many were answered how."""
    os.nice(19)
    method, until = part.get("method", "PUT"), time.monotonic() + part["secs"]
    answers = {}

    async def one(number, who):
        connection, count = None, 0
        while time.monotonic() < until:
            count += 1
            text, path = part["text"], who["path"]
            if method == "PUT":
                text, path = text.replace("UID:", f"UID:{number}-{count}-", 1), path + f"upload-{number}-{count}.ics"
            try:
                connection = connection or await Connection.open(part["port"], who["source"])
                status, headers, _ = await connection.request(method, path, {**CALENDAR, **who["headers"]}, text)
                if headers.get("connection") == "close":
                    connection.close()
                    connection = None
            except Gone:
                status, connection = "gone", None
            answers[str(status)] = answers.get(str(status), 0) + 1
            # Whoever is told to come later is no faster for asking at once.
            await asyncio.sleep(0.02 if status in (429, 503, "gone") else 0)

    await asyncio.gather(*(one(number, who) for number, who in enumerate(part["who"])))
    return {"answers": answers}


if __name__ == "__main__":
    part = json.load(sys.stdin)
    json.dump(asyncio.run({"probe": probe, "upload": upload}[sys.argv[1]](part)), sys.stdout)
