"""Google's own client against the stand-in for Google: ROOT TOKEN."""

import sys

from checks import check
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest

root, token = sys.argv[1:]
service = build(
    "calendar",
    "v3",
    credentials=Credentials(token),
    static_discovery=True,
    client_options={"api_endpoint": root + "/calendar/v3/"},
)
events = service.events()


def whole(**more):
    """Every page of a listing, and its sync token."""
    items, pages = [], 0
    request = events.list(calendarId="primary", **more)
    while request is not None:
        page = request.execute()
        items += page["items"]
        pages += 1
        request = events.list_next(request, page)
    return items, pages, page["nextSyncToken"]


def refused(request):
    """The status and the reason that a request is refused with."""
    try:
        return request.execute()
    except HttpError as error:
        return error.resp.status, error.error_details[0]["reason"]


calendars = service.calendarList().list(minAccessRole="writer").execute()["items"]
check("the list of calendars has the primary one", [c["id"] for c in calendars if c["primary"]], ["anna@example.com"])

items, pages, sync = whole()
check("a full listing has every event and the series once", len(items), 6)
check("an empty page, and two of three", pages, 3)
items, _, _ = whole(singleEvents=True)
check("expanded, the series is its occurrences", len(items), 8)
check("nothing changed since", whole(syncToken=sync)[0], [])

body = {
    "id": "abc012",
    "summary": "Звонок",
    "start": {"date": "2026-12-24"},
    "end": {"date": "2026-12-25"},
    "extendedProperties": {"private": {"mark": "1"}},
}
made = events.insert(calendarId="primary", body=body, sendUpdates="none").execute()
check("an own id is kept", made["id"], "abc012")
check("the iCalUID is made of it", made["iCalUID"], "abc012@google.com")
check("the same id again", refused(events.insert(calendarId="primary", body=body)), (409, "duplicate"))
bad = dict(body, id="wxyz-1")
check("an id of other letters", refused(events.insert(calendarId="primary", body=bad)), (400, "invalid"))

patch = events.patch(calendarId="primary", eventId="abc012", body={"summary": "Звонок 2"})
patch.headers["If-Match"] = made["etag"]
changed = patch.execute()
check("a patch changes what it names", (changed["summary"], changed["start"]), ("Звонок 2", {"date": "2026-12-24"}))
check("and moves the etag", int(changed["etag"].strip('"')) > int(made["etag"].strip('"')), True)
check("the same patch again is late", refused(patch), (412, "conditionNotMet"))
marked = events.list(calendarId="primary", privateExtendedProperty="mark=1", maxResults=10)
seen = []
while marked is not None:
    page = marked.execute()
    seen += page["items"]
    marked = events.list_next(marked, page)
check("it is found by its private property", [e["id"] for e in seen], ["abc012"])

items, _, sync = whole(syncToken=sync)
check("the change comes once", [(e["id"], e["summary"]) for e in items], [("abc012", "Звонок 2")])
check("deleting answers with nothing", events.delete(calendarId="primary", eventId="abc012").execute(), "")
check("deleting again", refused(events.delete(calendarId="primary", eventId="abc012")), (410, "deleted"))
items, _, sync = whole(syncToken=sync)
check("the deletion comes", [(e["id"], e["status"]) for e in items], [("abc012", "cancelled")])
check("a deleted event can be read", events.get(calendarId="primary", eventId="abc012").execute()["status"], "cancelled")
check("and not be changed", refused(events.patch(calendarId="primary", eventId="abc012", body={"summary": "x"}))[0], 403)
check("its id stays taken", refused(events.insert(calendarId="primary", body=body)), (409, "duplicate"))
check("a token that is none", refused(events.list(calendarId="primary", syncToken="nonsense")), (400, "invalid"))

told = {}


def told_of(key, answer, error):
    """What a part of the batch was answered."""
    told[key] = error.resp.status if error else answer["summary"]


# The client takes the address of batches from the document, unless it is told another one.
batch = BatchHttpRequest(callback=told_of, batch_uri=root + "/batch/calendar/v3")
for number in range(3):
    one = dict(body, id=f"batch{number}", summary=f"Часть {number}")
    batch.add(events.insert(calendarId="primary", body=one, sendUpdates="none"), request_id=str(number))
batch.add(events.insert(calendarId="primary", body=bad), request_id="bad")
batch.execute()
check("a batch is answered part by part", told, {"0": "Часть 0", "1": "Часть 1", "2": "Часть 2", "bad": 400})

channel = {"id": "channel-1", "type": "web_hook", "address": "http://127.0.0.1:9/nobody", "token": "t"}
made = events.watch(calendarId="primary", body=channel).execute()
check("a channel has an end", made["expiration"].isdigit(), True)
check("its id is good once", refused(events.watch(calendarId="primary", body=channel))[0], 400)
stop = {"id": made["id"], "resourceId": made["resourceId"]}
check("it is stopped", service.channels().stop(body=stop).execute(), "")
check("once", refused(service.channels().stop(body=stop))[0], 404)
