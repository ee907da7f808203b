//! `events.list`: full, by page, and what changed since.

use super::answer::{Answer, invalid};
use super::calendar::Calendar;
use super::calls::Asked;
use super::event::{self, Fields, When};
use super::series;
use super::world::{Switches, World};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// The most that one page holds; the discovery document names no maximum.
const PAGE_MAX: usize = 2500;
const PAGE_DEFAULT: usize = 250;
/// May not stand beside a sync token.
const NOT_WITH_TOKEN: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];
/// A listing with one of these gives no sync token.
const WITHOUT_TOKEN: [&str; 6] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "updatedMin",
];

/// What a sync token or a page token says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    life: u32,
    /// Changes up to this one were seen when the listing began.
    seen: u64,
    /// How far the pages got: a change, or an item when occurrences are listed.
    at: u64,
    /// The start that the token keeps, in milliseconds.
    from: Option<i64>,
    /// The parameters that have to stay the same.
    same: String,
}

impl Place {
    fn text(&self, kind: char) -> String {
        let from = self.from.map_or_else(String::new, |from| from.to_string());
        let Self {
            life,
            seen,
            at,
            same,
            ..
        } = self;
        URL_SAFE_NO_PAD.encode(format!("{kind}|{life}|{seen}|{at}|{from}|{same}"))
    }

    fn read(text: &str, kind: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let parts: Vec<_> = text.split('|').collect();
        let [is, life, seen, at, from, same] = parts.as_slice() else {
            return None;
        };
        (*is == kind).then_some(())?;
        Some(Self {
            life: life.parse().ok()?,
            seen: seen.parse().ok()?,
            at: at.parse().ok()?,
            from: from.parse().ok(),
            same: (*same).to_owned(),
        })
    }
}

/// What is wanted of a listing.
struct Filter<'a> {
    asked: &'a Asked,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    deleted: bool,
    single: bool,
    is_incremental: bool,
}

/// Answers `events.list`.
pub fn list(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    if let Some(no) = refused(asked) {
        return no;
    }
    let same = same(asked);
    let since = match asked.one("syncToken") {
        Some(token) => match Place::read(token, "s") {
            Some(place) => Some(place),
            None => return bad_token(),
        },
        None => None,
    };
    if since.as_ref().is_some_and(|since| since.same != same) {
        world.violate("a sync token with other parameters than it was given for".to_owned());
    }
    let Some(calendar) = world.look(calendar) else {
        return super::answer::not_found();
    };
    let page = match asked.one("pageToken") {
        Some(token) => match Place::read(token, "p") {
            Some(place) => Some(place),
            None => return invalid("Invalid page token value."),
        },
        None => None,
    };
    let expired = |place: &Place| place.life != calendar.life;
    if since.as_ref().is_some_and(expired) || page.as_ref().is_some_and(expired) {
        return too_old();
    }
    let place = page.clone().unwrap_or_else(|| Place {
        life: calendar.life,
        seen: calendar.changes(),
        at: since.as_ref().map_or(0, |since| since.seen),
        from: asked
            .time("timeMin")
            .or_else(|| kept_from(since.as_ref()))
            .map(|from| from.timestamp_millis()),
        same,
    });
    let is_first_empty = page.is_none() && since.is_none() && world.switches.empty_first_page;
    let filter = Filter::of(asked, since.as_ref());
    let (items, next) = if is_first_empty {
        (Vec::new(), Some(place.at))
    } else {
        filter.page(calendar, &place, &world.switches)
    };
    answer(world, calendar, items, &place, next, asked)
}

/// Answers `events.instances`: the occurrences of one series, under the names that they have.
pub fn instances(world: &World, asked: &Asked) -> Answer {
    let Some(calendar) = world.look(&asked.calendar) else {
        return super::answer::not_found();
    };
    let master = calendar.kept(&asked.event).map(|kept| &kept.fields);
    let Some(master) = master.filter(|master| !event::is_cancelled(master)) else {
        return super::answer::not_found();
    };
    let mut all = match series::is_series(master) {
        true => calendar.occurrences(master),
        // The document does not say what it answers of a single event.
        false => return super::answer::not_found(),
    };
    if asked.one("showDeleted") == Some("true") {
        let cancelled = calendar.exceptions(&asked.event).map(|kept| &kept.fields);
        all.extend(cancelled.filter(|one| event::is_cancelled(one)).cloned());
    }
    if let Some(text) = asked.one("originalStart") {
        let day = json!({ "date": text });
        let time = json!({ "dateTime": text });
        let wanted = When::read(&day, calendar.zone).or_else(|| When::read(&time, calendar.zone));
        let Some(wanted) = wanted else {
            return invalid("Invalid value for originalStart.");
        };
        all.retain(|one| {
            let original = one.get("originalStartTime");
            original.and_then(|original| When::read(original, calendar.zone)) == Some(wanted)
        });
    }
    let items = all.iter().map(shown).collect();
    let place = Place {
        life: calendar.life,
        seen: calendar.changes(),
        at: 0,
        from: None,
        same: same(asked),
    };
    answer(world, calendar, items, &place, None, asked)
}

