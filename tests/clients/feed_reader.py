"""Reads a feed with icalendar and recurring_ical_events and compares every occurrence."""

import sys
from datetime import date, datetime, timezone

import icalendar
import recurring_ical_events

EXPECTED = [
    ("2026-12-01T06:00Z", "2026-12-01T07:30Z", "Zoned"),
    ("2026-12-01T07:00Z", "2026-12-01T08:00Z", "east"),
    ("2026-12-01T14:00Z", "2026-12-01T15:00Z", "west"),
    ("2026-12-02", "2026-12-04", "Whole days"),
    ("2026-12-03T07:00Z", "2026-12-03T08:00Z", "east"),
    ("2026-12-03T14:00Z", "2026-12-03T15:00Z", "west"),
]


def said(when: date | datetime) -> str:
    if isinstance(when, datetime):
        assert when.tzinfo is not None, when
        return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")
    return when.isoformat()


with open(sys.argv[1], "rb") as feed:
    calendar = icalendar.Calendar.from_ical(feed.read())
assert not calendar.errors, calendar.errors
assert calendar["METHOD"] == "PUBLISH", calendar["METHOD"]
assert "X-WR-TIMEZONE" not in calendar
for component in calendar.walk():
    assert not component.errors, (component.name, component.errors)
occurrences = recurring_ical_events.of(calendar).between(
    datetime(2026, 11, 1, tzinfo=timezone.utc), datetime(2027, 1, 1, tzinfo=timezone.utc)
)
found = sorted((said(each.start), said(each.end), str(each["SUMMARY"])) for each in occurrences)
assert found == EXPECTED, found
print(f"{len(found)} occurrences")
