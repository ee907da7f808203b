//! People's CalDAV clients: they read the collection, change a property and put the text back.

use super::{Outside, PEOPLE};
use crate::dates;
use crate::scenario::Step;
use crate::series;
use crate::verbs::Verb;
use crate::world::lock;
use advanta_bridge::bridge::accounts::Session;
use advanta_bridge::bridge::{Bridge, Conditions, Door, EditError, Put, RefusalMode, Standing};
use advanta_bridge::model::{
    AppPasswordId, CollectionId, Language, Moment, ResourceName, Revision, User, UserId,
};
use chrono::TimeZone as _;
use chrono_tz::Tz;
use std::sync::Arc;
use uuid::Uuid;

/// What became of a client's edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// There was nothing to edit.
    Nothing,
    /// It was answered with success.
    Acknowledged { who: &'static str },
    /// It was turned down, and the client knows.
    TurnedDown,
}

/// Who is at work in this scenario, as the bridge knows them.
pub fn user(who: &str) -> User {
    User {
        id: UserId::new(who),
        login: who.to_owned(),
        name: who.to_owned(),
        email: None,
        language: Language::English,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

/// Does what a step says.
pub async fn act(
    bridge: &Bridge,
    outside: &Outside,
    step: &Step,
    word: &str,
) -> Result<Done, EditError> {
    let zone = outside.zone;
    lock(&outside.clients).typed.insert(word.to_owned());
    let who = PEOPLE[step.arg(0) as usize % PEOPLE.len()];
    let collection = CollectionId::events(&UserId::new(who));
    let session = Session {
        user: Arc::new(user(who)),
        app_password: AppPasswordId(Uuid::from_u128(u128::from(step.arg(0)))),
    };
    let conditions = Conditions::default();
    let standing = |name| Standing {
        who: &session.user.id,
        door: Door::Device {
            app_password: session.app_password,
            client: "Test/1",
        },
        collection: &collection,
        name,
        conditions: &conditions,
        mode: RefusalMode::Restore,
    };
    if step.verb == Verb::ClientMakes {
        let name = ResourceName::new(&format!("{word}.ics")).unwrap();
        let text = made(word, step.arg(1), zone);
        let put = Put {
            standing: standing(&name),
            bytes: text.as_bytes(),
        };
        return done(who, bridge.put(&put).await.map(|_| ()));
    }
    let snapshot = bridge.snapshot(&collection).await?;
    let members: Vec<_> = snapshot.members_after(None, usize::MAX).collect();
    let place = step.arg(1) as usize % members.len().max(1);
    let Some(member) = members.get(place).map(|entry| Arc::clone(&entry.resource)) else {
        return Ok(Done::Nothing);
    };
    let seen = [(&member.name, member.revision)];
    bridge.note_members_served(&session, &collection, seen);
    let edited = match step.verb {
        Verb::ClientDeletes => {
            lock(&outside.clients).deleted.insert(member.object);
            let gone = bridge.delete(&standing(&member.name)).await;
            return done(who, gone.map(|_| ()));
        }
        Verb::ClientTitle => with(&member.body, "SUMMARY", word),
        _ => moved(&member.body, step.arg(2), number(word)),
    };
    let put = Put {
        standing: standing(&member.name),
        bytes: edited.as_bytes(),
    };
    done(who, bridge.put(&put).await.map(|_| ()))
}

fn done(who: &'static str, answer: Result<(), EditError>) -> Result<Done, EditError> {
    match answer {
        Ok(()) => Ok(Done::Acknowledged { who }),
        Err(error @ EditError::Store(_)) => Err(error),
        Err(_) => Ok(Done::TurnedDown),
    }
}

fn made(word: &str, when: u32, zone: Tz) -> String {
    let span = dates::span(when, zone);
    let line = |name: &str, moment: Moment, last: i64| match moment {
        Moment::Day(day) => {
            let day = day + chrono::Duration::days(last);
            format!("{name};VALUE=DATE:{}", day.format("%Y%m%d"))
        }
        Moment::At(at) => format!("{name}:{}", at.format("%Y%m%dT%H%M%SZ")),
    };
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Client//EN\r\nBEGIN:VEVENT\r\nUID:{word}@client\r\n\
         DTSTAMP:20261020T090000Z\r\n{}\r\n{}\r\nSUMMARY:{word}\r\nX-CLIENT-MOOD:good\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        line("DTSTART", span.start(), 0),
        line("DTEND", span.end(), 1)
    )
}

/// The text with another value of a property of its event.
fn with(text: &str, property: &str, value: &str) -> String {
    lines(text, |line| {
        let hit = line.split([':', ';']).next() == Some(property);
        hit.then(|| format!("{property}:{value}"))
    })
}

fn number(word: &str) -> i64 {
    word.trim_start_matches('w').parse().unwrap_or_default()
}

/// The text with its event at another time, each time a new one: a day, a time in a zone, or a time.
fn moved(text: &str, how: u32, number: i64) -> String {
    let day = series::instant(Tz::UTC, dates::start().and_hms_opt(9, 0, 0).unwrap());
    let day = match how {
        0 => day + chrono::Duration::days(60 + number),
        _ => day + chrono::Duration::days(i64::from(how) + 6) + chrono::Duration::minutes(number),
    };
    let local = Tz::Europe__Berlin.from_utc_datetime(&day.naive_utc());
    let (start, end) = match how {
        0 => (
            format!("DTSTART;VALUE=DATE:{}", day.format("%Y%m%d")),
            format!(
                "DTEND;VALUE=DATE:{}",
                (day + chrono::Duration::days(2)).format("%Y%m%d")
            ),
        ),
        1 => (
            format!(
                "DTSTART;TZID=Europe/Berlin:{}",
                local.format("%Y%m%dT%H%M%S")
            ),
            format!(
                "DTEND;TZID=Europe/Berlin:{}",
                (local + chrono::Duration::hours(2)).format("%Y%m%dT%H%M%S")
            ),
        ),
        _ => (
            format!("DTSTART:{}", day.format("%Y%m%dT%H%M%SZ")),
            format!(
                "DTEND:{}",
                (day + chrono::Duration::minutes(45)).format("%Y%m%dT%H%M%SZ")
            ),
        ),
    };
    let mut inside = false;
    lines(text, |line| {
        // DTSTART of a VTIMEZONE is none of an event.
        inside = (inside || line == "BEGIN:VEVENT") && line != "END:VEVENT";
        match line.split([':', ';']).next() {
            Some("DTSTART") if inside => Some(start.clone()),
            Some("DTEND") if inside => Some(end.clone()),
            _ => None,
        }
    })
}

fn lines(text: &str, mut other: impl FnMut(&str) -> Option<String>) -> String {
    let lines = text
        .split("\r\n")
        .map(|line| other(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\r\n")
}
