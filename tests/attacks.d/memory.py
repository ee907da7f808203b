"""Bodies that never end, and log-ins: how much memory they take, and how much of it comes back."""

import asyncio
import time

from figures import at_most, must
from hostile import event
from http1 import CALENDAR, Connection, Gone, basic, head, of, once, put
from http2 import Holder

BUDGET_MIB = 256
HTTP2_CONNECTIONS = 160
FORM_BYTES = 65_536
PUTS = 200
PUT_BYTES = 8 << 20
LEGAL_PUTS = 400
LEGAL_PEOPLE = 20
LEGAL_BYTES = 1 << 20
LOGINS = 24
UNREAD_CONNECTIONS = 20
HOLD_SECS = 8
# One attacker's machine does all of it: it needs longer.
HOLD_ALL_SECS = 24
REST_SECS = 62


async def run(lab):
    attacks = {
        f"{HTTP2_CONNECTIONS} HTTP/2 connections hold bodies": [http2_bodies],
        f"{PUTS} PUTs of 8 MiB held open": [large_puts],
        f"{LEGAL_PUTS} PUTs of 1 MiB by {LEGAL_PEOPLE} people held open, chunked": [legal_puts],
        f"{LOGINS} log-ins at once": [logins],
        f"{100 * UNREAD_CONNECTIONS:,} answers of 1 MB left unread": [unread],
        "all of these at once": [http2_bodies, large_puts, legal_puts, logins],
    }
    bridges, figures = [], []
    try:
        for name, parts in attacks.items():
            bridge = lab.bridge().__enter__()
            bridges.append(bridge)
            seen = await attack(bridge, parts)
            seen.update(name=name, bridge=bridge)
            figures.append(seen)
        # The rest of all of them is one rest.
        for seen in figures:
            await asyncio.sleep(max(0, seen["ended"] + REST_SECS - time.monotonic()))
            seen["after"] = seen["bridge"].resident() if seen["bridge"].alive() else None
        return [figure for seen in figures for figure in shown(seen)]
    finally:
        for bridge in bridges:
            bridge.__exit__()


async def attack(bridge, parts):
    """Quiet, then all parts at once, and somebody who asks meanwhile."""
    bystander, *attackers = people = [bridge.person(f"person-{number}") for number in range(LEGAL_PEOPLE + 1)]
    # What was needed to make them is not what it holds when it rests.
    bridge.terminate()
    bridge.start()
    connection = await Connection.open(bridge.port)
    for number in range(50):
        await put(connection, bystander, f"note-{number}", event(f"note-{number}", 1000))
    connection.close()
    await asyncio.sleep(1)
    bridge.forget_peak()
    seen = {"quiet": bridge.resident()}
    hold = HOLD_SECS if len(parts) == 1 else HOLD_ALL_SECS
    until = time.monotonic() + hold
    tasks = [asyncio.create_task(part(bridge, attackers, until)) for part in parts]
    await asyncio.sleep(hold * 0.8)
    try:
        seen["status"] = (await once(bridge.port, "GET", bystander.href("note-0"), of(bystander), source="127.0.0.9", wait=20))[0]
    except Gone:
        seen["status"] = "gone"
    said = await asyncio.gather(*tasks)
    seen["said"] = "; ".join(said)
    seen["peak"] = bridge.peak() if bridge.alive() else float("nan")
    seen["ended"] = time.monotonic()
    return seen


def shown(seen):
    quiet, peak, after, name = seen["quiet"], seen["peak"], seen["after"], seen["name"]
    back = "≤ quiet + 10 %"
    return [
        at_most(f"{name}: peak", peak, "MiB", quiet + BUDGET_MIB, f"quiet {quiet:.0f}; {seen['said']}", f"≤ quiet + {BUDGET_MIB} MiB"),
        at_most(f"{name}: a minute after", after, "MiB", quiet * 1.1, f"quiet {quiet:.0f}", back),
        must(f"{name}: somebody else's GET", seen["status"], 200),
    ]


async def http2_bodies(bridge, _, until):
    return await held([Holder(bridge.port, "127.0.0.2", "/me/google", FORM_BYTES) for _ in range(HTTP2_CONNECTIONS)], until)


async def held(holders, until):
    tasks = [asyncio.create_task(holder.run()) for holder in holders]
    await asyncio.wait(tasks, timeout=until - time.monotonic())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    streams = sum(len(holder.streams) for holder in holders)
    answered = sum(holder.answered for holder in holders)
    sent = sum(holder.sent for holder in holders)
    return f"{sent >> 20:,} MiB sent, {streams:,} streams held, {answered:,} answered"


async def unread(bridge, people, until):
    anna = people[0]
    await once(bridge.port, "PUT", anna.href("large"), {**of(anna), **CALENDAR}, event("large", 1_000_000))
    authorization = of(anna)["Authorization"]
    return await held([Holder(bridge.port, "127.0.0.2", anna.href("large"), authorization=authorization) for _ in range(UNREAD_CONNECTIONS)], until)


async def large_puts(bridge, people, until):
    return await held_puts(bridge, people[:1], PUTS, PUT_BYTES, False, "127.0.0.3", until)


async def legal_puts(bridge, people, until):
    return await held_puts(bridge, people, LEGAL_PUTS, LEGAL_BYTES, True, "127.0.0.4", until)


async def held_puts(bridge, people, count, size, chunked, source, until):
    """Each sends everything but its last byte, then waits for what comes."""
    answers, sent = {}, 0

    async def one(number):
        nonlocal sent
        status, person = "held", people[number % len(people)]
        try:
            connection = await Connection.open(bridge.port, source)
        except Gone:
            answers["gone"] = answers.get("gone", 0) + 1
            return
        try:
            headers = {**of(person), **CALENDAR, **({"Transfer-Encoding": "chunked"} if chunked else {})}
            await connection.send(head("PUT", person.href(f"held-{number}"), headers, None if chunked else size))
            left = size - 1
            piece = b"x" * 65_536
            answer = asyncio.create_task(connection.answer(wait=HOLD_ALL_SECS))
            while left and not answer.done() and time.monotonic() < until:
                part = piece[: min(left, len(piece))]
                sending = asyncio.create_task(connection.send(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part))
                # A bridge that reads no further has to be left at the end as well.
                await asyncio.wait([sending, answer], timeout=max(0.01, until - time.monotonic()), return_when=asyncio.FIRST_COMPLETED)
                if not sending.done():
                    sending.cancel()
                    break
                sending.result()
                left -= len(part)
                sent += len(part)
            await asyncio.wait([answer], timeout=max(0.01, until - time.monotonic()))
            if answer.done():
                status = (await answer)[0]
            else:
                answer.cancel()
        except Gone:
            status = "gone"
        finally:
            answers[str(status)] = answers.get(str(status), 0) + 1
            connection.close()

    await asyncio.gather(*(one(number) for number in range(count)))
    return f"{sent >> 20:,} MiB sent, " + ", ".join(f"{count} × {status}" for status, count in sorted(answers.items()))


async def logins(bridge, people, until):
    """Wrong passwords, each from an address of its own, and a right one."""

    async def one(number):
        headers = {"Authorization": basic(people[0].login, f"wrong-{number}")}
        try:
            return (await once(bridge.port, "GET", people[0].href("note-0"), headers, source=f"127.0.2.{number + 1}"))[0]
        except Gone:
            return "gone"

    answers = await asyncio.gather(*(one(number) for number in range(LOGINS)))
    await asyncio.sleep(max(0, until - time.monotonic()))
    return f"{sum(answer == 401 for answer in answers)} × 401 of {LOGINS}"