/// 400 "Invalid sync token value."
pub fn bad_token() -> Answer {
    invalid("Invalid sync token value.")
}

/// 410: everything has to be read again.
pub fn too_old() -> Answer {
    let message = "Sync token is no longer valid, a full sync is required.";
    Answer::error(410, "fullSyncRequired", message)
}

fn refused(asked: &Asked) -> Option<Answer> {
    if asked.one("syncToken").is_some() {
        if let Some(name) = NOT_WITH_TOKEN.iter().find(|name| asked.one(name).is_some()) {
            let message = format!("Sync token cannot be used with {name}.");
            return Some(Answer::error(400, "badRequest", &message));
        }
        if asked.one("showDeleted") == Some("false") {
            let message = "Sync token cannot be used with showDeleted=false.";
            return Some(Answer::error(400, "badRequest", message));
        }
    }
    let order = asked.one("orderBy");
    if order == Some("startTime") && asked.one("singleEvents") != Some("true") {
        let message = "The requested ordering is not available for the particular query.";
        return Some(Answer::error(400, "badRequest", message));
    }
    let size = asked.one("maxResults").and_then(|size| size.parse().ok());
    let is_backwards = asked.time("timeMin").zip(asked.time("timeMax"));
    if size.is_some_and(|size: usize| size == 0 || size > PAGE_MAX) {
        return Some(invalid("Invalid value for maxResults."));
    }
    is_backwards
        .filter(|(from, to)| from >= to)
        .map(|_| Answer::error(400, "timeRangeEmpty", "The specified time range is empty."))
}

fn kept_from(since: Option<&Place>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(since?.from?)
}

/// The parameters that a token is bound to.
fn same(asked: &Asked) -> String {
    let single = asked.one("singleEvents") == Some("true");
    let mut types: Vec<_> = asked.many("eventTypes").collect();
    types.sort_unstable();
    let size = asked.one("maxResults").unwrap_or_default();
    format!("{single};{};{size}", types.join(","))
}

impl<'a> Filter<'a> {
    fn of(asked: &'a Asked, since: Option<&Place>) -> Self {
        Self {
            asked,
            from: asked.time("timeMin").or_else(|| kept_from(since)),
            to: asked.time("timeMax"),
            updated: asked.time("updatedMin"),
            deleted: since.is_some()
                || asked.one("showDeleted") == Some("true")
                || asked.time("updatedMin").is_some(),
            single: asked.one("singleEvents") == Some("true"),
            is_incremental: since.is_some(),
        }
    }

    /// The items of one page, and where the next one begins.
    fn page(
        &self,
        calendar: &Calendar,
        place: &Place,
        switches: &Switches,
    ) -> (Vec<Value>, Option<u64>) {
        let asked = self.asked.one("maxResults");
        let size = asked.and_then(|size| size.parse().ok());
        let size = size.unwrap_or(PAGE_DEFAULT).min(switches.page_max).max(1);
        if self.single {
            self.occurrences(calendar, place, size)
        } else {
            self.masters(calendar, place, size)
        }
    }

    fn masters(
        &self,
        calendar: &Calendar,
        place: &Place,
        size: usize,
    ) -> (Vec<Value>, Option<u64>) {
        let mut items = Vec::new();
        let mut last = place.at;
        for kept in calendar.changed(place.at, place.seen) {
            if !self.takes(&kept.fields, calendar) {
                continue;
            }
            if items.len() == size {
                return (items, Some(last));
            }
            items.push(shown(&kept.fields));
            last = kept.changed;
        }
        (items, None)
    }

