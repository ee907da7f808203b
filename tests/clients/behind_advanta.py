"""python-caldav against a bridge with ADVANTA behind it: `behind_advanta.py http://127.0.0.1:PORT/ USER PASSWORD`.

An allowed edit, a forbidden one after which the next look shows the original, a new note.
"""

import sys
import time
from datetime import timedelta

import caldav

from checks import check

NOTE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.com//notes//EN
BEGIN:VEVENT
UID:note-1@example.com
DTSTAMP:20260301T080000Z
DTSTART:20261204T090000Z
DTEND:20261204T093000Z
SUMMARY:Позвонить в архив
END:VEVENT
END:VCALENDAR
"""

host, login, password = sys.argv[1:]
client = caldav.DAVClient(url=host, username=login, password=password)
(calendar,) = client.principal().get_calendars()


def find(title):
    events = {str(each.get_icalendar_component()["SUMMARY"]): each for each in calendar.events()}
    check(f"there is {title}", title in events, True)
    return events[title]


lunch = find("Обед")
with lunch.edit_icalendar_component() as component:
    component["SUMMARY"] = "Обед с подрядчиком"
lunch.save()
find("Обед с подрядчиком")

piles = find("Фундамент")
start = piles.get_icalendar_component()["DTSTART"].dt
with piles.edit_icalendar_component() as component:
    component["DTSTART"].dt = start - timedelta(days=1)
piles.save()
# ADVANTA's answer may take a moment; the client polls.
for _ in range(50):
    shown = find("Фундамент").get_icalendar_component()["DTSTART"].dt
    if shown == start:
        break
    time.sleep(0.1)
check("the start of begun work is the original", shown, start)

calendar.add_event(NOTE)
find("Позвонить в архив")
