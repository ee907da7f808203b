"""Texts that cost much, and how long somebody else waits meanwhile."""

import asyncio
import time

import hostile
from figures import Figure, at_most, must, quantile, statuses
from http1 import Connection, Gone, of, once, put
from stage import act

TRIES = 3
# Past this one try is enough.
SLOW_SECS = 1.0
SECS = 6
CPU_MS_MAX = 20
ASK = {"Depth": "1", "Content-Type": "application/xml"}
QUERY = (
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop><C:filter>'
    '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20270101T000000Z" end="20270201T000000Z"/>'
    "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)


async def run(lab):
    with lab.bridge() as bridge:
        mallory = bridge.person("mallory")
        every = hostile.texts()
        costs = {name: await cost(bridge, mallory, number, text) for number, (name, text) in enumerate(every.items())}
        figures = [
            at_most(f"{name}: CPU", each["cpu"], "ms", CPU_MS_MAX, f"{each['status']}, {1000 * each['secs']:,.0f} ms") for name, each in costs.items()
        ]
        figures += await listing(bridge, mallory)
        figures += await panics(bridge, mallory)
    first, second, *_ = every.values()
    worst = max(costs, key=lambda name: costs[name]["cpu"])
    figures += await beside(lab, "8 × the 4 KB text, 8 people", first, 8)
    figures += await beside(lab, "8 × the 280 KB text, 1 person", second, 1)
    figures += await beside(lab, "8 × the 280 KB text, 8 people", second, 8)
    figures += await beside(lab, "8 × the costliest text, 8 people", every[worst], 8)
    # What the same crowd costs with nothing hostile in it.
    harmless = hostile.event("hostile", len(second)).replace("UID:hostile", "UID:harmless")
    figures += await beside(lab, "8 × a harmless text of 280 KB, 8 people", harmless, 8, aim=False)
    return figures + await asked(lab, every)


async def cost(bridge, person, which, text):
    """CPU milliseconds of the whole process for one upload, the middle of a few."""
    tries, status = [], None
    for number in range(TRIES):
        name = f"cost-{which}-{number}"
        cpu, began = bridge.cpu(), time.monotonic()
        try:
            connection = await Connection.open(bridge.port)
            status, _, _ = await put(connection, person, name, text.replace("UID:hostile", f"UID:{name}"))
            connection.close()
        except Gone:
            status = "gone"
        secs = time.monotonic() - began
        # What is done after the answer counts as well.
        await asyncio.sleep(0.05)
        tries.append((1000 * (bridge.cpu() - cpu), secs))
        if secs > SLOW_SECS:
            break
    cpu, secs = sorted(tries)[len(tries) // 2]
    return {"cpu": cpu, "secs": secs, "status": status}


async def listing(bridge, person):
    """What the texts that were taken cost whoever asks for a month of them."""
    cpu = bridge.cpu()
    try:
        status, _, _, secs = await once(bridge.port, "REPORT", person.collection, {**of(person), **ASK}, QUERY)
    except Gone:
        status, secs = "gone", 60.0
    return [Figure("a month query over what was taken: CPU", 1000 * (bridge.cpu() - cpu), "ms", note=f"{status}, {1000 * secs:,.0f} ms")]


async def panics(bridge, person):
    answers = {}
    for name, text in hostile.panics().items():
        connection = None
        try:
            connection = await Connection.open(bridge.port)
            answers[name], _, _ = await put(connection, person, f"panic-{len(answers)}", text, wait=20)
        except Gone:
            answers[name] = "gone"
        finally:
            if connection:
                connection.close()
    log = bridge.log()
    broken = [f"{name}: {status}" for name, status in answers.items() if status in ("gone", 500)]
    return [
        Figure("BYDAY=€ and its like", "; ".join(broken) or statuses(answers.values()), "", "refused or taken", not broken),
        must("the log knows of a panic", "panicked" in log or "broke off" in log, False),
        must("content of a text in the log", "€" in log, False),
    ]


async def asked(lab, every):
    """Another user's GETs while one asks again and again for a month of all that was taken."""
    with lab.bridge() as bridge:
        mallory = bridge.person("mallory")
        connection = None
        for number, text in enumerate(every.values()):
            try:
                connection = connection or await Connection.open(bridge.port)
                await put(connection, mallory, f"taken-{number}", text.replace("UID:hostile", f"UID:taken-{number}"))
            except Gone:
                connection = None
        who = [{"path": mallory.collection, "headers": {**of(mallory), **ASK}, "source": f"127.0.0.{20 + number}"} for number in range(8)]
        work = {"port": bridge.port, "who": who, "method": "REPORT", "text": QUERY, "secs": SECS}
        return await compared(bridge, "8 × a month query over such texts, 1 person", work)


async def beside(lab, name, text, people, aim=True):
    """Another user's GETs while others upload."""
    with lab.bridge() as bridge:
        attackers = [bridge.person(f"attacker-{number}") for number in range(people)]
        who = [
            {"path": each.collection, "headers": of(each), "source": f"127.0.0.{20 + number}"}
            for number, each in ((number, attackers[number % people]) for number in range(8))
        ]
        return await compared(bridge, name, {"port": bridge.port, "who": who, "text": text, "secs": SECS}, aim)


async def compared(bridge, name, work, aim=True):
    """Somebody's GETs: first alone, then beside the work."""
    anna = bridge.person("anna")
    await once(bridge.port, "PUT", anna.href("mine"), of(anna), hostile.event("mine", 1000))
    part = {"port": bridge.port, "path": anna.href("mine"), "headers": of(anna), "source": "127.0.0.9", "secs": 4}
    quiet = await act("probe", part)
    probing = asyncio.create_task(act("probe", {**part, "secs": SECS}))
    worked = await act("upload", work)
    loud = await probing
    p99, before = (quantile(each["latencies"], 0.99) for each in (loud, quiet))
    shown = f"p50 {quantile(loud['latencies'], 0.5):.1f}, longest {max(loud['latencies']):,.0f}; quiet p50 {quantile(quiet['latencies'], 0.5):.1f}, p99 {before:.1f}; {answered(worked)}"
    wanted, good = ("≤ 5 × quiet", p99 <= 5 * before) if aim else ("", None)
    return [Figure(f"{name}: another's GET p99", p99, "ms", wanted, good, shown)]


def answered(uploaded):
    return ", ".join(f"{count} × {status}" for status, count in sorted(uploaded["answers"].items()))