    fn occurrences(
        &self,
        calendar: &Calendar,
        place: &Place,
        size: usize,
    ) -> (Vec<Value>, Option<u64>) {
        let (after, skip) = if self.is_incremental && place.from.is_none() {
            (place.at, 0)
        } else {
            (0, usize::try_from(place.at).unwrap_or(usize::MAX))
        };
        let mut all: Vec<Fields> = Vec::new();
        for kept in calendar.changed(after, place.seen) {
            let is_live_series =
                series::is_series(&kept.fields) && !event::is_cancelled(&kept.fields);
            if is_live_series {
                all.extend(calendar.occurrences(&kept.fields));
            } else if !kept.fields.contains_key("recurringEventId") || self.deleted {
                all.push(kept.fields.clone());
            }
        }
        all.retain(|fields| self.takes(fields, calendar));
        if self.asked.one("orderBy") == Some("startTime") {
            all.sort_by_key(|fields| start(fields, calendar));
        }
        let items: Vec<_> = all.iter().skip(skip).take(size).map(shown).collect();
        let done = skip.saturating_add(items.len());
        let next = (done < all.len()).then(|| u64::try_from(done).unwrap_or(u64::MAX));
        (items, next)
    }

    fn takes(&self, fields: &Fields, calendar: &Calendar) -> bool {
        let is_exception = fields.contains_key("recurringEventId");
        if event::is_cancelled(fields) {
            // Cancelled occurrences are a part of their series, which is listed whole.
            let is_told = self.deleted || (is_exception && !self.single);
            return is_told && (self.is_incremental || self.in_window(fields, calendar));
        }
        self.in_window(fields, calendar)
            && self.has_properties(fields)
            && self.has_words(fields)
            && self.is_young(fields)
    }

    fn in_window(&self, fields: &Fields, calendar: &Calendar) -> bool {
        let Some((start, end)) = event::span(fields, calendar.zone) else {
            return true;
        };
        let end = if series::is_series(fields) && !self.single && self.from.is_some() {
            series::end(fields, calendar.zone)
        } else {
            Some(end)
        };
        let is_late = end.is_none_or(|end| self.from.is_none_or(|from| end.instant() > from));
        is_late && self.to.is_none_or(|to| start.instant() < to)
    }

    fn has_properties(&self, fields: &Fields) -> bool {
        let mut wanted = self.asked.many("privateExtendedProperty");
        let has = |wanted: &str| {
            let (name, value) = wanted.split_once('=').unwrap_or((wanted, ""));
            event::private(fields, name) == Some(value)
        };
        wanted.all(has)
    }

    fn has_words(&self, fields: &Fields) -> bool {
        let mut types = self.asked.many("eventTypes").peekable();
        let is_type =
            types.peek().is_none() || types.any(|kind| kind == event::text(fields, "eventType"));
        let uid = self.asked.one("iCalUID");
        let is_uid = uid.is_none_or(|uid| uid == event::text(fields, "iCalUID"));
        let has = |words: &str| {
            let places = ["summary", "description", "location"];
            places
                .iter()
                .any(|name| event::text(fields, name).contains(words))
        };
        is_type && is_uid && self.asked.one("q").is_none_or(has)
    }

    fn is_young(&self, fields: &Fields) -> bool {
        let updated = event::text(fields, "updated").parse::<DateTime<Utc>>();
        self.updated
            .is_none_or(|least| updated.is_ok_and(|updated| updated >= least))
    }
}

fn start(fields: &Fields, calendar: &Calendar) -> Option<When> {
    event::span(fields, calendar.zone).map(|(start, _)| start)
}

/// An event in a listing. Of what is deleted only its id is sure, and of a cancelled occurrence which one it is.
fn shown(fields: &Fields) -> Value {
    if !event::is_cancelled(fields) {
        return Value::Object(fields.clone());
    }
    let sure = [
        "kind",
        "etag",
        "id",
        "status",
        "recurringEventId",
        "originalStartTime",
    ];
    let sure = sure
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone())));
    Value::Object(sure.collect())
}

fn answer(
    world: &World,
    calendar: &Calendar,
    items: Vec<Value>,
    place: &Place,
    next: Option<u64>,
    asked: &Asked,
) -> Answer {
    let role = world.role(asked, &calendar.id);
    let mut body = json!({
        "kind": "calendar#events",
        "etag": format!("\"p{}\"", place.seen),
        "summary": calendar.summary,
        "updated": world.now().to_rfc3339_opts(SecondsFormat::Millis, true),
        "timeZone": calendar.zone.name(),
        "accessRole": role.map_or("none", |role| role.word()),
        "defaultReminders": [],
        "items": items,
    });
    if let Some(at) = next {
        let page = Place {
            at,
            ..place.clone()
        };
        body["nextPageToken"] = json!(page.text('p'));
    } else if !WITHOUT_TOKEN.iter().any(|name| asked.one(name).is_some()) {
        let token = Place {
            at: 0,
            from: place.from.filter(|_| world.switches.keeps_window),
            ..place.clone()
        };
        body["nextSyncToken"] = json!(token.text('s'));
    }
    Answer::json(body)
}
