"""What the log tells of failed sign-ins, and what it must not tell."""

import asyncio
import base64

from figures import Figure, at_most, must
from hostile import event
from http1 import Connection, Gone, basic, of, once, put

SECRET_TITLE = "Zwetschgenkuchen"
SECRET_PASSWORD = "Pflaumenmus-und-mehr"
STORM = 300


async def run(lab):
    figures = []
    for level in ("info", "trace"):
        with lab.bridge(env={"ADVANTA_BRIDGE_LOG": level}) as bridge:
            anna = bridge.person("anna")
            connection = await Connection.open(bridge.port)
            await put(connection, anna, "secret", event("secret").replace("Note secret", SECRET_TITLE))
            await connection.request("GET", anna.href("secret"), of(anna))
            connection.close()
            wrong = basic("anna", SECRET_PASSWORD)
            await once(bridge.port, "GET", anna.href("secret"), {"Authorization": wrong}, source="127.0.0.77")
            await once(bridge.port, "GET", anna.href("secret"), {"Authorization": basic("nobody\r\n\x1b[31m", "x")}, source="127.0.0.78")
            await asyncio.sleep(1.5)
            log = bridge.log()
            hidden = {
                "a title": SECRET_TITLE,
                "a wrong password": SECRET_PASSWORD,
                "a right password": anna.password,
                "a header of a log-in": wrong.split()[1],
                "another header of a log-in": base64.b64encode(f"anna:{anna.password}".encode()).decode(),
                "a title in numbers": ", ".join(str(byte) for byte in SECRET_TITLE.encode()),
            }
            told = [name for name, text in hidden.items() if text in log]
            figures.append(Figure(f"secrets in the log at {level}", ", ".join(told) or "none", "", "none", not told))
            if level == "info":
                line = next((line for line in log.splitlines() if "127.0.0.77" in line), "")
                figures.append(must("a failed sign-in is told with address and name", "anna" in line, True, line[-120:]))
                figures.append(must("a name cannot write lines or colours", "\x1b[31m" in log, False))
                figures.append(await storm(bridge, anna))
    return figures


async def storm(bridge, anna):
    before = len(bridge.log().splitlines())
    gate = asyncio.Semaphore(20)

    async def one(number):
        async with gate:
            try:
                await once(bridge.port, "GET", anna.href("secret"), {"Authorization": basic("anna", f"wrong-{number}")}, source=f"127.0.4.{number % 30 + 1}")
            except Gone:
                pass

    await asyncio.gather(*(one(number) for number in range(STORM)))
    await asyncio.sleep(1)
    return at_most(f"{STORM} failed sign-ins: lines in the log", len(bridge.log().splitlines()) - before, "lines", 120)
