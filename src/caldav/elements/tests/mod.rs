//! Bodies as real clients send them, and bodies that nobody should.

mod any_bytes;
mod clients;
mod errors;
mod filters;
mod refused;

use super::*;
use crate::model::Timestamp;
use crate::xml::{Name, Namespace};

/// `2026-12-01T00:00:00Z`.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn range(start: &str, end: &str) -> TimeRange {
    TimeRange {
        start: Some(at(start)),
        end: Some(at(end)),
    }
}

/// Names as a person writes them: `D:getetag`, `C:calendar-data`, …
fn names(list: &[&str]) -> Vec<PropertyName> {
    list.iter().map(|name| named(name)).collect()
}

fn named(name: &str) -> PropertyName {
    let (prefix, local) = name.split_once(':').unwrap();
    let ns = match prefix {
        "D" => Namespace::Dav,
        "C" => Namespace::CalDav,
        "CS" => Namespace::CalendarServer,
        "A" => Namespace::AppleIcal,
        other => Namespace::Other(other.into()),
    };
    Name::new(ns, local)
}

fn prop(list: &[&str]) -> Propfind {
    Propfind::Prop(names(list))
}

/// VCALENDAR with these components asked of it.
fn calendar(comp_filters: Vec<CompFilter>) -> CompFilter {
    comp(
        "VCALENDAR",
        CompMatch {
            comp_filters,
            ..CompMatch::default()
        },
    )
}

fn comp(name: &str, matches: CompMatch) -> CompFilter {
    CompFilter {
        name: name.into(),
        test: CompTest::Matches(matches),
    }
}

/// VEVENT within a range.
fn events(time_range: Option<TimeRange>) -> CompFilter {
    comp(
        "VEVENT",
        CompMatch {
            time_range,
            ..CompMatch::default()
        },
    )
}

/// A calendar-query around a filter's content.
fn query_of(filter: &str) -> String {
    format!(
        r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop><C:filter>{filter}</C:filter></C:calendar-query>"#
    )
}

/// The filter of a calendar-query around a filter's content.
fn filter_of(filter: &str) -> Result<CompFilter, BodyError> {
    match Report::parse(query_of(filter).as_bytes())? {
        Report::CalendarQuery(query) => Ok(query.filter),
        other => panic!("{other:?}"),
    }
}
