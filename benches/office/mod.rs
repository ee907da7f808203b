//! What the offices of several benchmarks keep: tasks of ADVANTA, and the subscription that joins them with a calendar.

use advanta_bridge::model::{
    CalendarRef, Kind, Language, LeftOut, Object, ObjectId, Planned, RemoteKind, Revision, Rights,
    Status, Subscription, SubscriptionId, SubscriptionState, User, UserId,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use uuid::Uuid;

/// Whose account it is.
pub const ANNA: &str = "anna@example.com";
/// Days over which tasks and events are spread.
const DAYS: usize = 250;

/// Whose calendar it is.
pub fn anna() -> User {
    User {
        id: UserId::new("anna"),
        login: "anna".to_owned(),
        name: "Анна".to_owned(),
        email: None,
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

/// Her subscription, before its first round.
pub fn subscription() -> Subscription {
    Subscription {
        id: SubscriptionId::new("5d1f0c3a"),
        user: anna().id,
        epoch: 1,
        step: 1,
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: ANNA.to_owned(),
            name: "Анна".to_owned(),
            account: ANNA.to_owned(),
        },
        state: SubscriptionState::Active,
        start: first_day(),
        zone: chrono_tz::Europe::Moscow,
        left_out: LeftOut::default(),
        recognise: false,
        cursor: None,
        full: true,
        secret: None,
        due: DateTime::UNIX_EPOCH,
        failures: 0,
        synced: None,
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: DateTime::UNIX_EPOCH,
    }
}

/// A task of hers.
pub fn task(number: usize) -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(0xA0 << 64 | number as u128)),
        kind: Kind::Task,
        revision: Revision(1),
        title: format!("Согласовать смету {number}"),
        description: text(),
        location: String::new(),
        planned: planned(number),
        actual_start: None,
        actual_end: None,
        status: Some(Status::PROPOSED),
        percent: Some(0),
        owner: Some(anna().id),
        responsible: Some(anna().id),
        participants: [(anna().id, Rights::ALL)].into(),
        parent: None,
        card: Some(format!("https://advanta.example.com/card/{number}")),
        changed: DateTime::UNIX_EPOCH,
    }
}

/// An hour of a working day.
pub fn planned(number: usize) -> Planned {
    let day = first_day() + Days::new((number % DAYS) as u64);
    let hour = 9 + (number / DAYS % 8) as u32;
    let at = |hour| -> Option<NaiveDateTime> { day.and_hms_opt(hour, 30, 0) };
    Planned {
        start: at(hour),
        end: at(hour + 1),
    }
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day")
}

/// What stands below titles.
pub fn text() -> String {
    "Уточнить сроки, объёмы и состав работ; ответственные отвечают до пятницы. ".repeat(3)
}
