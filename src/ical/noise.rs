//! What is no change though bytes differ: stamps, order, folding, wording of zones, spellings of one time.

use super::facts::card_of;
use super::ours::{for_events, strip_ours};
use super::read::spoken;
use super::timing::Timing;
use super::work::Budget;
use super::{Component, Document, Limits, Property, Zone, Zones};
use crate::model::{Digest, Settings, Span};
use std::collections::BTreeMap;

/// Properties that every client writes anew with each edit.
const STAMPS: [&str; 5] = [
    "DTSTAMP",
    "SEQUENCE",
    "LAST-MODIFIED",
    "PRODID",
    "X-MOZ-GENERATION",
];
/// Dates of a single event: compared by what they mean.
const DATES: [&str; 3] = ["DTSTART", "DTEND", "DURATION"];
/// Properties that make a series.
const SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"];

/// Of one comparison. Where it does not reach, zones are compared by their wording.
fn budget() -> Budget {
    Budget::new(Limits::default().work_units_max)
}

/// Whether two texts say the same but for noise.
pub fn same_but_noise(one: &Document, other: &Document, settings: &Settings) -> bool {
    let plain = |document| {
        plain(
            Document::calendar(document),
            &Zones::of(document, settings.zone, &budget()),
            &spelled,
        )
    };
    plain(one) == plain(other)
}

/// Whether the events of two texts say the same but for noise, for what only the bridge says, and for the calendar around
/// them. Time zones may have other names when they mean the same, as a [`join`](super::join) gives them.
pub fn same_events(one: &Document, other: &Document, settings: &Settings) -> bool {
    // Whoever says ADVANTA's status says STATUS in its name.
    let has_status = [one, other].into_iter().any(|document| {
        let mut events = document.events();
        events.any(|event| event.property("X-ADVANTA-STATUS").is_some())
    });
    let events = |document: &Document| {
        let mut bare = document.clone();
        let card = spoken(document).and_then(|(_, event)| card_of(event));
        strip_ours(&mut bare, card.as_deref());
        if has_status {
            for_events(&mut bare, |event| {
                event.remove(|property| property.name() == "STATUS");
            });
        }
        plain_components(&bare, settings)
    };
    events(one) == events(other)
}

fn plain_components(document: &Document, settings: &Settings) -> Vec<Plain> {
    let zones = Zones::of(document, settings.zone, &budget());
    let wordings: BTreeMap<&str, String> = document
        .calendar()
        .components_named("VTIMEZONE")
        .filter_map(|zone| {
            // As a digest: a long definition would be repeated in every property that names it.
            let says = format!("{:?}", Digest::of(&zone_wording(zone)));
            Some((zone.property("TZID")?.value().trim(), says))
        })
        .collect();
    let spelled = |property: &Property| match property.param("TZID").map(str::trim) {
        None => spelled(property),
        Some(tzid) => {
            let meaning = match zones.resolve(tzid) {
                Some(Zone::Iana(tz)) => tz.name(),
                Some(Zone::Defined(_)) | None => wordings.get(tzid).map_or(tzid, String::as_str),
            };
            let mut meant = property.clone();
            meant.set_param("TZID", meaning);
            spelled(&meant)
        }
    };
    let components = document.calendar().components();
    let mut plain: Vec<Plain> = components
        .filter(|component| component.name() != "VTIMEZONE")
        .map(|component| plain(component, &zones, &spelled))
        .collect();
    plain.sort();
    plain
}

/// What the name of a time zone begins with that has another definition than one of the same name written earlier: a number,
/// a slash and the name follow (RFC 5545 §3.8.3.1: names that begin with a slash are those of a registry).
pub(super) const TZID_PREFIX: &str = "/advanta-bridge/";

/// The name of a time zone as it was before it was given such a prefix.
pub(super) fn plain_tzid(tzid: &str) -> &str {
    let numbered = tzid
        .strip_prefix(TZID_PREFIX)
        .and_then(|rest| rest.split_once('/'));
    match numbered {
        Some((number, plain)) if number.bytes().all(|byte| byte.is_ascii_digit()) => plain,
        Some(_) | None => tzid,
    }
}

