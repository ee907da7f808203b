"""vdirsyncer and khal against a demonstration bridge: `vdirsyncer_khal.py http://127.0.0.1:PORT/ EMPTY_FOLDER`.

Discover from the bare host, synchronise to files, list them with khal, send a local edit up; then edits and deletes that
ADVANTA's rules forbid, after which the files hold the original again.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from checks import ANNA_SEES, PASSWORD, PILES_TITLE, check

VDIRSYNCER = """
[general]
status_path = "{folder}/status/"

[pair demo]
a = "files"
b = "bridge"
collections = ["from b"]
conflict_resolution = "b wins"
metadata = ["displayname", "color"]

[storage files]
type = "filesystem"
path = "{folder}/calendars/"
fileext = ".ics"

[storage bridge]
type = "caldav"
url = "{host}"
username = "anna"
password = "{password}"
"""

KHAL = """
[calendars]
[[advanta]]
path = {folder}/calendars/advanta/

[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Moscow
default_timezone = Europe/Moscow

[sqlite]
path = {folder}/khal.db
"""

# What vdirsyncer says when it moves an item.
MOVES = re.compile(r"^(?:Copying|Deleting) .*$", re.MULTILINE)


class Desk:
    """One person's folder with both programs set up in it."""

    def __init__(self, host, folder):
        self.folder = Path(folder)
        self.files = self.folder / "calendars" / "advanta"
        values = {"host": host, "folder": folder, "password": PASSWORD}
        (self.folder / "vdirsyncer.conf").write_text(VDIRSYNCER.format(**values))
        (self.folder / "khal.conf").write_text(KHAL.format(**values))

    def run(self, program, *args, said=""):
        """Runs one of the programs of this Python environment; gives what it printed."""
        command = [Path(sys.executable).parent / program, "-c", self.folder / f"{program}.conf", *args]
        # Home is the folder: neither program shall see the configuration of whoever runs the tests.
        environment = {**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, input=said, env=environment, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(args)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def sync(self):
        """One synchronisation; gives the items that were moved."""
        return MOVES.findall(self.run("vdirsyncer", "sync"))

    def file(self, title):
        """The only file of an event; vdirsyncer names files as it likes."""
        found = [file for file in self.files.glob("*.ics") if f"SUMMARY:{title}" in unfolded(file)]
        check(f"one file holds {title}", len(found), 1)
        return found[0]

    def count(self):
        return len(list(self.files.glob("*.ics")))

    def khal_titles(self):
        """The titles of a half-year in khal, each once."""
        listed = self.run("khal", "list", "--once", "--day-format", "", "--format", "{title}", "today", "180d")
        return sorted({line.strip() for line in listed.splitlines() if line.strip()})


def unfolded(path):
    return re.sub(r"\r?\n[ \t]", "", path.read_bytes().decode())


def original(path):
    """The text of a file without the line that only says that it was restored."""
    return re.sub(r"\r\n(?:X-ADVANTA-RESTORED|SEQUENCE)[^\r]*", "", unfolded(path))


def replace_line(path, start, line):
    """Replaces the only content line that begins so, by a new file, as programs do that must not lose one."""
    changed, count = re.subn(rf"(?m)^{start}[^\r\n]*", line, unfolded(path))
    check(f"the file has one line {start}", count, 1)
    new = path.with_suffix(".new")
    new.write_bytes(changed.encode())
    new.rename(path)


def first_sync(desk):
    desk.run("vdirsyncer", "discover", said="y\ny\n")
    moved = desk.sync()
    check("the first sync brings every event", len(moved), ANNA_SEES)
    check("each is a file", desk.count(), ANNA_SEES)
    check("a second sync moves nothing", desk.sync(), [])
    desk.run("vdirsyncer", "metasync")
    check("khal lists the task in work", PILES_TITLE in desk.khal_titles(), True)


def plain_work(desk):
    """A note made with khal goes up, is edited as a file, and is deleted."""
    desk.run("khal", "new", "-a", "advanta", "tomorrow", "11:00", "30m", "Сверить накладные")
    check("a note made in khal goes up", len(desk.sync()), 1)
    check("a second sync moves nothing", desk.sync(), [])
    note = desk.file("Сверить накладные")
    replace_line(note, "SUMMARY", "SUMMARY:Сверить накладные и акты")
    check("its edit goes up", len(desk.sync()), 1)
    check("a second sync moves nothing", desk.sync(), [])
    check("khal shows the new title", "Сверить накладные и акты" in desk.khal_titles(), True)
    note.unlink()
    check("its deletion goes up", len(desk.sync()), 1)
    check("a second sync moves nothing", desk.sync(), [])
    check("there are as many files as before", desk.count(), ANNA_SEES)


def original_again(desk, what, before):
    """The refused change goes up in one sync; the next one brings the original."""
    desk.sync()
    desk.sync()
    check(f"after {what} the file is what it was", original(desk.file(PILES_TITLE)), before)
    check("the next sync moves nothing", desk.sync(), [])
    check("there is one file for each event", desk.count(), ANNA_SEES)


def refused_work(desk):
    """A task in work: its start is locked, and a task is never deleted from a calendar."""
    before = original(desk.file(PILES_TITLE))
    for attempt in ["a refused move", "the same once more"]:
        replace_line(desk.file(PILES_TITLE), "DTSTART", "DTSTART:20260105T060000Z")
        original_again(desk, attempt, before)
    for attempt in ["a refused delete", "the same once more"]:
        desk.file(PILES_TITLE).unlink()
        original_again(desk, attempt, before)
    check("khal lists the task in work", PILES_TITLE in desk.khal_titles(), True)


def main():
    desk = Desk(sys.argv[1], sys.argv[2])
    first_sync(desk)
    plain_work(desk)
    refused_work(desk)


main()
