//! A believable installation to look at and to test with: a small engineering firm, its projects and its people.
//!
//! Start at [`load`]. The data lies in `fixtures/demo/`; dates in it are counted from the day on which it is loaded,
//! so that a demonstration is never out of date. Ids are fixed.

use crate::model::{
    Kind, Language, Object, ObjectId, Parent, Planned, Revision, Rights, Status, User, UserId,
};
use chrono::{NaiveDate, NaiveDateTime};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::{WireDate, WireObject, WireRight, WireUser};

mod wire;

const USERS: &str = include_str!("../../fixtures/demo/users.json");
const OBJECTS: &str = include_str!("../../fixtures/demo/objects.json");

/// The demonstration installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// Its people, in the order of the file.
    pub users: Vec<User>,
    /// Its calendar objects, in the order of the file: a parent stands before its children.
    pub objects: Vec<Object>,
}

/// What is wrong with the data. Ids are named, texts are not.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Not the JSON that is expected.
    #[error("{file}: {source}")]
    Json {
        /// Which file.
        file: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A user or object is broken.
    #[error("{what} {id}: {why}")]
    Entry {
        /// `user` or `object`.
        what: &'static str,
        /// Its id.
        id: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// Loads the embedded installation with its dates counted from `today`.
pub fn load(today: NaiveDate) -> Result<Demo, DemoError> {
    parse(USERS, OBJECTS, today)
}

fn parse(users: &str, objects: &str, today: NaiveDate) -> Result<Demo, DemoError> {
    let users: Vec<WireUser> = json("users.json", users)?;
    let objects: Vec<WireObject> = json("objects.json", objects)?;
    let users = users.into_iter().map(user).collect::<Result<Vec<_>, _>>()?;
    let mut loader = Loader {
        today,
        people: users.iter().map(|user| user.id.clone()).collect(),
        titles: BTreeMap::new(),
    };
    let objects = objects
        .into_iter()
        .map(|wire| loader.object(wire))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Demo { users, objects })
}

fn json<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, DemoError> {
    serde_json::from_str(text).map_err(|source| DemoError::Json { file, source })
}

fn user(wire: WireUser) -> Result<User, DemoError> {
    let Some(language) = Language::from_tag(&wire.language) else {
        return Err(DemoError::Entry {
            what: "user",
            id: wire.id,
            why: "unknown language",
        });
    };
    Ok(User {
        id: UserId::new(wire.id),
        login: wire.login,
        name: wire.name,
        email: wire.email,
        language,
        zone: None,
        active: wire.active,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    })
}

/// What the objects read so far leave behind for the next one.
struct Loader {
    today: NaiveDate,
    people: BTreeSet<UserId>,
    titles: BTreeMap<Uuid, String>,
}

impl Loader {
    fn object(&mut self, wire: WireObject) -> Result<Object, DemoError> {
        let id = wire.id;
        let title = wire.title.clone();
        let object = self.checked(wire).map_err(|why| DemoError::Entry {
            what: "object",
            id: id.to_string(),
            why,
        })?;
        if self.titles.insert(id, title).is_some() {
            return Err(DemoError::Entry {
                what: "object",
                id: id.to_string(),
                why: "the id is taken",
            });
        }
        Ok(object)
    }

    fn checked(&self, wire: WireObject) -> Result<Object, &'static str> {
        let parent = wire.parent.map(|id| self.parent(id)).transpose()?;
        let participants = wire
            .participants
            .into_iter()
            .map(|(id, list)| Ok((self.person(id)?, rights(&list))))
            .collect::<Result<_, &'static str>>()?;
        Ok(Object {
            id: ObjectId(wire.id),
            kind: Kind::from_word(&wire.kind).ok_or("unknown kind")?,
            revision: Revision(wire.revision),
            title: wire.title,
            description: wire.description,
            location: wire.location,
            planned: Planned {
                start: self.date(wire.planned_start)?,
                end: self.date(wire.planned_end)?,
            },
            actual_start: self.date(wire.actual_start)?,
            actual_end: self.date(wire.actual_end)?,
            status: wire.status.map(Status),
            percent: percent(wire.percent)?,
            owner: wire.owner.map(|id| self.person(id)).transpose()?,
            responsible: wire.responsible.map(|id| self.person(id)).transpose()?,
            participants,
            parent,
            card: wire.card,
            changed: wire
                .changed
                .on(self.today)
                .ok_or("a date is out of range")?
                .and_utc(),
        })
    }

    fn parent(&self, id: Uuid) -> Result<Parent, &'static str> {
        let title = self
            .titles
            .get(&id)
            .ok_or("its parent does not stand before it")?;
        Ok(Parent {
            id: ObjectId(id),
            title: title.clone(),
        })
    }

    fn person(&self, id: String) -> Result<UserId, &'static str> {
        let id = UserId::new(id);
        if self.people.contains(&id) {
            Ok(id)
        } else {
            Err("it names an unknown user")
        }
    }

    fn date(&self, date: Option<WireDate>) -> Result<Option<NaiveDateTime>, &'static str> {
        date.map(|date| date.on(self.today).ok_or("a date is out of range"))
            .transpose()
    }
}

fn rights(list: &[WireRight]) -> Rights {
    Rights {
        dates: list.contains(&WireRight::Dates),
        title: list.contains(&WireRight::Title),
        text: list.contains(&WireRight::Text),
        delete: list.contains(&WireRight::Delete),
    }
}

fn percent(percent: Option<u8>) -> Result<Option<u8>, &'static str> {
    match percent {
        Some(101..) => Err("more than 100 percent"),
        percent => Ok(percent),
    }
}

#[cfg(test)]
mod tests;
