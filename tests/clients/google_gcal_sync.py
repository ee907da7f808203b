"""gcal_sync against the stand-in for Google: ROOT TOKEN."""

import asyncio
import sys

import aiohttp
from checks import check
from gcal_sync.api import GoogleCalendarService
from gcal_sync.auth import AbstractAuth
from gcal_sync.exceptions import InvalidSyncTokenException
from gcal_sync.store import InMemoryCalendarStore
from gcal_sync.sync import CalendarEventSyncManager, CalendarListSyncManager

root, token = sys.argv[1:]
ANNA = "anna@example.com"


class Auth(AbstractAuth):
    """The token that the test was given."""

    async def async_get_access_token(self):
        return token


async def main():
    async with aiohttp.ClientSession() as session:
        auth = Auth(session, root + "/calendar/v3")
        service = GoogleCalendarService(auth)
        calendars = CalendarListSyncManager(service)
        await calendars.run()
        listed = await calendars.store_service.async_list_calendars()
        check("the calendars are read", [c.id for c in listed.calendars], [ANNA])

        store = InMemoryCalendarStore()
        manager = CalendarEventSyncManager(service, calendar_id=ANNA, store=store)
        await manager.run()
        timeline = await manager.store_service.async_get_timeline()
        check("the series shows as three occurrences beside the five events", len(list(timeline)), 8)

        event = {
            "id": "gcal1",
            "summary": "Новое",
            "start": {"date": "2026-12-24"},
            "end": {"date": "2026-12-25"},
        }
        await auth.post_json(f"calendars/{ANNA}/events", json=event)
        await manager.run()
        timeline = await manager.store_service.async_get_timeline()
        check("what is new comes by the sync token", len(list(timeline)), 9)

        # The stand-in forgets what the token stands for: 410, and everything is read again.
        data = await store.async_load()
        items = data["event_sync"][ANNA]
        old = items["sync_token"]
        items["sync_token"] = expired(old)
        await store.async_save(data)
        try:
            await service.async_list_events_page(page(items["sync_token"]))
            check("an expired token is refused", "taken", "410")
        except InvalidSyncTokenException:
            check("an expired token is refused", "410", "410")
        await manager.run()
        timeline = await manager.store_service.async_get_timeline()
        check("after 410 everything is there again", len(list(timeline)), 9)


def expired(sync_token):
    """A token of a life of the calendar that is over."""
    import base64

    text = base64.urlsafe_b64decode(sync_token + "=" * (-len(sync_token) % 4)).decode()
    parts = text.split("|")
    parts[1] = "99"
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


def page(sync_token):
    """A question with a sync token and nothing else."""
    from gcal_sync.api import SyncEventsRequest

    return SyncEventsRequest(calendar_id=ANNA, sync_token=sync_token)


asyncio.run(main())
