//! Single values of the contract, each checked once.

use super::flaw::Flaw;
use super::options::Bounds;
use crate::model::{ObjectId, Revision, Timestamp, UserId};
use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use uuid::Uuid;

/// The highest revision: the last whole number that every JSON reader keeps exactly (RFC 8259 §6).
const REVISION_MAX: u64 = (1 << 53) - 1;
/// The longest id of a person, in characters.
const PERSON_ID_MAX: usize = 128;
/// Dates beyond these years cannot be written in every zone and form of a calendar.
const YEARS: std::ops::RangeInclusive<i32> = 1601..=8999;

/// The bridge knows an object by what it gave at its making, else by ADVANTA's own id.
pub(super) fn key(id: &str, external: Option<&str>) -> Result<ObjectId, Flaw> {
    let own = guid("id", id)?;
    let given = external.map(|id| guid("externalId", id)).transpose()?;
    Ok(ObjectId(given.unwrap_or(own)))
}

fn guid(field: &str, text: &str) -> Result<Uuid, Flaw> {
    let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    match Uuid::try_parse(text) {
        // A forgotten value of .NET; all of them would be taken for one object.
        Ok(guid) if guid.is_nil() => Err(Flaw::new(field, "is all zeros")),
        Ok(guid) if hyphenated => Ok(guid),
        _ => Err(Flaw::new(field, "not a GUID with hyphens")),
    }
}

pub(super) fn person_id(field: &str, id: String) -> Result<UserId, Flaw> {
    let fits = (1..=PERSON_ID_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        // In the path of a call these would be another address.
        && !matches!(id.as_str(), "." | "..");
    if fits {
        Ok(UserId::new(id))
    } else {
        let why = format!("not 1 to {PERSON_ID_MAX} characters of A-Z a-z 0-9 . _ -");
        Err(Flaw::new(field, why))
    }
}

pub(super) fn revision(revision: u64) -> Result<Revision, Flaw> {
    if (1..=REVISION_MAX).contains(&revision) {
        Ok(Revision(revision))
    } else {
        Err(Flaw::new(
            "revision",
            format!("not from 1 to {REVISION_MAX}"),
        ))
    }
}

pub(super) fn percent(percent: Option<u8>) -> Result<Option<u8>, Flaw> {
    match percent {
        Some(101..) => Err(Flaw::new("percent", "more than 100")),
        percent => Ok(percent),
    }
}

pub(super) fn optional(
    field: &str,
    text: Option<String>,
    bytes_max: usize,
) -> Result<Option<String>, Flaw> {
    text.map(|text| bounded(field, text, bytes_max)).transpose()
}

pub(super) fn bounded(field: &str, text: String, bytes_max: usize) -> Result<String, Flaw> {
    if text.len() <= bytes_max {
        Ok(text)
    } else {
        Err(Flaw::new(field, format!("longer than {bytes_max} bytes")))
    }
}

pub(super) fn address(card: String, bounds: &Bounds) -> Result<String, Flaw> {
    let card = bounded("card", card, bounds.card_bytes_max)?;
    let plain = !card.chars().any(|c| c.is_whitespace() || c.is_control());
    let scheme = card.split_once("://").filter(|(_, rest)| !rest.is_empty());
    let web = scheme.is_some_and(|(scheme, _)| {
        ["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web))
    });
    if plain && web {
        Ok(card)
    } else {
        Err(Flaw::new("card", "not an http or https address"))
    }
}

pub(super) fn local(field: &str, text: Option<&str>) -> Result<Option<NaiveDateTime>, Flaw> {
    text.map(|text| {
        let at = local_time(text)
            .ok_or_else(|| Flaw::new(field, "not a local time like 2026-12-01T09:00"))?;
        if YEARS.contains(&at.year()) {
            Ok(at)
        } else {
            let why = format!("not in the years {} to {}", YEARS.start(), YEARS.end());
            Err(Flaw::new(field, why))
        }
    })
    .transpose()
}

/// `YYYY-MM-DDTHH:MM[:SS]` and nothing else; chrono alone would take signs, blanks and a sixtieth second.
fn local_time(text: &str) -> Option<NaiveDateTime> {
    let pattern: &[u8] = match text.len() {
        16 => b"0000-00-00T00:00",
        19 => b"0000-00-00T00:00:00",
        _ => return None,
    };
    let fits = text.bytes().zip(pattern).all(|(is, wanted)| match wanted {
        b'0' => is.is_ascii_digit(),
        wanted => is == *wanted,
    });
    if !fits || text.get(17..).is_some_and(|seconds| seconds > "59") {
        return None;
    }
    let format = &"%Y-%m-%dT%H:%M:%S"[..if text.len() == 16 { 14 } else { 17 }];
    NaiveDateTime::parse_from_str(text, format).ok()
}

pub(super) fn instant(field: &str, text: &str) -> Result<Timestamp, Flaw> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| Flaw::new(field, "not an instant of RFC 3339"))
}
