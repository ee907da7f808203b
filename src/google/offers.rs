//! The calendars that somebody can choose.

use super::client::{Client, transient};
use super::map;
use super::remote::read;
use super::requests::{self, About};
use super::wire::{WireCalendar, WireCalendars};
use crate::model::CalendarRef;
use crate::ports::{CalendarOffer, RemoteError};

/// Pages of calendars: nobody has thousands of them.
const PAGES_MAX: usize = 40;

/// The calendars that may be written, the main one first, the others in Google's order. The account is the identity of the main one,
/// which is the person's address.
pub(super) async fn offers(client: &Client) -> Result<Vec<CalendarOffer>, RemoteError> {
    let mut calendars = vec![];
    let mut next: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let request = requests::calendars(next.as_deref());
        let answer = client.call(&request).await?;
        let page: WireCalendars = read(About::Calendars, &answer)?;
        calendars.extend(page.items);
        next = page.next_page_token;
        if next.is_none() {
            return Ok(offered(calendars));
        }
    }
    Err(transient(About::Calendars, "too many pages"))
}

/// The same without asking anybody.
pub(super) fn offered(mut calendars: Vec<WireCalendar>) -> Vec<CalendarOffer> {
    let is_primary = |calendar: &WireCalendar| calendar.primary == Some(true);
    calendars.retain(|calendar| !calendar.id.is_empty() && calendar.deleted != Some(true));
    calendars.sort_by_key(|calendar| !is_primary(calendar));
    let main = calendars.iter().find(|calendar| is_primary(calendar));
    let account = main.map(|calendar| calendar.id.clone()).unwrap_or_default();
    calendars
        .into_iter()
        .map(|calendar| CalendarOffer {
            primary: is_primary(&calendar),
            writable: calendar.access_role.as_deref().is_some_and(map::may_write),
            calendar: CalendarRef {
                name: calendar
                    .summary_override
                    .or(calendar.summary)
                    .unwrap_or_else(|| calendar.id.clone()),
                id: calendar.id,
                account: account.clone(),
            },
        })
        .collect()
}
