//! `DAV:sync-collection` (RFC 6578 §3.2, §6.1).

use super::body::{BodyError, at_most_one, limit};
use super::{CalendarData, Propfind};
use crate::xml::{Element, Namespace};

/// Changes of a collection since a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncCollection {
    /// The token, unchecked; `None` asks for all members.
    pub token: Option<String>,
    /// How deep.
    pub level: SyncLevel,
    /// At most so many members.
    pub limit: Option<u32>,
    /// Which properties of each changed member. `calendar-data` stays among them.
    pub props: Propfind,
    /// How `calendar-data` is wanted, if it is: not in the RFC, but some clients ask so and save a request.
    pub calendar_data: Option<CalendarData>,
}

/// How deep a report looks (RFC 6578 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncLevel {
    /// Members of the collection.
    One,
    /// Members of members too.
    Infinite,
}

impl SyncCollection {
    pub(super) fn of(root: &Element) -> Result<Self, BodyError> {
        let token = at_most_one(
            root,
            Namespace::Dav,
            "sync-token",
            "more than one sync-token",
        )?;
        let token = token.map(|token| token.text().trim().to_owned());
        Ok(Self {
            token: token.filter(|token| !token.is_empty()),
            level: level(root)?,
            limit: limit(root)?,
            props: Propfind::of(root)?.unwrap_or(Propfind::Prop(Vec::new())),
            calendar_data: CalendarData::of_report(root)?,
        })
    }
}

/// Clients of the drafts sent the depth in a header instead, so a missing level is no error.
fn level(root: &Element) -> Result<SyncLevel, BodyError> {
    let level = at_most_one(
        root,
        Namespace::Dav,
        "sync-level",
        "more than one sync-level",
    )?;
    match level.map(Element::text).as_deref().map(str::trim) {
        None | Some("1") => Ok(SyncLevel::One),
        Some("infinite") => Ok(SyncLevel::Infinite),
        Some(_) => Err(BodyError::Invalid("sync-level is neither 1 nor infinite")),
    }
}
