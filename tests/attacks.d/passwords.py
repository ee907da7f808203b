"""Storms of log-ins, and what a right password is worth in them."""

import asyncio
import time

from bridge import Died
from figures import Figure, at_most, quantile, statuses
from hostile import event
from http1 import Gone, basic, of, once

PEOPLE = 200
ADDED = 300
OFFLINE = 30
WRONG = 300
OFFICE = "127.0.0.50"


async def run(lab):
    with lab.bridge() as bridge:
        people = [bridge.person(f"person-{number}", password=False) for number in range(PEOPLE)]
        figures = [await added(bridge, people)]
        await once(bridge.port, "PUT", people[0].href("note"), of(people[0]), event("note"))
        bridge.kill9()
        figures.append(await added_offline(bridge, people))
        bridge.start()
        figures += await morning(bridge, people)
        figures += await queue(bridge, people)
        figures += await office(bridge, people)
        figures += await stale(bridge, people)
        figures += await timing(bridge, people)
        return figures + await names(bridge)


def ask(person, login=None, password=None):
    return {"Authorization": basic(login or person.login, password or person.password)}


async def login(bridge, person, source, headers=None, wait=120):
    """Status and seconds of a request that needs a log-in."""
    began = time.monotonic()
    try:
        status = (await once(bridge.port, "PROPFIND", person.collection, {**(headers or of(person)), "Depth": "0"}, source=source, wait=wait))[0]
    except Gone:
        status = "gone"
    return status, time.monotonic() - began


async def added(bridge, people):
    """By the administrator's command, one after the other, as a script would."""
    began, broken = time.monotonic(), 0
    for number in range(ADDED):
        person = people[number % PEOPLE]
        done = bridge.cli("app-password", "add", person.login, "--label", f"device-{number}")
        broken += done.returncode != 0
        person.password = person.password or done.stdout.strip()
    return at_most(f"{ADDED} × app-password add", time.monotonic() - began, "s", 20.0, f"{broken} failed" if broken else "")


async def added_offline(bridge, people):
    """The same while no bridge runs: each command opens the store."""
    began = time.monotonic()
    broken = sum(bridge.cli("app-password", "add", people[0].login, "--label", f"offline-{number}").returncode != 0 for number in range(OFFLINE))
    return Figure("the same while no bridge runs, each", (time.monotonic() - began) / OFFLINE, "s", note=f"{broken} failed" if broken else "")


async def morning(bridge, people):
    """After a start everybody comes at once, behind one address."""
    cpu, began = bridge.cpu(), time.monotonic()
    answers = await asyncio.gather(*(login(bridge, person, OFFICE) for person in people))
    secs = time.monotonic() - began
    let_in = sum(status == 207 for status, _ in answers)
    cpu = 1000 * (bridge.cpu() - cpu) / max(1, let_in)
    good = let_in == PEOPLE
    return [
        Figure(f"{PEOPLE} right log-ins of one address after a start", statuses(status for status, _ in answers), "", f"{PEOPLE} × 207", good),
        Figure("the same: until the last", secs, "s"),
        at_most("CPU of each that is let in, its answer included", cpu, "ms", 3.0),
    ]


async def queue(bridge, people):
    """Wrong passwords in flight from many addresses, then somebody who is new with a right one."""
    new = bridge.password(people[1], "new")
    wrong = [
        asyncio.create_task(login(bridge, people[2 + number % 150], f"127.0.5.{number % 30 + 1}", ask(people[2 + number % 150], password=f"wrong-{number}")))
        for number in range(WRONG)
    ]
    await asyncio.sleep(0.3)
    status, secs = await login(bridge, people[1], "127.0.0.9", ask(people[1], password=new))
    answers = await asyncio.gather(*wrong)
    said = f"{status}; wrong: {statuses(status for status, _ in answers)}"
    return [Figure(f"a right new log-in behind {WRONG} wrong ones", secs, "s", "≤ 1 s, 207", secs <= 1 and status == 207, said)]


