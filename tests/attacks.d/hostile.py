"""Texts that cost more than they look, and harmless ones to compare with."""

from base64 import b64encode
from datetime import datetime, timedelta
from random import Random

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//attack//EN\r\n"
TAIL = "END:VCALENDAR\r\n"
FEBRUARY_30 = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
RARE = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"


def component(name, lines):
    return f"BEGIN:{name}\r\n" + "".join(line + "\r\n" for line in lines) + f"END:{name}\r\n"


def filler(size):
    """Lines of a property that nobody reads, of about so many bytes."""
    line = "X-EXAMPLE-FILLER:" + "x" * 55
    return [line] * max(0, size // (len(line) + 2))


def folded(size):
    """A value of about so many bytes that does not compress, in lines of RFC 5545 §3.1."""
    text = b64encode(Random(size).randbytes(size * 5 // 7)).decode().replace("+", "a").replace("/", "b")
    return "\r\n ".join(text[place : place + 70] for place in range(0, len(text), 70))


def event(uid, size=0, start="20261201T100000Z", lines=()):
    """An ordinary event of about so many bytes."""
    body = [f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"DTSTART:{start}", "DURATION:PT1H", f"SUMMARY:Note {uid}", *lines]
    return HEAD + component("VEVENT", [*body, *filler(size - 300)]) + TAIL


def observance(rule, start="16010101T000000", name="STANDARD"):
    return component(name, [f"DTSTART:{start}", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0400", f"RRULE:{rule}"])


def zones(count, observances, rule):
    parts = (f"BEGIN:VTIMEZONE\r\nTZID:Z{number}\r\n" + observance(rule) * observances + "END:VTIMEZONE\r\n" for number in range(count))
    return "".join(parts)


def zoned(zone, rule=None, lines=()):
    rule = [f"RRULE:{rule}"] if rule else []
    when = [f"DTSTART;TZID={zone}:20261201T100000", f"DTEND;TZID={zone}:20261201T110000"] if zone else ["DTSTART:20261201T100000Z", "DTEND:20261201T110000Z"]
    return component("VEVENT", ["UID:hostile", "DTSTAMP:20261101T000000Z", *when, "SUMMARY:x", *rule, *lines])


def series(rule, lines=(), start="20261201T100000Z"):
    return HEAD + component("VEVENT", ["UID:hostile", "DTSTAMP:20261101T000000Z", f"DTSTART:{start}", "DURATION:PT1H", "SUMMARY:x", f"RRULE:{rule}", *lines]) + TAIL


def hours(count):
    """The first instants of an hourly series from 2026 on."""
    first = datetime(2026, 1, 1)
    return [(first + timedelta(hours=number)).strftime("%Y%m%dT%H%M%SZ") for number in range(count)]


def overrides(instants, rule):
    whole = component("VEVENT", ["UID:hostile", "DTSTAMP:20261101T000000Z", "DTSTART:20260101T000000Z", "DURATION:PT1H", "SUMMARY:x", f"RRULE:{rule}"])
    for instant in instants:
        whole += component("VEVENT", ["UID:hostile", "DTSTAMP:20261101T000000Z", f"RECURRENCE-ID:{instant}", f"DTSTART:{instant}", "DURATION:PT1H", "SUMMARY:y"])
    return HEAD + whole + TAIL


def texts():
    """Name → text, each as large as it may be. The first two are those that were seen to cost 0.9 s and 5 s."""
    months = ",".join(str(n) for n in range(1, 13))
    every = {
        "4 KB: 20 zones, 4 rules that never happen": HEAD + zones(20, 1, FEBRUARY_30) + zoned(None, None, ["RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"] * 4) + TAIL,
        "280 KB: 20 zones of 97 rules, one named": HEAD + zones(20, 97, RARE) + zoned("Z0") + TAIL,
        "280 KB: one zone of 1,900 rules, named": HEAD + zones(1, 1900, RARE) + zoned("Z0") + TAIL,
        "280 KB: one zone of 1,900 rules, a series in it": HEAD + zones(1, 1900, FEBRUARY_30) + zoned("Z0", "FREQ=DAILY") + TAIL,
        "280 KB: 20 zones of 97 rules, each named": HEAD + zones(20, 97, RARE) + zoned("Z0", "FREQ=DAILY", [f"RDATE;TZID=Z{n}:20270101T1000{n:02}" for n in range(20)]) + TAIL,
        "120 KB: 980 zones that nobody names": HEAD + zones(980, 1, FEBRUARY_30) + zoned(None) + TAIL,
        "170 KB: 640 zones, each named by an occurrence": HEAD + zones(640, 1, RARE) + zoned("Z0", "FREQ=DAILY") + "".join(
            zoned(f"Z{n}", None, [f"RECURRENCE-ID;TZID=Z{n}:20270101T{n // 60:02}{n % 60:02}00"]) for n in range(640)
        ) + TAIL,
        "zone by the second": HEAD + zones(1, 20, "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30") + zoned("Z0", "FREQ=DAILY") + TAIL,
        "zone that changes each second": HEAD + zones(1, 2, "FREQ=SECONDLY") + zoned("Z0", "FREQ=YEARLY") + TAIL,
        "zone that changes each day, 900 times": HEAD + zones(1, 900, "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU") + zoned("Z0", "FREQ=DAILY") + TAIL,
        "never: by the second": series("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
        "never: hourly, day 366 in March": series("FREQ=HOURLY;BYMONTH=3;BYYEARDAY=366"),
        "never: hourly since 1900, day 366 in March": series("FREQ=HOURLY;BYMONTH=3;BYYEARDAY=366", start="19000101T000000Z"),
        "never: by position": series("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYSETPOS=2"),
        "never: week 53, first of July": series("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=7"),
        "rare: 29 February, a Monday, every 7th year": series("FREQ=YEARLY;INTERVAL=7;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"),
        "rare: daily, 29 February, a Monday, 1,000 times": series("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000", start="19000101T000000Z"),
        "every second for ever": series("FREQ=SECONDLY"),
        "every second, 2 147 483 647 times": series("FREQ=SECONDLY;COUNT=2147483647"),
        "every second since 1900": series("FREQ=SECONDLY", start="19000101T000000Z"),
        "daily since 1900 until 2099": series("FREQ=DAILY;UNTIL=20991231T235959Z", start="19000101T000000Z"),
        "every hour, 5,000 times, all excluded": series("FREQ=HOURLY;COUNT=5000", [f"EXDATE:{each}" for each in hours(5000)], start="20260101T000000Z"),
        "all lists full": series(
            f"FREQ=YEARLY;BYMONTH={months};BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={','.join(map(str, range(24)))};"
            f"BYMINUTE={','.join(map(str, range(60)))};BYSECOND={','.join(map(str, range(60)))};BYSETPOS=-1"
        ),
        "1,000 rules that never happen": series(FEBRUARY_30, [f"RRULE:{FEBRUARY_30}"] * 1000),
        "18,000 rules that never happen": series(FEBRUARY_30, [f"RRULE:{FEBRUARY_30}"] * 18_000),
        "5,000 EXDATE that fit nothing": series("FREQ=HOURLY", [f"EXDATE:{each[:-2]}1Z" for each in hours(5000)]),
        "5,000 RDATE": series("FREQ=YEARLY", [f"RDATE:{each}" for each in hours(5000)]),
        "1,990 moved occurrences": overrides(hours(1990), "FREQ=HOURLY"),
        "1 MB in one line, folded 39,000 times": HEAD + zoned(None, None, ["DESCRIPTION:x" + "\r\n " * 39_000 + "x" * 70 + ("\r\n " + "x" * 60) * 900]) + TAIL,
        "1 MB in one line": HEAD + zoned(None, None, ["DESCRIPTION:" + "x" * 1_040_000]) + TAIL,
        "19,000 attendees": HEAD + zoned(None, None, [f"ATTENDEE:mailto:a{n}@example.com" for n in range(19_000)]) + TAIL,
        "1,990 alarms": HEAD + component("VEVENT", ["UID:hostile", "DTSTAMP:20261101T000000Z", "DTSTART:20261201T100000Z", "SUMMARY:x", *["BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:PT0S\r\nEND:VALARM"] * 1990]) + TAIL,
        "20,000 nested components": HEAD + "BEGIN:X-DEEP\r\n" * 20_000 + "END:X-DEEP\r\n" * 20_000 + zoned(None) + TAIL,
    }
    return every


def panics():
    """Texts that a dependency was seen to panic on, and relatives."""
    return {
        "BYDAY=€ in an event": series("FREQ=WEEKLY;BYDAY=€"),
        "BYDAY=€ in a zone": HEAD + zones(1, 1, "FREQ=YEARLY;BYMONTH=3;BYDAY=€") + zoned("Z0", "FREQ=DAILY") + TAIL,
        "UNTIL=€": series("FREQ=WEEKLY;UNTIL=€€€€€€€€"),
        "BYMONTH=１": series("FREQ=YEARLY;BYMONTH=１"),
        "BYDAY=é": series("FREQ=WEEKLY;BYDAY=é"),
        "BYDAY=1é": series("FREQ=MONTHLY;BYDAY=1é"),
        "BYDAY=-99999999999MO": series("FREQ=MONTHLY;BYDAY=-99999999999MO"),
        "INTERVAL=0": series("FREQ=DAILY;INTERVAL=0"),
        "INTERVAL=65535": series("FREQ=YEARLY;INTERVAL=65535"),
        "an offset of 99:99:99": HEAD + zones(1, 1, FEBRUARY_30).replace("+0400", "+999999") + zoned("Z0", "FREQ=DAILY") + TAIL,
        "DURATION:P99999999999W": event("hostile").replace("PT1H", "P99999999999W"),
        "DTSTART in 9999, daily": series("FREQ=DAILY", start="99991231T230000Z"),
    }
