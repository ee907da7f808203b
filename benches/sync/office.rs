//! What an office keeps: tasks of ADVANTA, events of a person, and the subscription that joins them.

use advanta_bridge::model::{
    CalendarRef, Fields, Kind, Language, LeftOut, Object, ObjectId, Planned, RemoteEvent, RemoteId,
    RemoteKind, Revision, Rights, Settings, Status, Subscription, SubscriptionId,
    SubscriptionState, User, UserId,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use uuid::Uuid;

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
            id: "primary".to_owned(),
            name: "Анна".to_owned(),
            account: "anna@example.com".to_owned(),
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

/// An event of hers.
pub fn event(number: usize) -> RemoteEvent {
    let fields = Fields {
        title: format!("Планёрка {number}"),
        span: planned(number).span(&Settings::default()),
        description: text(),
        location: "Переговорная 3".to_owned(),
        recurs: false,
    };
    crate::calendar::event(RemoteId(format!("own{number:06}")), fields)
}

/// An hour of a working day.
fn planned(number: usize) -> Planned {
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

fn text() -> String {
    "Уточнить сроки, объёмы и состав работ; ответственные отвечают до пятницы. ".repeat(3)
}