async def office(bridge, people):
    """Many wrong passwords from the address of an office, then a right one that was never used."""
    figures = []
    for count, source in ((50, "127.0.6.1"), (500, "127.0.6.2")):
        fresh = bridge.password(people[3], "fresh")
        gate = asyncio.Semaphore(50)

        async def one(number):
            async with gate:
                victim = people[10 + number % 100]
                return await login(bridge, victim, source, ask(victim, password=f"guess-{number}"))

        answers = await asyncio.gather(*(one(number) for number in range(count)))
        status, secs = await login(bridge, people[3], source, ask(people[3], password=fresh))
        said = f"{secs:.2f} s; wrong: {statuses(status for status, _ in answers)}"
        figures.append(Figure(f"a right log-in after {count} wrong ones of its address", status, "", "207", status == 207 and secs <= 2, said))
    # The same person's own device keeps guessing: their other device still comes in.
    fresh = bridge.password(people[4], "fresh")
    for number in range(30):
        await login(bridge, people[4], "127.0.6.3", ask(people[4], password=f"guess-{number}"))
    status, secs = await login(bridge, people[4], "127.0.6.3", ask(people[4], password=fresh))
    return [*figures, Figure("after 30 wrong ones of its account and address", status, "", "207", status == 207 and secs <= 2, f"{secs:.2f} s")]


async def stale(bridge, people):
    """A device with an old password polls; that is one failure, not forty."""
    old = bridge.admin("POST", f"users/{people[5].uid}/app-passwords", {"label": "old"})
    bridge.admin("DELETE", f"app-passwords/{old['id']}")
    answers = [(await login(bridge, people[5], "127.0.6.4", ask(people[5], password=old["secret"])))[0] for _ in range(40)]
    return [Figure("one revoked password tried 40 times", statuses(answers), "", "40 × 401", set(answers) == {401})]


async def timing(bridge, people):
    """Whether the time tells if a name exists, or if the form of a password is right."""
    known, junk, unknown = [], [], []
    for number in range(40):
        person = people[100 + number]
        altered = person.password[:-1] + ("a" if person.password[-1] != "a" else "b")
        source = f"127.0.7.{number + 1}"
        known.append((await login(bridge, person, source, ask(person, password=altered)))[1])
        junk.append((await login(bridge, person, source, ask(person, password="wrong")))[1])
        unknown.append((await login(bridge, person, source, ask(person, login=f"nobody-{number}", password="wrong")))[1])
    middle = [1000 * quantile(each, 0.5) for each in (known, junk, unknown)]
    shown = " / ".join(f"{each:.2f}" for each in middle)
    return [Figure("a wrong log-in: almost right, junk, unknown name: p50", shown, "ms", "equal", max(middle) <= 1.5 * min(middle) + 0.3)]


async def names(bridge):
    """What is typed as a login."""
    vera = bridge.admin("POST", "users", {"login": "vera", "name": "Vera", "email": "vera@example.com"})
    secret = bridge.admin("POST", f"users/{vera['id']}/app-passwords", {"label": "phone"})["secret"]
    tried = {}
    for number, typed in enumerate(("vera", "Vera", " vera ", "vera@example.com", "VERA@Example.com")):
        headers = {"Authorization": basic(typed, secret), "Depth": "0"}
        tried[typed] = (await once(bridge.port, "PROPFIND", f"/dav/calendars/{vera['id']}/advanta/", headers, source=f"127.0.8.{number + 1}"))[0]
    others = {"VERA": {"login": "VERA", "name": "Vera"}, "an e-mail without @": {"login": "oleg", "name": "Oleg", "email": "oleg"}}
    taken = []
    for name, body in others.items():
        try:
            bridge.admin("POST", "users", body)
            taken.append(name)
        except Died:
            pass
    out = [f"{typed!r}" for typed, status in tried.items() if status != 207]
    return [
        Figure("logins of other case, with blanks, as an e-mail that do not open", ", ".join(out) or "none", "", "none", not out),
        Figure("taken: a login that differs by case, an e-mail without @", ", ".join(taken) or "none", "", "none", not taken),
    ]
