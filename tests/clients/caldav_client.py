"""python-caldav against a demonstration bridge: `caldav_client.py http://127.0.0.1:PORT/`.

Discover from the bare host, list, create, edit, delete, incremental sync; then changes that ADVANTA's rules forbid,
after which the client's next sync holds the original again.
"""

import sys
from datetime import timedelta

import caldav

from checks import (
    ANNA_SEES,
    NO_TITLE_RIGHT,
    NO_TITLE_RIGHT_TITLE,
    PASSWORD,
    PILES,
    PILES_TITLE,
    check,
)

NOTE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.com//notes//EN
BEGIN:VEVENT
UID:note-1@example.com
DTSTAMP:20260301T080000Z
DTSTART:20260302T090000Z
DTEND:20260302T093000Z
SUMMARY:Позвонить в архив
X-EXAMPLE-MOOD:sunny
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT10M
DESCRIPTION:Скоро
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def calendar_of(host, login):
    """The only calendar of an account, found from the bare host."""
    client = caldav.DAVClient(url=host, username=login, password=PASSWORD)
    calendars = client.principal().get_calendars()
    check(
        f"{login} finds one calendar from the bare host",
        [str(calendar.url) for calendar in calendars],
        [f"{host}dav/calendars/u-{login}/advanta/"],
    )
    return calendars[0]


def component(event):
    return event.get_icalendar_component()


def title(event):
    return str(component(event)["SUMMARY"])


def held(copy, name):
    """What a synchronised copy holds under `name`.ics."""
    found = [event for url, event in copy.objects_by_url().items() if str(url).endswith(f"/{name}.ics")]
    check(f"the copy holds {name[:8]} once", len(found), 1)
    return found[0]


def names(events):
    return sorted(str(event.url).rsplit("/", 1)[1] for event in events)


def plain_work(anna, copy):
    """Create, edit and delete a note; the copy follows by its sync token."""
    note = anna.add_event(NOTE)
    updated, deleted = copy.sync()
    check("a sync after a create brings the note alone", (len(updated), len(deleted)), (1, 0))
    check("the note has the title it was made with", title(updated[0]), "Позвонить в архив")
    check("the note keeps an unknown property", str(component(updated[0])["X-EXAMPLE-MOOD"]), "sunny")
    check("the note keeps its alarm", len(component(updated[0]).subcomponents), 1)

    with note.edit_icalendar_component() as fields:
        fields["SUMMARY"] = "Позвонить в архив ещё раз"
    note.save()
    updated, deleted = copy.sync()
    check("a sync after an edit brings the note alone", (len(updated), len(deleted)), (1, 0))
    check("the note has its new title", title(updated[0]), "Позвонить в архив ещё раз")

    note.delete()
    updated, deleted = copy.sync()
    check("a sync after a delete takes the note away", (len(updated), len(deleted)), (0, 1))
    check("the copy is as long as it was", len(copy), ANNA_SEES)
    check("another sync brings nothing", copy.sync(), ([], []))


def refused_move(copy):
    """A task in work: its start is locked."""
    task = held(copy, PILES)
    start = component(task)["DTSTART"].dt
    with task.edit_icalendar_component() as fields:
        fields["DTSTART"].dt = start + timedelta(hours=1)
    task.save()
    updated, deleted = copy.sync()
    check("a sync after a refused move brings the task", (names(updated), len(deleted)), ([f"{PILES}.ics"], 0))
    check("the task starts when it did", component(held(copy, PILES))["DTSTART"].dt, start)


def refused_retitle(copy):
    """A task whose title boris may not change."""
    task = held(copy, NO_TITLE_RIGHT)
    with task.edit_icalendar_component() as fields:
        fields["SUMMARY"] = "Другое название"
    task.save()
    updated, _ = copy.sync()
    check("a sync after a refused title brings the task", names(updated), [f"{NO_TITLE_RIGHT}.ics"])
    check("the task is called what it was", title(held(copy, NO_TITLE_RIGHT)), NO_TITLE_RIGHT_TITLE)


def refused_delete(copy):
    """Tasks are never deleted from a calendar."""
    held(copy, PILES).delete()
    updated, deleted = copy.sync()
    check("a sync after a refused delete brings the task", (names(updated), len(deleted)), ([f"{PILES}.ics"], 0))
    check("the task is called what it was", title(held(copy, PILES)), PILES_TITLE)
    held(copy, PILES).delete()
    updated, deleted = copy.sync()
    check("after a second refused delete it comes back again", (names(updated), len(deleted)), ([f"{PILES}.ics"], 0))


def main():
    host = sys.argv[1]
    anna = calendar_of(host, "anna")
    check("anna lists her events", len(anna.get_events()), ANNA_SEES)
    copy = anna.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
    check("a first sync brings the same", len(copy), ANNA_SEES)
    plain_work(anna, copy)
    refused_move(copy)
    refused_delete(copy)
    check("another sync brings nothing", copy.sync(), ([], []))

    boris = calendar_of(host, "boris")
    copy = boris.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
    refused_retitle(copy)


main()
