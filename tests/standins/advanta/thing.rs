//! What ADVANTA keeps: things with dates, rights and people, in words of its own.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Задача.
    Task,
    /// Этап.
    Stage,
    /// Проект.
    Project,
    /// Заметка.
    Note,
    /// Встреча.
    Meeting,
}

impl Sort {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Task,
        Self::Stage,
        Self::Project,
        Self::Note,
        Self::Meeting,
    ];

    /// Its word in the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Stage => "stage",
            Self::Project => "project",
            Self::Note => "note",
            Self::Meeting => "meeting",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }

    /// Whether it is work: what the vendor's page calls задача, with statuses and actual dates.
    pub fn is_work(self) -> bool {
        match self {
            Self::Task | Self::Stage | Self::Project => true,
            Self::Note | Self::Meeting => false,
        }
    }
}

/// What a person may do with a thing, beyond seeing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Плановые даты.
    Dates,
    /// Название.
    Title,
    /// Description and place.
    Text,
    /// Удаление.
    Delete,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 4] = [Self::Dates, Self::Title, Self::Text, Self::Delete];

    fn word(self) -> &'static str {
        match self {
            Self::Dates => "dates",
            Self::Title => "title",
            Self::Text => "text",
            Self::Delete => "delete",
        }
    }
}

/// A calendar object as ADVANTA's own users see and edit it.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// ADVANTA's GUID; never one that the bridge gave.
    pub id: Uuid,
    /// What the bridge gave when it made the thing.
    pub external_id: Option<Uuid>,
    /// Task, note and so on.
    pub sort: Sort,
    /// Moved by the world with every change.
    pub revision: u64,
    /// Название.
    pub title: String,
    /// Описание.
    pub description: String,
    /// Место.
    pub place: String,
    /// Плановая дата начала, local wall clock.
    pub planned_start: Option<NaiveDateTime>,
    /// Плановая дата окончания.
    pub planned_end: Option<NaiveDateTime>,
    /// Фактическая дата начала.
    pub actual_start: Option<NaiveDateTime>,
    /// Фактическая дата окончания.
    pub actual_end: Option<NaiveDateTime>,
    /// Status code; notes and meetings have none.
    pub status: Option<u16>,
    /// Процент выполнения.
    pub percent: Option<u8>,
    /// Руководитель; of a note its author.
    pub owner: Option<String>,
    /// Исполнитель.
    pub responsible: Option<String>,
    /// Who sees it, and what they may do.
    pub people: BTreeMap<String, BTreeSet<Right>>,
    /// What it is part of.
    pub parent: Option<Uuid>,
    /// When it last changed; moved by the world.
    pub changed: DateTime<Utc>,
}

impl Thing {
    /// A thing that its owner may do everything with; the world gives the id.
    pub fn new(sort: Sort, title: &str, owner: &str) -> Self {
        Self {
            id: Uuid::nil(),
            external_id: None,
            sort,
            revision: 0,
            title: title.to_owned(),
            description: String::new(),
            place: String::new(),
            planned_start: None,
            planned_end: None,
            actual_start: None,
            actual_end: None,
            status: sort.is_work().then_some(1),
            percent: sort.is_work().then_some(0),
            owner: Some(owner.to_owned()),
            responsible: None,
            people: BTreeMap::from([(owner.to_owned(), BTreeSet::from(Right::ALL))]),
            parent: None,
            changed: DateTime::UNIX_EPOCH,
        }
    }

    /// The same with planned dates, written like `2026-12-01T09:00`.
    pub fn planned(mut self, start: &str, end: &str) -> Self {
        self.planned_start = Some(local(start));
        self.planned_end = Some(local(end));
        self
    }

    /// The same with one more person.
    pub fn shared(mut self, person: &str, rights: &[Right]) -> Self {
        let rights = rights.iter().copied().collect();
        self.people.insert(person.to_owned(), rights);
        self
    }

    /// As the contract shows it. Absent values are `null` at odd revisions and left out at even ones, and seconds come and go
    /// likewise: the contract allows both, so a reader has to.
    pub fn json(&self, parent: Option<&Self>) -> Value {
        let odd = self.revision % 2 == 1;
        let time = |at: NaiveDateTime| {
            let format = if odd {
                "%Y-%m-%dT%H:%M"
            } else {
                "%Y-%m-%dT%H:%M:%S"
            };
            at.format(format).to_string()
        };
        let fields = json!({
            "id": self.id, "externalId": self.external_id, "kind": self.sort.word(),
            "revision": self.revision, "title": self.title,
            "description": self.description, "location": self.place,
            "plannedStart": self.planned_start.map(time), "plannedEnd": self.planned_end.map(time),
            "actualStart": self.actual_start.map(time), "actualEnd": self.actual_end.map(time),
            "status": self.status, "percent": self.percent,
            "owner": self.owner, "responsible": self.responsible,
            "participants": self.participants(),
            "parent": parent.map(Self::as_parent),
            "card": format!("https://advanta.example.com/card/{}", self.id),
            "changed": self.changed.to_rfc3339_opts(SecondsFormat::Millis, true),
            // No part of the contract: what a later version of ADVANTA might send.
            "projectTypeId": self.sort as u8,
        });
        spelled(fields, odd)
    }

    fn participants(&self) -> Value {
        let one = |(person, rights): (&String, &BTreeSet<Right>)| {
            let rights: Vec<_> = rights.iter().map(|right| right.word()).collect();
            json!({ "person": person, "rights": rights })
        };
        self.people.iter().map(one).collect()
    }

    fn as_parent(&self) -> Value {
        let fields = json!({ "id": self.id, "externalId": self.external_id, "title": self.title });
        spelled(fields, false)
    }
}

/// An employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// ADVANTA's GUID.
    pub id: String,
    /// Moved by the world with every change.
    pub revision: u64,
    /// What they log in with.
    pub login: Option<String>,
    /// As colleagues call them.
    pub name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// IANA name.
    pub zone: Option<String>,
    /// False for someone who left.
    pub active: bool,
}

impl Person {
    /// An active employee with a login and an address made of the id.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            revision: 0,
            login: Some(id.to_owned()),
            name: name.to_owned(),
            email: Some(format!("{id}@example.com")),
            language: Some("ru".to_owned()),
            zone: None,
            active: true,
        }
    }

    /// As the contract shows them.
    pub fn json(&self) -> Value {
        let fields = json!({
            "id": self.id, "revision": self.revision, "login": self.login, "name": self.name,
            "email": self.email, "language": self.language, "zone": self.zone, "active": self.active,
        });
        spelled(fields, self.revision % 2 == 1)
    }
}

/// A thing that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tomb {
    /// ADVANTA's GUID.
    pub id: Uuid,
    /// What the bridge gave.
    pub external_id: Option<Uuid>,
    /// Of the deletion.
    pub revision: u64,
}

impl Tomb {
    /// As the contract shows it.
    pub fn json(&self) -> Value {
        let fields =
            json!({ "id": self.id, "externalId": self.external_id, "revision": self.revision });
        spelled(fields, self.revision % 2 == 1)
    }
}

/// A local time as the contract writes it, with or without seconds.
pub fn parse_local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// A local time that a test wrote.
pub fn local(text: &str) -> NaiveDateTime {
    parse_local(text).expect("a local time like 2026-12-01T09:00")
}

/// Keeps the nulls or leaves them out.
fn spelled(fields: Value, nulls: bool) -> Value {
    let Value::Object(fields) = fields else {
        return fields;
    };
    let kept = |(_, value): &(String, Value)| nulls || !value.is_null();
    Value::Object(fields.into_iter().filter(kept).collect::<Map<_, _>>())
}
