//! What an office keeps: tasks of ADVANTA, events in Google, and the subscription that joins them.

use advanta_bridge::model::{
    CalendarRef, GoogleSettings, Kind, Language, LeftOut, Object, ObjectId, Planned, RemoteKind,
    Revision, Rights, Sealed, Status, Subscription, SubscriptionId, SubscriptionState, User,
    UserId,
};
use advanta_bridge::ports::{Vault, VaultError};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use serde_json::{Value, json};
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

/// Seals nothing: what sealing costs is not the question here.
pub struct Open;

impl Vault for Open {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed(secret.to_vec()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        Ok(sealed.0.clone())
    }
}

/// The settings of the integration.
pub fn settings(client_id: &str, client_secret: &str) -> GoogleSettings {
    GoogleSettings {
        enabled: true,
        client_id: client_id.to_owned(),
        client_secret: Some(Sealed(client_secret.as_bytes().to_vec())),
        ..GoogleSettings::default()
    }
}

/// Her subscription, before its first round.
pub fn subscription(refresh_token: &str) -> Subscription {
    let secret = json!({ "consented": { "refresh_token": refresh_token } });
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
        secret: Some(Sealed(secret.to_string().into_bytes())),
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
    let (start, end) = hour(number);
    Object {
        id: ObjectId(Uuid::from_u128(0xA0 << 64 | number as u128)),
        kind: Kind::Task,
        revision: Revision(1),
        title: format!("Согласовать смету {number}"),
        description: text(),
        location: String::new(),
        planned: Planned {
            start: Some(start),
            end: Some(end),
        },
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
pub fn event(number: usize) -> Value {
    let (start, end) = hour(number);
    let at = |at: NaiveDateTime| json!({ "dateTime": format!("{}+03:00", at.format("%Y-%m-%dT%H:%M:%S")) });
    json!({
        "summary": format!("Планёрка {number}"),
        "description": text(),
        "location": "Переговорная 3",
        "start": at(start),
        "end": at(end),
    })
}

/// An hour of a working day.
fn hour(number: usize) -> (NaiveDateTime, NaiveDateTime) {
    let day = first_day() + Days::new((number % DAYS) as u64);
    let hour = 9 + (number / DAYS % 8) as u32;
    let at = |hour| day.and_hms_opt(hour, 30, 0).expect("a time");
    (at(hour), at(hour + 1))
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day")
}

fn text() -> String {
    "Уточнить сроки, объёмы и состав работ; ответственные отвечают до пятницы. ".repeat(3)
}
