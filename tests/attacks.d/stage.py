"""Sends actors on."""

import asyncio
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


async def act(what, part):
    """Runs an actor to its end."""
    actor = await asyncio.create_subprocess_exec(
        sys.executable, os.path.join(HERE, "actor.py"), what, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await actor.communicate(json.dumps(part).encode())
    finally:
        if actor.returncode is None:
            actor.kill()
            await actor.wait()
    return json.loads(said)