/// Properties of a time zone that say nothing of its times.
const ZONE_NOISE: [&str; 5] = ["TZID", "TZNAME", "TZURL", "LAST-MODIFIED", "COMMENT"];

/// What a VTIMEZONE says, without its name and without noise: equal when the definitions are.
pub(super) fn zone_wording(zone: &Component) -> String {
    let says = |property: &&Property| {
        let name = property.name();
        let foreign = name.starts_with("X-") && name != "X-LIC-LOCATION";
        !foreign && !ZONE_NOISE.contains(&name)
    };
    let mut properties: Vec<String> = zone.properties().filter(says).map(spelled).collect();
    properties.sort();
    let mut parts: Vec<String> = zone.components().map(zone_wording).collect();
    parts.sort();
    // Marks that no text holds: nothing has to be escaped, which would double the text with every depth.
    let (name, properties, parts) = (zone.name(), properties.join("\u{2}"), parts.concat());
    format!("\u{3}{name}\u{2}{properties}{parts}\u{4}")
}

/// A component without noise, in an order of its own.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Plain {
    name: String,
    dates: Option<String>,
    properties: Vec<String>,
    components: Vec<Plain>,
}

fn plain(component: &Component, zones: &Zones, spelled: &dyn Fn(&Property) -> String) -> Plain {
    let single = component.name() == "VEVENT"
        && !component
            .properties()
            .any(|each| SERIES.contains(&each.name()));
    let span = if single {
        Timing::read(component, zones)
            .ok()
            .and_then(|timing| timing.span())
    } else {
        None
    };
    let by_meaning = span.is_some();
    let mut properties: Vec<String> = component
        .properties()
        .filter(|each| {
            !(STAMPS.contains(&each.name()) || by_meaning && DATES.contains(&each.name()))
        })
        .map(spelled)
        .collect();
    properties.sort();
    let mut components: Vec<Plain> = component
        .components()
        .filter(|each| each.name() != "VTIMEZONE")
        .map(|each| plain(each, zones, spelled))
        .collect();
    components.sort();
    Plain {
        name: component.name().to_owned(),
        dates: span.map(|span: Span| format!("{span:?}")),
        properties,
        components,
    }
}

/// A property as one line with its parameters in order, however it was written. Marks that no text holds part its pieces.
fn spelled(property: &Property) -> String {
    let mut params: Vec<_> = property.params().iter().collect();
    params.sort_by_key(|param| (&param.name, &param.values));
    let mut line = property.name().to_owned();
    for param in params {
        line.push(';');
        line.push_str(&param.name);
        for value in &param.values {
            line.push('\u{1}');
            line.push_str(value);
        }
    }
    line.push('\u{1}');
    line.push_str(property.value());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(lines: &str) -> Document {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:a\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        Document::parse(text.as_bytes(), &Limits::default()).unwrap()
    }

    fn same(one: &str, other: &str) -> bool {
        same_but_noise(&event(one), &event(other), &Settings::default())
    }

    #[test]
    fn stamps_order_and_folding_are_noise() {
        assert!(same(
            "DTSTAMP:20261201T000000Z\r\nSEQUENCE:1\r\nSUMMARY:a\r\nDTSTART:20261201T090000Z\r\n",
            "DTSTART:20261201T090000Z\r\nSEQUENCE:2\r\nDTSTAMP:20261202T000000Z\r\nSUM\r\n MARY:a\r\n",
        ));
    }

    #[test]
    fn one_time_in_two_spellings_is_noise() {
        assert!(same(
            "DTSTART:20261201T060000Z\r\nDTEND:20261201T070000Z\r\n",
            "DTSTART;TZID=Europe/Moscow:20261201T090000\r\nDURATION:PT1H\r\n",
        ));
    }

    #[test]
    fn another_time_a_title_an_alarm_and_a_schedule_are_no_noise() {
        let base = "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\n";
        assert!(!same(base, "DTSTART:20261201T060100Z\r\nSUMMARY:a\r\n"));
        assert!(!same(base, "DTSTART:20261201T060000Z\r\nSUMMARY:b\r\n"));
        assert!(!same(
            base,
            "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\nRRULE:FREQ=DAILY\r\n"
        ));
        assert!(!same(
            base,
            "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
        ));
    }
}
