"""Runs each attack against each binary and prints the table."""

import argparse
import asyncio
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback

from bridge import Bridge
from figures import Figure, table
from http1 import Gone

ATTACKS = ["descriptors", "texts", "memory", "disk", "doors", "passwords", "ending", "telling"]


class Lab:
    """What an attack is given: bridges of one binary."""

    def __init__(self, binary):
        self.binary = binary

    def bridge(self, settings=None, limits=None, folder=None, env=None):
        return Bridge(self.binary, settings, limits, folder, env)


def arguments():
    parser = argparse.ArgumentParser(prog="tests/attacks", description=__doc__)
    parser.add_argument("binaries", nargs="+", metavar="BINARY", help="advanta-bridge, older ones first")
    parser.add_argument("--only", action="append", choices=ATTACKS, metavar="NAME", help="one of " + ", ".join(ATTACKS))
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    return parser.parse_args()


def name_columns(binaries):
    """The shortest end of each path that tells them apart."""
    parts = [os.path.abspath(each).split(os.sep) for each in binaries]
    for depth in range(1, max(map(len, parts)) + 1):
        names = [os.sep.join(each[-depth:]) for each in parts]
        if len(set(names)) == len(names):
            break
    common = os.path.commonprefix([name[::-1] for name in names])[::-1] if len(names) > 1 else ""
    cut = common[common.find(os.sep) :] if os.sep in common else ""
    return [name[: len(name) - len(cut)] if cut else name for name in names]


async def run_quietly(attack, lab):
    """Connections that are given up while an answer is awaited are no news."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, about: None if isinstance(about.get("exception"), Gone) else loop.default_exception_handler(about))
    return await attack.run(lab)


def attacked(name, binary):
    attack = importlib.import_module(name)
    try:
        return asyncio.run(run_quietly(attack, Lab(binary)))
    except Exception as error:  # One attack that breaks must not hide the others; it is shown as broken.
        traceback.print_exc()
        return [Figure("the attack itself", f"broke: {error!r}", "", "runs", False)]


def main():
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    binaries = [os.path.abspath(each) for each in asked.binaries]
    columns = name_columns(binaries)
    results, began = {}, time.monotonic()
    for name in asked.only or ATTACKS:
        for column, binary in zip(columns, binaries):
            print(f"{time.monotonic() - began:5.0f} s  {name}: {column}", file=sys.stderr, flush=True)
            for figure in attacked(name, binary):
                results.setdefault(name, {}).setdefault(figure.name, {})[column] = figure
                print(f"         {figure.name}: {figure.text()}", file=sys.stderr, flush=True)
    if asked.json:
        shown = {attack: {name: {column: each.plain() for column, each in by.items()} for name, by in figures.items()} for attack, figures in results.items()}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        print(table(columns, results))
    last = [by[columns[-1]] for figures in results.values() for by in figures.values() if columns[-1] in by]
    missed = sum(figure.good is False for figure in last)
    print(f"{len(last)} figures of {columns[-1]}, {missed} miss what is wanted; {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"{os.cpu_count()} processors, load of the machine at the end (others' work included): {os.getloadavg()[1]:.1f}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
